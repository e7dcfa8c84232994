"""The comparison of predictions by several losses: the best of each loss, and the differences to the baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from losscli.errors import DataWarning
from losscli.record import Record
from losscli.results.alarms import advised, sentence
from losscli.results.checks import Verdict
from losscli.results.largest import LargestDifferences
from losscli.results.noninferiority import worst
from losscli.results.objective import Total
from losscli.results.result import Denominator, Result, Rows, Score
from losscli.results.uncertainty import Paired, Uncertainty, adjusted
from losscli.statistics.adjust import ADJUSTMENTS
from losscli.version import SCHEMA

__all__ = [
    "CandidateVerdict",
    "Compared",
    "Comparison",
    "InSet",
    "Pair",
    "Precision",
    "Results",
    "compare_results",
    "doubts_of",
    "notes_of_alarms",
]

Results = Sequence[Sequence[Result | Total]]  # for each prediction, one result for each loss


class Pair(Record):
    """The difference of two predictions under one loss: the value of `prediction` minus that of `other`."""

    prediction: str
    other: str
    loss: str
    paired: Paired

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        names = {"prediction": self.prediction, "other": self.other, "loss": self.loss}
        return {**names, "difference": self.paired.difference, **self.paired.to_dict()}


class InSet(Record):
    """The p of a prediction in the model confidence set, and whether the set has it."""

    p: float
    in_set: bool


class Compared(Record):
    """One prediction under one loss. Several may be the best; the difference of the baseline is 0."""

    prediction: str
    loss: str
    params: Mapping[str, Any]
    reduction: str
    value: float
    denominator: Denominator | None
    best: bool  # whether no other value of the loss is smaller
    difference: float
    ratio: float | None  # None where the value of the baseline is 0
    signature: str | None = None  # all that determines the number; an objective has none
    name_note: str | None = None  # under which names the number is another, where the name of the loss has several meanings
    empty: bool = False  # whether the value was computed from no data
    uncertainty: Uncertainty | None = None  # of the value
    without_interval: str | None = None  # why an interval that was asked for is missing, of the value or of the difference
    paired: Paired | None = None  # the difference, with its uncertainty; None for the baseline
    letters: str | None = None  # those of all pairs
    model_set: InSet | None = None
    score: Score | None = None  # of a loss that is 1 minus a score
    largest: LargestDifferences | None = None  # the rows on which it and the baseline differ most; None without losses of rows

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        fields = vars(self) | {"params": {k: v.tolist() if hasattr(v, "tolist") else v for k, v in self.params.items()}}
        fields["denominator"] = None if self.denominator is None else vars(self.denominator)
        u = self.uncertainty
        fields |= {"uncertainty": None, "se": None if u is None else u.se, "interval": None if u is None else u.to_dict()}
        fields["score"] = None if self.score is None else self.score.to_dict()
        fields["paired"] = None if self.paired is None else self.paired.to_dict()
        largest = self.largest
        few = None if largest is None or largest.few is None else vars(largest.few)
        fields |= {"largest": None, "top": None if largest is None or not largest.rows else largest.to_dict(), "few_rows": few}
        fields["model_set"] = None if self.model_set is None else vars(self.model_set)
        fields["empty"] = self.empty or None
        return {k: v for k, v in fields.items() if v is not None}


class CandidateVerdict(Record):
    """The verdict on one prediction under one loss."""

    prediction: str
    loss: str
    verdict: Verdict


class Precision(Record):
    """What is known of the precision of values, by (prediction, loss), and of differences; and why some are not known, by loss."""

    values: Mapping[tuple[int, int], Uncertainty]
    differences: Mapping[tuple[int, int, int], Paired]  # by the prediction, the one subtracted and the loss; p-values are not adjusted
    reasons: Mapping[int, str]
    adjust: str = "holm"  # a name of ADJUSTMENTS
    all_pairs: bool = False  # whether every prediction is compared with every other, not only with the baseline
    asked: bool = False  # whether intervals were asked for

    def reason(self, cell: tuple[int, int], value: float, base: float | None) -> str | None:
        """Why the value of a cell, or its difference to the value of the baseline, has no interval; None where none is missing."""
        known = cell in self.values and (base is None or any((p, k) == cell for p, _, k in self.differences))
        if known or not self.asked:
            return None
        if not math.isfinite(value):
            return f"the value is {value}"
        if base is not None and not math.isfinite(base):
            return f"the value of the baseline is {base}"
        return self.reasons.get(cell[1]) or "its standard error is not finite"


class Comparison(Record):
    """All predictions under all losses, on the same rows."""

    baseline: str
    rows: Rows
    results: Sequence[Compared]
    bindings: Mapping[str, str]  # where the roles are from that all predictions share
    predictions: Mapping[str, str]  # where each prediction is from
    warnings: Sequence[DataWarning]
    notes: Sequence[str]
    where: Sequence[str] = ()  # the conditions that the rows meet
    header: Mapping[str, bool] = {}  # by table of text, whether its first line was read as a header
    pairs: Sequence[Pair] = ()  # every prediction beside every other
    adjust: str = "holm"  # how p-values are adjusted
    gated: Sequence[CandidateVerdict] = ()  # the verdicts of gates
    top: int = 0  # how many rows were to be shown on which predictions differ most
    id_names: Sequence[str] = ("row",)  # the words for a row

    def with_ids(self, ids: Sequence[Any] | None, names: Sequence[str]) -> Comparison:
        """The same with the ids of the rows, if they have ids."""
        if ids is None:
            return self
        results = []
        for r in self.results:
            rows = [] if r.largest is None else [x.but(id=ids[x.row]) for x in r.largest.rows]
            results.append(r if r.largest is None else r.but(largest=r.largest.but(rows=rows)))
        return self.but(results=results, id_names=names)

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        from losscli.version import __version__

        return {
            "schema": SCHEMA,
            "baseline": self.baseline,
            "rows": self.rows.to_dict(),
            **({"where": list(self.where)} if self.where else {}),
            "results": [r.to_dict() for r in self.results],
            **({"pairs": [p.to_dict() for p in self.pairs]} if self.pairs else {}),
            "bindings": {role: str(source) for role, source in self.bindings.items()},
            "predictions": {name: str(source) for name, source in self.predictions.items()},
            **({"header": dict(self.header)} if self.header else {}),
            **({"gate": self._gate()} if self.gated else {}),
            "warnings": [vars(w) for w in self.warnings],
            **({"notes": list(self.notes)} if self.notes else {}),
            "version": __version__,
        }

    def _gate(self) -> dict[str, Any]:
        """The checks of all candidates, each with its prediction and loss."""
        verdicts = [v.verdict.to_dict() for v in self.gated]
        checks = [
            {"prediction": of.prediction, "loss": of.loss, **check}
            for of, v in zip(self.gated, verdicts, strict=True)
            for check in v["checks"]
        ]
        outcome = worst(of.verdict.outcome for of in self.gated)
        return {"passed": outcome == "pass", "outcome": outcome, "checks": checks}


def compare_results(predictions: Sequence[str], losses: Sequence[str], results: Results, baseline: str, precision: Precision) -> Comparison:
    """The comparison of results[prediction][loss]. The best is never nan, nor a value that was computed from no data."""
    at_baseline = results[predictions.index(baseline)]
    least = [_least([of_prediction[k] for of_prediction in results]) for k in range(len(losses))]
    subtracted = predictions.index(baseline)
    differences = _adjusted(precision, subtracted, len(losses))
    compared = [
        _compared(prediction, loss, _with(result, precision.values.get((p, k))), base.value, lowest).but(
            paired=differences.get((p, subtracted, k)),
            without_interval=precision.reason((p, k), result.value, None if p == subtracted else base.value),
        )
        for p, (prediction, of_prediction) in enumerate(zip(predictions, results, strict=True))
        for k, (loss, result, base, lowest) in enumerate(zip(losses, of_prediction, at_baseline, least, strict=True))
    ]
    every = [result for of_prediction in results for result in of_prediction]
    return Comparison(
        baseline=baseline,
        rows=results[0][0].rows,
        results=compared,
        bindings={role: source for result in every for role, source in result.bindings.items() if role != "pred"},
        predictions={name: results[p][0].bindings["pred"] for p, name in enumerate(predictions)},
        warnings=_warnings(predictions, losses, results),
        pairs=_pairs(predictions, losses, differences) if precision.all_pairs else [],
        adjust=precision.adjust,
        notes=[*dict.fromkeys(note for result in every for note in result.notes), *_unknown(losses, precision.reasons)],
        where=results[0][0].where,
    )


def _with(result: Result | Total, uncertainty: Uncertainty | None) -> Result | Total:
    return result if uncertainty is None else result.but(uncertainty=uncertainty)


def _adjusted(precision: Precision, base: int, losses: int) -> dict[tuple[int, int, int], Paired]:
    """The differences with p-values that are adjusted for each loss: over the candidates, or over all pairs."""
    found: dict[tuple[int, int, int], Paired] = {}
    for k in range(losses):
        cells = [cell for cell in precision.differences if cell[2] == k and (precision.all_pairs or cell[1] == base)]
        paired = adjusted([precision.differences[cell] for cell in cells], ADJUSTMENTS[precision.adjust])
        found |= {cell: x for cell, x in zip(cells, paired, strict=True) if x is not None}
    return found


def _pairs(predictions: Sequence[str], losses: Sequence[str], differences: Mapping[tuple[int, int, int], Paired]) -> list[Pair]:
    return [Pair(predictions[p], predictions[q], losses[k], paired) for (p, q, k), paired in differences.items()]


def _unknown(losses: Sequence[str], reasons: Mapping[int, str]) -> list[str]:
    """The notes on losses without an interval."""
    return [f"{losses[k]}: no interval: {reason}" for k, reason in reasons.items()]


def doubts_of(comparison: Comparison) -> dict[tuple[str, str], str]:
    """By prediction and loss, the dependence of the rows that the interval of a difference does not take into account."""
    alarms = {(r.prediction, r.loss): r.paired.alarm for r in comparison.results if r.paired is not None}
    return {cell: sentence(alarm) for cell, alarm in alarms.items() if alarm is not None}


def notes_of_alarms(comparison: Comparison) -> list[str]:
    """A note for each advice, with the difference whose interval would be the widest."""
    found = [(r, r.paired.alarm) for r in comparison.results if r.paired is not None and r.paired.alarm is not None]
    widest: dict[tuple[str, ...], tuple[Compared, str]] = {}
    for r, alarm in sorted(found, key=lambda x: -x[1].wider):
        widest.setdefault(tuple(advised(alarm.advice)), (r, sentence(alarm)))
    several = len(comparison.results) > 2
    return [f"{f'{r.prediction} under {r.loss}: ' if several else ''}{text}" for r, text in widest.values()]


def _least(results: Sequence[Result | Total]) -> float | None:
    return min((r.value for r in results if not r.empty and r.value == r.value), default=None)


def _compared(prediction: str, loss: str, result: Result | Total, base: float, least: float | None) -> Compared:
    best = result.value == least and not result.empty
    ratio = result.value / base if base else None
    difference = result.value - base
    signature, score, note = (
        (result.signature, result.score, result.name_note or None) if isinstance(result, Result) else (None, None, None)
    )
    fields = (result.params, result.reduction, result.value, result.denominator, best, difference, ratio)
    named = Compared(prediction, loss, *fields, signature=signature, name_note=note, empty=result.empty)
    return named.but(uncertainty=result.uncertainty, score=score)


def _warnings(predictions: Sequence[str], losses: Sequence[str], results: Results) -> list[DataWarning]:
    """Each warning once, after the names of its predictions, and of its losses where it is not about all of them."""
    about: dict[DataWarning, dict[str, list[str]]] = {}  # warning -> prediction -> losses
    for prediction, of_prediction in zip(predictions, results, strict=True):
        for loss, result in zip(losses, of_prediction, strict=True):
            for warning in result.warnings:
                about.setdefault(warning, {}).setdefault(prediction, []).append(loss)
    warnings = []
    for warning, by_prediction in about.items():
        named = list(dict.fromkeys(loss for of_prediction in by_prediction.values() for loss in of_prediction))
        names = [", ".join(by_prediction)] if len(predictions) > 1 else []
        names += [", ".join(named)] if len(named) < len(losses) else []
        warnings.append(DataWarning(warning.code, f"{' under '.join(names)}: {warning.message}" if names else warning.message))
    return warnings
