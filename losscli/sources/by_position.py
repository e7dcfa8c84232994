"""Columns beside each other as they stand: whether the files have their rows in one order, and whether roles have one source."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import combinations, takewhile
from typing import Any

from losscli.data.columns import BY_POSITION, Column
from losscli.engine.planning.column_shapes import has_own_rows
from losscli.errors import Warned, counted
from losscli.numeric.lazy import np
from losscli.record import Record
from losscli.registry import Loss
from losscli.sources.files import FIRST
from losscli.sources.inputs import Inputs, Table
from losscli.sources.keyed_frames import INDEX
from losscli.sources.table import cells_of, texts_of

__all__ = ["ByPosition", "Matched", "keys_in", "named_in", "of_one_source", "spoken", "with_rows"]

LOOKED_AT = 3  # columns of two files that may be ids


class Matched(Record):
    """The columns of one loss, their rows in one order, and what there is to say of them."""

    columns: dict[str, Column]
    weight: Column | None
    notes: list[str]
    warnings: list[Warned]


def with_rows(known: Loss, roles: Mapping[str, Column], weight: Column | None) -> dict[str, Column]:
    """The columns that have the rows of the loss, the weights among them; a role that all rows share has its own."""
    domains = {r: known.roles[r].domain for r in roles}
    found = {r: c for r, c in roles.items() if not domains[r].shared or has_own_rows(domains[r], c)}
    if weight is None or (weight.array is not None and weight.rows is None):  # one number for all rows
        return found
    return {**found, "sample_weight": weight}


def spoken(table: Table, name: str) -> str:
    """The name of a column that may have been chosen by its position."""
    return table.names[int(name.removeprefix(BY_POSITION))] if name.startswith(BY_POSITION) else name


def named_in(table: Table, name: str, column: Column | None = None) -> str | None:
    """A column of a name in a table: beside a column that lies deeper in, or at the top; else the only one that is spelled alike."""
    inside = column.keys[0].rpartition(".")[0] if column is not None and column.keys else ""
    found = next((n for n in ([f"{inside}.{name}"] if inside else []) + [name] if table.has(n)), None)
    like = [n for n in table.names if _bare(n) == _bare(name)] if found is None else [found]
    return like[0] if len(like) == 1 else None


def keys_in(table: Table) -> str | None:
    """The keys of a table that is keyed by its rows, which are ids whatever they are called."""
    return None if getattr(table, "frame", None) is None else INDEX


def _bare(name: str) -> str:
    """A name without what people write differently: ImageId, image_id; pandas calls a column without a name Unnamed: 0."""
    name = re.sub(r"[\s_\-]", "", name.casefold())
    return "" if name == "unnamed:0" else name


# --- one source for two roles ----------------------------------------------------------------------------------------------


def of_one_source(inputs: Inputs, roles: Mapping[str, Column]) -> list[Warned]:
    """W116 for roles that hold the same column: a perfect score says nothing then."""
    found = []
    read = [(r, c) for r, c in roles.items() if c.label != "inline"]
    for (a, one), (b, other) in combinations(read, 2):
        if not _one_file(inputs, one, other):
            continue
        if one.keys == other.keys:
            found.append(Warned("W116", f"{a} and {b} are the same column, {one.label}: this compares it with itself"))
        elif common := [k for k in one.keys if k in other.keys]:
            both = f"{a} ({one.label}) and {b} ({other.label})"
            found.append(Warned("W116", f"{both} have the column {common[0]} in common: it is compared with itself"))
    return found


def _one_file(inputs: Inputs, one: Column, other: Column) -> bool:
    a, b = (inputs.holder(c) for c in (one, other))
    return a is b if a is None or b is None else os.path.realpath(a.label) == os.path.realpath(b.label)


# --- files without an id ---------------------------------------------------------------------------------------------------


class ByPosition:
    """Rows paired as they stand. Where files share a column that looks like an id, and have it in another order, that is a warning."""

    ids = None
    name = "row"

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self._first: Table | None = None

    def matched(self, known: Loss, roles: Mapping[str, Column], weight: Column | None) -> Matched:
        """The columns as they are, with a warning for files that have their rows in another order."""
        tables: dict[str, tuple[Table, set[str]]] = {}
        for column in with_rows(known, roles, weight).values():
            table = self.inputs.holder(column)
            if table is not None:
                tables.setdefault(table.label, (table, set()))[1].update(column.keys)
        several = list(tables.values())
        found = [w for other in several[1:] for w in self._between(several[0], other)]
        self._first = several[0][0] if several else None
        return Matched(dict(roles), weight, [], [*found, *of_one_source(self.inputs, roles)])

    def like(self, table: Table) -> tuple[Any, list[Warned]]:
        """No order for the rows of a table with other values of the same rows, but a warning where it has one of its own."""
        return None, [] if self._first is None else self._between((self._first, set()), (table, set()))

    def _between(self, a: tuple[Table, set[str]], b: tuple[Table, set[str]]) -> list[Warned]:
        key = (a[0].label, b[0].label, *sorted(a[1] | b[1]))
        if key not in self.inputs.orders:
            ids = _like_ids(a[0], b[0], a[1] | b[1])
            found = (in_another_order(a[0], b[0], *names) for names in ids) if ids else [of_other_parts(a[0], b[0])]
            self.inputs.orders[key] = [w for w in found if w is not None][:1]
        return self.inputs.orders[key]


_IDS = (  # patterns, which are compiled where they are needed
    r"(?i)(.*[\s_.\-])?(ids?|uid|uuid|guid|key|index|idx)|id[_\-].*|(unnamed: ?0)?|__index_level_\d+__"
    r"|(file|image|sample|row|record)([\s_\-]?(name|path|number|no|nr))?|path|name|date|ds|day|time|timestamp|date[\s_\-]?time"
)
_JOINED = r".*[a-z](Id|ID)"  # imageId


def _is_id(name: str) -> bool:
    return any(re.fullmatch(pattern, name.strip()) for pattern in (_IDS, _JOINED))


def _like_ids(a: Table, b: Table, used: Set[str]) -> list[tuple[str, str]]:
    """The columns of both that are called as ids are; where there is none, those whose first values differ from each other."""
    if getattr(a, "frame", None) is not None and getattr(b, "frame", None) is not None:
        return [(INDEX, INDEX)]  # the keys of their rows
    here, there = ({n: _bare(n) for n, times in Counter(t.names).items() if times == 1 and n not in used} for t in (a, b))
    spelled = {bare: n for n, bare in there.items() if _is_id(n)}
    called = [(n, m) for n, bare in here.items() if _is_id(n) and (m := n if n in there else spelled.get(bare)) is not None]
    if not called and keys_in(a) != keys_in(b):
        called = [(n, m) for n in _keys(a, here) for m in _keys(b, there)]
    return called[:LOOKED_AT] or [(n, n) for n in here if n in there and _differ(a, n) and _differ(b, n)][:LOOKED_AT]


def _keys(table: Table, names: Mapping[str, str]) -> list[str]:
    """What may be the ids of a table that is keyed, its keys unless they only count; else its columns that are called as ids are."""
    frame = getattr(table, "frame", None)
    if frame is None:
        return [n for n in names if _is_id(n)]
    return [] if list(map(str, frame.keys_of_rows)) == list(map(str, range(len(frame.keys_of_rows)))) else [INDEX]


def _differ(table: Table, name: str) -> bool:
    if not getattr(table, "records", True):
        return False  # arrays under keys: any of them may be large, and have other rows
    first = next(cells_of(table, name), b"").split(b"\n")[:-1][:FIRST]
    return len(set(first)) == len(first) > 1


def in_another_order(a: Table, b: Table, name: str, other: str) -> Warned | None:
    """W115 where two files have the same values in a column, at other rows."""
    if _same(cells_of(a, name), cells_of(b, other)):
        return None
    here, there = _texts(a, name), _texts(b, other)
    if len(here) != len(there):
        return None  # which is an error
    keys, others = (np.fromiter(map(hash, texts), np.int64, len(texts)) for texts in (here, there))
    elsewhere = np.flatnonzero(keys != others)
    if not len(elsewhere):
        return None
    unique = len(np.unique(keys)) == len(keys) and len(np.unique(others)) == len(others)
    alike = np.array_equal(np.sort(keys), np.sort(others))
    if not alike and not (_is_id(name) and name.strip() and np.isin(keys, others).mean() >= 0.5):
        return None
    if not unique and not _is_id(name):
        return None
    return _said((a, b), (name, other), (here, there), elsewhere, alike, unique)


def of_other_parts(a: Table, b: Table) -> Warned | None:
    """W115 where two patterns stand for files that do not go together by their names: p-1, p-2 beside t-1, t-3."""
    files = [getattr(table, "files", []) for table in (a, b)]
    here, there = map(_endings, files)
    if here == there or len(here) != len(there) or not set(here) & set(there):
        return None
    one, other = next((f, g) for f, g, x, y in zip(*files, here, there, strict=True) if x != y)
    do_not = f"the files of {a.label} and {b.label} do not go together by their names"
    return Warned("W115", f"{do_not}: {one} stands beside {other}; rows run on from file to file")


def _endings(files: Sequence[str]) -> list[str]:
    """What tells the names of some files apart; numbers without zeros in front."""
    before = _alike(files)
    behind = _alike([name[before:][::-1] for name in files])
    return [name[before : len(name) - behind].lstrip("0") for name in files]


def _alike(texts: Sequence[str]) -> int:
    """How many characters all of some texts begin with."""
    return sum(1 for _ in takewhile(lambda at: len(set(at)) == 1, zip(*texts, strict=False)))


def _said(
    tables: tuple[Table, Table], names: tuple[str, str], texts: tuple[list[str], list[str]], elsewhere: Any, alike: bool, unique: bool
) -> Warned:
    (a, b), (name, other), (here, there) = tables, names, texts
    row = int(elsewhere[0])
    how = f"{counted(len(elsewhere), 'row')} of {len(here):,} {'stand elsewhere' if alike else 'have another one'}"
    if unique:
        by, of = (other, b) if name == INDEX else (name, a)
        plain = by and "::" not in by and not re.fullmatch(r"[-+.\d].*", by)
        fix = f"to match the rows by it add --id {_quoted(by if plain else f'{of.label}::{by}')}"
    else:
        fix = "its values repeat, so bring the files into one order first, or match them by another column with --id"
    both = f"{a.label} and {b.label} both have the column {name!r}{'' if name == other else f' ({other!r} in {b.label})'}"
    return Warned(
        "W115",
        f"{both}, but in another order: {how} (row {row} is {here[row]} and {there[row]}), and rows were paired as they stand; {fix}",
    )


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


def _texts(table: Table, name: str) -> list[str]:
    return texts_of(table.texts(name))


def _same(a: Iterator[bytes], b: Iterator[bytes]) -> bool:
    """Whether two texts in pieces are the same."""
    x = y = b""
    while True:
        x, y = x or next(a, b""), y or next(b, b"")
        n = min(len(x), len(y))
        if n == 0 or x[:n] != y[:n]:
            return len(x) == len(y) == 0
        x, y = x[n:], y[n:]
