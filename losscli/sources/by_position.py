"""Pair the rows of files by their position, with a warning (W115) where two files seem to have their rows in different orders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import takewhile

from losscli.data.columns import Column
from losscli.errors import DataWarning, counted
from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.registry import Loss
from losscli.sources.files import FIRST_ROWS
from losscli.sources.ids import index_of, looks_like_id, spelling
from losscli.sources.inputs import Inputs
from losscli.sources.keyed_frames import INDEX
from losscli.sources.pairing import Matched, Pairing, columns_with_rows, same_column_warnings
from losscli.sources.table import Table, ids_as_text

__all__ = ["ByPosition"]

MAX_IDS = 3  # the most columns of two files that are compared


class ByPosition(Pairing):
    """The first row of one file belongs to the first row of the other, and so on.

    Two files that have the same ids in different orders get a warning.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self._first: Table | None = None  # the first file of the roles

    @property
    def names(self) -> tuple[str, ...]:
        return ("row",)

    @property
    def ids(self) -> None:
        return None

    def match(self, loss: Loss, roles: Mapping[str, Column], weight: Column | None) -> Matched:
        """The unchanged columns, with the warnings."""
        used: dict[str, tuple[Table, set[str]]] = {}  # the tables, and the columns of each that are in use
        for column in columns_with_rows(loss, roles, weight).values():
            table = self.inputs.files.table_of(column)
            if table is not None:
                used.setdefault(table.label, (table, set()))[1].update(column.keys)
        tables = list(used.values())
        self._first = tables[0][0] if tables else None
        warnings = [w for table, names in tables[1:] for w in self._compare(tables[0][0], table, tables[0][1] | names)]
        return Matched(dict(roles), weight, [], [*warnings, *same_column_warnings(self.inputs, roles)])

    def align(self, column: Column) -> tuple[Column, list[DataWarning]]:
        """The unchanged column, with a warning if its file seems to have another order."""
        table = self.inputs.files.table_of(column)
        return column, [] if table is None or table is self._first else self.places_in(table)[1]

    def places_in(self, table: Table) -> tuple[None, list[DataWarning]]:
        """None, since the rows keep their order; with a warning if the table seems to have another order."""
        return None, [] if self._first is None else self._compare(self._first, table, set())

    def _compare(self, a: Table, b: Table, used: Set[str]) -> list[DataWarning]:
        warnings = self.inputs.files.pairing_cache.warnings
        key = (a.label, b.label, *sorted(used))
        if key not in warnings:
            ids = _common_ids(a, b, used)
            candidates = (order_warning(a, b, *names, together=ids) for names in ids) if ids else [parts_warning(a, b)]
            warnings[key] = [w for w in candidates if w is not None][:1]
        return warnings[key]


# --- the columns to compare ------------------------------------------------------------------------------------------------


def _common_ids(a: Table, b: Table, used: Set[str]) -> list[tuple[str, str]]:
    """The columns of both tables whose names look like ids; without such names, the columns whose first values are all different."""
    if a.row_keys is not None and b.row_keys is not None:
        return [(INDEX, INDEX)]
    names_a, names_b = ({n: spelling(n) for n, times in Counter(t.names).items() if times == 1 and n not in used} for t in (a, b))
    spelled_b = {spelled: n for n, spelled in names_b.items() if looks_like_id(n)}
    pairs = [
        (n, m)
        for n, spelled in names_a.items()
        if looks_like_id(n) and (m := n if n in names_b else spelled_b.get(spelled)) is not None
    ]  # fmt: skip
    if not pairs and index_of(a) != index_of(b):
        pairs = [(n, m) for n in _keys_or_ids(a, names_a) for m in _keys_or_ids(b, names_b)]
    return pairs[:MAX_IDS] or [(n, n) for n in names_a if n in names_b and _begins_unique(a, n) and _begins_unique(b, n)][:MAX_IDS]


def _keys_or_ids(table: Table, names: Mapping[str, str]) -> list[str]:
    """The row keys of a table that has them, unless they are 0, 1, 2 …; for other tables the columns with the names of ids."""
    if table.row_keys is None:
        return [n for n in names if looks_like_id(n)]
    return [] if list(map(str, table.row_keys)) == list(map(str, range(len(table.row_keys)))) else [INDEX]


def _begins_unique(table: Table, name: str) -> bool:
    """Whether the first values of a column are all different."""
    if not table.has_records:
        return False  # an array under a key may be large, and have other rows
    first = next(table.cells(name), b"").split(b"\n")[:-1][:FIRST_ROWS]
    return len(set(first)) == len(first) > 1


# --- whether the order is the same -------------------------------------------------------------------------------------------


class _Order(Record):
    """How the values of a column in one file differ from those of a column in another file."""

    tables: tuple[Table, Table]
    names: tuple[str, str]
    texts: tuple[list[str], list[str]]
    different: Array  # the rows with different values
    same_values: bool  # whether both have the same values, in any order
    unique: bool  # whether no value repeats in a file


def order_warning(a: Table, b: Table, name: str, other: str, together: Sequence[tuple[str, str]] = ()) -> DataWarning | None:
    """W115 if two files have the same values of a column in different rows. The columns `together` may identify a row."""
    if _same_bytes(a.cells(name), b.cells(other)):
        return None
    texts_a, texts_b = ids_as_text(a.texts(name)), ids_as_text(b.texts(other))
    if len(texts_a) != len(texts_b):
        return None  # another check reports it as an error
    keys_a, keys_b = (np.fromiter(map(hash, texts), np.int64, len(texts)) for texts in (texts_a, texts_b))
    different = np.flatnonzero(keys_a != keys_b)
    if not len(different):
        return None
    unique = len(np.unique(keys_a)) == len(keys_a) and len(np.unique(keys_b)) == len(keys_b)
    same_values = np.array_equal(np.sort(keys_a), np.sort(keys_b))
    if not same_values and not (looks_like_id(name) and name.strip() and np.isin(keys_a, keys_b).mean() >= 0.5):
        return None
    if not unique and not looks_like_id(name):
        return None
    key = "" if unique or len(together) < 2 else _key_of_all(a, b, together)
    return _warning(_Order((a, b), (name, other), (texts_a, texts_b), different, same_values, unique), key)


def _key_of_all(a: Table, b: Table, pairs: Sequence[tuple[str, str]]) -> str:
    """The `--id` of some columns of two files, if their values together identify the rows of both; '' if not."""
    rows = [list(zip(*(ids_as_text(table.texts(pair[k])) for pair in pairs), strict=False)) for k, table in enumerate((a, b))]
    plain = not any({"=", ",", ":"} & {*name} for pair in pairs for name in pair)
    if not plain or set(rows[0]) != set(rows[1]) or any(len(set(r)) < len(r) for r in rows):
        return ""
    return ",".join(name if name == other else f"{name}={other}" for name, other in pairs)


def _warning(order: _Order, key: str) -> DataWarning:
    """The warning. `key` is the `--id` of several columns that identify the rows together; '' for none."""
    (a, b), (name, other), (texts_a, texts_b) = order.tables, order.names, order.texts
    row = int(order.different[0])
    differ = f"{counted(len(order.different), 'row')} of {len(texts_a):,} {'differ' if order.same_values else 'have another value'}"
    if order.unique:
        id_name, table = (other, b) if name == INDEX else (name, a)
        plain = id_name and "::" not in id_name and not re.fullmatch(r"[-+.\d].*", id_name)
        fix = f"to match the rows by it add --id {_quoted(id_name if plain else f'{table.label}::{id_name}')}"
    elif key:
        fix = f"to match the rows add --id {_quoted(key)}"
    else:
        fix = "its values repeat, so bring the files into one order first, or match them by another column with --id"
    both = f"{a.label} and {b.label} both have the column {name!r}{'' if name == other else f' ({other!r} in {b.label})'}"
    return DataWarning(
        "W115",
        f"{both}, but in another order: {differ} (row {row} is {texts_a[row]} and {texts_b[row]}), and rows were paired by position; {fix}",
    )


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


def _same_bytes(a: Iterator[bytes], b: Iterator[bytes]) -> bool:
    """Whether two texts, each read in pieces, are the same."""
    x = y = b""
    while True:
        x, y = x or next(a, b""), y or next(b, b"")
        n = min(len(x), len(y))
        if n == 0 or x[:n] != y[:n]:
            return len(x) == len(y) == 0
        x, y = x[n:], y[n:]


def parts_warning(a: Table, b: Table) -> DataWarning | None:
    """W115 if the files of two patterns have different numbers or words in their names: p-1, p-2 and t-1, t-3."""
    endings_a, endings_b = _endings(a.files), _endings(b.files)
    if endings_a == endings_b or len(endings_a) != len(endings_b) or not set(endings_a) & set(endings_b):
        return None
    one, other = next((f, g) for f, g, x, y in zip(a.files, b.files, endings_a, endings_b, strict=True) if x != y)
    what = f"the names of the files of {a.label} and {b.label} do not match"
    return DataWarning("W115", f"{what}: {one} is paired with {other}; rows are numbered on from file to file")


def _endings(files: Sequence[str]) -> list[str]:
    """The part of each name that is not the same for all files; numbers without leading zeros."""
    before = _common_start(files)
    behind = _common_start([name[before:][::-1] for name in files])
    return [name[before : len(name) - behind].lstrip("0") for name in files]


def _common_start(texts: Sequence[str]) -> int:
    """The length of the beginning that all texts share."""
    return sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False)))
