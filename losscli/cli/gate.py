"""A verdict on a number: for CI."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from losscli.errors import InputError, UsageError

__all__ = ["Gate", "expected"]


class Gate:
    """Bounds that a value must keep; nan keeps none."""

    def __init__(self, *, max: float | None, min: float | None, expect: str | None, rtol: float, atol: float, folder: str = "") -> None:
        for name, x in (("--max", max), ("--min", min), ("--rtol", rtol), ("--atol", atol)):
            if x is not None and math.isnan(x):
                raise UsageError(f"{name} nan is no bound")
        if not (0 <= rtol < math.inf and 0 <= atol < math.inf):
            raise UsageError("--rtol and --atol must be 0 or more, and finite")
        self.max, self.min, self.rtol, self.atol = max, min, rtol, atol
        self.expect = None if expect is None else expected(expect, folder)
        self.files = [os.path.join(folder, expect)] if expect is not None else []  # that the value is judged by

    @property
    def asked(self) -> bool:
        return (self.max, self.min, self.expect) != (None, None, None)

    def verdict(self, value: float, rows: int) -> dict[str, Any]:
        """`passed`, and each check with its limit. What was computed from no rows passes nothing."""
        checks: list[dict[str, Any]] = []
        if self.max is not None:
            checks.append({"kind": "max", "limit": self.max, "passed": value <= self.max})
        if self.min is not None:
            checks.append({"kind": "min", "limit": self.min, "passed": value >= self.min})
        if self.expect is not None:
            near = value == self.expect or (
                math.isfinite(self.expect) and abs(value - self.expect) <= self.atol + self.rtol * abs(self.expect)
            )
            checks.append({"kind": "expect", "limit": self.expect, "passed": near, "rtol": self.rtol, "atol": self.atol})
        for check in checks:
            check["passed"] &= rows > 0
        return {"passed": all(c["passed"] for c in checks), "checks": checks}

    def line(self, name: str, value: float, verdict: Mapping[str, Any]) -> str:
        said = {"max": "at most", "min": "at least", "expect": "near"}
        checks = [c for c in verdict["checks"] if "limit" in c]
        asked = " and ".join(f"{said[c['kind']]} {c['limit']!r}" for c in checks)
        tolerance = f" (rtol {self.rtol:g}, atol {self.atol:g})" if self.expect is not None else ""
        return f"gate {'passed' if all(c['passed'] for c in checks) else 'failed'}: {name} {value!r}, asked for {asked}{tolerance}"


def expected(text: str, folder: str = "") -> float:
    """The number that is meant: itself, or the value in a result file (named relative to a folder) of an earlier run."""
    try:
        number = float(text.replace("_", "x"))  # 1_0 is 10 to Python alone
    except ValueError:
        return _from_file(os.path.join(folder, text))
    if math.isnan(number):
        raise UsageError("--expect nan is never met: nothing computed is never a pass")
    return number


def _from_file(path: str) -> float:
    import json

    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"--expect takes a number or a JSON result, and there is no file {path}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"--expect {path}: not a JSON result ({error})") from None
    value = document.get("total", document) if isinstance(document, dict) else document  # of an objective, of a loss, a number alone
    value = value.get("value") if isinstance(value, dict) else value
    if isinstance(value, str):
        raise InputError(f"--expect {path}: its value is {value}, which nothing meets")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"--expect {path}: it holds no single value; write one with losscli compute … -o {path}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"--expect {path}: its value is {number}, which nothing meets")
    return number
