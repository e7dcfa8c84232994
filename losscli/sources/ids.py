"""Columns of ids, which identify the rows of a file: their names, their values, and a cache for all losses of a command."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from losscli.data.cells import MISSING
from losscli.data.columns import BY_POSITION, Column
from losscli.data.kept import Kept
from losscli.errors import DataWarning, InputError, counted
from losscli.numeric.lazy import Array
from losscli.sources.keyed_frames import INDEX
from losscli.sources.table import Table, ids_as_text

__all__ = ["Ids", "PairingCache", "column_called", "index_of", "looks_like_id", "shown_id", "some_ids", "spelling"]


SEPARATOR, _ESCAPE = "\x1f", "\x1e"  # between the parts of an id of several columns; and in place of a separator within a part


class Ids:
    """Columns of a table whose values together identify the rows. `width` is the length of ids that are lists in one column.

    `display_names` are the names for messages and outputs, since a name in `names` may be a position.
    """

    def __init__(self, table: Table, names: Sequence[str], width: int = 1) -> None:
        self.table, self.names, self.width = table, tuple(names), width
        self.display_names = tuple(table.names[int(n.removeprefix(BY_POSITION))] if n.startswith(BY_POSITION) else n for n in names)
        self.label = f"{table.label}::{','.join(self.display_names)}"
        self.key = (table.label, self.names)

    @cached_property
    def values(self) -> list[Any]:
        """The ids as the file has them, tuples for ids of several columns. Raises InputError for a row without an id."""
        return self._columns[0] if len(self._columns) == 1 else list(zip(*self._columns, strict=True))

    @cached_property
    def texts(self) -> list[str]:
        """The ids as text, which is the same for files of all formats."""
        columns = [ids_as_text(c) for c in self._columns]
        return columns[0] if len(columns) == 1 else list(map(SEPARATOR.join, zip(*map(_escaped, columns), strict=True)))

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each id. Raises InputError for an id that two rows have."""
        rows = dict(zip(self.texts, range(len(self.texts)), strict=True))
        if len(rows) < len(self.texts):
            raise InputError(self._repeated())
        return rows

    def refuse_repeated(self) -> None:
        """Raise InputError for an id that two rows have."""
        if len(set(self.texts)) < len(self.texts):
            raise InputError(self._repeated())

    @cached_property
    def _columns(self) -> list[list[Any]]:
        """The cells of each column. Raises InputError for a cell that is no id, and for columns that differ in length."""
        if self.width > 1:
            return self._parts_of_lists()
        columns = [self._checked(name, self.table.texts(key)) for key, name in zip(self.names, self.display_names, strict=True)]
        if len({len(c) for c in columns}) > 1:
            raise InputError(f"{self.label}: the columns have {' and '.join(counted(len(c), 'row') for c in columns)}")
        return columns

    def _parts_of_lists(self) -> list[list[Any]]:
        """The columns of ids that are lists, as a result of ids of several columns has them. Raises InputError for others."""
        cells = self.table.texts(self.names[0])
        for row, x in enumerate(cells):
            if not isinstance(x, list) or len(x) != self.width:
                raise InputError(f"{self.label} is no list of {self.width} ids: row {row} holds {str(x)[:40]}")
        return [self._checked(self.display_names[0], [x[k] for x in cells]) for k in range(self.width)]

    def _checked(self, name: str, cells: list[Any]) -> list[Any]:
        all_text = set(map(type, cells)) <= {str}
        ids = list(map(str.strip, cells)) if all_text else [x.strip() if isinstance(x, str) else x for x in cells]
        if all_text and MISSING.isdisjoint(map(str.casefold, ids)):
            known: dict[str, str] = {}  # the parts of ids repeat: each text is kept once
            return ids if len(self.names) == 1 else list(map(known.setdefault, ids, ids))
        label = f"{self.table.label}::{name}"
        for row, x in enumerate(ids):
            if isinstance(x, list | dict):
                raise InputError(f"{label} is no id: row {row} holds {str(x)[:40]}")
            if x is None or x != x or (isinstance(x, str) and x.casefold() in MISSING):
                raise InputError(f"{label}: {self.row(row)} has no id")
            if isinstance(x, float) and abs(x) >= 2**53:
                raise InputError(f"{label}: {self.row(row)} is the float {x!r}, to which several ids are rounded: write ids as text")
        return ids

    @cached_property
    def warnings(self) -> list[DataWarning]:
        """W146 for an id that two rows have, where no other file is matched with them."""
        return [DataWarning("W146", f"{self._repeated()}. Are rows duplicated?")] if len(set(self.texts)) < len(self.texts) else []

    def _repeated(self) -> str:
        """The first id that two rows have, with the column that makes the ids unique, if there is one."""
        first: dict[str, int] = {}
        row = next(row for row, key in enumerate(self.texts) if first.setdefault(key, row) != row)
        key = self.texts[row]
        more = sum(n > 1 for n in Counter(self.texts).values()) - 1
        others = f", and {counted(more, 'more id')} too" if more else ""
        where = f"{self.label}: the id {shown_id(key)!r} is used twice: {self.row(first[key])} and {self.row(row)}"
        return f"{where}{others}{self._hint_of_another_column()}"

    def _hint_of_another_column(self) -> str:
        """Advice to add a column with the name of an id, if the ids are unique with it; '' without such a column."""
        others = [n for n in self.table.names if n not in self.names and looks_like_id(n) and not set("=,") & {*n} and self.table.has(n)]
        for name in others[:3] if self.width == 1 and self.table.has_records else ():
            longer = [self.texts, ids_as_text(self.table.texts(name))]
            if len(set(zip(*longer, strict=False))) == len(self.texts) == len(longer[1]):
                return f"; {' and '.join((*self.display_names, name))} together are unique: add {name} to --id"
        return ""

    def row(self, row: int) -> str:
        """'row 3 (line 5)'."""
        place = self.table.place(row)
        return f"row {row} ({place})" if place else f"row {row}"


def shown_id(text: str) -> str:
    """An id for a message: [H1, 3] for an id of several columns."""
    return f"[{text.replace(SEPARATOR, ', ')}]" if SEPARATOR in text else text


def some_ids(texts: Iterable[str]) -> str:
    """The first ids, for a message."""
    first = list(islice(texts, 6))
    return ", ".join(map(shown_id, first[:5])) + (", …" if len(first) > 5 else "")


def _escaped(texts: list[str]) -> list[str]:
    """The same texts without the separator, so that different ids stay different."""
    if not any(SEPARATOR in x or _ESCAPE in x for x in texts):
        return texts
    return [x.replace(_ESCAPE, f"{_ESCAPE}0").replace(SEPARATOR, f"{_ESCAPE}1") for x in texts]


class PairingCache:
    """A cache of ids, orders and warnings of files. Each is made once for all losses of a command."""

    def __init__(self) -> None:
        self.warnings: dict[tuple[str, ...], list[DataWarning]] = {}  # by two files and the columns in use
        self.ids: dict[Hashable, Ids] = {}  # by file and columns
        self.places: dict[Hashable, Array | None] = {}  # by the ids of two files, the row in the second of each id of the first
        self.reordered: dict[Hashable, Array] = {}  # by the ids of a file, a SOURCE, and which rows were kept
        self.joined: dict[Hashable, Any] = {}  # by the place of a loss or a term: the files that all its predictions join
        self.kept: dict[Hashable, Kept] = {}  # by conditions and their columns
        self.present: set[str] = set()  # the id columns, as the user wrote them, that a file of some term has

    def begin_again(self) -> bool:
        """Whether a file that was joined later left out rows that losses before it use. Then all losses must be matched again."""
        unsettled = not all(joined.settled for joined in self.joined.values())
        if unsettled:
            for joined in self.joined.values():
                joined.begin_again()
        return unsettled


def column_called(table: Table, name: str, beside: Column | None = None) -> str | None:
    """The column of a table with a name: next to the column `beside`, else at the top level, else the only one with a similar spelling."""
    level = beside.keys[0].rpartition(".")[0] if beside is not None and beside.keys else ""
    for candidate in (f"{level}.{name}", name) if level else (name,):
        if table.has(candidate):
            return candidate
    alike = [n for n in table.names if spelling(n) == spelling(name)]
    return alike[0] if len(alike) == 1 else None


def index_of(table: Table) -> str | None:
    """The name of the row keys, which are always ids; None for a table without them."""
    return None if table.row_keys is None else INDEX


def spelling(name: str) -> str:
    """A name without case and separators: ImageId is image_id. pandas names a column without a name Unnamed: 0."""
    name = re.sub(r"[\s_\-]", "", name.casefold())
    return "" if name == "unnamed:0" else name


_IDS = (  # patterns, which are compiled on first use
    r"(?i)(.*[\s_.\-])?(ids?|uid|uuid|guid|key|index|idx)|id[_\-].*|(unnamed: ?0)?|__index_level_\d+__"
    r"|(file|image|sample|row|record)([\s_\-]?(name|path|number|no|nr))?|path|name|date|ds|day|time|timestamp|date[\s_\-]?time"
)
_JOINED = r".*[a-z](Id|ID)"  # imageId


def looks_like_id(name: str) -> bool:
    """Whether a column with this name probably holds ids."""
    return any(re.fullmatch(pattern, name.strip()) for pattern in (_IDS, _JOINED))
