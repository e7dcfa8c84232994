"""The results of slices of the rows: of one loss, with the share of each in the total, or of a comparison."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from losscli.data.groups import Cell, cell_text
from losscli.errors import DataWarning, counted
from losscli.record import Record
from losscli.results.alarms import sentence
from losscli.results.checks import Verdict
from losscli.results.comparison import Compared, Comparison
from losscli.results.gates import Bounds, gate_of, verdict_of
from losscli.results.result import Result
from losscli.results.uncertainty import adjusted
from losscli.statistics.alarm import Advice, Alarm

__all__ = [
    "ComparisonSlice",
    "ResultSlice",
    "Sliced",
    "adjusted_over_slices",
    "judged",
    "new_warnings",
    "notes_of_alarms",
    "slice_name",
    "worst_difference",
    "worst_first",
]

SHOWN = 5  # warnings of slices
_ABOUT_VALUES = {"W105", "W106", "W108", "W110"}  # a value that is nan, infinite, negative, or computed from nothing


class ResultSlice(Record):
    """One loss on the rows of a slice. `share` is its part of the sum of the losses of all rows, `verdict` that of its bounds."""

    key: tuple[Cell, ...]
    result: Result
    share: float | None = None
    verdict: Verdict | None = None

    def to_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        result: dict[str, Any] = self.result.to_dict()
        kept: dict[str, Any] = {
            k: result[k] for k in ("value", "denominator", "rows", "se", "interval", "without_interval", "dependence") if k in result
        }
        share = {} if self.share is None else {"share": self.share}
        gate = {} if self.verdict is None else {"gate": self.verdict.to_dict()}
        return {"slice": dict(zip(names, self.key, strict=True)), **kept, **share, **gate}


class ComparisonSlice(Record):
    """The comparison of all predictions on the rows of a slice."""

    key: tuple[Cell, ...]
    comparison: Comparison

    def to_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """As `-f json` writes it."""
        document = self.comparison.to_dict()
        return {"slice": dict(zip(names, self.key, strict=True)), **{k: document[k] for k in ("rows", "results", "gate") if k in document}}


class Sliced(Record):
    """All slices, by the columns `names`; the worst is the first."""

    names: tuple[str, ...]
    slices: Sequence[Any]  # all ResultSlice, or all ComparisonSlice

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts of the slices that have a gate, in their order."""
        of_slices = ([s.verdict] if isinstance(s, ResultSlice) else [v.verdict for v in s.comparison.gated] for s in self.slices)
        return [v for verdicts in of_slices for v in verdicts if v is not None]

    def to_dict(self) -> dict[str, Any]:
        """The keys that they add to a document."""
        return {"by": list(self.names), "slices": [s.to_dict(self.names) for s in self.slices]}


def judged(sliced: Sliced, loss: str, bounds: Bounds, *, strict: bool) -> Sliced:
    """The slices of one loss, each with the verdict of --max and --min; what else a gate has judges all rows."""
    gate = gate_of(Bounds(max=bounds.max, min=bounds.min))
    slices = []
    for s in sliced.slices:
        verdict = verdict_of(f"{loss} in {slice_name(sliced.names, s.key)}", s.result, gate)
        slices.append(s.but(verdict=None if verdict is None else verdict.but(strict=strict)))
    return sliced.but(slices=slices)


def slice_name(names: Sequence[str], key: Sequence[Cell]) -> str:
    """'region=north, year=2024'."""
    return ", ".join(f"{name}={cell_text(cell)}" for name, cell in zip(names, key, strict=True))


def worst_first(slices: Sequence[Any], value: Callable[[Any], float | None]) -> list[Any]:
    """The slices from the largest value on; those without a number come last."""

    def rank(s: Any) -> tuple[bool, float]:
        x = value(s)
        return (x is None or math.isnan(x), 0.0 if x is None or math.isnan(x) else -x)

    return sorted(slices, key=rank)


def adjusted_over_slices(slices: Sequence[ComparisonSlice], adjust: Callable[[Sequence[float]], list[float]]) -> list[ComparisonSlice]:
    """The same with the p-values of each loss adjusted over all candidates and slices."""
    results = [list(s.comparison.results) for s in slices]
    for loss in dict.fromkeys(r.loss for of_slice in results for r in of_slice):
        cells = [(i, k) for i, of_slice in enumerate(results) for k, r in enumerate(of_slice) if r.loss == loss and r.paired is not None]
        for (i, k), paired in zip(cells, adjusted([results[i][k].paired for i, k in cells], adjust), strict=True):
            results[i][k] = results[i][k].but(paired=paired)
    return [s.but(comparison=s.comparison.but(results=rs)) for s, rs in zip(slices, results, strict=True)]


def new_warnings(
    names: Sequence[str], whole: Sequence[DataWarning], slices: Mapping[tuple[Cell, ...], Sequence[DataWarning]]
) -> list[DataWarning]:
    """The warnings about the values of slices, each after the name of its slice, where the value of all rows is not like it.

    Of many warnings the first are returned. What looks odd in the rows of a slice is no warning, unless it does in all rows.
    """
    codes = _ABOUT_VALUES - {w.code for w in whole}
    found = [DataWarning(w.code, f"{slice_name(names, key)}: {w.message}") for key, ws in slices.items() for w in ws if w.code in codes]
    if len(found) <= SHOWN:
        return found
    last = found[SHOWN - 1]
    return [*found[: SHOWN - 1], last.but(message=f"{last.message}; and {len(found) - SHOWN:,} more warnings of slices")]


def notes_of_alarms(alarms: Mapping[str, Alarm], slices: int, known: Collection[Advice]) -> list[str]:
    """A note on the slices in which rows look dependent, with what is said of the one whose interval would be the widest.

    None where the advice is one that all rows gave: `known`.
    """
    alarms = {name: alarm for name, alarm in alarms.items() if alarm.advice not in known}
    if not alarms:
        return []
    name, alarm = max(alarms.items(), key=lambda x: x[1].wider)
    count = f"in {len(alarms):,} of {counted(slices, 'slice')}" if slices > 1 else "in the slice"
    return [f"rows look dependent {count}, the most in {name}: {sentence(alarm)}"]


def worst_difference(slices: Sequence[ComparisonSlice], prediction: str, loss: str) -> tuple[ComparisonSlice, Compared] | None:
    """The slice in which a candidate is worst beside the baseline; None without a number."""
    pairs = [(s, r) for s in slices for r in s.comparison.results if (r.prediction, r.loss) == (prediction, loss)]
    numbers = [(s, r) for s, r in pairs if r.difference == r.difference]
    return max(numbers, key=lambda pair: pair[1].difference, default=None)
