"""The slices of --by and --by-bins: the values of columns, and bins of numbers between their quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.data.groups import EXACT, Cell, Groups
from losscli.data.slices import Slices
from losscli.errors import InputError, UsageError, counted
from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.sources.cell_columns import cell_column, group_column
from losscli.sources.inputs import Inputs
from losscli.sources.pairing import Pairing

__all__ = ["MAX_SLICES", "Bins", "By", "read_bins", "slices_of"]

MAX_SLICES = 10_000


class Bins(Record):
    """A column of numbers, and into how many bins they are divided."""

    column: str  # a SOURCE
    count: int


class By(Record):
    """The columns that name slices, and those whose bins do."""

    columns: str | None  # a SOURCE
    bins: Sequence[Bins]


def read_bins(text: str) -> Bins:
    """The column and the number of bins in COL:10. Raises UsageError."""
    column, colon, count = text.rpartition(":")
    if not colon or not column.strip(":") or not (count.isdecimal() and count.isascii()):
        raise UsageError(f"--by-bins takes a column and a number of bins, such as age:10, not {text!r}")
    if not 2 <= int(count) <= MAX_SLICES:
        raise UsageError(f"--by-bins {text}: the number of bins is from 2 to {MAX_SLICES:,}")
    return Bins(column, int(count))


def slices_of(inputs: Inputs, rows: Pairing, by: By) -> Slices:
    """The slices by the values of some columns and the bins of others, after `rows` has matched the roles.

    Raises InputError for more than MAX_SLICES, and for columns with different numbers of rows.
    """
    names: list[str] = []
    keys: list[list[tuple[Cell, ...]]] = []  # of each column, the cells for each code
    columns: list[tuple[str, Array]] = []  # their sources, and the codes of the rows
    notes = []
    if by.columns is not None:
        column = group_column(inputs, rows, by.columns, "--by", limit=MAX_SLICES)
        codes, groups = Data({"": column}).all()[""].astype(np.int64, copy=False), column.groups
        assert isinstance(groups, Groups)
        names += groups.names
        keys.append(groups.keys)
        columns.append((column.label, codes))
    for each in by.bins:
        column, codes, labels = _binned(inputs, rows, each)
        names += [column.names[0] if column.names else column.label.rpartition("::")[2]]
        keys.append(labels)
        columns.append((column.label, codes))
        notes.append(f"{names[-1]}: {counted(sum(k != (None,) for k in labels), 'bin')} between its quantiles (linear), by number of rows")
    if len(lengths := {len(c): label for label, c in columns}) > 1:
        listed = "; ".join(f"{label} has {counted(n, 'row')}" for n, label in lengths.items())
        raise InputError(f"the numbers of rows differ: {listed}")
    return _crossed(tuple(names), keys, [codes for _, codes in columns]).but(notes=notes)


def _crossed(names: tuple[str, ...], keys: Sequence[Sequence[tuple[Cell, ...]]], columns: Sequence[Array]) -> Slices:
    """The slices of rows that have the same code in each column."""
    codes, cells = columns[0], list(keys[0])
    for more, others in zip(columns[1:], keys[1:], strict=True):
        pairs, codes = np.unique(codes * len(others) + more, return_inverse=True)
        cells = [(*cells[pair // len(others)], *others[pair % len(others)]) for pair in pairs.tolist()]
        if len(cells) > MAX_SLICES:
            raise InputError(f"--by and --by-bins: {len(cells):,} slices, more than {MAX_SLICES:,}: leave out a column, or take fewer bins")
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise UsageError(f"--by and --by-bins name {twice!r} twice")
    present, codes = np.unique(codes, return_inverse=True)  # no row may be missing in a column of bins
    return Slices(names, [cells[code] for code in present.tolist()], codes.reshape(-1))


# --- bins ------------------------------------------------------------------------------------------------------------------


def _binned(inputs: Inputs, rows: Pairing, bins: Bins) -> tuple[Column, Array, list[tuple[Cell, ...]]]:
    """The column, the bin of each row, and the label of each bin; a missing value is a bin of its own."""
    column = cell_column(inputs, rows, bins.column, "--by-bins", rest=f":{bins.count}")
    if rows.kept is not None:
        column = column.only(rows.kept)
    x = np.asarray(Data({"": column}).all()[""], np.float64)
    if x.size != len(x):
        raise InputError(f"--by-bins {bins.column}: {column.label} has {x[0].size} numbers in a row: bins take one")
    x = x.reshape(-1)
    missing = np.isnan(x)
    if np.isinf(x).any():
        raise InputError(f"--by-bins {bins.column}: {column.label} holds an infinity, which no bin has")
    edges = quantile_edges(x[~missing], bins.count)
    codes = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, max(0, len(edges) - 2))
    codes[missing] = max(0, len(edges) - 1)
    return column, codes, [*((label,) for label in bin_labels(edges)), (None,)]


def quantile_edges(x: Array, count: int) -> Array:
    """The edges of bins with about as many numbers each: quantiles by linear interpolation, without repeated ones."""
    if not len(x):
        return np.zeros(0)
    edges = np.unique(np.quantile(x, np.linspace(0, 1, count + 1)))
    return edges if len(edges) > 1 else np.repeat(edges, 2)


def bin_labels(edges: Array) -> list[str]:
    """'[0.5, 1.2)' for each bin, with as many digits as tell the edges apart; the last bin has its upper edge too."""
    for digits in range(3, 18):
        texts = [_edge(x, digits) for x in edges.tolist()]
        if len({*texts}) == len({*edges.tolist()}):
            break
    labels = [f"[{a}, {b})" for a, b in pairwise(texts)] if len(edges) else []
    return [*labels[:-1], f"{labels[-1][:-1]}]"] if labels else []


def _edge(x: float, digits: int) -> str:
    return str(int(x)) if x.is_integer() and abs(x) < EXACT and digits < 17 else f"{x:.{digits}g}"
