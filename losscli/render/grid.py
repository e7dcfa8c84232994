"""Tables of text, plain for pipes and drawn for terminals, with lines of text below them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Literal

from losscli.errors import counted
from losscli.numeric.lazy import Array
from losscli.record import EMPTY, Record
from losscli.text import clean

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from losscli.results.result import Rows

__all__ = [
    "Grid",
    "Spans",
    "Style",
    "bounds",
    "drawn",
    "number",
    "numbers",
    "plain",
    "rich_text",
    "row_counts",
    "source_lines",
    "vector",
    "width_of",
]

Spans = Sequence[tuple[str, str]]  # a line of a picture: texts, each with its colour or style


class Style(Record):
    """How a result is written: its digits, how many elements it shows, for a terminal its colours and width."""

    precision: int | None = None  # significant digits; None: six
    rows: int | None = 10  # None: all
    terminal: bool = False
    colour: bool = False
    width: int = 100
    ascii: bool = False  # whether pictures are drawn without the characters that a terminal without Unicode lacks
    configuration: Mapping[str, Any] = EMPTY  # what a file of settings or a variable set: in formats that hold the whole result


class Grid(Record):
    """A header, rows of cells, and lines of text below them."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: AbstractSet[int] = frozenset()  # the columns that are words, aligned to the left
    title: str = ""
    strong: AbstractSet[tuple[int, int]] = frozenset()  # the cells that stand out, by row and column
    below: Sequence[str] = ()
    code: bool = False  # whether the lines below are code
    drawing: Sequence[Spans] = ()  # the lines of a picture, which is shown above the rows
    narrow: Sequence[Grid] = ()  # the tables to show instead in a window that is too narrow
    page: str = ""  # a text in Markdown, in place of a table


# --- cells and lines -------------------------------------------------------------------------------------------------------


def number(x: Any, style: Style) -> str:
    """A number with the significant digits of the style, by default six. Whole numbers keep all digits, and texts stay as they are."""
    if isinstance(x, str) or x is None:
        return "" if x is None else x
    if isinstance(x, int) and not isinstance(x, bool):
        return str(x)
    return f"{x + 0.0:.{style.precision or 6}g}"  # a zero has no sign in a table


def numbers(column: Array, style: Style) -> list[str]:
    """An array of numbers, each written as by `number`."""
    write: Callable[[Any], str] = str if column.dtype.kind in "iu" else f"%.{style.precision or 6}g".__mod__
    return list(map(write, (column if column.dtype.kind in "iu" else column + 0.0).tolist()))


def vector(x: Any) -> str:
    """The first four numbers of an array, and how many there are."""
    flat = x.reshape(-1)
    some = " ".join(number(v, Style(3)) for v in flat[:4].tolist())
    return f"[{some}{f' … {flat.size}' if flat.size > 4 else ''}]"


def bounds(low: float, high: float, style: Style) -> list[str]:
    """Two bounds, with as many digits as show the distance between them to three digits."""
    width, largest = high - low, max(abs(low), abs(high))
    if style.precision is not None or not 0 < width < math.inf:
        return [number(x, style) for x in (low, high)]
    decimals = 2 - math.floor(math.log10(width / 2))
    if decimals <= 12 and largest < 1e9:
        return [f"{x:.{max(decimals, 0)}f}" for x in (low, high)]
    digits = min(17, max(1, math.floor(math.log10(largest)) + decimals + 1))
    return [f"{x:.{digits}g}" for x in (low, high)]


def row_counts(rows: Rows, where: Sequence[str] = ()) -> str:
    """How many rows were read and used, and how many were left out, in words. `where` are the conditions that all rows meet."""
    parts = [f"{counted(rows.read, 'row')} read", f"{rows.used:,} used"]
    if rows.filtered is not None:
        parts.append(f"{rows.filtered:,} left out (where {' and '.join(where)})")
    if rows.omitted:
        parts.append(f"{rows.omitted:,} omitted for nan")
    if rows.ignored:
        parts.append(f"{counted(rows.ignored, 'label')} ignored")
    if rows.unmatched is not None:
        parts.append(f"{rows.unmatched:,} without a partner left out")
    return ", ".join(parts)


def source_lines(bindings: Mapping[str, str]) -> list[str]:
    """One line with the source of each role; no line where all roles are numbers from the command line."""
    if all(source in ("inline", "array") for source in bindings.values()):
        return []
    from losscli.data.columns import shown

    return [", ".join(f"{role} = {shown(source)}" for role, source in bindings.items())]


# --- widths ----------------------------------------------------------------------------------------------------------------


def width_of(text: str) -> int:
    """The columns that a text takes on a terminal: two for a wide letter."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _widths(grid: Grid) -> list[int]:
    return [max(map(width_of, map(clean, column))) for column in zip(grid.header, *grid.rows, strict=True)]


def _least_width(grid: Grid) -> int:
    """The width below which a cell would be cut. Words may be folded, except those of the first column; numbers may not."""
    widths = _widths(grid)
    return sum(min(w, 16) if i in grid.left and i else w for i, w in enumerate(widths)) + 3 * len(widths)


# --- plain -----------------------------------------------------------------------------------------------------------------


def plain(grids: Sequence[Grid]) -> str:
    """Columns aligned with spaces: no colours, no lines, nothing folded or cut."""
    return "\n\n".join(_plain(g) for g in grids) + "\n"


def _plain(grid: Grid) -> str:
    if grid.page:
        return grid.page.rstrip()
    lines = [grid.header, *grid.rows] if any(grid.header) else grid.rows
    columns = [_aligned(cells, str.ljust if i in grid.left else str.rjust) for i, cells in enumerate(zip(*lines, strict=True))]
    text = [line.rstrip() for line in map("  ".join, zip(*columns, strict=True))]
    picture = ["".join(text for text, _ in spans).rstrip() for spans in grid.drawing]
    return "\n".join([*([clean(grid.title)] if grid.title else []), *map(clean, picture), *text, *map(clean, grid.below)])


def _aligned(column: Iterable[str], justify: Callable[[str, int], str]) -> Iterator[str]:
    """The cells of a column, all as wide as the widest."""
    cells = list(map(clean, column))
    widths = list(map(len if "".join(cells).isascii() else width_of, cells))
    widest = max(widths)
    return (justify(cell, len(cell) + widest - width) for cell, width in zip(cells, widths, strict=True))


# --- on a terminal ---------------------------------------------------------------------------------------------------------


def drawn(grids: Sequence[Grid], style: Style) -> str:
    """The tables for a terminal. No number is cut or wrapped: a table that is too wide is shown in its narrow form, or plain."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text
    from rich.theme import Theme

    out = StringIO()
    theme = Theme({"markdown.code": "cyan"})  # its own has a black background
    console = Console(file=out, force_terminal=style.colour, no_color=not style.colour, width=style.width, highlight=False, theme=theme)
    for i, grid in enumerate(fitting for g in grids for fitting in _fitting(g, style.width)):
        if i:
            console.print()
        if grid.page:
            from losscli.render.markdown import Page

            console.print(Page(grid.page), crop=False)
        if grid.title:
            console.print(Text(clean(grid.title), style="bold"))
        for spans in grid.drawing:
            console.print(Text.assemble(*((clean(text), style) for text, style in spans)), soft_wrap=True)
        if grid.rows and _least_width(grid) <= style.width:
            console.print(_table(grid))
        elif grid.rows:
            console.print(Text(_in_narrow_window(Grid(grid.header, grid.rows, grid.left), style.width)), soft_wrap=True)
        for line in grid.below:
            console.print(Text(clean(line), style="dim"), soft_wrap=True)
    return out.getvalue()


def rich_text(grids: Sequence[Grid], width: int) -> Text:
    """The tables as text of rich, for a console of this width."""
    from rich.text import Text

    return Text.from_ansi(drawn(grids, Style(terminal=True, colour=True, width=width)).rstrip("\n"))


def _fitting(grid: Grid, width: int) -> Sequence[Grid]:
    return grid.narrow if grid.narrow and sum(_widths(grid)) + 3 * len(grid.header) > width else [grid]


def _in_narrow_window(grid: Grid, width: int) -> str:
    """The plain table; one of names and texts that does not fit has each text below its name, unless both fit on one line."""
    from losscli.render.help import folded

    text = _plain(grid)
    if len(grid.header) != 2 or not grid.left >= {0, 1} or max(map(width_of, text.splitlines())) <= width:
        return text
    lines = []
    for name, about in ((clean(a), clean(b)) for a, b in ([grid.header] if any(grid.header) else []) + list(grid.rows)):
        together = f"{name}  {about}".rstrip()
        lines += [together] if width_of(together) <= width else [name, *(f"    {line}" for line in folded(about, width - 4))]
    return "\n".join(lines)


def _table(grid: Grid) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    has_header = any(grid.header)
    table = Table(box=box.SIMPLE_HEAD if has_header else None, show_header=has_header, pad_edge=False, header_style="bold cyan")
    for k, (name, width) in enumerate(zip(grid.header, _widths(grid), strict=True)):
        fixed = k not in grid.left or k == 0
        justify: Literal["left", "right"] = "left" if k in grid.left else "right"
        table.add_column(Text(clean(name)), justify=justify, overflow="fold", no_wrap=fixed, min_width=width if fixed else None)
    for r, row in enumerate(grid.rows):
        table.add_row(*(Text(clean(cell), style="bold green" if (r, k) in grid.strong else "") for k, cell in enumerate(row)))
    return table
