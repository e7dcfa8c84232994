"""Rows matched by an id: no row twice, none left over, whatever the order of the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from losscli.blocks import Column, read_number
from losscli.errors import InputError, UsageError, counted
from losscli.sources import Inputs, Table

__all__ = ["joined"]


def joined(inputs: Inputs, written: str, columns: Mapping[str, Column]) -> tuple[list[Any], dict[str, Column], list[str]]:
    """The ids of the rows as written, the columns with the rows of every other file in the same order, and what could not be matched.

    Raises InputError for a row without an id, an id that stands twice, ids that one file has and another lacks, and a file with named
    columns that has no such ids.
    """
    source = inputs.column(written)
    if source.label == "inline":
        raise UsageError(f"--id {written} was read as numbers: for a column by its position say ::{written}")
    if source.stacked or not source.keys:
        raise InputError(f"{source.label} is no column, so it cannot name the rows")
    name = source.keys[0]
    base = source.label.partition("::")[0]
    ids = _ids(inputs.table(base), name, source)
    places = _unique(source, ids)
    out, notes = dict(columns), []
    orders: dict[str, list[int] | None] = {}
    for role, column in columns.items():
        if column.array is not None and column.rows is None:
            continue  # one number for all rows
        file, two, _ = column.label.partition("::")
        if file == base:
            continue
        table = inputs.table(file) if two or file in inputs.files else None
        if table is None or not table.names:
            notes.append(f"{role.lstrip(chr(0))} ({column.label}) has no ids: its rows were taken as they stand")
            continue
        if not table.has(name):
            raise InputError(f"{table.label} has no column {name!r} to match its rows by (--id {written}): it has {', '.join(table.names)}")
        if file not in orders:
            orders[file] = _order(table, name, source, ids, places)
        order = orders[file]
        if order is not None:
            out[role] = replace(column, array=column.whole()[order], stream=None, moved=(column, order))
    return ids, out, notes


def _ids(table: Table, name: str, column: Column) -> list[Any]:
    """Ids are text, and never go through a float: 007 is not 7, and snowflakes differ in their last digits."""
    ids = [x.strip() if isinstance(x, str) else x for x in table.texts(name)]
    for row, x in enumerate(ids):
        if isinstance(x, list | dict):
            raise InputError(f"{column.label} is no id: row {row} holds {str(x)[:40]}")
        if x is None or (read_number(x) is not None and read_number(x) != read_number(x)):
            raise InputError(f"{column.label}: row {row}{column.place(row)} has no id")
    return ids


def _unique(column: Column, ids: Sequence[Any]) -> dict[str, int]:
    places: dict[str, int] = {}
    for row, key in enumerate(map(str, ids)):
        if key in places:
            first = places[key]
            raise InputError(
                f"{column.label}: the id {key!r} stands twice: row {first}{column.place(first)} and row {row}{column.place(row)}"
            )
        places[key] = row
    return places


def _order(table: Table, name: str, source: Column, ids: Sequence[Any], places: Mapping[str, int]) -> list[int] | None:
    """Where each id's row is in another file; None where it is in the same place."""
    column = table.columns((name,), False, f"{table.label}::{name}")
    others = list(map(str, _ids(table, name, column)))
    wanted = list(map(str, ids))
    if others == wanted:
        return None
    found = _unique(column, others)
    for missing, here, there in (
        ([k for k in wanted if k not in found], source, column),
        ([k for k in others if k not in places], column, source),
    ):
        if missing:
            some = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
            raise InputError(f"{counted(len(missing), 'id')} of {here.label} not in {there.label}: {some}")
    return [found[k] for k in wanted]
