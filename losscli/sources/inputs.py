"""Turn a SOURCE into a column. A SOURCE is numbers, standard input, a file, a part of a file, or a column of DATA."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from losscli.catalogue.trust import Trust
from losscli.data.cells import BOOLEANS
from losscli.data.columns import Column
from losscli.errors import InputError, UsageError, suggest
from losscli.numeric.lazy import Array
from losscli.sources.files import similar_name
from losscli.sources.id_names import IdNames
from losscli.sources.inline import inline
from losscli.sources.open_files import OpenFiles, check_named, is_file, is_pattern
from losscli.sources.selectors import Selection, column_of, contents, select
from losscli.sources.table import Table

__all__ = ["Inputs"]


class Inputs:
    """Everything that is needed to read SOURCEs: the opened files, DATA, and the folder of relative names.

    `flag` returns the option of a role, for messages. Raises UsageError for `classes` that are empty or repeat.
    """

    def __init__(
        self,
        data: str | None = None,
        files: OpenFiles | None = None,
        classes: tuple[str, ...] = (),
        flag: Callable[[str], str] = lambda role: f"--{role.replace('_', '-')} SOURCE",
        folder: str = "",
    ) -> None:
        if "" in classes:
            raise UsageError("--classes takes names with commas between them, and one is empty")
        if len(set(classes)) < len(classes):
            raise UsageError("--classes names one class twice")
        self.data = data
        self.files = files or OpenFiles()
        self.classes = classes
        self.flag = flag
        self.folder = folder  # names of files are relative to it
        self.data_is_used = False
        self.id_names: IdNames | None = None  # of --id: whole files are used without these columns
        self.inline_texts: list[str] = []  # SOURCEs that were read as numbers
        self.trust: Trust | None = None  # what SOURCEs may name, where they stand in a file; None for those of the command line
        self._views: list[Inputs] = [self]  # this one and all that `within` made from it

    def within(self, data: str | None, folder: str = "", classes: tuple[str, ...] = ()) -> Inputs:
        """Inputs for the SOURCEs in a file of this folder, which has other DATA. They share the opened files."""
        inner = Inputs(data, self.files, classes, lambda role: f"{role}: SOURCE", folder)
        inner.trust = self.trust
        inner._views = self._views
        self._views.append(inner)
        return inner

    @property
    def data_table(self) -> Table | None:
        """The opened table of DATA; None without DATA."""
        return None if self.data is None else self.files.table(self.data)

    # --- a SOURCE ----------------------------------------------------------------------------------------------------------

    def column(self, text: str) -> Column:
        """The column of a SOURCE. Raises InputError or UsageError, with suggestions."""
        if not text.strip():
            raise UsageError("an empty text is no SOURCE: give numbers, a column or a file")
        if text.startswith("="):
            raise UsageError(f"{text!r} begins with '=': write {text[1:]}")
        if (numbers := self._inline(text)) is not None:
            self.inline_texts.append(text)
            return Column("inline", numbers)
        if text == "-":
            return self._whole("-")
        name, colons, selector = text.partition("::")
        if colons:
            self.data_is_used |= not name or self._path(name) == self.data
            return column_of(*self.part(text), selector)
        return self._column_or_file(text)

    def _whole(self, path: str) -> Column:
        """All columns of a file."""
        from losscli.sources.whole import whole_source

        return whole_source(self.files.table(path), self.id_names)

    def _column_or_file(self, text: str) -> Column:
        """A column of DATA, or a whole file. Raises UsageError for a text that is both, InputError for one that is neither."""
        path = self._path(text)
        file_exists = is_file(path)
        data, selection = (None, None) if self.data is None else self.files.select(self.data, text)
        if file_exists and selection is not None:
            raise UsageError(f"{text!r} is a column of {self.data} and a file: write ::{text} for the column, ./{text} for the file")
        if data is not None and selection is not None:
            self.data_is_used = True
            return column_of(data, selection, text)
        if not file_exists and data is None and not is_pattern(path) and self.files.stdin_is_unread:
            raise InputError(f"no file {text}; for a column of standard input write -::{text}")
        if not file_exists and data is None and not is_pattern(path) and Path(text).name == text and not Path(text).suffix:
            raise InputError(
                f"no file {text}{similar_name(Path(path))}, and no DATA: for a column give its file, as DATA or as FILE::{text}"
            )
        if file_exists or data is None or _names_files(text, path):
            self.data_is_used |= path == self.data
            return self._whole(path)
        raise InputError(f"no column or file {text!r}{suggest(text, data.names)}; {contents(data)}")

    def part(self, text: str) -> tuple[Table, Selection]:
        """The table of FILE::COLUMNS or ::COLUMNS, and these columns. Raises InputError for none, UsageError without DATA."""
        selector = text.partition("::")[2]
        table, selection = self.files.select(self._file_of_part(text), selector)
        if selection is None:
            raise InputError(f"{table.label} has no column {selector!r}{suggest(selector, table.names)}; {contents(table)}")
        return table, selection

    def part_table(self, text: str) -> Table:
        """The table of FILE::COLUMNS or ::COLUMNS. Raises UsageError without DATA."""
        return self.files.table(self._file_of_part(text))

    def _file_of_part(self, text: str) -> str:
        name = text.partition("::")[0]
        if not name and self.data is None:
            raise UsageError(f"{text} is a part of DATA, but no DATA is given: losscli compute LOSS DATA … {text}, or FILE{text}")
        return self._path(name) if name else str(self.data)

    def option(self, text: str) -> Array | float:
        """The value of an option that takes a SOURCE, one number for each class: an array, or the only number in it.

        Raises InputError for numbers under keys, which have no order.
        """
        column = self.column(text)
        table = self.files.table_of(column)
        if not column.keys and table is not None and table.row_keys is not None:
            raise InputError(f"{column.label} has its numbers under keys: write them as a list, in the order of the classes")
        whole = column.whole()
        return whole if whole.size != 1 or "[" in text else float(whole.reshape(-1)[0])

    # --- about a SOURCE ----------------------------------------------------------------------------------------------------

    def is_source(self, text: str) -> bool:
        """Whether a text names a file, a part of one, or a column of DATA."""
        table = self.data_table
        return is_file(self._path(text.partition("::")[0])) or (table is not None and table.has(text))

    def column_names(self, text: str) -> list[str] | None:
        """The names of the columns of a SOURCE; None for one column, and for columns without names."""
        if self._inline(text) is not None or text == "-":
            return None
        name, colons, _ = text.partition("::")
        if colons and (name or self.data is not None):
            return names_of(*self.part(text))
        if self.data is None or colons or is_file(self._path(text)):
            return None
        return names_of(*self.files.select(self.data, text))

    def _inline(self, text: str) -> Array | None:
        """The numbers in a text; None for a name. Raises InputError for a text that is neither."""
        if self._names_columns(text):
            return None
        try:
            return inline(text)
        except InputError:
            if is_file(self._path(text.partition("::")[0])):
                return None  # [x].csv
            raise

    def _names_columns(self, text: str) -> bool:
        """Whether words that may be numbers, such as False,True, are the names of columns of DATA."""
        if not any(part.strip().casefold() in BOOLEANS for part in text.split(",")):
            return False
        table = self.data_table
        return table is not None and select(table, text) is not None

    def _path(self, name: str) -> str:
        return check_named(self.trust, name if name == "-" else os.path.join(self.folder, name))

    def check_used(self) -> None:
        """Raise UsageError for a DATA that no role uses, for options that no file needs, and for an unclear first line."""
        self.files.check_used()
        for data in dict.fromkeys(v.data for v in self._views):
            views = [v for v in self._views if v.data == data]
            if data is not None and not any(v.data_is_used for v in views):
                texts = dict.fromkeys(text for v in views for text in v.inline_texts)
                positions = ", ".join(f"::{n}" for n in texts if re.fullmatch(r"-?\d+", n))
                hint = f" ({', '.join(texts)} was read as numbers; for a column by its position write {positions})" if positions else ""
                raise UsageError(f"no role uses {data}{hint}")


def names_of(table: Table, selection: Selection | None) -> list[str] | None:
    """The names of several columns; None for one column, and for columns without names."""
    if selection is None or not selection.stacked or not table.names or len(selection.names) < 2:
        return None
    return list(selection.names)


def _names_files(text: str, path: str) -> bool:
    """Whether a text that names no column looks like the name of files, which may not exist."""
    if is_pattern(path):
        from losscli.sources.globs import matching

        return bool(matching(path))
    return len(text) < 200 and Path(text).suffix != "" and Path(text).parent != Path(".")
