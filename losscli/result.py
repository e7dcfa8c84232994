"""What a job came to, ready to be written: the value, its denominator, the rows, and what was seen of the elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from losscli.blocks import Block
from losscli.errors import Warned
from losscli.evaluate import Outcome
from losscli.job import View
from losscli.registry import PER, SCHEMA

__all__ = ["Denominator", "Element", "Result", "Rows", "Seen", "Summary", "result_of"]

MEDIAN_LIMIT = 2**24  # elements that are held for a median: 128 MB


@dataclass(frozen=True)
class Denominator:
    """What the sum was divided by: the weights, the elements, the rows, or a statistic's channels."""

    kind: str
    value: float


@dataclass(frozen=True)
class Rows:
    """How many rows were read, how many counted, how many were left out for NaN; how many values had an ignored label."""

    read: int
    used: int
    omitted: int
    ignored: int


@dataclass(frozen=True)
class Summary:
    """The reduced values beside each other: mean and sum as the loss defines them, the others over the elements that are not ignored."""

    mean: float
    sum: float
    min: float
    median: float | None  # None where there are too many elements to hold
    max: float
    std: float  # ddof 0
    count: int


@dataclass(frozen=True)
class Element:
    """One value of the loss with what it was made from."""

    row: int  # as in the file
    at: int  # the row among those used
    inner: tuple[int, ...]  # its place within the row
    cells: Mapping[str, Any]
    loss: float
    ignored: bool = False


class Seen:
    """Watches the values go by, in order: the summary, the first and last elements, the largest, and all of them if wanted."""

    def __init__(self, *, values: bool = False, head: int = 0, tail: int = 0, top: int = 0, summary: bool = True) -> None:
        self.head, self.tail, self.top = head, tail, top
        self.keep, self.summarise = values, summary
        self.first: list[Element] = []
        self.last: list[Element] = []
        self.largest: list[Element] = []
        self.all: list[Any] = []
        self.origin: list[Any] = []
        self.count = self.live = 0
        self.low, self.high = np.inf, -np.inf
        self.mean = self.squares = 0.0
        self.for_median: list[Any] | None = []

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        values = np.asarray(values)
        if self.keep:
            self.all.append(values)
            self.origin.append(block.origin if block.origin is not None else np.arange(block.start, block.start + block.rows))
        flat = values.reshape(-1)
        hidden = None if ignored is None or ignored.shape != values.shape else ignored.reshape(-1)
        if self.count < self.head:
            self.first += self._pick(block, view, values, hidden, range(min(self.head - self.count, flat.size)))
        if self.tail:
            self.last = (self.last + self._pick(block, view, values, hidden, range(max(0, flat.size - self.tail), flat.size)))[-self.tail :]
        if self.top and flat.size:
            found = self.largest + self._pick(block, view, values, hidden, _largest(flat, hidden, self.top))
            self.largest = sorted(found, key=lambda e: (e.loss == e.loss, -e.loss))[: self.top]
        self.count += flat.size
        if self.summarise:
            self._summarise(flat if hidden is None else flat[~hidden])

    def _summarise(self, x: Any) -> None:
        if x.size == 0:
            return
        x = x.astype(np.float64, copy=False)
        with np.errstate(all="ignore"):  # of values near the largest there are, the spread may overflow
            self._spread(x)

    def _spread(self, x: Any) -> None:
        self.low, self.high = np.minimum(self.low, x.min()), np.maximum(self.high, x.max())
        mean = x.mean()
        squares = np.square(x - mean).sum()
        n = self.live + x.size  # Chan: the spread of both, and of their means
        apart = mean - self.mean
        self.squares += squares + apart * apart * (self.live * x.size / n)
        self.mean += apart * (x.size / n)
        self.live = n
        if self.for_median is not None:
            self.for_median = None if n > MEDIAN_LIMIT else [*self.for_median, x]

    def _pick(self, block: Block, view: View, values: Any, hidden: Any, at: Any) -> list[Element]:
        inner = values.shape[1:]
        flat = values.reshape(-1)
        per_row = max(1, int(np.prod(inner)))
        found = []
        for i in at:
            row, rest = divmod(int(i), per_row)
            place = (row, *(int(j) for j in np.unravel_index(rest, inner)))
            cells = {r: x[place[: x.ndim - view.own[r]]] for r, x in view.roles.items() if r not in view.shared}
            if view.weight is not None:
                cells["weight"] = view.weight[place[: view.weight.ndim]]
            shown = hidden is not None and bool(hidden[i])
            found.append(Element(block.row(row), block.start + row, place[1:], cells, flat[i].item(), shown))
        return found

    def values(self) -> Any:
        return np.concatenate(self.all) if self.all else np.zeros(0)

    def rows(self) -> Any:
        return np.concatenate(self.origin) if self.origin else np.zeros(0, int)

    def summary(self, mean: float, total: float) -> Summary | None:
        """The summary, with the loss's own mean and sum."""
        if not self.live:
            return None
        middle = None if self.for_median is None else float(np.median(np.concatenate(self.for_median)))
        with np.errstate(all="ignore"):
            std = float(np.sqrt(self.squares / self.live))
        return Summary(mean, total, float(self.low), middle, float(self.high), std, self.live)


def _largest(flat: Any, hidden: Any, top: int) -> Any:
    """Where the largest values are, nan before all others, the first of equals first."""
    shown = np.arange(flat.size) if hidden is None else np.flatnonzero(~hidden)
    x = flat[shown]
    if x.size > 4 * top:  # a quick look first: few are as large as the last of the largest
        bound = np.partition(np.where(np.isnan(x), np.inf, x), -top)[-top]
        shown = shown[~(x < bound)]
        x = flat[shown]
    nan = np.isnan(x)
    return shown[np.lexsort((-np.where(nan, 0, x), ~nan))[:top]]


@dataclass
class Result:
    """A loss of some data.

    `value` is the reduced number, or with reduction "none" None; `values` are then the losses of the elements, in the shape of the data.
    """

    loss: str
    params: Mapping[str, Any]
    reduction: str
    value: Any
    values: Any
    denominator: Denominator | None
    rows: Rows
    dtype: str
    bindings: Mapping[str, str]
    warnings: list[Warned]
    notes: list[str] = field(default_factory=list)
    seen: Seen | None = field(default=None, repr=False)
    look: Callable[[], Result] | None = field(default=None, repr=False)  # the same again, watched
    mean_and_sum: tuple[Any, Any] = field(default=(None, None), repr=False)
    per: str = "all"
    named: str | None = None  # the framework's name that was asked for

    @cached_property
    def summary(self) -> Summary | None:
        """Mean, sum, min, median, max and standard deviation of the elements; None for a statistic, which has none."""
        watched = self if self.seen is not None or self.look is None else self.look()
        if watched.seen is None or watched.mean_and_sum[1] is None:
            return None
        return watched.seen.summary(*map(float, watched.mean_and_sum))

    @property
    def signature(self) -> str:
        """All that went into the number, in one line."""
        from losscli import __version__

        params = ",".join(f"{k}={_written(v)}" for k, v in self.params.items())
        parts = [self.loss, self.named or "", params, f"reduction={self.reduction}"]
        if self.denominator is not None:
            parts.append(f"{self.denominator.kind}={_written(self.denominator.value).removesuffix('.0')}")
        if self.per != "all":
            parts.append(f"per={self.per}")
        return "|".join(p for p in [*parts, self.dtype, f"losscli {__version__}"] if p)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain numbers, strings, lists and dicts, as `-f json` writes it; keys that do not apply are absent."""
        from losscli import __version__

        document: dict[str, Any] = {
            "schema": SCHEMA,
            "loss": self.loss,
            "named": self.named,
            "params": {k: v.tolist() if hasattr(v, "tolist") else v for k, v in self.params.items()},
            "reduction": self.reduction,
            "value": self.value.tolist() if hasattr(self.value, "tolist") else self.value,
            "values": None if self.values is None else np.asarray(self.values).tolist(),
            "values_rows": self.seen.rows().tolist() if self.values is not None and self.rows.omitted and self.seen is not None else None,
            "bindings": dict(self.bindings),
            "denominator": None if self.denominator is None else vars(self.denominator),
            "rows": vars(self.rows),
            "summary": None if self.summary is None else {k: v for k, v in vars(self.summary).items() if v is not None},
            "top": self._top(),
            "warnings": [vars(w) for w in self.warnings],
            "notes": self.notes or None,
            "signature": self.signature,
            "version": __version__,
        }
        return {k: v for k, v in document.items() if v is not None}

    def _top(self) -> list[dict[str, Any]] | None:
        if self.seen is None or not self.seen.top:
            return None
        return [{"row": e.row, **({"index": list(e.inner)} if e.inner else {}), "loss": e.loss} for e in self.seen.largest]


def _written(v: Any) -> str:
    if v is None or isinstance(v, str | bool):
        return v if isinstance(v, str) else str(v).lower()
    return ":".join(repr(x) if isinstance(x, float) else str(x) for x in np.atleast_1d(v).tolist())


def result_of(outcome: Outcome, bindings: Mapping[str, str], seen: Seen | None = None, *, name: str | None = None) -> Result:
    """A Result from what the engine gives; `name` is the one that the loss was asked for by."""
    job, final = outcome.job, outcome.final
    values = None
    value = None if final.value is None else _plain(final.value)
    if job.reduction == "none" and not isinstance(value, float):  # a number over all rows stays what it is
        values, value = (value if value is not None else seen.values() if seen is not None else None), None
    under = None if final.kind is None else Denominator(final.kind, float(final.denominator))
    with np.errstate(all="ignore"):
        mean = None if final.total is None else np.divide(final.total, final.count)
    return Result(
        loss=job.loss.name,
        params=job.options,
        reduction=job.reduction,
        value=value,
        values=values,
        denominator=under,
        rows=Rows(outcome.read, outcome.kept - outcome.unused, outcome.read - outcome.kept, outcome.ignored),
        dtype=job.dtype.name,
        bindings=bindings,
        warnings=outcome.warnings,
        notes=job.notes,
        seen=seen,
        mean_and_sum=(mean, final.total),
        per={axes: name for name, axes in PER.items()}[job.per],
        named=name if job.preset.names else None,
    )


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)
