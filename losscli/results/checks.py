"""Checks of a result (its number or its arrays), and the verdict of all checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from losscli.errors import counted
from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.results.noninferiority import Decision, Outcome, worst

__all__ = ["ArrayCheck", "GateOutcome", "NumberCheck", "Verdict"]

WORST = 5  # elements that an array check shows
_PHRASE = {"max": "at most", "min": "at least", "expect": "near"}
_REFERENCE = {"expect": "expected", "gradcheck": "differences"}  # the key of the other number in an element


class NumberCheck(Record):
    """Compares one number with one limit."""

    kind: Literal["max", "min", "expect"]
    limit: float
    passed: bool
    rtol: float | None = None  # these two for "expect" alone
    atol: float | None = None
    note: str = ""  # what could not be checked, in words

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        return {k: v for k, v in vars(self).items() if v is not None and k != "note"}


class ArrayCheck:
    """Compares two arrays element by element, block after block. Keeps the number of elements that differ, and the worst of them.

    `of` names the compared values: "loss", or "grad ROLE". Two numbers agree where |ours − theirs| ≤ atol + rtol |theirs|.
    An infinity agrees with itself alone, and nan with nothing.
    """

    def __init__(self, kind: Literal["expect", "gradcheck"], of: str, rtol: float, atol: float) -> None:
        self.kind, self.of, self.rtol, self.atol = kind, of, rtol, atol
        self.count = self.failed = 0
        self.empty = False  # whether no element contributed to the loss
        self.term = ""  # of an objective with several: the one that is furthest from its differences
        self._worst: list[tuple[bool, float, int, tuple[int, ...], float, float]] = []

    def add(self, rows: Array, ours: Array, theirs: Array, agree: Array | None = None) -> None:
        """Compare the elements of some rows. `rows` are their numbers in the file. `agree` replaces the outcome of the tolerances."""
        with np.errstate(all="ignore"):
            ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
            tolerance = self.atol + self.rtol * np.abs(theirs)
            distance = np.abs(ours - theirs)
            near = ((distance <= tolerance) & np.isfinite(theirs)) | (ours == theirs)
            ratio = (distance / tolerance).reshape(-1)
        agrees = (near if agree is None else agree).reshape(-1)
        ratio = np.where(np.isnan(ratio), np.where(agrees, 0, np.inf), ratio)
        self.count += agrees.size
        self.failed += int(agrees.size - np.count_nonzero(agrees))
        differ = np.flatnonzero(~agrees)
        candidates = differ if differ.size else np.arange(ratio.size)
        for i in candidates[_largest(ratio[candidates])].tolist():
            row, *index = (int(k) for k in np.unravel_index(i, ours.shape))
            element = (not differ.size, -float(ratio[i]), int(rows[row]), tuple(index), float(ours.flat[i]), float(theirs.flat[i]))
            self._worst.append(element)
        self._worst = sorted(self._worst)[:WORST]  # elements that differ come first

    @property
    def passed(self) -> bool:
        """Whether at least one element was compared, and all of them agree."""
        return self.count > 0 and self.failed == 0 and not self.empty

    @property
    def worst(self) -> list[dict[str, Any]]:
        """The elements that differ most. Where all agree, the one that is nearest to the tolerance."""
        return [
            {"row": row, **({"index": list(index)} if index else {}), "ours": ours, _REFERENCE[self.kind]: theirs}
            for _, _, row, index, ours, theirs in self._worst[: min(WORST, self.failed) or 1]
        ]

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        names = ("kind", "of", "count", "failed", "worst", "rtol", "atol", "passed")
        return {name: getattr(self, name) for name in names} | ({"term": self.term} if self.term else {})

    def line(self) -> str:
        """The outcome and the worst elements, in words."""
        label, reference = ("gate", "what is expected") if self.kind == "expect" else ("gradcheck", "central differences")
        tolerance = f"(rtol {self.rtol:g}, atol {self.atol:g})"
        if self.empty:
            return f"{label} failed: {self.of}: the loss is computed from nothing"
        if not self.count:
            return f"{label} failed: {self.of}: nothing was compared"
        numbers, worst = counted(self.count, "number"), "; ".join(map(self._describe, self.worst))
        worst += f"; of the terms, {self.term} is furthest apart" if self.term and not self.passed else ""
        if self.passed:
            return f"{label} passed: {self.of}: {numbers} agree with {reference} {tolerance}; furthest apart: {worst}"
        return f"{label} failed: {self.of}: {self.failed:,} of {numbers} do not agree with {reference} {tolerance}: {worst}"

    def _describe(self, element: dict[str, Any]) -> str:
        index = "".join(f",{i}" for i in element.get("index", ()))
        reference = _REFERENCE[self.kind]
        return f"row {element['row']}{index} is {element['ours']!r}, {reference} {element[reference]!r}"


def _largest(x: Array) -> Array:
    """The positions of the largest few."""
    return np.argpartition(x, -WORST)[-WORST:] if x.size > WORST else np.arange(x.size)


class GateOutcome(Record):
    """One gate of a verdict: what it checks, its outcome, and both in words."""

    name: str
    outcome: Outcome
    line: str


def _outcome(passed: bool) -> Outcome:
    return "pass" if passed else "fail"


class Verdict(Record):
    """All checks of one result. `name` is the name of its loss, its term or its objective."""

    name: str
    value: Any
    empty: bool
    checks: Sequence[NumberCheck | ArrayCheck | Decision]
    strict: bool = False  # whether an inconclusive gate is a failed one

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def outcome(self) -> Outcome:
        """The worst of the checks."""
        return worst(check.outcome if isinstance(check, Decision) else _outcome(check.passed) for check in self.checks)

    @property
    def failed(self) -> bool:
        """Whether the exit code is that of a failed gate."""
        return self.outcome == "fail" or (self.strict and self.outcome == "inconclusive")

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it. Only a gate on a difference can be inconclusive, so only with one the outcome is written."""
        outcome = {"outcome": self.outcome} if any(isinstance(check, Decision) for check in self.checks) else {}
        return {"passed": self.passed, **outcome, "checks": [check.to_dict() for check in self.checks]}

    def lines(self) -> list[str]:
        """The outcome in words: a line for each gate."""
        return [gate.line for gate in self.gates()]

    def gates(self) -> list[GateOutcome]:
        """The checks of the number as one gate, and each array and each difference as a gate of its own."""
        numbers = [check for check in self.checks if isinstance(check, NumberCheck)]
        gates = []
        if numbers:
            outcome = _outcome(all(check.passed for check in numbers))
            gates.append(GateOutcome(" and ".join(check.kind for check in numbers), outcome, self._number_line(numbers)))
        for check in self.checks:
            if isinstance(check, Decision):
                gates.append(GateOutcome(check.option, check.outcome, check.line()))
            elif isinstance(check, ArrayCheck):
                gates.append(GateOutcome(f"{check.kind} {check.of}", _outcome(check.passed), check.line()))
        return [gate.but(outcome="fail") if self.strict and gate.outcome == "inconclusive" else gate for gate in gates]

    def _number_line(self, checks: Sequence[NumberCheck]) -> str:
        outcome = "passed" if all(check.passed for check in checks) else "failed"
        value = f"{self.value!r}{' of nothing' if self.empty and self.value == self.value else ''}"
        limits = " and ".join(f"{_PHRASE[check.kind]} {check.limit!r}" for check in checks)
        tolerance = "".join(f" (rtol {check.rtol:g}, atol {check.atol:g})" for check in checks if check.kind == "expect")
        notes = "".join(f"; {check.note}" for check in checks if check.note)
        return f"gate {outcome}: {self.name} {value}, must be {limits}{tolerance}{notes}"
