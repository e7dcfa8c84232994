"""Rows matched by an id: no row twice, none left over, whatever the order of the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from losscli.blocks import Column
from losscli.errors import InputError, counted
from losscli.sources import Inputs

__all__ = ["joined"]


def joined(inputs: Inputs, written: str, columns: Mapping[str, Column]) -> tuple[list[Any], dict[str, Column]]:
    """The ids of the rows, and the columns with the rows of every other file that has these ids put in the same order.

    Raises InputError for an id that stands twice, and for ids that one file has and another lacks.
    """
    source = inputs.column(written)
    base, _, name = source.label.partition("::")
    ids = _ids(source)
    places = _unique(source, ids)
    out = dict(columns)
    orders: dict[str, list[int] | None] = {}
    for role, column in columns.items():
        file, two, _ = column.label.partition("::")
        if not two or file == base:
            continue
        table = inputs.table(file)
        if not name or not table.has(name):
            continue
        if file not in orders:
            orders[file] = _order(table.columns((name,), False, f"{file}::{name}"), source, ids, places)
        order = orders[file]
        if order is not None:
            out[role] = Column(column.label, column.whole()[order], keys=column.keys, stacked=column.stacked, classes=column.classes)
    return ids, out


def _ids(column: Column) -> list[Any]:
    whole = column.whole()
    if whole.ndim != 1:
        raise InputError(f"{column.label} is no id: it has shape {whole.shape}, not one value a row")
    if whole.dtype.kind == "f" and (whole == whole.astype("int64")).all():
        whole = whole.astype("int64")
    return list(whole.tolist())


def _unique(column: Column, ids: Sequence[Any]) -> dict[Any, int]:
    places: dict[Any, int] = {}
    for row, key in enumerate(ids):
        if key in places:
            first = places[key]
            raise InputError(
                f"{column.label}: the id {key!r} stands twice: row {first}{column.place(first)} and row {row}{column.place(row)}"
            )
        places[key] = row
    return places


def _order(column: Column, source: Column, ids: Sequence[Any], places: Mapping[Any, int]) -> list[int] | None:
    """Where each id's row is in another file; None where it is in the same place."""
    others = _ids(column)
    if others == list(ids):
        return None
    found = _unique(column, others)
    for missing, here, there in (
        ([k for k in ids if k not in found], source, column),
        ([k for k in others if k not in places], column, source),
    ):
        if missing:
            some = ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
            raise InputError(f"{counted(len(missing), 'id')} of {here.label} not in {there.label}: {some}")
    return [found[k] for k in ids]
