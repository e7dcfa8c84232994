"""The files that a command reads, each opened once: by name, by pattern, or from standard input."""

from __future__ import annotations

import os
import select as polling
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from losscli.catalogue.trust import Trust
from losscli.data.columns import Column
from losscli.errors import DataWarning, InputError, UsageError, fits_in_memory
from losscli.sources.document import Document
from losscli.sources.files import InputFile, file_at, file_of_bytes, read_all
from losscli.sources.formats import FORMATS, Reading, format_of, sniff
from losscli.sources.ids import PairingCache
from losscli.sources.inline import inline
from losscli.sources.selectors import Selection, select
from losscli.sources.table import Table

__all__ = ["OpenFiles", "check_named", "is_file", "is_pattern"]

IN_PIECES = "csv, jsonl, npy, parquet and arrow are read in pieces, other formats as a whole"


class OpenFiles:
    """The tables by the names of their files. `stdin` reads a number of bytes from standard input; -1 is all."""

    def __init__(self, reading: Reading = Reading(), stdin: Callable[[int], bytes] = lambda size: sys.stdin.buffer.read(size)) -> None:
        self.reading, self.stdin = reading, stdin
        self.tables: dict[str, Table] = {}
        self.pairing_cache = PairingCache()
        self.notes: list[str] = []
        self.doubts: dict[str, DataWarning] = {}  # about first lines, by their messages

    # --- what was read -----------------------------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """The names of all files: a pattern, and the files that it matches."""
        return [name for key, table in self.tables.items() for name in (key, *table.files)]

    @property
    def headers(self) -> dict[str, bool]:
        """Whether each table of text has a header."""
        return {name: table.first_line.header for name, table in self.tables.items() if table.first_line is not None}

    @property
    def warnings(self) -> list[DataWarning]:
        """All warnings about the files."""
        return [*self.doubts.values(), *(w for table in self.tables.values() for w in table.warnings)]

    @property
    def stdin_is_unread(self) -> bool:
        """Whether standard input has data and no SOURCE names it."""
        return "-" not in self.tables and _stdin_has_data()

    def table_of(self, column: Column) -> Table | None:
        """The table that a column is from; None for numbers from the command line."""
        label = column.label.partition("::")[0]
        return next((t for t in self.tables.values() if t.label == label), None)

    def check_used(self) -> None:
        """Raise UsageError for options of text if no text was read, and for a first line that may be a header or data."""
        if self.reading.of_text and not self.headers:
            raise UsageError(f"--{self.reading.of_text[0]} is for CSV and TSV, and no such file was read")
        for table in self.tables.values():
            if table.header_error is not None:
                raise table.header_error

    # --- opening -----------------------------------------------------------------------------------------------------------

    def table(self, name: str) -> Table:
        """The file of this name, '-' for standard input. Raises InputError where it cannot be read."""
        if name not in self.tables:
            self.tables[name] = self._standard_input() if name == "-" else self._open(name)
        return self.tables[name]

    def select(self, name: str, selector: str) -> tuple[Table, Selection | None]:
        """A file, and the columns of it that a selector selects; None for none.

        A selector that is a word of the first line shows that this line is a header. Then --no-header applies only to other files.
        """
        table = self.table(name)
        selection, line = select(table, selector), table.first_line
        if selection is not None or line is None or line.header or (self.reading.header is None and table.doubt is None):
            return table, selection
        named = table.with_header()
        if (selection := select(named, selector)) is None:
            return table, None
        because = f"{name} has a header, since {selector!r} names a column of it"
        if table.used:
            raise UsageError(f"{name}: the first line was read as data, but {selector!r} is a name in it: name all its columns")
        self.tables[name] = named
        self.notes.append(because + ": --no-header applies to the other files" * (self.reading.header is False))
        return named, selection

    def _open(self, name: str) -> Table:
        if name.lstrip()[:1] in ("{", "[") and not is_file(name):
            return FORMATS["json"].read(InputFile("DATA", None, os.fsencode(name)), self.reading)
        if not is_pattern(name):
            return self._file(name)
        from losscli.sources.globs import Several, matching

        names = matching(name)
        if not names:
            raise InputError(f"no file matches {name}")
        return Several(name, [self._file(n) for n in names])

    def _file(self, name: str) -> Table:
        file = file_at(name, self.reading.max_bytes)
        if file.path is None:
            return self._pipe(file)
        with fits_in_memory(name, IN_PIECES):
            return FORMATS[format_of(file, self.reading.format)].read(file, self.reading)

    def _standard_input(self) -> Table:
        if sys.stdin is None or sys.stdin.isatty():
            raise InputError("nothing comes in on standard input: pipe a file into it, or name one instead of '-'")
        try:
            with fits_in_memory("standard input", "it is held as a whole; a file of csv, jsonl, npy, parquet or arrow is read in pieces"):
                data = read_all(self.stdin, "standard input", self.reading.max_bytes)
        except OSError as error:
            raise InputError(f"standard input cannot be read: {error.strerror or error}") from None
        return self._pipe(file_of_bytes(data, max_bytes=self.reading.max_bytes))

    def _pipe(self, file: InputFile) -> Table:
        """The table of a pipe, which has no suffix. One line of numbers is a list of them, not a header."""
        name = self.reading.format or sniff(file.data)
        if self.reading.format is None and not {"header", "decimal"} & {*self.reading.of_text} and name in ("csv", "tsv"):
            text = file.data.decode("utf-8-sig", "replace").strip()
            if "\n" not in text and (numbers := inline(text)) is not None:
                return Document(file.label, numbers)
        with fits_in_memory(file.label, IN_PIECES):
            return FORMATS[name].read(file, self.reading)


def is_file(text: str) -> bool:
    """Whether a text is the name of a file or a pipe."""
    try:
        return Path(text).exists() and not Path(text).is_dir()
    except (OSError, ValueError):  # too long for a path, or not one
        return False


def check_named(trust: Trust | None, path: str) -> str:
    """The path that a file names. Raises UsageError where it may not name it, or a file that it matches; `trust` is None for no bounds."""
    if trust is not None:
        trust.check_file(path)
        if is_pattern(path):
            from losscli.sources.globs import matching

            for file in matching(path):
                trust.check_file(file)
    return path


def is_pattern(text: str) -> bool:
    """Whether a text is a pattern of file names, as part-*.csv."""
    return any(c in text for c in "*?[") and not is_file(text)


def _stdin_has_data() -> bool:
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
        return stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and bool(polling.select([sys.stdin], [], [], 0)[0]))
    except (OSError, ValueError, AttributeError):  # closed, or not a real file
        return False
