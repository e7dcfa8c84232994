"""Gates: bounds of a value, and the checks of a result against them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from losscli.errors import UsageError
from losscli.record import Record
from losscli.results.checks import ArrayCheck, NumberCheck, Verdict
from losscli.results.noninferiority import Decision

if TYPE_CHECKING:
    from losscli.results.expectation import Expectation
    from losscli.results.objective import Total
    from losscli.results.result import Result

__all__ = ["ATOL", "RTOL", "Bounds", "Gate", "expects_arrays", "gate_of", "in_order", "verdict_of"]

RTOL, ATOL = 1e-6, 1e-12  # how far a value may be from the expected one


class Bounds(Record):
    """The bounds of a value. `expect` is the user's text: a number, the file of an earlier result, or a SOURCE of arrays."""

    max: float | None = None
    min: float | None = None
    expect: str | None = None
    rtol: float = RTOL
    atol: float = ATOL


def in_order(bounds: Bounds) -> Bounds:
    """The same bounds. Raises UsageError where no number can be within them."""
    if bounds.max is not None and bounds.min is not None and bounds.min > bounds.max:
        raise UsageError(f"no number is at most {bounds.max} (--max) and at least {bounds.min} (--min)")
    return bounds


def expects_arrays(bounds: Bounds, *, elements: bool, gradient: bool) -> bool:
    """Whether `expect` is compared with the elements, not the value: if there are elements or derivatives, and it is no number."""
    if bounds.expect is None or not (elements or gradient):
        return False
    from losscli.results.expectation import number_in

    return number_in(bounds.expect) is None


class Gate(Record):
    """Bounds for one value, with the expected number."""

    bounds: Bounds
    expected: Expectation | None

    @property
    def files(self) -> Sequence[str]:
        """The file from which the expected number was read; nothing where it is not from a file."""
        return [self.expected.path] if self.expected is not None and self.expected.path else []

    def checks(self, result: Result | Total) -> list[NumberCheck]:
        """A check for each bound. A value that is nan or was computed from no data fails every check.

        Raises InputError where the expected number is from the result of another loss, UsageError for the least value of a loss that is
        1 minus a score.
        """
        score = getattr(result, "score", None)
        if score is not None and self.bounds.min is not None:
            least = self.bounds.min
            raise UsageError(
                f"the value is the loss {score.of:.10g} - {score.name}, so that less is better:"
                f" for {score.name} of at least {least:g} give a max of {score.of - least:g}"
            )
        note = "" if score is None else score.text
        value, bounds, has_data = result.value, self.bounds, not result.empty
        checks = []
        if bounds.max is not None:
            checks.append(NumberCheck("max", bounds.max, value <= bounds.max and has_data, note=note))
        if bounds.min is not None:
            checks.append(NumberCheck("min", bounds.min, value >= bounds.min and has_data))
        if self.expected is not None:
            from losscli.results.same_result import refuse_other_result

            refuse_other_result(self.expected.path, self.expected.document, result)
            limit = self.expected.number
            near = value == limit or (math.isfinite(limit) and abs(value - limit) <= bounds.atol + bounds.rtol * abs(limit))
            checks.append(NumberCheck("expect", limit, near and has_data, bounds.rtol, bounds.atol, note=self.expected.unchecked or note))
        return checks


def gate_of(bounds: Bounds, folder: str = "") -> Gate | None:
    """The gate of some bounds; None without any. The name of an earlier result is relative to `folder`.

    Raises UsageError for bounds that exclude each other and for a file that does not exist, InputError for a file without one finite value.
    """
    in_order(bounds)
    if bounds.expect is not None:
        from losscli.results.expectation import read_expectation

        return Gate(bounds, read_expectation(bounds.expect, folder))
    return None if bounds.max is None and bounds.min is None else Gate(bounds, None)


def verdict_of(name: str, result: Result | Total, gate: Gate | None, others: Sequence[ArrayCheck | Decision] = ()) -> Verdict | None:
    """The verdict on a result: the checks of its gate, and others; None without any. Raises InputError as the gate does."""
    checks: list[NumberCheck | ArrayCheck | Decision] = [*(() if gate is None else gate.checks(result)), *others]
    return Verdict(name, result.value, result.empty, checks) if checks else None
