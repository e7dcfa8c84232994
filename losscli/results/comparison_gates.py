"""The gates of a comparison: bounds for the candidates, and how much worse than the baseline each may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from losscli.record import EMPTY, Record
from losscli.results.comparison import CandidateVerdict, Compared, Comparison, Results
from losscli.results.dependence import INDEPENDENT, Dependence
from losscli.results.gates import Bounds, Gate, verdict_of
from losscli.results.noninferiority import Estimate, Margins
from losscli.results.objective import Total
from losscli.results.result import Result

if TYPE_CHECKING:
    from losscli.results.earlier import Earlier
    from losscli.results.paired_rows import RowValues

__all__ = ["NO_GATES", "ComparisonGates", "with_verdicts"]

Cell = tuple[str, str]  # a prediction and a loss


class ComparisonGates(Record):
    """The gates of `compare`."""

    bounds: Bounds
    margins: Margins
    earlier: Earlier | None = None  # the baseline of the margins, instead of a prediction
    strict: bool = False
    place: str = ""  # the slice of the rows that is judged, as in 'group=a'
    rows: Mapping[Any, RowValues] = EMPTY  # by prediction and loss, the values of the rows, if the earlier result has such values
    dependence: Dependence = INDEPENDENT  # of these rows

    @property
    def pairs_rows(self) -> bool:
        """Whether the earlier result has values of rows."""
        return self.earlier is not None and self.earlier.has_rows

    def of_slice(self, name: str) -> ComparisonGates:
        """The gates of a slice of the rows. An earlier result is one of all rows, so its margins judge no slice."""
        return self.but(margins=self.margins if self.earlier is None else Margins(), place=name)

    def __bool__(self) -> bool:
        return bool(self.margins) or (self.bounds.max, self.bounds.min) != (None, None)

    def candidates(self, predictions: Sequence[str], baseline: str) -> list[str]:
        """The predictions that the gates apply to: all but the baseline, unless it is the only one or an earlier result."""
        others = [name for name in predictions if name != baseline]
        return others if others and self.earlier is None else list(predictions)


NO_GATES = ComparisonGates(Bounds(), Margins())


def with_verdicts(
    comparison: Comparison,
    results: Results,
    gates: ComparisonGates,
    reasons: Mapping[str, str],
    doubts: Mapping[Cell, str] | None = None,
) -> Comparison:
    """The comparison with a verdict on each candidate under each loss.

    `reasons` say for a loss why its differences have no standard error, `doubts` for a candidate and a loss why that of its difference
    cannot be trusted. Raises InputError where an earlier result is of another loss.
    """
    if not gates:
        return comparison
    every = [result for of_prediction in results for result in of_prediction]
    return comparison.but(gated=list(_verdicts(gates, _Compared(comparison, every, reasons, doubts or {}))))


class _Compared(Record):
    """A comparison with the result behind each of its parts."""

    comparison: Comparison
    results: Sequence[Result | Total]
    reasons: Mapping[str, str]
    doubts: Mapping[Cell, str]

    def baseline_of(self, loss: str) -> tuple[Compared, Result | Total]:
        """The baseline under a loss."""
        of = self.comparison
        pairs = zip(of.results, self.results, strict=True)
        return next((c, r) for c, r in pairs if (c.prediction, c.loss) == (of.baseline, loss))


def _verdicts(gates: ComparisonGates, of: _Compared) -> Iterator[CandidateVerdict]:
    names = gates.candidates(list(of.comparison.predictions), of.comparison.baseline)
    bounds = Gate(gates.bounds, None)
    for compared, result in zip(of.comparison.results, of.results, strict=True):
        if compared.prediction in names:
            decisions = gates.margins.decisions(_estimate(gates, of, compared, result)) if gates.margins else []
            verdict = verdict_of(_name(gates, compared), result, bounds, decisions)
            if verdict is not None:
                yield CandidateVerdict(compared.prediction, compared.loss, verdict.but(strict=gates.strict))


def _name(gates: ComparisonGates, compared: Compared) -> str:
    return f"{compared.loss} of {compared.prediction}{f' in {gates.place}' if gates.place else ''}"


def _estimate(gates: ComparisonGates, of: _Compared, compared: Compared, result: Result | Total) -> Estimate:
    """The difference to the earlier result, or to the baseline of the comparison."""
    if gates.earlier is not None:
        values = gates.rows.get((compared.prediction, compared.loss))
        if values is not None and isinstance(result, Result):
            from losscli.results.paired_rows import paired_estimate

            return paired_estimate(gates.earlier, _name(gates, compared), result, values, gates.dependence)
        unpaired = gates.earlier.estimate(_name(gates, compared), result, compared.prediction, compared.uncertainty)
        return unpaired.but(doubt=of.doubts.get((compared.prediction, compared.loss), ""))
    base, base_result = of.baseline_of(compared.loss)
    reason, u = of.reasons.get(compared.loss, ""), None if compared.paired is None else compared.paired.uncertainty
    return Estimate(
        _name(gates, compared),
        of.comparison.baseline,
        compared.difference,
        base.value,
        rows=result.rows.used if u is None else u.rows,
        se=None if u is None else u.se,
        df=None if u is None else u.df,
        se_candidate=None if compared.uncertainty is None else compared.uncertainty.se,
        se_baseline=None if base.uncertainty is None else base.uncertainty.se,
        empty=result.empty or base_result.empty,
        without_se=f"there is no standard error: {reason}; --fail-if-worse-point compares the values alone" if reason else "",
        doubt=of.doubts.get((compared.prediction, compared.loss), ""),
        resampled=None if u is None else u.replicates,
        resampled_baseline=None if base.uncertainty is None else base.uncertainty.replicates,
    )
