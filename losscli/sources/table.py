"""The base class of every opened file: columns by name or position, and rows that can be read several times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from losscli.data.columns import Column
from losscli.errors import DataWarning, UsageError
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.sources.files import FIRST_ROWS

__all__ = ["FirstLine", "Table", "ids_as_text"]


class FirstLine(Record):
    """Whether the first line of a table of text is a header or data."""

    header: bool  # whether it names the columns
    doubt: DataWarning | None = None  # the warning, if the line may also be the other
    doubt_is_error: bool = False  # unless the number of rows removes the doubt
    error: UsageError | None = None  # raised unless a SOURCE names a column by a word of this line


class Table(ABC):
    """An opened file: columns by name, or one array without names.

    A format defines the abstract methods. The other methods have defaults, which a format may override.
    """

    label: str  # the name of the file, for messages
    names: tuple[str, ...]  # of the columns; () for an array without names
    files: Sequence[str] = ()  # the files that a pattern matches
    warnings: Sequence[DataWarning] = ()
    first_line: FirstLine | None = None  # of a table of text
    delimiter: str = ""  # of a table of text
    first_field: str = ""  # of a table of text: it may show that the file begins with a comment
    has_records: bool = True  # all columns have the same rows; arrays under keys may differ

    @abstractmethod
    def all(self) -> Column:
        """The whole file as one array. Raises UsageError or InputError if the user has to name columns."""

    @abstractmethod
    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        """Some of the columns, side by side if stacked. Raises InputError for one that holds no numbers or words."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether a column, or a path to a value inside records, has this name."""

    @abstractmethod
    def width(self) -> int:
        """The number of columns that can be chosen by position."""

    @abstractmethod
    def texts(self, name: str) -> list[Any]:
        """The cells of a column, unchanged, for use as ids: text, or the numbers of a format that has types."""

    @abstractmethod
    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Array]]:
        """All rows of some columns, some rows at a time. A column with words is an array of objects."""

    def place(self, row: int) -> str:
        """The place of a row in the file, 'line 5', or ''."""
        return ""

    def cells(self, name: str) -> Iterator[bytes]:
        """A column as bytes, a line for each row, some rows at a time. Two columns with the same bytes have the same ids."""
        texts = ids_as_text(self.texts(name))
        for batch in (texts[:FIRST_ROWS], texts[FIRST_ROWS:]):
            if batch:
                yield "".join(f"{x}\n" for x in batch).encode("utf-8", "surrogatepass")

    def key_at(self, position: int) -> str:
        """The key of the column at a position: its name, or another text where several columns have this name."""
        return self.names[position]

    def with_header(self) -> Table:
        """The same table of text, its first line a header."""
        return self

    @property
    def used(self) -> bool:
        """Whether a column of this table of text is in use."""
        return False

    @property
    def doubt(self) -> DataWarning | None:
        """The warning about a first line that may be a header or data; it can also explain why two numbers of rows differ."""
        return None if self.first_line is None else self.first_line.doubt

    @property
    def header_error(self) -> UsageError | None:
        """The error for a first line that may be a header or data; None after a SOURCE named a column of it."""
        return None

    @property
    def row_keys(self) -> Sequence[Any] | None:
        """The keys of the rows, which are ids, if a document has a key for each row; else None."""
        return None


def ids_as_text(values: Sequence[Any]) -> list[str]:
    """Ids as text. They never become floats: 007 is not 7.

    A float without a fraction becomes a whole number: 1.0 is 1. In a column of text this applies only if all ids end in .0, as in pandas.
    """
    if set(map(type, values)) <= {str}:
        texts = list(map(str.strip, values))
    else:
        texts = [str(int(x)) if isinstance(x, float) and x.is_integer() else str(x).strip() for x in values]
    all_floats = all((x.endswith(".0") and x[:-2].removeprefix("-").isdecimal()) or not x for x in texts)
    return [x.removesuffix(".0") for x in texts] if all_floats else texts
