"""Gates: bounds and an expected value for one number."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from losscli.errors import UsageError

if TYPE_CHECKING:
    from losscli.results.expectation import Expectation
    from losscli.results.objective import Total
    from losscli.results.result import Result

__all__ = ["ATOL", "RTOL", "Gate", "tolerances"]

RTOL, ATOL = 1e-6, 1e-12  # how far from --expect


def tolerances(rtol: float | None, atol: float | None, to: bool) -> tuple[float, float]:
    """How far from what is expected a number may be. Raises UsageError where there is nothing `to` be near."""
    for name, x in (("--rtol", rtol), ("--atol", atol)):
        if x is None:
            continue
        if not 0 <= x < math.inf:
            raise UsageError("--rtol and --atol must be 0 or more, and finite")
        if not to:
            raise UsageError(f"{name} is how far from --expect the value may be, and there is no --expect")
    return RTOL if rtol is None else rtol, ATOL if atol is None else atol


class Gate:
    """Bounds that a value must keep; nan keeps none, nor does what was computed from nothing."""

    def __init__(
        self, *, max: float | None, min: float | None, expect: str | None, rtol: float = RTOL, atol: float = ATOL, folder: str = ""
    ) -> None:
        for name, x in (("--max", max), ("--min", min)):
            if x is not None and math.isnan(x):
                raise UsageError(f"{name} nan is no bound")
        self.max, self.min, self.rtol, self.atol = max, min, rtol, atol
        self.expect: Expectation | None = None
        self.files: list[str] = []  # that the value is judged by
        if expect is not None:
            from losscli.results.expectation import expected

            self.files.append(os.path.join(folder, expect))
            self.expect = expected(expect, folder)

    @property
    def asked(self) -> bool:
        return (self.max, self.min, self.expect) != (None, None, None)

    def verdict(self, result: Result | Total) -> dict[str, Any]:
        """`passed`, and each check with its limit. Raises InputError where what is expected is a result of something else."""
        value = result.value
        checks: list[dict[str, Any]] = []
        if self.max is not None:
            checks.append({"kind": "max", "limit": self.max, "passed": value <= self.max})
        if self.min is not None:
            checks.append({"kind": "min", "limit": self.min, "passed": value >= self.min})
        if self.expect is not None:
            from losscli.results.expectation import refuse_another

            refuse_another(self.expect.path, self.expect.said, result)
            limit = self.expect.number
            near = value == limit or (math.isfinite(limit) and abs(value - limit) <= self.atol + self.rtol * abs(limit))
            checks.append({"kind": "expect", "limit": limit, "passed": near, "rtol": self.rtol, "atol": self.atol})
        for check in checks:
            check["passed"] &= not result.nothing
        return {"passed": all(c["passed"] for c in checks), "checks": checks}

    def line(self, name: str, result: Result | Total, verdict: Mapping[str, Any]) -> str:
        said = {"max": "at most", "min": "at least", "expect": "near"}
        checks = [c for c in verdict["checks"] if "limit" in c]
        asked = " and ".join(f"{said[c['kind']]} {c['limit']!r}" for c in checks)
        tolerance = f" (rtol {self.rtol:g}, atol {self.atol:g})" if self.expect is not None else ""
        outcome = "passed" if all(c["passed"] for c in checks) else "failed"
        value = f"{result.value!r}{' of nothing' if result.nothing and result.value == result.value else ''}"
        return f"gate {outcome}: {name} {value}, asked for {asked}{tolerance}"
