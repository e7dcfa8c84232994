"""The rows of a CSV, read by the csv module. The faster readers must give the same values."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from losscli.errors import InputError, UsageError
from losscli.record import Record
from losscli.sources.files import TextReader

__all__ = ["CsvLines", "Dialect", "records"]

MAX_FIELD = 2**31 - 1  # characters, the most that the csv module takes


class Dialect(Record):
    """The delimiter, the comment mark and the decimal mark of a text."""

    delimiter: str  # one character; ' ' means runs of blanks
    comment: str | None = None  # the text that begins a line of comment
    decimal: str = "."  # the decimal mark

    @property
    def by_blanks(self) -> bool:
        """Whether runs of blanks divide the fields."""
        return self.delimiter == " "

    @property
    def format_name(self) -> str:
        """CSV or TSV, for messages."""
        return "TSV" if self.delimiter == "\t" else "CSV"

    def check(self) -> None:
        """Raise UsageError for a text that cannot be a delimiter, a decimal mark or the beginning of a comment."""
        delimiter, decimal, comment = self.delimiter, self.decimal, self.comment
        if len(delimiter) != 1 or delimiter in '"\r\n' or not _is_utf8(delimiter):
            raise UsageError(f"--delimiter takes one character, \\t, or ' ' for runs of blanks, not {delimiter!r}")
        if decimal not in (".", ","):
            raise UsageError(f"--decimal takes '.' or ',', not {decimal!r}")
        if comment is not None and (
            not comment.strip() or re.match(r'[\s\d+\-."]', comment) or delimiter in comment or not _is_utf8(comment)
        ):
            raise UsageError(f"--comment takes what begins a comment, such as '#', and neither a number nor a field: not {comment!r}")


def _is_utf8(text: str) -> bool:
    """Whether a text of the command line can be in a file: Python keeps bytes that are no UTF-8 as lone surrogates."""
    return text.encode("utf-8", "ignore").decode() == text


def records(text: TextReader, dialect: Dialect, max_bytes: int) -> Iterator[tuple[int, list[str]]]:
    """The fields of each row and the line that it begins on, to the end of the current piece, or of a row that continues after it.

    A blank line is a row without fields, but not at the end of the text. Raises InputError for a text that is no CSV.
    """
    csv.field_size_limit(min(max_bytes or MAX_FIELD, MAX_FIELD))
    lines = CsvLines(text, dialect)
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    piece = text.rest() and text.piece
    try:
        for fields in reader:
            line, lines.first = lines.first, 0
            if len(fields) > 1 or (fields and fields[0].strip()):
                for blank in text.blank_lines:
                    yield blank, []
                text.blank_lines.clear()
                yield line, fields
            else:
                text.blank_lines.append(line)
            if text.piece_is_done or text.piece is not piece:
                return
    except csv.Error as error:
        hint = "--max-bytes N allows more: " if "field limit" in str(error) else ""
        raise InputError(f"{text.label}:{text.line}: not {dialect.format_name}: {hint}{error}") from None


_RUNS = re.compile(r'("(?:[^"]|"")*"?)|[ \t]+')


class CsvLines:
    """The lines of a text for the csv module: without comments; if blanks are the delimiter, one blank for each run."""

    def __init__(self, text: TextReader, dialect: Dialect) -> None:
        self.text, self.lines, self.comment, self.by_blanks = text, text.lines(), dialect.comment, dialect.by_blanks
        self.first = 0  # the line on which the current row begins; 0 between two rows

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for line in self.lines:
            if self.first:
                return line
            if self.comment is not None and line.lstrip(" \t").startswith(self.comment):
                continue
            self.first = self.text.line
            if not self.by_blanks:
                return line
            line = line.lstrip(" \t") if line.count('"') % 2 else line.strip(" \t\r\n")
            return _RUNS.sub(lambda run: run[1] or " ", line)
        raise StopIteration
