"""Whether a function of the user's is an implementation of a loss: what was compared, and where it differs most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from losscli.errors import counted
from losscli.record import Record

__all__ = ["Compared", "Conformance"]

LONGEST = 300  # characters of a call that are shown


class Compared(Record):
    """The numbers of one case: the values, or the derivatives with respect to a role. `failure` is an error of the function."""

    case: str
    what: str  # 'value', or 'gradient of pred'
    count: int = 0
    wrong: int = 0
    place: tuple[int, ...] = ()  # the index of the number that differs most
    actual: float = math.nan
    expected: float = math.nan
    call: str = ""  # what the function was called with
    failure: str = ""

    @property
    def passed(self) -> bool:
        """Whether all numbers agree."""
        return not (self.wrong or self.failure)

    @property
    def error(self) -> float:
        """The relative difference where it is largest; infinite for another kind of number, and for an error."""
        if self.failure or (self.wrong and not math.isfinite(self.actual - self.expected)):
            return math.inf
        distance = abs(self.actual - self.expected)
        return 0.0 if not distance or not math.isfinite(distance) else distance / abs(self.expected) if self.expected else math.inf

    @property
    def text(self) -> str:
        """What differs, in words."""
        if self.failure:
            return f"{self.case}: {self.what}: {self.failure}"
        at = f" at row {self.place[0]}{', index ' * (len(self.place) > 1)}{','.join(map(str, self.place[1:]))}" if self.place else ""
        ratio = self.actual / self.expected if self.expected else math.nan
        times = f", {ratio:.6g} times it" if math.isfinite(ratio) and ratio else ""
        many = f" ({self.wrong:,} of {counted(self.count, 'number')} differ)" if self.count > 1 else ""
        return f"{self.case}: {self.what}{at} is {self.actual!r}, not {self.expected!r}{times}{many}"

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        if self.failure:
            return {"case": self.case, "what": self.what, "failure": self.failure, "call": self.call}
        at = {"at": list(self.place), "actual": self.actual, "expected": self.expected}
        return {"case": self.case, "what": self.what, "numbers": self.count, "differ": self.wrong, **at, "call": self.call}


class Conformance(Record):
    """All that was compared, with the cases that were left out and why."""

    function: str
    name: str  # of the loss
    framework: str
    compared: Sequence[Compared]
    skipped: Sequence[tuple[str, str]]
    rtol: float
    atol: float

    def __repr__(self) -> str:
        """In short: all that was compared is in `compared`."""
        return f"Conformance({self.function!r}, {self.name!r}, passed={self.passed}, compared={len(self.compared)})"

    def __str__(self) -> str:
        return "\n".join([self.verdict, *self.lines()])

    @property
    def failed(self) -> list[Compared]:
        """What differs, the worst first."""
        return sorted((c for c in self.compared if not c.passed), key=lambda c: -c.error)

    @property
    def passed(self) -> bool:
        """Whether something was compared, and everything agrees."""
        return bool(self.compared) and not self.failed

    @property
    def factor(self) -> float | None:
        """The factor by which values differ; None where they do not differ by one factor."""
        values = [c for c in self.compared if c.what == "value" and not c.failure and c.expected and math.isfinite(c.expected)]
        ratios = [float(f"{c.actual / c.expected:.9g}") for c in values if c.wrong]
        return ratios[0] if len(ratios) > 2 and len({*ratios}) == 1 and ratios[0] else None

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        if not self.compared:
            return f"{self.function} is not compared with {self.name}: no case fits it"
        derivatives = sum(c.what != "value" for c in self.compared)
        said = f"{counted(len(self.compared) - derivatives, 'case')} and {counted(derivatives, 'gradient')}"
        within = f"(rtol {self.rtol:g}, atol {self.atol:g})"
        if self.passed:
            return f"{self.function} conforms to {self.name}: {said} agree {within}"
        return f"{self.function} does not conform to {self.name}: {len(self.failed)} of {said} differ {within}"

    def lines(self, most: int = 5) -> list[str]:
        """What differs, the worst first, and a factor that explains it."""
        shown = [c.text for c in self.failed[:most]]
        if shown and self.failed[0].call:
            call = self.failed[0].call
            shown.insert(1, f"  called with {call[:LONGEST]}{'…' * (len(call) > LONGEST)}")
        more = [f"… {len(self.failed) - most} more"] if len(self.failed) > most else []
        factor = [] if self.factor is None else [f"the values that differ are {self.factor:.9g} times those of {self.name}"]
        return [*factor, *shown, *more]

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        from losscli.version import SCHEMA, __version__

        failed = [c.to_dict() for c in self.failed]
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "function": self.function,
            "conforms_to": self.name,
            "framework": self.framework,
            "passed": self.passed,
            "compared": {"cases": len({c.case for c in self.compared}), "gradients": sum(c.what != "value" for c in self.compared)},
            "rtol": self.rtol,
            "atol": self.atol,
            "factor": self.factor,
            "differences": failed,
            "skipped": [{"case": case, "why": why} for case, why in self.skipped],
            "version": __version__,
        }
        return {k: v for k, v in document.items() if v is not None}
