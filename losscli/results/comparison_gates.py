"""The gates of a comparison: bounds for the candidates, and how much worse than the baseline each may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from losscli.record import Record
from losscli.results.comparison import CandidateVerdict, Compared, Comparison, Results
from losscli.results.earlier import Earlier
from losscli.results.gates import Bounds, Gate, verdict_of
from losscli.results.noninferiority import Decision, Estimate, Margins
from losscli.results.objective import Total
from losscli.results.result import Result

__all__ = ["ComparisonGates", "with_verdicts"]


class ComparisonGates(Record):
    """The gates of `compare`."""

    bounds: Bounds
    margins: Margins
    earlier: Earlier | None = None  # the baseline of the margins, instead of a prediction
    strict: bool = False

    def __bool__(self) -> bool:
        return bool(self.margins) or (self.bounds.max, self.bounds.min) != (None, None)

    def candidates(self, predictions: Sequence[str], baseline: str) -> list[str]:
        """The predictions that the gates apply to: all but the baseline, unless it is the only one or an earlier result."""
        others = [name for name in predictions if name != baseline]
        return others if others and self.earlier is None else list(predictions)


def with_verdicts(comparison: Comparison, results: Results, gates: ComparisonGates) -> Comparison:
    """The comparison with a verdict on each candidate under each loss. Raises InputError where an earlier result is of another loss."""
    return comparison.but(verdicts=list(_verdicts(comparison, results, gates))) if gates else comparison


def _verdicts(comparison: Comparison, results: Results, gates: ComparisonGates) -> Iterator[CandidateVerdict]:
    pairs = list(zip(comparison.results, (result for of_prediction in results for result in of_prediction), strict=True))
    names = gates.candidates(list(comparison.predictions), comparison.baseline)
    at_baseline = {compared.loss: result for compared, result in pairs if compared.prediction == comparison.baseline}
    bounds = Gate(gates.bounds, None)
    for compared, result in pairs:
        if compared.prediction in names:
            decisions = _decisions(comparison, gates, compared, result, at_baseline[compared.loss])
            verdict = verdict_of(f"{compared.loss} of {compared.prediction}", result, bounds, decisions)
            if verdict is not None:
                yield CandidateVerdict(compared.prediction, compared.loss, verdict.but(strict=gates.strict))


def _decisions(
    comparison: Comparison, gates: ComparisonGates, compared: Compared, result: Result | Total, base: Result | Total
) -> list[Decision]:
    if not gates.margins:
        return []
    candidate = f"{compared.loss} of {compared.prediction}"
    if gates.earlier is not None:
        return gates.margins.decisions(gates.earlier.estimate(candidate, result, compared.prediction))
    empty = result.empty or base.empty
    estimate = Estimate(candidate, comparison.baseline, compared.difference, base.value, rows=result.rows.used, empty=empty)
    return gates.margins.decisions(estimate)
