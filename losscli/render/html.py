"""Tables as HTML, for a notebook: its own style sheet decides on colours, so that they suit a light and a dark page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from losscli.render.grid import Grid
from losscli.text import clean

__all__ = ["html"]


def html(grids: Sequence[Grid]) -> str:
    """The tables, one below the other, each with its title above and its lines below."""
    return "<div>" + "".join(map(_grid, grids)) + "</div>"


def _grid(grid: Grid) -> str:
    title = f"<p><b>{_text(grid.title)}</b></p>" if grid.title else ""
    picture = "\n".join(clean("".join(text for text, _ in spans)) for spans in grid.drawing)
    drawing = f"<pre>{escape(picture)}</pre>" if picture else ""
    below = "<br>".join(_text(line) for line in grid.below if line.strip())
    return title + drawing + (_table(grid) if grid.rows else "") + (f'<p style="font-size: smaller">{below}</p>' if below else "")


def _table(grid: Grid) -> str:
    head = "".join(_cell("th", name, k, grid) for k, name in enumerate(grid.header)) if any(grid.header) else ""
    rows = "".join(f"<tr>{''.join(_body(cell, (r, k), grid) for k, cell in enumerate(row))}</tr>" for r, row in enumerate(grid.rows))
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{rows}</tbody></table>"


def _body(cell: str, at: tuple[int, int], grid: Grid) -> str:
    return _cell("td", f"<b>{_text(cell)}</b>", at[1], grid, ready=True) if at in grid.strong else _cell("td", cell, at[1], grid)


def _cell(tag: str, content: str, column: int, grid: Grid, *, ready: bool = False) -> str:
    style = "text-align: left" if column in grid.left else "text-align: right; white-space: nowrap"  # an interval stays on one line
    return f'<{tag} style="{style}">{content if ready else _text(content)}</{tag}>'


def _text(text: str) -> str:
    return escape(clean(text).strip())
