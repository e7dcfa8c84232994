"""Columns of ids, which identify the rows of a file: their names, their values, and a cache for all losses of a command."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from losscli.data.cells import MISSING
from losscli.data.columns import BY_POSITION, Column
from losscli.data.kept import Kept
from losscli.errors import DataWarning, InputError
from losscli.numeric.lazy import Array
from losscli.sources.keyed_frames import INDEX
from losscli.sources.table import Table, ids_as_text

__all__ = ["Ids", "PairingCache", "column_called", "index_of", "looks_like_id", "spelling"]


class Ids:
    """A column of a table whose values identify the rows. `display_name` is its name for messages, since `name` may be a position."""

    def __init__(self, table: Table, name: str) -> None:
        self.table, self.name = table, name
        self.display_name = table.names[int(name.removeprefix(BY_POSITION))] if name.startswith(BY_POSITION) else name
        self.label = f"{table.label}::{self.display_name}"

    @cached_property
    def values(self) -> list[Any]:
        """The ids as the file has them. Raises InputError for a row without an id."""
        ids = [x.strip() if isinstance(x, str) else x for x in self.table.texts(self.name)]
        for row, x in enumerate(ids):
            if isinstance(x, list | dict):
                raise InputError(f"{self.label} is no id: row {row} holds {str(x)[:40]}")
            if x is None or x != x or (isinstance(x, str) and x.casefold() in MISSING):
                raise InputError(f"{self.label}: {self.row(row)} has no id")
            if isinstance(x, float) and abs(x) >= 2**53:
                raise InputError(f"{self.label}: {self.row(row)} is the float {x!r}, to which several ids are rounded: write ids as text")
        return ids

    @cached_property
    def texts(self) -> list[str]:
        """The ids as text, which is the same for files of all formats."""
        return ids_as_text(self.values)

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each id. Raises InputError for an id that two rows have."""
        rows = {key: row for row, key in enumerate(self.texts)}
        if len(rows) < len(self.texts):
            row = next(row for row, key in enumerate(self.texts) if self.texts.index(key) < row)
            first = self.texts.index(self.texts[row])
            raise InputError(f"{self.label}: the id {self.texts[row]!r} is used twice: {self.row(first)} and {self.row(row)}")
        return rows

    def row(self, row: int) -> str:
        """'row 3 (line 5)'."""
        place = self.table.place(row)
        return f"row {row} ({place})" if place else f"row {row}"


class PairingCache:
    """A cache of ids, orders and warnings of files. Each is made once for all losses of a command."""

    def __init__(self) -> None:
        self.warnings: dict[tuple[str, ...], list[DataWarning]] = {}  # by two files and the columns in use
        self.ids: dict[tuple[str, str], Ids] = {}  # by file and column
        self.orders: dict[tuple[str, str, str], Array | None] = {}  # by the ids of the first file, and a file's column
        self.reordered: dict[tuple[str, str], Array] = {}  # by the ids of the first file, and a SOURCE
        self.kept: dict[tuple[Any, ...], Kept] = {}  # by conditions and their columns
        self.present: set[str] = set()  # the id columns, as the user wrote them, that a file of some term has


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
