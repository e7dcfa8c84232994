"""Sums over the rows of several columns: moments, products of neighbouring rows, sums of groups of rows, and signs.

The rows are cut into pieces of a fixed number of rows, so that the sums have the same bits however the rows arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.statistics.batches import Batches

__all__ = ["PIECE", "ColumnSums", "GroupSums", "Moments", "Sums"]

PIECE = 2**13  # rows of a piece
MOST_BATCHES = 2**10
SAME = 1e-9  # two totals are the same if they differ by so little


class ColumnSums(Record):
    """The sums of one column x over the rows that take part."""

    rows: int
    mean: float
    squares: float  # Σ (x − mean)²
    neighbours: Array  # Σ (x_i − mean) (x_{i+k} − mean) for the lags k = 1, 2, …
    has_signs: bool  # whether the rows have signs
    below: int  # rows with a sign below 0
    above: int
    groups: Mapping[str, tuple[Array, Array] | None]  # the rows of each group, and Σ (x − mean) over them; None for too many groups
    runs: Mapping[str, int]  # how many times the group changes from row to row, and 1
    batches: Array  # Σ (x − mean) over batches of consecutive rows, and the rows of each that take part; empty without lags
    rows_of_batch: Array
    bets: tuple[Array, Array] | None = None  # Σ x over each batch of consecutive rows that is bet on, and its rows

    def parts(self, group: str | None = None) -> tuple[Array, Array] | None:
        """Σ x over batches of consecutive rows, and their rows; or those of groups of rows, of x minus its mean. None for none."""
        if group is None:
            return self.bets
        found = self.groups.get(group)
        return None if found is None else (found[1], found[0])

    def shares(self, total: float, group: str | None = None) -> Array | None:
        """The share of each of the parts in a total: their sum is the total. A total of x itself, or one of which x are influences."""
        if (parts := self.parts(group)) is None:
            return None
        sums, rows = parts
        rest = total - float(sums.sum())  # of influences, whose sum is 0, the total is spread over the rows
        return sums if abs(rest) <= SAME * abs(total) else sums + rest * rows / rows.sum()

    @property
    def variance_of_total(self) -> float:
        """The variance of Σ x for independent rows, n / (n − 1) Σ (x − mean)²; nan for fewer than two rows."""
        return self.squares * self.rows / (self.rows - 1) if self.rows > 1 else float("nan")


class GroupSums(Record):
    """The rows of each group, and the sums of the columns over them: arrays of shape (groups,) and (columns, groups)."""

    rows: Array
    sums: Array  # of the columns minus their means
    runs: int

    def scaled(self, scale: Array) -> GroupSums:
        """The sums of the columns times one number each."""
        return GroupSums(self.rows, self.sums * scale[:, None], self.runs)


class Sums(Record):
    """Sums over all rows. Every array has one number for each column."""

    rows: Array  # the rows that take part
    mean: Array
    squares: Array  # Σ (x − mean)²
    neighbours: Array  # (lags, columns): Σ (x_i − mean) (x_{i+k} − mean) for the lags k = 1, 2, …
    has_signs: Array  # whether the rows have signs
    below: Array  # rows with a sign below 0
    above: Array
    groups: Mapping[str, GroupSums | None]  # by name; None for groups that are too many
    batches: Array  # (columns, batches)
    rows_of_batch: Array  # (columns, batches)
    bets: tuple[Array, Array] | None = None  # (columns, batches): Σ x over batches of consecutive rows; and their rows

    def scaled(self, scale: Array) -> Sums:
        """The sums of the columns times one positive number each."""
        groups = {name: None if g is None else g.scaled(scale) for name, g in self.groups.items()}
        squares, neighbours, batches = self.squares * scale**2, self.neighbours * scale**2, self.batches * scale[:, None]
        bets = None if self.bets is None else (self.bets[0] * scale[:, None], self.bets[1])
        moments = {"mean": self.mean * scale, "squares": squares, "neighbours": neighbours}
        return self.but(**moments, groups=groups, batches=batches, bets=bets)

    def column(self, q: int) -> ColumnSums:
        """The sums of one column."""
        groups = {name: None if g is None else (g.rows, g.sums[q]) for name, g in self.groups.items()}
        numbers = (int(self.rows[q]), float(self.mean[q]), float(self.squares[q]), self.neighbours[:, q])
        runs = {name: g.runs for name, g in self.groups.items() if g is not None}
        signs = (bool(self.has_signs[q]), int(self.below[q]), int(self.above[q]))
        bets = None if self.bets is None else (self.bets[0][q], self.bets[1])
        return ColumnSums(*numbers, *signs, groups, runs, self.batches[q], self.rows_of_batch[q], bets)


class Moments:
    """Accumulates the sums of some columns. `lags` is how many distances between rows have products, `most_groups` a limit.

    `bets` is the least number of rows of a batch that is bet on, 0 for no bets.
    """

    def __init__(self, columns: int, lags: int = 0, names: tuple[str, ...] = (), most_groups: int = 2**62, bets: int = 0) -> None:
        self.columns, self.lags, self.most_groups = columns, lags, most_groups
        self.lagged = np.ones(columns, bool)  # the columns whose neighbours and batches are collected; to be set before the first rows
        self.origin = np.zeros(columns)  # the mean of the first piece, subtracted before squares are summed, which would cancel else
        self.rows = np.zeros(columns)
        self.total, self.squares = np.zeros(columns), np.zeros(columns)
        self.neighbours = np.zeros((lags, columns))
        self.has_signs = np.ones(columns, bool)
        self.below, self.above = np.zeros(columns, np.int64), np.zeros(columns, np.int64)
        self.groups: dict[str, _Groups | None] = {name: _Groups(columns) for name in names}
        self.batches: Batches | None = None  # of the lagged columns
        self._rows_of_batch: Batches | None = None  # how many rows take part, in each of these columns; None while all do
        self._first: Array | None = None  # the first `lags` rows of the lagged columns, and the last, with zeros before them
        self._last: Array | None = None
        self._waiting: list[_Rows] = []
        self._count = 0
        self._is_first = True
        self.bets = Batches(columns, bets) if bets else None

    def add(self, x: Array, takes_part: Array | None, signs: Array | None, codes: Mapping[str, Array]) -> None:
        """Add rows: `x` of shape (columns, rows). `takes_part`, of the same shape, says which rows count; None for all.

        `signs`, of the same shape, holds numbers whose signs are counted, nan in a column without signs; None for the signs of x, in the
        columns that `has_signs` names. `codes` has for each name of groups the number of the group of each row.
        """
        rows, count = _Rows(x, takes_part, signs, codes), x.shape[1]
        at = 0
        while count - at >= PIECE - self._count:
            end = at + PIECE - self._count
            self._add_piece(_joined([*self._waiting, rows.cut(at, end)]))
            self._waiting, self._count, at = [], 0, end
        if count > at:
            self._waiting.append(rows.cut(at, count))
            self._count += count - at

    def sums(self) -> Sums:
        """The sums over all rows that were added; to be called once."""
        if self._count:
            self._add_piece(_joined(self._waiting))
        with np.errstate(all="ignore"):
            shift = np.where(self.rows > 0, self.total / self.rows, 0.0)
            squares = np.maximum(self.squares - self.total * shift, 0.0)
            neighbours = self._centred(shift)
        mean = np.where(self.rows > 0, self.origin + shift, np.nan)
        groups = {name: None if g is None else g.sums(shift) for name, g in self.groups.items()}
        batches, rows_of_batch = self._batches(shift)
        signs = (self.has_signs, self.below, self.above)
        bets = None if self.bets is None else self.bets.sums()
        return Sums(self.rows, mean, squares, neighbours, *signs, groups, batches, rows_of_batch, bets)

    def _batches(self, shift: Array) -> tuple[Array, Array]:
        """The sums of the batches, and their rows: (columns, batches), nan for the columns that are not lagged."""
        if self.batches is None:
            return np.zeros((self.columns, 0)), np.zeros((self.columns, 0))
        batches, rows = self.batches.sums()
        if self._rows_of_batch is not None:
            rows = self._rows_of_batch.sums()[0]
        full = np.full((2, self.columns, batches.shape[1]), np.nan)
        full[0, self.lagged] = batches - shift[self.lagged, None] * rows
        full[1, self.lagged] = rows
        return full[0], full[1]

    def _add_piece(self, rows: _Rows) -> None:
        with np.errstate(all="ignore"):
            if self._is_first:
                self._is_first = False
                part = rows.x if rows.takes_part is None else np.where(rows.takes_part, rows.x, 0.0)
                count = rows.count()
                self.origin = np.where(count > 0, part.sum(1) / np.maximum(count, 1), 0.0)
            if self.bets is not None:
                self.bets.add(rows.x if rows.takes_part is None else np.where(rows.takes_part, rows.x, 0.0))
            x = rows.x - self.origin[:, None]
            if rows.takes_part is not None:
                x = np.where(rows.takes_part, x, 0.0)
            self.rows += rows.count()
            self.total += x.sum(1)
            for q, column in enumerate(x):
                self.squares[q] += np.dot(column, column)
            if rows.signs is not None:
                self.has_signs &= ~np.isnan(rows.signs[:, 0])
            for q in np.flatnonzero(self.has_signs).tolist():
                signs = rows.x[q] if rows.signs is None else rows.signs[q]
                self.below[q] += int(np.count_nonzero(signs < 0))
                self.above[q] += int(np.count_nonzero(signs > 0))
            if self.lags and self.lagged.any():
                self._add_neighbours(x[self.lagged], None if rows.takes_part is None else rows.takes_part[self.lagged])
            self._add_groups(x, rows)

    def _add_neighbours(self, x: Array, takes_part: Array | None) -> None:
        """Add the lagged columns."""
        if self.batches is None or self._first is None or self._last is None:
            self.batches = Batches(len(x), most=MOST_BATCHES)
            self._first, self._last = np.zeros((len(x), 0)), np.zeros((len(x), self.lags))
        if (wanted := self.lags - self._first.shape[1]) > 0:
            self._first = np.concatenate([self._first, x[:, :wanted]], 1)
        if takes_part is not None and self._rows_of_batch is None:
            self._rows_of_batch = self.batches.of_ones()
        if self._rows_of_batch is not None:
            self._rows_of_batch.add(np.ones(x.shape) if takes_part is None else takes_part.astype(np.float64))
        self.batches.add(x)
        series = np.concatenate([self._last, x], 1)
        for q, one, column in zip(np.flatnonzero(self.lagged).tolist(), series, x, strict=True):
            self.neighbours[:, q] += np.correlate(one, column)[-2::-1]  # all lags at once
        self._last = series[:, -self.lags :].copy()

    def _centred(self, shift: Array) -> Array:
        """Σ (x_i − shift) (x_{i+k} − shift) for k = 1, 2, … from the sums of x; nan for the columns that are not lagged."""
        neighbours = np.full((self.lags, self.columns), np.nan)
        if self._first is None or self._last is None:
            return neighbours
        shift, total, rows = shift[self.lagged], self.total[self.lagged], self.rows[self.lagged]
        for k in range(1, self.lags + 1):
            ends = self._first[:, :k].sum(1) + self._last[:, -k:].sum(1)
            products = self.neighbours[k - 1, self.lagged]
            neighbours[k - 1, self.lagged] = products - shift * (2 * total - ends) + np.maximum(rows - k, 0) * shift * shift
        return neighbours

    def _add_groups(self, x: Array, rows: _Rows) -> None:
        for name, group in self.groups.items():
            if group is not None:
                group.add(x, np.logical_or.reduce(rows.mask), rows.codes[name])
                if group.count > self.most_groups:
                    self.groups[name] = None


class _Rows(Record):
    """Some rows, as `Moments.add` takes them."""

    x: Array
    takes_part: Array | None
    signs: Array | None
    codes: Mapping[str, Array]

    @property
    def mask(self) -> Array:
        return np.ones(self.x.shape, bool) if self.takes_part is None else self.takes_part

    def count(self) -> Any:
        """The number of rows that take part, in each column."""
        return self.x.shape[1] if self.takes_part is None else self.takes_part.sum(1)

    def cut(self, a: int, b: int) -> _Rows:
        part, signs = (None if x is None else x[:, a:b] for x in (self.takes_part, self.signs))
        return _Rows(self.x[:, a:b], part, signs, {name: codes[a:b] for name, codes in self.codes.items()})


def _joined(parts: list[_Rows]) -> _Rows:
    if len(parts) == 1:
        return parts[0]
    any_part = any(p.takes_part is not None for p in parts)
    return _Rows(
        np.concatenate([p.x for p in parts], 1),
        np.concatenate([p.mask for p in parts], 1) if any_part else None,
        None if parts[0].signs is None else np.concatenate([p.signs for p in parts if p.signs is not None], 1),
        {name: np.concatenate([p.codes[name] for p in parts]) for name in parts[0].codes},
    )


class _Groups:
    """The sums of groups of rows, which are numbered from 0."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.rows = np.zeros(0)
        self.totals = np.zeros((columns, 0))
        self.runs, self._last = 0, -1

    @property
    def count(self) -> int:
        return len(self.rows)

    def add(self, x: Array, takes_part: Array, codes: Array) -> None:
        count = max(self.count, int(codes.max(initial=-1)) + 1)
        if count > self.count:
            self.rows = np.concatenate([self.rows, np.zeros(count - self.count)])
            self.totals = np.concatenate([self.totals, np.zeros((self.columns, count - self.totals.shape[1]))], 1)
        self.rows += np.bincount(codes, takes_part, self.count)
        self.runs += int(np.count_nonzero(np.diff(codes, prepend=self._last)))
        self._last = int(codes[-1])
        for q, column in enumerate(x):
            self.totals[q] += np.bincount(codes, column, self.count)

    def sums(self, shift: Array) -> GroupSums:
        return GroupSums(self.rows, self.totals - shift[:, None] * self.rows, self.runs)
