"""The gates of a comparison in Python."""

from __future__ import annotations

from losscli.errors import UsageError
from losscli.results.comparison_gates import ComparisonGates
from losscli.results.gates import Bounds
from losscli.results.noninferiority import Allowance, Margins, allowance_of

__all__ = ["bounds_of", "check_gates", "margins_of"]


def margins_of(worse: float | str | None, by_value: float | str | None, confidence: float | None) -> Margins:
    """How much worse a candidate may be. Raises UsageError for what is no such number, and for a confidence without a gate."""
    if confidence is not None and worse is None:
        raise UsageError("confidence is how sure fail_if_worse has to be, and there is no fail_if_worse")
    if confidence is not None and not 50 <= confidence < 100:
        raise UsageError(f"confidence takes percent from 50 to below 100, such as 95, not {confidence!r}")
    return Margins(_allowance(worse, "fail_if_worse"), _allowance(by_value, "fail_if_worse_point"), confidence)


def _allowance(given: float | str | None, name: str) -> Allowance | None:
    return None if given is None else allowance_of(str(given), name)


def bounds_of(most: float | None, least: float | None) -> Bounds:
    """The bounds of the value."""
    return Bounds(max=None if most is None else float(most), min=None if least is None else float(least))


def check_gates(gates: ComparisonGates, predictions: int, losses: int, ci: float | None) -> None:
    """Raise UsageError for a gate that cannot judge these predictions and losses."""
    bounds = {"max": gates.bounds.max, "min": gates.bounds.min}
    for name, bound in bounds.items():
        if bound is not None and bound != bound:
            raise UsageError(f"{name} nan is no bound")
        if bound is not None and losses > 1:
            raise UsageError(f"{name} bounds the values of one loss, and there are {losses}: compare each")
    if gates.margins and predictions == 1:
        raise UsageError("a gate on a difference needs a baseline, and there is one prediction: give another")
    if gates.margins.worse is not None and ci is None:
        raise UsageError("fail_if_worse needs standard errors: give ci, or fail_if_worse_point")
