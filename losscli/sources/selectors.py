"""Select columns of a table by a selector: a name, a position, a list, a range or a pattern."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

from losscli.data.column_names import in_number_order, numbered_like, sorted_by_number
from losscli.data.columns import BY_POSITION, Column, Source
from losscli.record import Record
from losscli.sources.table import Table

__all__ = ["Selection", "column_of", "contents", "select", "whole_table"]

SHOWN = 60  # the most characters of a list of columns that a message shows completely


class Selection(Record):
    """Columns of a table, side by side if stacked."""

    names: tuple[str, ...]
    stacked: bool


# --- what a selector means -------------------------------------------------------------------------------------------------


def select(table: Table, selector: str) -> Selection | None:
    """The columns that a selector selects; None if it selects none."""
    if table.has(selector):
        return Selection((selector,), False)
    if re.fullmatch(r"-?\d{1,9}", selector):
        return _by_position(table, int(selector))
    if "," in selector:
        parts = [select(table, part.strip()) for part in selector.split(",")]
        chosen = [p for p in parts if p is not None]
        return Selection(tuple(n for p in chosen for n in p.names), True) if len(chosen) == len(parts) else None
    first, colon, last = selector.partition(":")
    if colon and table.has(first) and table.has(last):
        return Selection(_range(table.names, first, last), True)
    if any(c in selector for c in "*?["):
        hits = in_number_order(fnmatch.filter(table.names, selector))
        return Selection(hits, True) if hits else None
    return None


def _by_position(table: Table, position: int) -> Selection | None:
    """One column, counted from 0, or from the end where the position is negative."""
    width = table.width()
    if not -width <= position < width:
        return None
    return Selection((table.key_at(position) if table.names else str(position % width),), False)


def _range(names: Sequence[str], first: str, last: str) -> tuple[str, ...]:
    """The columns from `first` to `last`: by number if their names differ only in a number, else in the order of the file."""
    names = sorted_by_number(numbered_like(names, first, last)) or names
    i, j = names.index(first), names.index(last)
    return tuple(names[i : j + 1] if i <= j else names[j : i + 1][::-1])


# --- the columns as a Column -----------------------------------------------------------------------------------------------


def column_of(table: Table, selection: Selection, written: str | None) -> Column:
    """The selected columns. `written` is the selector that the user wrote; None for columns chosen by the name of a role."""
    names = _header_names(table, selection.names)
    if not selection.stacked:
        name = selection.names[0] if written is None else written
        return table.columns(selection.names, False, f"{table.label}::{name}").but(names=names)
    whole = _as_list(table, selection)
    short = _short(table, selection, whole, written)
    label = f"{table.label}::{written if written is not None and len(written) <= SHOWN else short}"
    listed = Source(f"{table.label}::{whole}", f"{table.label}::{short}")
    return table.columns(selection.names, True, label).but(names=names, listed=listed)


def whole_table(table: Table) -> Column:
    """All columns of a table."""
    column = table.all()
    return column.but(names=_header_names(table, column.keys))


def _header_names(table: Table, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names from the header; () if the names are positions."""
    headless = table.first_line is not None and not table.first_line.header
    return () if not table.names or headless or any(n.startswith(BY_POSITION) for n in names) else names


def _as_list(table: Table, selection: Selection) -> str:
    """The columns as a selector that lists them. A column is listed by position if its name would not work in a list."""
    names = list(selection.names)
    odd = [k for k, n in enumerate(names) if "," in n or n != n.strip() or n.startswith(BY_POSITION)]
    if not odd and table.has(",".join(names)):  # one column has the list as its name
        odd = [0]
    if odd:
        positions = {n: i for i, n in reversed(list(enumerate(table.names)))}
        for k in odd:
            at = int(names[k][1:]) if names[k].startswith(BY_POSITION) else positions.get(names[k])
            free = () if at is None else (str(i) for i in (at, at - len(table.names)) if not table.has(str(i)))
            names[k] = next(iter(free), names[k])
    return ",".join(names)


def _short(table: Table, selection: Selection, whole: str, written: str | None) -> str:
    """A short text for many columns. Used as a selector, it selects these columns or none."""
    if len(whole) <= SHOWN:
        return whole
    span = f"{selection.names[0]}:{selection.names[-1]}"
    if BY_POSITION not in span and select(table, span) == selection:
        return span
    if written is not None and len(written) <= SHOWN:
        return written
    first, last = whole.partition(",")[0], whole.rpartition(",")[2]
    return f"{first},…,{last} ({len(selection.names):,} columns)"


def contents(table: Table) -> str:
    """The columns of a table, for a message, with a hint if the file seems to have another delimiter."""
    if not table.names:
        if not (width := table.width()):
            return f"{table.label} is empty"
        return f"{table.label} has no names, but {width} columns, ::0 to ::{width - 1}"
    names = ", ".join(table.names[:15]) + (f", … ({len(table.names)} in all)" if len(table.names) > 15 else "")
    lone = table.names[0] if len(table.names) == 1 else ""
    other = next((d for d in (";", "\t", "|", ":", " ") if d in lone.strip()), "")
    hint = f"; if {other!r} separates its fields, add --delimiter {other!r}" if other else ""
    if "," in lone and table.delimiter not in ("", ","):
        hint = "; if ',' separates its fields, add --delimiter ',': all CSV files of a command have one delimiter"
    if mark := next((m for m in ("#", "%", "//", "sep=") if table.first_field.startswith(m)), ""):
        hint = f"; if lines that begin with {mark} are comments, add --comment '{mark}'"
    return f"{table.label} has {names}{hint}"
