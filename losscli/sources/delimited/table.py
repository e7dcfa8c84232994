"""CSV and TSV: rows of fields, read a chunk at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from losscli.data.columns import BY_POSITION, Column
from losscli.errors import InputError, UsageError, Warned, counted
from losscli.numeric.lazy import np
from losscli.sources.delimited import compiled, headers, with_polars
from losscli.sources.delimited.with_numpy import cells_to_array, columns, picked, whole_rows
from losscli.sources.files import FIRST, PIECE, Origin, Text, parts

__all__ = ["Delimited"]

CHUNK = 2**15  # rows that are held at a time
LONGEST = 2**31 - 1  # characters of a field
LOOK = 2**14  # characters of rows that are looked at for what the first line is


class Delimited:
    """A table of text. The first line is the header where it holds words; where it could be either, it must be said."""

    def __init__(self, origin: Origin, delimiter: str, header: bool | None = None, comment: str | None = None, decimal: str = ".") -> None:
        self.label, self.origin, self.delimiter, self.comment, self.decimal = origin.label, origin, delimiter, comment, decimal
        self._check()
        self.used = False  # for a column
        self._by_place: set[str] = set()  # the columns that were chosen by their positions
        self.blanks = delimiter == " "  # as many as there are
        rows = self._first_rows()
        if not rows:
            raise InputError(f"{self.label} is empty")
        first, below = rows[0], rows[1:]
        if not first:
            raise InputError(f"{self.label}:1: the first line is empty")
        if any("\0" in field for field in first):  # such a name would be taken for a position
            raise InputError(f"{self.label}:1: the first line holds a NUL, so it is no {self._kind()} in UTF-8: convert the file to UTF-8")
        found = headers.found(first, below, self.label, decimal) if header is None else headers.Found(header)
        self.header, self.doubt, self.unsettled, self.question = found.header, found.doubt, found.asked, found.unless_named
        self.warnings: list[Warned] = []
        self.names: tuple[str, ...] = tuple(f.strip() for f in first) if self.header else tuple(map(str, range(len(first))))
        self.begins = first[0].strip()
        if self.header and below and len(below[0]) == len(first) + 1 and self._quoted_first():
            self.names = ("", *self.names)
            self.warnings.append(
                Warned(
                    "W123",
                    f"{self.label}: the rows have one field more than the header: the first was taken for a row's name, as R writes it",
                )
            )

    def _check(self) -> None:
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n' or not _utf8(self.delimiter):
            raise UsageError(f"--delimiter takes one character, \\t, or ' ' for runs of blanks, not {self.delimiter!r}")
        if self.decimal not in (".", ","):
            raise UsageError(f"--decimal takes '.' or ',', not {self.decimal!r}")
        if self.comment is not None and (
            not self.comment.strip() or re.match(r'[\s\d+\-."]', self.comment) or self.delimiter in self.comment or not _utf8(self.comment)
        ):
            raise UsageError(f"--comment takes what begins a comment, such as '#', and neither a number nor a field: not {self.comment!r}")

    def _first_rows(self) -> list[list[str]]:
        """The first line and some rows below it, as far as they can be read."""
        found: list[list[str]] = []
        size = 0
        try:
            for _, fields in islice(self._records(Text(self.origin)), FIRST):
                found.append(fields)
                size += sum(map(len, fields)) + len(fields)
                if size > LOOK:
                    break
        except InputError:
            if not found:
                raise  # what is wrong below is said when it is read
        return found

    def _quoted_first(self) -> bool:
        """Whether the header and the row below it begin with a quote, as R's names do."""
        lines = _Lines(Text(self.origin), self.comment, self.blanks)
        starts = []
        for line in islice(lines, 2):
            starts.append(line[:1])
            lines.first = 0
        return starts == ['"', '"']

    def width(self) -> int:
        return len(self.names)

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where each name stands."""
        found: dict[str, list[int]] = {}
        for i, name in enumerate(self.names):
            found.setdefault(name, []).append(i)
        return found

    def has(self, name: str) -> bool:
        return name in self._places

    def all(self) -> Column:
        """The only column, or all of them beside each other; where the first is an index, it must be said which."""
        headers.refuse_index(self.names, self.label)
        if self.question is not None:
            raise self.question
        return self.columns(self.names, len(self.names) > 1, self.label)

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        for name in names:
            if len(at := self._places.get(name, ())) > 1:
                shown = " or ".join(f"::{i}" for i in at[:5]) + (" or …" if len(at) > 5 else "")
                raise InputError(f"{self.label} has {len(at):,} columns called {name!r}: choose one by its position, {shown}")
        self.used = True
        if self.question is not None and not all(name in self._by_place or self._may_be_place(name) for name in names):
            self.question = None
        return Column(label, stream=self, keys=tuple(names), stacked=stacked, decimal=self.decimal)

    def _may_be_place(self, name: str) -> bool:
        return re.fullmatch(r"-?\d{1,9}", name) is not None and -len(self.names) <= int(name) < len(self.names)

    def with_header(self) -> Delimited:
        """The same, its first line a header."""
        return Delimited(self.origin, self.delimiter, True, self.comment, self.decimal)

    def _records(self, text: Text) -> Iterator[tuple[int, list[str]]]:
        """Each row with its first line, to where one ends with a piece, or in the next; without the blank lines at the end of the text."""
        csv.field_size_limit(min(self.origin.most or LONGEST, LONGEST))
        lines = _Lines(text, self.comment, self.blanks)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        piece = text.rest() and text.piece
        try:
            for fields in reader:
                line, lines.first = lines.first, 0
                if len(fields) > 1 or (fields and fields[0].strip()):
                    for at in text.blank:
                        yield at, []
                    text.blank.clear()
                    yield line, fields
                else:
                    text.blank.append(line)
                if text.whole or text.piece is not piece:
                    return
        except csv.Error as error:
            long = "--max-bytes N allows more: " if "field limit" in str(error) else ""
            raise InputError(f"{self.label}:{text.line}: not {self._kind()}: {long}{error}") from None

    def _kind(self) -> str:
        return "TSV" if self.delimiter == "\t" else "CSV"

    def _text(self) -> Text:
        """The text below the header."""
        text = Text(self.origin, with_polars.PIECE if self._large else PIECE)
        if self.header:
            next(self._records(text), None)
        return text

    def _rows(self, text: Text) -> Iterator[tuple[int, list[str]]]:
        """The rows as far as `_records` goes, each with as many fields as the header."""
        width = len(self.names)
        for line, fields in self._records(text):
            if len(fields) != width:
                if fields:
                    raise InputError(f"{self.label}:{line}: {counted(len(fields), 'field')}, but {self._of_width(fields)}")
                fields = [""] * width
            yield line, fields

    def _of_width(self, fields: Sequence[str]) -> str:
        """What the first line says of the number of fields, and what may be meant by a line of another."""
        width = len(self.names)
        what = f"{'the header' if self.header else 'the first line'} has {width}"
        for mark in ("#", "%", "//"):
            if self.comment is None and any(f.lstrip().startswith(mark) for f in (fields[0], self.names[0])):
                return f"{what}; if lines that begin with {mark} are comments, say --comment '{mark}'"
        if self.delimiter == "," and any(re.fullmatch(r"\s*[+-]?\d+\s*", f) for f in fields) and len(fields) == 2 * width:
            return f"{what}; if commas are decimal here, say what divides the fields (--delimiter ';') and --decimal ,"
        if len(fields) == width + 1 and not fields[-1].strip():
            return f"{what}; it ends with a delimiter, which the first line does not"
        if self.header and len(fields) == width + 1:
            return f"{what}; if the first is a row's name, as R writes it, write the table with row.names=FALSE"
        return what

    def _all_rows(self) -> Iterator[tuple[int, list[str]]]:
        text = self._text()
        while text.rest():
            yield from self._rows(text)

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        at = [self._index(k) for k in keys]
        text = self._text()
        while text.rest():
            found = None if text.blank else self._plain(text, at)
            if found is not None:
                yield dict(zip(keys, found, strict=True))
                continue
            for part in parts(self._rows(text), CHUNK):
                yield {k: cells_to_array([fields[i] for _, fields in part], self.decimal) for k, i in zip(keys, at, strict=True)}

    def _plain(self, text: Text, at: Sequence[int]) -> list[Any] | None:
        """The columns at these places, of as many rows as can be taken at once; None for none."""
        width, wanted, rows = len(self.names), sorted(set(at)), text.rest()
        delimiter = b"\t" if self.blanks else self.delimiter.encode()
        written = self._as_others_write(rows)
        if written is None:
            return None
        found, quoted = compiled.csv_columns(written, delimiter, width, wanted), False
        if found is None:
            whole = whole_rows(written, delimiter) if len(delimiter) == 1 else None
            if whole is None:
                return None
            quoted = b'"' in whole
            rows = whole if len(whole) < len(written) else rows  # cut at a quote that is open
            found = self._found(whole.replace(b"\r\n", b"\n") if b"\r" in whole else whole, delimiter, width, wanted, quoted)
        if found is None or (width == 1 and (found[0].dtype == object or np.isnan(found[0]).any())):
            return None  # perhaps a blank line, which is no row where none follows
        if self.decimal != "." and any(x.dtype == object for x in found):
            return None  # its words were changed
        text.skip(len(rows), rows.count(b"\n") if quoted else len(found[0]))
        read = dict(zip(wanted, found, strict=True))
        return [read[i] for i in at]

    def _as_others_write(self, rows: bytes) -> bytes | None:
        """The rows with a tab for each run of blanks and a point for each decimal comma; None where there are comments or quotes."""
        if self.comment is not None and self.comment.encode() in rows and self._comments().search(rows):
            return None
        if self.blanks:
            if b'"' in rows:
                return None
            rows = _tabbed(rows)
        if self.decimal != ".":
            if self.delimiter == "," or b'"' in rows or b"." in rows:
                return None
            rows = rows.replace(b",", b".")
        return rows

    def _comments(self) -> re.Pattern[bytes]:
        return re.compile(rb"^[ \t]*" + re.escape((self.comment or "").encode()), re.MULTILINE)

    def _found(self, rows: bytes, delimiter: bytes, width: int, wanted: Sequence[int], quoted: bool) -> list[Any] | None:
        found = with_polars.csv_columns(rows, delimiter, width, wanted) if self._large and not quoted else None
        if found is None:
            chosen = picked(rows, delimiter, width, wanted)
            if chosen is None:
                return None
            found = with_polars.csv_columns(chosen, delimiter, len(wanted), range(len(wanted))) if self._large else None
            found = found or columns(chosen, delimiter, len(wanted))
        return found

    @property
    def _large(self) -> bool:
        return self.origin.size() >= with_polars.ENOUGH

    def _index(self, key: str) -> int:
        return int(key.removeprefix(BY_POSITION)) if key.startswith(BY_POSITION) else self._places[key][0]

    def by_position(self, at: int) -> str:
        """The key of a column that its name cannot tell from another."""
        name = self.names[at]
        key = name if len(self._places[name]) == 1 else f"{BY_POSITION}{at % len(self.names)}"
        self._by_place.add(key)
        return key

    def texts(self, name: str) -> list[str]:
        """A column as it is written, for ids."""
        return [cell for part in self._written(name) for cell in (part if isinstance(part, list) else part.decode().split("\n")[:-1])]

    def cells(self, name: str) -> Iterator[bytes]:
        """A column as it is written, a line for each row, some rows at a time."""
        for part in self._written(name):
            yield part if isinstance(part, bytes) else "".join(cell.replace("\n", " ") + "\n" for cell in part).encode()

    def _written(self, name: str) -> Iterator[bytes | list[str]]:
        """The cells of a column: lines of plain pieces, lists of what the csv module reads."""
        self.columns((name,), False, "")  # refuses a name that several have
        at, text = self._index(name), self._text()
        while text.rest():
            plain = None if text.blank or len(self.names) == 1 else self._lines(text.rest(), at)
            if plain is None:
                if part := [fields[at] for _, fields in self._rows(text)]:
                    yield part
                continue
            rows, cells = plain
            text.skip(len(rows), rows.count(b"\n"))
            yield cells

    def _lines(self, rows: bytes, at: int) -> tuple[bytes, bytes] | None:
        """As many rows as can be taken at once, and one of their columns, a line for each; None for none."""
        delimiter, width = self.delimiter.encode(), len(self.names)
        if (found := compiled.csv_cells(rows, delimiter, at)) is not None:
            return rows, found
        whole = whole_rows(rows, delimiter) if len(delimiter) == 1 else None
        if whole is None:
            return None
        found = picked(whole.replace(b"\r\n", b"\n") if b"\r" in whole else whole, delimiter, width, [at])
        return None if found is None else (whole, found)

    def place(self, row: int) -> str:
        return next((f"line {line}" for i, (line, _) in enumerate(self._all_rows()) if i == row), "")


def _utf8(text: str) -> bool:
    """Whether a text of the command line can stand in a file: bytes that are no UTF-8 come in as half a pair."""
    return text.encode("utf-8", "ignore").decode() == text


def _tabbed(rows: bytes) -> bytes:
    """One tab for each run of blanks, none at the ends of lines."""
    rows = rows.replace(b"\t", b" ")
    while b"  " in rows:
        rows = rows.replace(b"  ", b" ")
    rows = rows.replace(b"\n ", b"\n").replace(b" \n", b"\n").replace(b" \r", b"\r")
    return rows.strip(b" ").replace(b" ", b"\t")


_RUNS = re.compile(r'("(?:[^"]|"")*"?)|[ \t]+')


class _Lines:
    """The lines of a text as the csv module takes them: none that is a comment, and one blank for each run of them where these divide."""

    def __init__(self, text: Text, comment: str | None, blanks: bool) -> None:
        self.text, self.lines, self.comment, self.blanks = text, text.lines(), comment, blanks
        self.first = 0  # the line on which the record under way begins; 0 before it has

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for line in self.lines:
            if self.first:
                return line
            if self.comment is not None and line.lstrip(" \t").startswith(self.comment):
                continue
            self.first = self.text.line
            if not self.blanks:
                return line
            line = line.lstrip(" \t") if line.count('"') % 2 else line.strip(" \t\r\n")
            return _RUNS.sub(lambda run: run[1] or " ", line)
        raise StopIteration
