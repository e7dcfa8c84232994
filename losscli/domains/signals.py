"""Domains of signals: each row of a role is a signal, or several sources of one."""

from __future__ import annotations

from losscli.domains.values import Context, Range
from losscli.errors import InputError, UsageError, counted
from losscli.numeric.lazy import Array

__all__ = ["MOST_SOURCES", "Signals", "StereoSignals"]

MOST_SOURCES = 8  # of which all orders are tried: 40,320


class Signals(Range):
    """Signals: the last axis of a row is time. With the option permute, the axis before it counts the sources of a row."""

    says_rows: str = "a signal a row, (rows, time)"

    def of(self, context: Context) -> Signals:
        if context.get("permute"):
            return self.but(ndim=2, says_rows="several sources a row, (rows, sources, time)")
        return self

    def holds(self, x: Array, context: Context) -> bool:
        self._check_length(x, context)
        return super().holds(x, context)

    def wrong(self, x: Array, context: Context) -> Array:
        self._check_length(x, context)
        return super().wrong(x, context)

    def _check_length(self, x: Array, context: Context) -> None:
        """Raise InputError for signals that are shorter than half a frame, UsageError for a window or sources that do not fit."""
        if context.get("permute") and x.ndim > 1 and x.shape[-2] > MOST_SOURCES:
            raise InputError(f"a row has {x.shape[-2]} sources, and permute tries all their orders: at most {MOST_SOURCES}")
        if (taps := int(context.get("filter_length", 0))) > x.shape[-1]:
            raise InputError(f"the signals have {x.shape[-1]} samples, but the filter has {taps} taps: take a smaller --filter-length")
        sizes, lengths, hops = (_numbers(context, name) for name in ("fft_size", "win_length", "hop_size"))
        if not len(sizes) == len(lengths) == len(hops):
            raise UsageError("fft_sizes, hop_sizes and win_lengths need one number for each resolution")
        for size, length, hop in zip(sizes, lengths, hops, strict=True):
            if not (0 < length <= size and hop > 0):
                raise UsageError(f"a frame of {size} needs a window of 1 to {size} and a hop of 1 or more, not {length} and {hop}")
        if sizes and (least := max(sizes) // 2 + 1) > x.shape[-1]:
            raise InputError(
                f"the signals have {x.shape[-1]} samples, but frames of {max(sizes)} need {least} or more: take smaller frames"
            )


class StereoSignals(Signals):
    """Signals of two channels, left and right."""

    says_rows: str = "two channels a row, (rows, 2, time)"

    def _check_length(self, x: Array, context: Context) -> None:
        """Raise InputError for another number of channels, too."""
        if x.ndim > 1 and x.shape[-2] != 2:
            raise InputError(f"a row has {counted(x.shape[-2], 'channel')}, but stereo has 2, left and right: give {self.says_rows}")
        super()._check_length(x, context)


def _numbers(context: Context, name: str) -> list[int]:
    """The value of an option, or of that with an s at the end of its name, as whole numbers; [] without one."""
    value = context.get(name, context.get(f"{name}s", ()))
    return [int(n) for n in (value if hasattr(value, "__len__") else [value])]
