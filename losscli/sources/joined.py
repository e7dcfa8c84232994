"""The rows of files that are joined by id: where each row is in every file, and which rows are left out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import compress, repeat
from typing import Any

from losscli.errors import DataWarning, InputError, counted
from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.sources.ids import Ids, some_ids

__all__ = ["Joined", "places_of"]


class Joined:
    """The files that are joined by id. The `base` sets the order of the rows.

    With the join "exact" every id must be in every file. With "inner" the rows of the other ids are left out.
    """

    def __init__(self, join: str) -> None:
        self.join = join
        self.base: Ids | None = None
        self.kept: Array | None = None  # the rows of the base that every file has; None for all
        self._others: dict[Hashable, tuple[Ids, Array | None]] = {}  # by file and columns: the ids, and the row of each id of the base
        self._said: set[str] = set()  # the notes of the losses, which differ if a later file left out more rows

    def has(self, ids: Ids) -> bool:
        """Whether a file is joined already."""
        return ids is self.base or ids.key in self._others

    def add(self, base: Ids, other: Ids, places: Array | None) -> None:
        """Join another file; `places` is as `places_of` returns it. Raises InputError for ids that only one file has, if all must match."""
        if self.join == "exact" and places is not None:
            _refuse_unmatched(base, other, places)
        self._others[other.key] = (other, places)
        found = [at >= 0 for _, at in self._others.values() if at is not None]
        everywhere = np.logical_and.reduce(found) if found else np.ones(0, bool)
        self.kept = None if everywhere.all() else np.flatnonzero(everywhere)

    def order(self, ids: Ids) -> Array | None:
        """The rows of a file in the order of the base, without those that are left out; None for all rows in the order of the file."""
        places = None if ids is self.base else self._others[ids.key][1]
        if places is None or self.kept is None:
            return self.kept if places is None else places
        return places[self.kept]

    def order_beside(self, base: Ids, other: Ids, places: Array | None) -> Array | None:
        """The rows of another file, as `order` returns them. Raises InputError where the file lacks an id of the rows."""
        if self.join == "exact" and places is not None:
            _refuse_unmatched(base, other, places)
        order = self.kept if places is None else places if self.kept is None else places[self.kept]
        if order is not None:
            _refuse([_Side(base, other, self.texts, order < 0)])
        return order

    # --- the ids of the rows -------------------------------------------------------------------------------------------------

    @property
    def values(self) -> list[Any] | None:
        """The ids of the rows as the base has them; None without a base."""
        return None if self.base is None else self._kept_of(self.base.values)

    @property
    def texts(self) -> list[str]:
        """The ids of the rows as text."""
        return [] if self.base is None else self._kept_of(self.base.texts)

    def _kept_of(self, rows: list[Any]) -> list[Any]:
        return rows if self.kept is None else [rows[i] for i in self.kept.tolist()]

    # --- what is left out ----------------------------------------------------------------------------------------------------

    @property
    def unmatched(self) -> int | None:
        """The number of rows of all files that are left out; None where every id must match."""
        return None if self.join == "exact" else sum(len(ids.texts) - self._rows for ids in self._files())

    def notes(self) -> list[str]:
        """The note about the rows that are left out."""
        parts = []
        for ids in self._files():
            texts, inside = ids.texts, set(self.texts)
            if left_out := len(texts) - self._rows:
                examples = some_ids(x for x in texts if x not in inside)
                parts.append(f"{left_out:,} of {counted(len(texts), 'row')} of {ids.label} ({examples})")
        note = f"--join inner left out the rows whose ids are not in every file: {'; '.join(parts)}" if parts else ""
        self._said.add(note)
        return [note] * bool(note)

    def warnings(self) -> list[DataWarning]:
        """W105 if no row is left, though there were some."""
        files = list(self._files())
        if self.kept is None or len(self.kept) or not all(ids.texts for ids in files):
            return []
        examples = "; ".join(f"{ids.label} has {some_ids(ids.texts)}" for ids in files)
        return [DataWarning("W105", f"no id is in every file, so --join inner left out all rows: {examples}")]

    @property
    def settled(self) -> bool:
        """Whether all losses that were matched so far have the same rows; otherwise a later file left out more rows."""
        return len(self._said) < 2

    def begin_again(self) -> None:
        """Forget what was said, before all losses are matched again with all files."""
        self._said.clear()

    @property
    def _rows(self) -> int:
        return len(self.base.texts) if self.kept is None and self.base is not None else 0 if self.kept is None else len(self.kept)

    def _files(self) -> Iterator[Ids]:
        """The ids of every file, those of the base first; none of a single file, whose ids need not be unique."""
        if self._others and self.base is not None:
            yield self.base
            yield from (ids for ids, _ in self._others.values())


def places_of(base: Ids, other: Ids) -> Array | None:
    """The row in another file of each id of `base`, -1 for none; None where both have the same ids in the same order.

    Raises InputError for an id that two rows of a file have.
    """
    if base.texts == other.texts:
        base.refuse_repeated()
        return None
    rows = len(base.texts)
    places = np.fromiter(map(other.rows.get, base.texts, repeat(-1)), np.int64, rows)
    if len(other.texts) != rows or (places < 0).any() or np.bincount(places).max() > 1:  # else all places differ, and so do the ids
        base.refuse_repeated()
    return places


def _refuse_unmatched(base: Ids, other: Ids, places: Array) -> None:
    """Raise InputError for ids that only one of two files has."""
    found = np.zeros(len(other.texts), bool)
    found[places[places >= 0]] = True
    if found.all() and (places >= 0).all():
        return
    if not found.any():
        raise InputError(
            f"no id of {base.label} is in {other.label}: {base.label} has {some_ids(base.texts) or 'none'};"
            f" {other.label} has {some_ids(other.texts) or 'none'}"
        )
    sides = [_Side(base, other, base.texts, places < 0), _Side(other, base, other.texts, ~found)]
    _refuse(sides, "; --join inner leaves them out")


class _Side(Record):
    """The ids of a file, and which of them another file lacks."""

    has: Ids
    lacks: Ids
    texts: Sequence[str]
    lacking: Array


def _refuse(sides: Sequence[_Side], fix: str = "") -> None:
    """Raise InputError for the ids that files lack, unless there are none."""
    parts = [
        f"{counted(int(s.lacking.sum()), 'id')} of {s.has.label} not in {s.lacks.label}: {some_ids(compress(s.texts, s.lacking.tolist()))}"
        for s in sides
        if s.lacking.any()
    ]
    if parts:
        raise InputError(f"{'; '.join(parts)}{fix}")
