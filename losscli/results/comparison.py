"""Several losses of several predictions, beside each other: the best of each loss, and how far the others are from the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from losscli.errors import Warned
from losscli.record import Record
from losscli.results.objective import Total
from losscli.results.result import Denominator, Result, Rows
from losscli.version import SCHEMA

__all__ = ["Compared", "Comparison", "compare"]


class Compared(Record):
    """One prediction under one loss; `best` is the smallest of its loss (ties are all best), the baseline's difference is 0."""

    prediction: str
    loss: str
    params: Mapping[str, Any]
    reduction: str
    value: float
    denominator: Denominator | None
    best: bool
    difference: float
    ratio: float | None  # None where the baseline is 0


class Comparison(Record):
    """All predictions under all losses, on the same rows."""

    baseline: str
    rows: Rows
    results: list[Compared]
    bindings: Mapping[str, str]  # of the roles that all predictions share
    predictions: Mapping[str, str]
    warnings: list[Warned]
    notes: list[str]
    header: Mapping[str, bool] = {}  # of each table of text, whether it was found to have one

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        from losscli.version import __version__

        results = []
        for r in self.results:
            fields = vars(r) | {"params": {k: v.tolist() if hasattr(v, "tolist") else v for k, v in r.params.items()}}
            fields["denominator"] = None if r.denominator is None else vars(r.denominator)
            results.append({k: v for k, v in fields.items() if v is not None})
        return {
            "schema": SCHEMA,
            "baseline": self.baseline,
            "rows": vars(self.rows),
            "results": results,
            "bindings": {role: str(source) for role, source in self.bindings.items()},
            "predictions": {name: str(source) for name, source in self.predictions.items()},
            **({"header": dict(self.header)} if self.header else {}),
            "warnings": [vars(w) for w in self.warnings],
            **({"notes": self.notes} if self.notes else {}),
            "version": __version__,
        }


def compare(predictions: Sequence[str], losses: Sequence[str], results: Sequence[Sequence[Result | Total]], baseline: str) -> Comparison:
    """From results[prediction][loss]. Neither nan nor what was computed from nothing is the best."""
    found: list[Compared] = []
    for p, name in enumerate(predictions):
        for k, loss in enumerate(losses):
            result, base = results[p][k], results[predictions.index(baseline)][k].value
            values = [results[q][k].value for q in range(len(predictions)) if not results[q][k].empty]
            least = min((v for v in values if v == v), default=None)
            ratio = result.value / base if base else None
            found.append(
                Compared(
                    name, loss, result.params, result.reduction, result.value, result.denominator,
                    result.value == least and not result.empty, result.value - base, ratio,
                )
            )  # fmt: skip
    first = results[0][0]
    bindings = {r: s for row in results for result in row for r, s in result.bindings.items() if r != "pred"}
    sources = {name: results[p][0].bindings["pred"] for p, name in enumerate(predictions)}
    notes = list(dict.fromkeys(note for row in results for result in row for note in result.notes))
    return Comparison(baseline, first.rows, found, bindings, sources, _warnings(predictions, losses, results), notes)


def _warnings(predictions: Sequence[str], losses: Sequence[str], results: Sequence[Sequence[Result | Total]]) -> list[Warned]:
    """Each once, with the predictions that it is about, and the losses where it is not about all of them."""
    about: dict[tuple[str, str], dict[str, list[str]]] = {}
    for prediction, row in zip(predictions, results, strict=True):
        for loss, result in zip(losses, row, strict=True):
            for w in result.warnings:
                about.setdefault((w.code, w.message), {}).setdefault(prediction, []).append(loss)
    found = []
    for (code, message), by in about.items():
        of = list(dict.fromkeys(loss for named in by.values() for loss in named))
        who = [", ".join(by)] if len(predictions) > 1 else []
        which = [", ".join(of)] if len(of) < len(losses) else []
        found.append(Warned(code, ": ".join([" under ".join([*who, *which]), message] if who or which else [message])))
    return found
