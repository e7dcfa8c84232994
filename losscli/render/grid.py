"""Tables of text: plain for pipes, drawn for terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from losscli.record import Record

__all__ = ["Grid", "Style", "clean", "drawn", "number", "numbers", "plain"]


class Style(Record):
    """How a table is written: significant digits, the rows of elements to show, and for a terminal its width and colours."""

    precision: int | None = None
    rows: int | None = 10  # None: all
    terminal: bool = False
    colour: bool = False
    width: int = 100


@dataclass(eq=False, repr=False)
class Grid:
    """A header, rows of cells, and lines of text below. `left` are the columns that are words; `strong` cells stand out.

    `narrow` is what to show where the window is too narrow for the table.
    """

    header: Sequence[str]
    rows: list[Sequence[str]]
    left: frozenset[int] = frozenset()
    title: str = ""
    strong: set[tuple[int, int]] = field(default_factory=set)
    below: list[str] = field(default_factory=list)
    code: bool = False  # the lines below are code
    narrow: Sequence[Grid] = ()


def number(x: Any, style: Style) -> str:
    """A number with the digits asked for; six for the eye where none are."""
    if isinstance(x, str) or x is None:
        return "" if x is None else x
    if isinstance(x, int) and not isinstance(x, bool):
        return str(x)
    return f"{x:.{style.precision or 6}g}"


def numbers(column: Any, style: Style) -> list[str]:
    """An array of numbers, each as `number` gives it."""
    spelled = str if column.dtype.kind in "iu" else f"%.{style.precision or 6}g".__mod__
    return list(map(spelled, column.tolist()))


def clean(text: str) -> str:
    """Text on one line that says nothing to a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else c.encode("unicode_escape").decode() for c in text)


def _width(text: str) -> int:
    """The columns that a text takes: two for a wide letter."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _widths(grid: Grid) -> list[int]:
    return [max(map(_width, map(clean, column))) for column in zip(grid.header, *grid.rows, strict=True)]


def plain(grids: Sequence[Grid]) -> str:
    """Columns set with spaces: no colour, no lines, nothing wrapped or cut."""
    return "\n\n".join(_plain(g) for g in grids) + "\n"


def _plain(grid: Grid) -> str:
    lines = [grid.header, *grid.rows] if any(grid.header) else grid.rows
    columns = [_aligned(cells, str.ljust if i in grid.left else str.rjust) for i, cells in enumerate(zip(*lines, strict=True))]
    text = [line.rstrip() for line in map("  ".join, zip(*columns, strict=True))]
    return "\n".join([*([grid.title] if grid.title else []), *text, *map(clean, grid.below)])


def _aligned(cells: Iterable[str], to: Callable[[str, int], str]) -> Iterator[str]:
    """The cells of a column, one by one, as wide as its widest."""
    cells = list(map(clean, cells))
    widths = list(map(len if "".join(cells).isascii() else _width, cells))
    wide = max(widths)
    return (to(cell, len(cell) + wide - width) for cell, width in zip(cells, widths, strict=True))


def drawn(grids: Sequence[Grid], style: Style) -> str:
    """The same for a terminal: no number is ever cut or broken, and a table that is too wide becomes its narrow form, or plain."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    console = Console(file=out, force_terminal=style.colour, no_color=not style.colour, width=style.width, highlight=False)
    for i, grid in enumerate(fit for g in grids for fit in _fitting(g, style.width)):
        if i:
            console.print()
        if grid.title:
            console.print(Text(clean(grid.title), style="bold"))
        if grid.rows and _least(grid) <= style.width:
            console.print(_table(grid))
        elif grid.rows:
            console.print(Text(_plain(Grid(grid.header, grid.rows, grid.left))), soft_wrap=True)
        for line in grid.below:
            console.print(Text(clean(line), style="dim"), soft_wrap=True)
    return out.getvalue()


def _fitting(grid: Grid, width: int) -> Sequence[Grid]:
    return grid.narrow if grid.narrow and sum(_widths(grid)) + 3 * len(grid.header) > width else [grid]


def _least(grid: Grid) -> int:
    """The columns without which something would be cut: words may be folded, but for the first column; numbers not."""
    widths = _widths(grid)
    return sum(min(w, 16) if i in grid.left and i else w for i, w in enumerate(widths)) + 3 * len(widths)


def _table(grid: Grid) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    headed = any(grid.header)
    table = Table(box=box.SIMPLE_HEAD if headed else None, show_header=headed, pad_edge=False, header_style="bold cyan")
    for k, (name, width) in enumerate(zip(grid.header, _widths(grid), strict=True)):
        fixed = k not in grid.left or k == 0
        justify = "left" if k in grid.left else "right"
        table.add_column(Text(clean(name)), justify=justify, overflow="fold", no_wrap=fixed, min_width=width if fixed else None)  # type: ignore[arg-type]
    for r, row in enumerate(grid.rows):
        table.add_row(*(Text(clean(cell), style="bold green" if (r, k) in grid.strong else "") for k, cell in enumerate(row)))
    return table
