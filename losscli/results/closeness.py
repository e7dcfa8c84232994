"""Two arrays compared element by element, block after block: how many differ, and the worst of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.errors import counted

__all__ = ["Closeness"]

WORST = 5  # elements that are shown


class Closeness:
    """What was compared (`of`), with what (`by`), and how far the two may lie apart."""

    def __init__(self, of: str, by: str, rtol: float, atol: float) -> None:
        self.of, self.by, self.rtol, self.atol = of, by, rtol, atol
        self.count = self.failed = 0
        self.nothing = False  # whether the loss was computed from nothing
        self._worst: list[tuple[bool, float, int, tuple[int, ...], float, float]] = []

    def near(self, ours: Any, theirs: Any) -> Any:
        """Whether each element agrees; an infinity does with itself, nan with nothing."""
        close = np.abs(ours - theirs) <= self.atol + self.rtol * np.abs(theirs)
        return (close & np.isfinite(theirs)) | (ours == theirs)

    def add(self, rows: Any, ours: Any, theirs: Any, near: Any = None) -> None:
        """The elements of some rows, whose numbers in the file come first."""
        with np.errstate(all="ignore"):
            ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
            near = self.near(ours, theirs) if near is None else near
            apart = np.abs(ours - theirs) / (self.atol + self.rtol * np.abs(theirs))
        self.count += near.size
        self.failed += int(near.size - np.count_nonzero(near))
        apart = np.where(np.isnan(apart), np.where(near, 0, np.inf), apart).reshape(-1)
        differ = np.flatnonzero(~near.reshape(-1))
        among = differ if differ.size else np.arange(apart.size)
        for i in among[_largest(apart[among])].tolist():
            place = np.unravel_index(i, ours.shape)
            inner = tuple(int(k) for k in place[1:])
            self._worst.append((not differ.size, -float(apart[i]), int(rows[place[0]]), inner, float(ours[place]), float(theirs[place])))
        self._worst = sorted(self._worst)[:WORST]  # what differs comes before what does not

    @property
    def passed(self) -> bool:
        """Whether there was something to compare, and all of it agrees."""
        return self.count > 0 and self.failed == 0 and not self.nothing

    @property
    def worst(self) -> list[dict[str, Any]]:
        """The elements that lie furthest apart: those that differ, or else the one nearest to it."""
        shown = self._worst[: min(WORST, self.failed) or 1]
        return [
            {"row": row, **({"index": list(inner)} if inner else {}), "ours": ours, self.by: theirs}
            for _, _, row, inner, ours, theirs in shown
        ]

    def to_dict(self) -> dict[str, Any]:
        """As a check of a gate."""
        return {
            "kind": "expect" if self.by == "expected" else "gradcheck",
            "of": self.of,
            "count": self.count,
            "failed": self.failed,
            "worst": self.worst,
            "rtol": self.rtol,
            "atol": self.atol,
            "passed": self.passed,
        }

    def line(self) -> str:
        """The verdict, and the worst elements."""
        gate, what = ("gate", "what is expected") if self.by == "expected" else ("gradcheck", "central differences")
        tolerance = f"(rtol {self.rtol:g}, atol {self.atol:g})"
        if self.nothing:
            return f"{gate} failed: {self.of}: the loss is computed from nothing"
        if not self.count:
            return f"{gate} failed: {self.of}: nothing was compared"
        if self.passed:
            said = f"{counted(self.count, 'number')} agree with {what} {tolerance}"
            return f"{gate} passed: {self.of}: {said}; furthest apart: {self._said(self.worst[0])}"
        worst = "; ".join(map(self._said, self.worst))
        return f"{gate} failed: {self.of}: {self.failed:,} of {counted(self.count, 'number')} do not agree with {what} {tolerance}: {worst}"

    def _said(self, element: dict[str, Any]) -> str:
        at = "".join(f",{i}" for i in element.get("index", ()))
        return f"row {element['row']}{at} is {element['ours']!r}, {self.by} {element[self.by]!r}"


def _largest(x: Any) -> Any:
    """Where the largest few are."""
    return np.argpartition(x, -WORST)[-WORST:] if x.size > WORST else np.arange(x.size)
