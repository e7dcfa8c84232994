"""A whole file as a SOURCE: all its columns but those of ids, which are never taken as data."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence

from losscli.data.columns import Column
from losscli.errors import UsageError
from losscli.sources.id_names import IdNames
from losscli.sources.ids import looks_like_id
from losscli.sources.selectors import Selection, column_of, whole_table
from losscli.sources.table import Table

__all__ = ["whole_source"]

SHOWN = 8  # columns that a message lists
_WHOLE = re.compile(r"\s*-?\d+(\.0*)?\s*")


def whole_source(table: Table, id_names: IdNames | None) -> Column:
    """All columns of a file without those that `--id` names.

    Raises UsageError for another column beside them that seems to hold ids: its name is that of an id, and it holds whole numbers, all
    different.
    """
    column = whole_table(table)
    if not column.stacked or not column.names:
        return column
    ids = set() if id_names is None else id_names.any_in(table)
    kept = _without(column, ids)
    for name in kept:
        if len(kept) > 1 and looks_like_id(name) and _all_different(table, name):
            raise _would_be_data(table, column, {*ids, name}, name, id_names)
    if len(kept) == len(column.names) or not kept:
        return column.but(hint=_choose(table, column.names))
    chosen = column_of(table, Selection(kept, len(kept) > 1), None)
    return chosen.but(hint=_choose(table, kept)) if chosen.stacked else chosen


def _choose(table: Table, names: Sequence[str]) -> str:
    """How to choose a column, for a cell that is a word."""
    listed = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return f"all columns of the file are taken; {table.label}::NAME takes one of {listed}"


def _without(column: Column, ids: Collection[str]) -> tuple[str, ...]:
    return tuple(n for n in column.names if n not in ids)


def _all_different(table: Table, name: str) -> bool:
    """Whether a column holds whole numbers, all different. A file of other numbers is read only to the first that repeats."""
    seen: set[bytes] = set()
    for piece in table.cells(name):
        for cell in piece.splitlines():
            if cell in seen or not _WHOLE.fullmatch(cell.decode("utf-8", "replace").strip('"')):
                return False
            seen.add(cell)
    return bool(seen)


def _would_be_data(table: Table, column: Column, ids: Collection[str], name: str, id_names: IdNames | None) -> UsageError:
    """The error for a column that seems to hold ids."""
    others = _without(column, ids) or _without(column, {name})
    fix = f"name the columns of data, {shlex.quote(column_of(table, Selection(others, len(others) > 1), None).label)}"
    if id_names is None and not {"=", ",", ":"} & {*name}:
        fix += f", or match the rows by it with --id {shlex.quote(name)}"
    return UsageError(f"{table.label}: the column {name!r} seems to hold ids, and a whole file would be taken with it as data: {fix}")
