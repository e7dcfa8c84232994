"""Groups of rows: the words or numbers of one or several columns become the codes 0, 1, 2 … in the order of their first rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

from losscli.data.cells import is_special_word
from losscli.errors import InputError
from losscli.numeric.lazy import Array, np

__all__ = ["Cell", "Groups", "cell_text", "cell_value"]

Cell = float | int | str | None  # None is a missing value
EXACT = 2**53  # from here on several whole numbers are rounded to the same float
SHIFT = 31  # bits of the code of one column in the code of two


def cell_value(cell: Any, number: Callable[[Any], float | None]) -> Cell:
    """A cell as a number, a word, or None where it is empty or nan. Words with a value, such as NA and true, stay words."""
    if isinstance(cell, str):
        word = cell.strip()
        if word.casefold() in ("", "nan"):
            return None
        value = None if is_special_word(word) else number(word)
        return word if value is None else value
    return None if cell is None or cell != cell else cell


def cell_text(cell: Cell) -> str:
    """A cell as text: 7 for the number 7.0, '' for a missing value."""
    if cell is None:
        return ""
    return str(_whole(cell))


def _whole(cell: Cell) -> Cell:
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT else cell


class Groups:
    """Reads the cells of a row as the code of its group; the order of the codes is that of the first row of each group.

    `flag` is the option that names the columns, for errors. There may be at most `limit` groups. A missing value is a group of its own, or
    an error if `missing` says why it cannot be one. The same object reads all passes over the rows, so that the codes stay the same.
    """

    def __init__(self, names: Sequence[str], flag: str, limit: int | None = None, missing: str = "") -> None:
        self.names = tuple(names)  # of the columns
        self.flag, self.limit, self.missing = flag, limit, missing
        self._columns = [_Codes() for _ in names]
        self._pairs = [_Codes() for _ in names[1:]]  # of the codes of the columns so far, and of one more column

    def __len__(self) -> int:
        return len((self._pairs or self._columns)[-1].by_value)

    @property
    def keys(self) -> list[tuple[Cell, ...]]:
        """The cells of each group, one for each column, in the order of the codes. A whole number is an int, as its cell was written."""
        cells = [[_whole(cell) for cell in c.by_value] for c in self._columns]
        if not self._pairs:
            return [(cell,) for cell in cells[0]]
        codes: list[tuple[int, ...]] = [(i,) for i in range(len(cells[0]))]
        for pairs in self._pairs:
            codes = [(*codes[pair >> SHIFT], pair & (1 << SHIFT) - 1) for pair in pairs.by_value]
        return [tuple(cells[k][i] for k, i in enumerate(of_group)) for of_group in codes]

    def codes(self, parts: Sequence[Array], number: Callable[[Any], float | None], place: Callable[[int], str]) -> Array:
        """The code of each row as int64, from an array for each column.

        `number` reads a cell as a number; `place` describes a row. Raises InputError for a row without one cell, for a missing value that
        cannot be a group, for numbers that may have been rounded, and above the limit.
        """
        codes = self._of_column(0, parts[0], number, place)
        for k, x in enumerate(parts[1:], 1):
            codes = self._pairs[k - 1].of_numbers((codes << SHIFT) | self._of_column(k, x, number, place))
        if self.limit is not None and len(self) > self.limit:
            raise InputError(
                f"{self.flag}: {place(int(np.argmax(codes >= self.limit)))}: more than {self.limit:,} different values, so the column"
                " seems to name single rows"
            )
        return codes

    def _of_column(self, k: int, x: Array, number: Callable[[Any], float | None], place: Callable[[int], str]) -> Array:
        if x.size != len(x):
            raise InputError(f"{self.flag}: {place(0)}: {x[0].size} values, where a group is named by one")
        known, x = self._columns[k], x.reshape(-1)
        codes = known.of_words(x.tolist(), number) if x.dtype.kind in "OU" else known.of_numbers(x)
        for value, code in known.take_new():
            if isinstance(value, float) and abs(value) >= EXACT and value - value == 0:
                row = place(int(np.argmax(codes == code)))
                raise InputError(
                    f"{self.flag}: {row}: {value:.17g} is too large for an exact float64: write the column as words (a{value:.0f})"
                )
            if value is None and self.missing:
                raise InputError(f"{self.flag}: {place(int(np.argmax(codes == code)))} is missing: {self.missing}")
        return codes


class _Codes:
    """The codes of values, in the order in which they appear."""

    def __init__(self) -> None:
        self.by_value: dict[Any, int] = {}
        self._seen = 0  # of the values, how many `take_new` has returned

    def of_numbers(self, x: Array) -> Array:
        """The codes of numbers; nan is a missing value."""
        values, first, back = np.unique(x, return_index=True, return_inverse=True)
        codes = np.empty(len(values), np.int64)
        listed = values.tolist()
        for i in np.argsort(first).tolist():
            value = listed[i]
            codes[i] = self._code(value if value == value else None)
        return codes[back.reshape(-1)]

    def of_words(self, cells: Sequence[Any], number: Callable[[Any], float | None]) -> Array:
        """The codes of words, and of numbers and missing values among them."""
        codes = {cell: self._code(cell_value(cell, number)) for cell in dict.fromkeys(cells)}
        return np.fromiter(map(codes.__getitem__, cells), np.int64, len(cells))

    def _code(self, value: Any) -> int:
        return self.by_value.setdefault(value, len(self.by_value))

    def take_new(self) -> Iterable[tuple[Any, int]]:
        """The values since the last call, with their codes."""
        seen, self._seen = self._seen, len(self.by_value)
        return zip(list(self.by_value)[seen:], count(seen), strict=False) if seen < self._seen else ()
