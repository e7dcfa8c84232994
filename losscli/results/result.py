"""What a job came to, ready to be written: the value, its denominator, the rows, and what was seen of the elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from losscli.catalogue.custom import is_file
from losscli.engine.outcome import Outcome
from losscli.errors import Warned
from losscli.registry import PER
from losscli.results.collect import Collector, Summary
from losscli.version import SCHEMA

__all__ = ["Denominator", "Result", "Rows", "result_of"]


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
    seen: Collector | None = field(default=None, repr=False)
    look: Callable[[], Result] | None = field(default=None, repr=False)  # the same again, watched
    mean_and_sum: tuple[Any, Any] = field(default=(None, None), repr=False)
    per: str = "all"
    named: str | None = None  # the framework's name, or the FILE::FUNCTION, that was asked for
    gradient: Mapping[str, Any] | None = None  # the derivatives that were asked for, by role, in the shape of the role
    values_rows: Any = None  # where the values stand in the data, if rows were left out
    header: Mapping[str, bool] | None = None  # of each table of text, whether it was found to have one
    gradient_rows: Any = None  # where their rows stand in the file
    nothing: bool = False  # whether nothing took part (no rows, all weights 0, all ignored or masked, no pair): no gate passes then

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
        from losscli.version import __version__

        params = ",".join(f"{k}={_written(v)}" for k, v in self.params.items())
        parts = [self.loss, self.named or "", params, f"reduction={self.reduction}"]
        if self.denominator is not None:
            parts.append(f"{self.denominator.kind}={_written(self.denominator.value).removesuffix('.0')}")
        if self.per != "all":
            parts.append(f"per={self.per}")
        return "|".join(p for p in [*parts, self.dtype, f"losscli {__version__}"] if p)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain numbers, strings, lists and dicts, as `-f json` writes it; keys that do not apply are absent."""
        from losscli.version import __version__

        document: dict[str, Any] = {
            "schema": SCHEMA,
            "loss": self.loss,
            "named": self.named,
            "params": {k: v.tolist() if hasattr(v, "tolist") else v for k, v in self.params.items()},
            "reduction": self.reduction,
            "value": self.value.tolist() if hasattr(self.value, "tolist") else self.value,
            "values": None if self.values is None else np.asarray(self.values).tolist(),
            "values_rows": None if self.values_rows is None else self.values_rows.tolist(),
            "bindings": {role: str(source) for role, source in self.bindings.items()},
            "header": None if self.header is None else dict(self.header),
            "gradient": None if self.gradient is None else {role: np.asarray(g).tolist() for role, g in self.gradient.items()},
            "gradient_rows": self.gradient_rows.tolist() if self.gradient_rows is not None and self.rows.omitted else None,
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
        if self.seen is None or not self.seen.top.wanted:
            return None
        if (top := self.seen.largest) is None:
            return []
        return [
            {"row": row, **({"index": index} if index else {}), "loss": loss}
            for row, index, loss in zip(top.rows.tolist(), top.index.tolist(), top.loss.tolist(), strict=True)
        ]


def _written(v: Any) -> str:
    if v is None or isinstance(v, str | bool):
        return v if isinstance(v, str) else str(v).lower()
    return ":".join(repr(x) if isinstance(x, float) else str(x) for x in np.atleast_1d(v).tolist())


def result_of(outcome: Outcome, bindings: Mapping[str, str], seen: Collector | None = None, *, name: Any = None) -> Result:
    """A Result from what the engine gives; `name` is the one that the loss was asked for by."""
    job, reduced = outcome.job, outcome.reduced
    values = rows = None
    omitted = outcome.rows_read - outcome.rows_kept
    value = None if reduced.value is None else _plain(reduced.value)
    if job.reduction == "none" and value is None and seen is not None and omitted:
        rows = seen.rows()
    if job.reduction == "none" and not isinstance(value, float):  # a number over all rows stays what it is
        values, value = (value if value is not None else seen.values() if seen is not None else None), None
    under = None if reduced.kind is None else Denominator(reduced.kind, float(reduced.denominator))
    with np.errstate(all="ignore"):
        mean = reduced.value if job.reduction == "mean" or reduced.total is None else np.divide(reduced.total, reduced.count)
    return Result(
        loss=job.loss.name,
        params=job.params,
        reduction=job.reduction,
        value=value,
        values=values,
        denominator=under,
        rows=Rows(outcome.rows_read, outcome.rows_kept - outcome.rows_ignored, omitted, outcome.values_ignored),
        dtype=job.dtype.name,
        bindings=bindings,
        warnings=outcome.warnings,
        notes=outcome.notes,
        seen=seen,
        mean_and_sum=(mean, reduced.total),
        per={axes: name for name, axes in PER.items()}[job.per],
        named=name if job.preset.names or (isinstance(name, str) and is_file(name)) else None,
        nothing=outcome.empty,
        values_rows=rows,
    )


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)
