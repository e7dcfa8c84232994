"""The result of a loss: the value, its denominator, the numbers of rows, and everything else that a report shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.catalogue.custom import is_file
from losscli.catalogue.other_numbers import name_note
from losscli.engine.job import Job
from losscli.engine.outcome import Outcome
from losscli.engine.reduction import Reduced
from losscli.errors import DataWarning
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.results.collect import Collector
from losscli.results.denominators import denominator_notes
from losscli.results.origin import Origin
from losscli.results.summary import Summary
from losscli.version import SCHEMA

if TYPE_CHECKING:
    from losscli.results.uncertainty import Uncertainty
    from losscli.statistics.alarm import Alarm

__all__ = ["Denominator", "Result", "Rows", "Score", "result_of"]


class Denominator(Record):
    """The divisor of the sum: the weights, the elements, the rows, or the channels of a statistic."""

    kind: str
    value: float


class Rows(Record):
    """How many rows were read, used, and left out for NaN; and how many values have an ignored label.

    `unmatched` rows of all files were left out before, since their ids are not in every file; None if none may be left out.
    `filtered` rows do not meet the conditions; None without conditions.
    """

    read: int
    used: int
    omitted: int
    ignored: int
    unmatched: int | None = None
    filtered: int | None = None

    def to_dict(self) -> dict[str, int]:
        """As `-f json` writes it; keys that do not apply are absent."""
        return {k: v for k, v in vars(self).items() if v is not None}


class Score(Record):
    """A score that is 1 minus the loss, or the number of rows minus a sum: larger is better. Some frameworks report it."""

    name: str
    value: Any  # a number; an array where the loss is one
    of: float = 1.0  # what the loss is subtracted from: the number of rows where the loss is the number of errors

    @property
    def text(self) -> str:
        """The score in words, for a line of text."""
        return f"{self.name} is {self.value!r}" if np.ndim(self.value) == 0 else f"{self.name} is 1 minus each"

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        return {"name": self.name, "value": _as_list(self.value), "larger_is_better": True}


class Result(Record):
    """The result of a loss on some data.

    `value` is the reduced number. With reduction "none" it is None, and `values` are the losses of the elements, in the shape of the data.
    """

    loss: str
    params: Mapping[str, Any]
    reduction: str
    value: Any  # a number; for a statistic that keeps an axis, an array
    values: Any  # an array; None unless the reduction is none
    denominator: Denominator | None
    rows: Rows
    dtype: str
    bindings: Mapping[str, str]  # by role, where its numbers are from
    warnings: Sequence[DataWarning]
    notes: Sequence[str] = ()
    per: str = "all"
    named: str | None = None  # the framework's name or the FILE::FUNCTION that the user wrote
    name_note: str = ""  # under which names of frameworks the number is another, where the name that the user wrote has several meanings
    elementwise: bool = True  # whether each element has a loss of its own; the elements of a statistic have none
    empty: bool = False  # whether no data contributed (no rows, all weights 0, all ignored or masked, no pair): then every gate fails
    values_rows: Any = None  # an array: where rows were left out, the numbers of the rows of `values`
    gradient: Mapping[str, Array] | None = None  # by role, in the shape of the role
    gradient_rows: Array | None = None  # the numbers of the rows of the gradient
    where: Sequence[str] = ()  # the conditions that the rows meet
    header: Mapping[str, bool] | None = None  # by table of text, whether its first line was read as a header
    uncertainty: Uncertainty | None = None  # of the value
    without_interval: str | None = None  # why an interval that was asked for is missing
    alarm: Alarm | None = None  # dependence of the rows that the interval does not take into account
    score: Score | None = None  # of a loss that is 1 minus a score
    origin: Origin | None = None  # the command and the digests of its inputs, where they were asked for
    collector: Collector | None = None  # the elements to show
    summarize: Callable[[], Summary | None] | None = None

    _hidden = ("collector", "summarize")

    @cached_property
    def summary(self) -> Summary | None:
        """Mean, sum, min, median, max and standard deviation of the elements; None for a statistic, which has none."""
        return None if self.summarize is None else self.summarize()

    @property
    def signature(self) -> str:
        """All that determines the number, in one line."""
        from losscli.version import __version__

        params = ",".join(f"{k}={_parameter(v)}" for k, v in self.params.items())
        parts = [self.loss, self.named or "", params, f"reduction={self.reduction}"]
        if self.denominator is not None:
            parts.append(f"{self.denominator.kind}={_parameter(self.denominator.value).removesuffix('.0')}")
        if self.per != "all":
            parts.append(f"per={self.per}")
        if self.uncertainty is not None and self.uncertainty.resamples is not None:
            parts.append(f"resamples={self.uncertainty.resamples},seed={self.uncertainty.seed}")
        return "|".join(p for p in [*parts, self.dtype, f"losscli {__version__}"] if p)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain numbers, strings, lists and dicts, as `-f json` writes it; keys that do not apply are absent."""
        return {key: _as_lists(x) for key, x in self.document().items()}

    def document(self) -> dict[str, Any]:
        """The same, with the values of the elements and the derivatives as arrays, which may be large."""
        from losscli.results.alarms import alarm_dict
        from losscli.version import __version__

        document: dict[str, Any] = {
            "schema": SCHEMA,
            "loss": self.loss,
            "named": self.named,
            "name_note": self.name_note or None,
            "params": {k: _as_list(v) for k, v in self.params.items()},
            "reduction": self.reduction,
            "value": _as_list(self.value),
            "score": None if self.score is None else self.score.to_dict(),
            "values": None if self.values is None else np.asarray(self.values),
            "se": None if self.uncertainty is None else self.uncertainty.se,
            "interval": None if self.uncertainty is None else self.uncertainty.to_dict(),
            "without_interval": self.without_interval,
            "dependence": None if self.alarm is None else alarm_dict(self.alarm),
            "values_rows": self.values_rows,
            "bindings": {role: str(source) for role, source in self.bindings.items()},
            "header": None if self.header is None else dict(self.header),
            "gradient": None if self.gradient is None else {role: np.asarray(g) for role, g in self.gradient.items()},
            "gradient_rows": self.gradient_rows if self.rows.omitted or self.where else None,
            "denominator": None if self.denominator is None else vars(self.denominator),
            "rows": self.rows.to_dict(),
            "where": list(self.where) or None,
            "summary": None if self.summary is None else {k: v for k, v in vars(self.summary).items() if v is not None},
            "top": self._top(),
            "warnings": [vars(w) for w in self.warnings],
            "notes": list(self.notes) or None,
            "signature": self.signature,
            "origin": None if self.origin is None else self.origin.to_dict(),
            "version": __version__,
        }
        return {k: v for k, v in document.items() if v is not None}

    def _top(self) -> list[dict[str, Any]] | None:
        if self.collector is None or not self.collector.top:
            return None
        if (largest := self.collector.largest) is None:
            return []
        return [
            {"row": row, **({"index": index} if index else {}), "loss": loss}
            for row, index, loss in zip(largest.rows.tolist(), largest.index.tolist(), largest.loss.tolist(), strict=True)
        ]


def _as_lists(x: Any) -> Any:
    """The same for what a document contains: an array, or arrays by role."""
    return {k: _as_lists(v) for k, v in x.items()} if isinstance(x, dict) else _as_list(x)


def _as_list(x: Any) -> Any:
    """An array as nested lists, a NumPy number as Python's; anything else as it is."""
    return x.tolist() if hasattr(x, "tolist") else x


def _parameter(x: Any) -> str:
    """A parameter in the signature."""
    if x is None or isinstance(x, str | bool):
        return x if isinstance(x, str) else str(x).lower()
    return ":".join(repr(v) if isinstance(v, float) else str(v) for v in np.atleast_1d(x).tolist())


def result_of(
    outcome: Outcome,
    bindings: Mapping[str, str],
    collector: Collector | None = None,
    *,
    name: object = None,
    summarize: Callable[[], Summary | None] | None = None,
) -> Result:
    """The result of a run. `name` is the loss as the user wrote it; `summarize` replaces the summary of the collector."""
    job, reduced = outcome.job, outcome.reduced
    kept = outcome.kept
    elements = collector if job.reduction == "none" and reduced.value is None else None
    values = None if elements is None else elements.values()
    value = None if reduced.value is None else _plain(reduced.value)
    if job.reduction == "none" and value is not None and not isinstance(value, float):  # a number over all rows stays the value
        values, value = value, None
    return Result(
        loss=job.loss.name,
        params=job.params,
        reduction=job.reduction,
        value=value,
        values=values,
        denominator=None if reduced.kind is None else Denominator(reduced.kind, float(reduced.denominator)),
        rows=_rows(outcome),
        dtype=job.dtype.name,
        bindings=bindings,
        warnings=outcome.warnings,
        notes=[*outcome.notes, *denominator_notes(outcome)],
        per=job.per_word,
        named=name if isinstance(name, str) and (job.preset.names or is_file(name)) else None,
        name_note=name_note(name, job.loss.name, job.options, job.reduction),
        elementwise=reduced.total is not None or values is not None,
        empty=outcome.empty,
        score=_score(job, reduced),
        values_rows=elements.rows() if elements is not None and outcome.rows_kept < outcome.rows_read else None,
        where=() if kept is None else kept.texts,
        collector=collector,
        summarize=summarize or _summary_of(collector, job.reduction, reduced),
    )


def _score(job: Job, reduced: Reduced) -> Score | None:
    """The score of a value that is 1 minus a score; of a sum, the weight of the rows that are right; of elements, that of their mean."""
    name = job.preset.score or job.loss.score
    if not name or (reduced.count is None and job.reduction == "sum"):
        return None
    if reduced.value is None:
        if reduced.count is None or reduced.total is None:
            return None
        with np.errstate(all="ignore"):
            return Score(name, float(1 - np.divide(reduced.total, reduced.count)))
    if job.reduction == "sum":
        return Score(name, _plain(reduced.participating - reduced.value), float(reduced.participating))
    return Score(name, _plain(1 - reduced.value))


def _rows(outcome: Outcome) -> Rows:
    kept = outcome.kept
    filtered = None if kept is None or not kept.texts else kept.total - kept.count
    omitted = outcome.rows_read - outcome.rows_kept - (filtered or 0)
    used = outcome.rows_kept - outcome.rows_ignored
    return Rows(outcome.rows_read, used, omitted, outcome.values_ignored, outcome.job.rows_unmatched, filtered)


def _summary_of(collector: Collector | None, reduction: str, reduced: Reduced) -> Callable[[], Summary | None] | None:
    """A function that makes the summary of the collected elements, with the mean and the sum of the loss; None for a statistic."""
    if collector is None or reduced.total is None:
        return None
    with np.errstate(all="ignore"):
        mean = reduced.value if reduction == "mean" else np.divide(reduced.total, reduced.count)
    return lambda: collector.summary(float(mean), float(reduced.total))


def _plain(value: Any) -> float | Array:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)
