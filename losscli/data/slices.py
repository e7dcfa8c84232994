"""Slices of rows: the columns of one slice after the other, each in the order of the file, as if the file had only its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.data.groups import Cell
from losscli.data.kept import SliceRows
from losscli.errors import InputError, counted
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["Slices", "cut"]

ROWS = 2**16  # rows that are read at a time
MEMORY = 2**30  # bytes of rows that are in memory at once, unless one slice has more


class Slices(Record):
    """The slice of every row, as a number, and the cells that name each slice, one for each of the columns `names`."""

    names: tuple[str, ...]
    keys: Sequence[tuple[Cell, ...]]
    codes: Array
    notes: Sequence[str] = ()
    source: str = "--by"  # what names the columns, for messages

    def __len__(self) -> int:
        return len(self.keys)


def cut(columns: Mapping[str, Column], slices: Slices, memory: int = MEMORY) -> Iterator[tuple[int, dict[str, Column]]]:
    """The number of each slice with its columns. One pass over the rows is enough for slices that fit in the memory together.

    Raises InputError for a cell that is no number, and for another number of rows.
    """
    data = Data(dict(columns))
    width = 8 + sum(x.nbytes // max(1, len(x)) for x in data.first.columns.values())  # bytes of a row
    sizes = np.bincount(slices.codes, minlength=len(slices))
    for batch in _batches(sizes, memory // max(1, width)):
        chosen = None if len(batch) == len(slices) else np.isin(np.arange(len(slices)), batch)
        arrays, numbers, codes = _read(data, slices, chosen)
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[order], np.arange(len(slices) + 1))
        for name in arrays:
            arrays[name] = arrays[name][order]
        numbers = numbers[order]
        for s in batch:
            rows = slice(starts[s], starts[s + 1])
            kept = SliceRows(numbers[rows])
            yield s, {n: _of_slice(columns[n], x[rows], kept) for n, x in arrays.items()}


def _batches(sizes: Array, most: int) -> Iterator[list[int]]:
    """The slices in lists that have up to `most` rows together, or one slice."""
    batch: list[int] = []
    rows = 0
    for s, size in enumerate(sizes.tolist()):
        if batch and rows + size > most:
            yield batch
            batch, rows = [], 0
        batch.append(s)
        rows += size
    if batch:
        yield batch


def _read(data: Data, slices: Slices, chosen: Array | None) -> tuple[dict[str, Array], Array, Array]:
    """The rows of the chosen slices (None: all): their columns, their numbers in the file, and their slices."""
    codes = slices.codes
    parts: dict[str, list[Array]] = {name: [] for name in data.columns}
    numbers, of_rows, at = [np.zeros(0, np.int64)], [codes[:0]], 0
    for block in data.blocks(ROWS):
        part = codes[at : at + block.rows]
        at += block.rows
        if len(part) == block.rows:
            keep = slice(None) if chosen is None else chosen[part]
            of_rows.append(part[keep])
            numbers.append(block.row_numbers[keep])
            for name, x in block.columns.items():
                parts[name].append(x[keep])
    if at != len(codes):
        raise InputError(
            f"the numbers of rows differ: {slices.source} has {counted(len(codes), 'row')}, the roles have {counted(at, 'row')}"
        )
    return {name: np.concatenate(xs) for name, xs in parts.items() if xs}, np.concatenate(numbers), np.concatenate(of_rows)


def _of_slice(column: Column, x: Array, kept: SliceRows) -> Column:
    """Some rows of a column. Errors about a row name its place in the file."""
    return Column(column.label, x, listed=column.listed, names=column.names, origin=(column, _Same()), kept=kept)  # type: ignore[arg-type]


class _Same:
    """The place of a row in the file is its number."""

    def __getitem__(self, row: int) -> int:
        return row
