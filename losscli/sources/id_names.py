"""The names of the columns of ids in `--id`: `NAME`, several with commas between them, and `NAME=OTHER` where a file has another name."""

from __future__ import annotations

import re

from losscli.data.columns import Column
from losscli.errors import UsageError
from losscli.sources.ids import column_called
from losscli.sources.selectors import select
from losscli.sources.table import Table

__all__ = ["IdNames"]


class IdNames:
    """The columns that together identify a row. Each has one name, or several: a file uses the first of them that it has.

    A column whose name contains a comma or = is found by its whole name. Raises UsageError for an empty name.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.text = source.partition("::")[2] if "::" in source else source
        self.keys = [[name.strip() for name in key.split("=")] for key in self.text.split(",")]
        if self.text and any("" in key for key in self.keys):  # pandas writes an index without a name
            raise UsageError(f"--id {source}: a name is empty; it takes NAME, several as A,B, and A=B where another file calls A B")

    def selected(self, table: Table) -> tuple[str, ...] | None:
        """The columns of the table whose order counts, where a position, a list or a pattern may select them; None if it lacks one."""
        if (whole := select(table, self.text)) is not None:
            return self._different(whole.names)
        names = []
        for key in self.keys:
            selections = (select(table, name) for name in key)
            found = next((s for s in selections if s is not None and not s.stacked), None)
            if found is None:
                return None
            names.append(found.names[0])
        return self._different(tuple(names))

    def named(self, table: Table, beside: Column | None = None) -> tuple[str, ...] | None:
        """The columns of a table by their names, next to the column `beside` if they are there too; None if it lacks one."""
        return self._found(table, self._whole_or_keys(table, beside), beside)

    def in_other(self, table: Table, base: tuple[str, ...], beside: Column | None = None) -> tuple[str, ...] | None:
        """The columns of another table. `base` holds their names in the table that sets the order; None if it lacks one."""
        return self._found(table, self._keys_beside(base), beside)

    def any_in(self, table: Table) -> set[str]:
        """Those of the columns that a table has, also where it lacks others."""
        if self.source.partition("::")[0] == table.label and (chosen := select(table, self.text)) is not None:
            return set(chosen.names)
        keys = self._whole_or_keys(table, None)
        return {c for key in keys for n in key if (c := column_called(table, n)) is not None}

    def lacking(self, table: Table, base: tuple[str, ...], beside: Column) -> tuple[str, str]:
        """The first column that a table lacks, with all its names, for a message; and an `--id` that gives it one more."""
        keys = self._keys_beside(base)
        at = next(k for k, key in enumerate(keys) if self._found(table, [key], beside) is None)
        names = ["=".join(key) + "=NAME" * (k == at) for k, key in enumerate(keys)]
        before = self.source.removesuffix(self.text)
        return " or ".join(map(repr, keys[at])), f"--id {before}{','.join(names)}"

    def _whole_or_keys(self, table: Table, beside: Column | None) -> list[list[str]]:
        return [[self.text]] if column_called(table, self.text, beside) is not None else self.keys

    def _keys_beside(self, base: tuple[str, ...]) -> list[list[str]]:
        """The names of each key in another table: those in `--id`, and that of the base. A position is no name there."""
        keys = self.keys if len(self.keys) == len(base) else [[]] * len(base)
        if base == (self.text,):
            keys = [[]]
        each = zip(keys, base, strict=True)
        return [list(dict.fromkeys([*(n for n in key if n == name or not re.fullmatch(r"-?\d+", n)), name])) for key, name in each]

    def _found(self, table: Table, keys: list[list[str]], beside: Column | None) -> tuple[str, ...] | None:
        found = [next((c for n in key if (c := column_called(table, n, beside)) is not None), None) for key in keys]
        names = tuple(c for c in found if c is not None)
        return self._different(names) if len(names) == len(keys) else None

    def _different(self, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise UsageError(f"--id {self.source} names the column {next(n for n in names if names.count(n) > 1)!r} twice")
        return names
