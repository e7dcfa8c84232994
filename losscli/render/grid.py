"""Tables of text: plain for pipes, drawn for terminals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Grid", "Style", "drawn", "number", "plain"]


@dataclass(frozen=True)
class Style:
    """How a table is written: significant digits, the rows of elements to show, and for a terminal its width and colours."""

    precision: int | None = None
    rows: int | None = 10  # None: all
    terminal: bool = False
    colour: bool = False
    width: int = 100


@dataclass
class Grid:
    """A header, rows of cells, and lines of text below. `left` are the columns that are words; `strong` cells stand out."""

    header: Sequence[str]
    rows: list[Sequence[str]]
    left: frozenset[int] = frozenset()
    title: str = ""
    strong: set[tuple[int, int]] = field(default_factory=set)
    below: list[str] = field(default_factory=list)


def number(x: Any, style: Style) -> str:
    """A number with the digits asked for; six for the eye where none are."""
    if isinstance(x, str) or x is None:
        return "" if x is None else x
    if isinstance(x, int) and not isinstance(x, bool):
        return str(x)
    return f"{x:.{style.precision or 6}g}"


def plain(grids: Sequence[Grid]) -> str:
    """Columns set with spaces: no colour, no lines, nothing wrapped or cut."""
    return "\n\n".join(_plain(g) for g in grids) + "\n"


def _plain(grid: Grid) -> str:
    lines = [grid.header, *grid.rows] if any(grid.header) else list(grid.rows)
    widths = [max((len(line[i]) for line in lines), default=0) for i in range(len(grid.header))]
    text = [
        "  ".join(cell.ljust(w) if i in grid.left else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    ]
    return "\n".join([*([grid.title] if grid.title else []), *text, *grid.below])


def drawn(grids: Sequence[Grid], style: Style) -> str:
    """The same for a terminal."""
    from io import StringIO

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = StringIO()
    console = Console(file=out, force_terminal=style.colour, no_color=not style.colour, width=style.width, highlight=False)
    for i, grid in enumerate(grids):
        if i:
            console.print()
        if grid.title:
            console.print(Text(grid.title, style="bold"))
        if grid.rows:
            table = Table(
                box=box.SIMPLE_HEAD if any(grid.header) else None, show_header=any(grid.header), pad_edge=False, header_style="bold cyan"
            )
            for k, name in enumerate(grid.header):
                table.add_column(Text(name), justify="left" if k in grid.left else "right", overflow="fold")
            for r, row in enumerate(grid.rows):
                table.add_row(*(Text(cell, style="bold green" if (r, k) in grid.strong else "") for k, cell in enumerate(row)))
            console.print(table)
        for line in grid.below:
            console.print(Text(line, style="dim"))
    return out.getvalue()
