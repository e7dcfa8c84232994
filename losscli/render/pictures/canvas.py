"""A canvas of characters, on which lines are drawn with the eight dots of a Braille character, or with one mark a character."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from losscli.render.grid import Spans

__all__ = ["Canvas"]

# The bit of each dot in a character: a column is 4 dots high, a character 2 columns wide.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE = 0x2800


class Canvas:
    """Cells of characters. Positions are shares of the width and the height, from the lower left corner."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.cells: dict[tuple[int, int], tuple[int | str, str]] = {}  # (row, column) -> dots or a character, and a colour

    def mark(self, x: float, y: float, character: str, colour: str = "") -> None:
        """Write a character; one that is outside is left out."""
        if 0 <= x <= 1 and 0 <= y <= 1:
            self.cells[round((1 - y) * (self.rows - 1)), round(x * (self.columns - 1))] = character, colour

    def dot(self, x: float, y: float, colour: str = "") -> None:
        """Draw a dot; one that is outside is left out."""
        if not (0 <= x <= 1 and 0 <= y <= 1):
            return
        across, down = round(x * (2 * self.columns - 1)), round((1 - y) * (4 * self.rows - 1))
        place = down // 4, across // 2
        dots, _ = self.cells.get(place, (0, ""))
        self.cells[place] = (dots if isinstance(dots, int) else 0) | _DOTS[across % 2][down % 4], colour

    def curve(self, xs: Sequence[float], ys: Sequence[float], character: str, colour: str = "") -> None:
        """Draw a line through points: with dots, or with the character if there is one."""
        for x, y in self._along(xs, ys, 1 if character else 2):
            if character:
                self.mark(x, y, character, colour)
            else:
                self.dot(x, y, colour)

    def _along(self, xs: Sequence[float], ys: Sequence[float], fineness: int) -> Iterator[tuple[float, float]]:
        """Points along a line, close enough for the dots or the characters."""
        points = [(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(x) and math.isfinite(y)]
        yield from points[:1]
        for (a, b), (c, d) in pairwise(points):
            steps = max(1, math.ceil(fineness * max(abs(c - a) * self.columns, 2 * abs(d - b) * self.rows)))
            steps = min(steps, 8 * (self.columns + self.rows))
            yield from ((a + (c - a) * k / steps, b + (d - b) * k / steps) for k in range(1, steps + 1))

    def lines(self) -> list[Spans]:
        """The rows of the canvas, from the top."""
        return [[self._cell(r, c) for c in range(self.columns)] for r in range(self.rows)]

    def _cell(self, row: int, column: int) -> tuple[str, str]:
        content, colour = self.cells.get((row, column), (" ", ""))
        return (chr(_BRAILLE + content) if isinstance(content, int) else content), colour
