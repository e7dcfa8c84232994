"""Conditions on rows, such as 'region=north' or 'year>=2020': their text, and which cells meet them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from losscli.data.cells import BOOLEANS, plain_number
from losscli.data.groups import Cell, cell_value
from losscli.errors import InputError, UsageError
from losscli.numeric.lazy import Array, np
from losscli.record import Record

if TYPE_CHECKING:
    from losscli.data.columns import Column

__all__ = ["Condition", "read_condition"]

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge
}  # fmt: skip
_COLUMN = r"""\s*("[^"]+"|'[^']+'|[^=!<>~"'][^=!<>~]*?)\s*"""
_CONDITION = re.compile(_COLUMN + r"([=!<>~]+)\s*(.*?)\s*", re.DOTALL)
_INSTEAD = {"==": "=", "=!": "!=", "<>": "!=", "=<": "<=", "=>": ">=", "!": "!=", "===": "=", "!==": "!="}


class Condition(Record):
    """A column, an operator and a value. A value in quotes is a word, any other is a number if it reads as one."""

    text: str  # as the user wrote it
    column: str  # a SOURCE
    operator: str  # one of OPERATORS
    value: str
    quoted: bool

    @property
    def rest(self) -> str:
        """The text after the column."""
        return f"{self.operator}{self.value!r}" if self.quoted else f"{self.operator}{self.value}"

    def keep(self, column: Column, parts: Sequence[Array], start: int) -> Array:
        """Which cells of some rows meet the condition; `start` is the number of the first row.

        Numbers are compared as numbers, else both are words. A missing value equals only an empty value, and is never less or greater.
        Raises InputError for an order between a number and a word.
        """
        (x,) = parts
        if x.size != len(x):
            raise InputError(f"--where {self.text}: {column.label} has {x[0].size} values in a row: a condition takes one")
        x = x.reshape(-1)
        value = self._value(column)
        if x.dtype.kind not in "OU" and (value is None or not isinstance(value, str)):
            return self._keep_numbers(x, value)
        cells = x.tolist()
        place = lambda cell: f"{column.label}: {column.describe_row(start + cells.index(cell))}"
        verdicts = {cell: self._meets(cell_value(cell, column.number), value, partial(place, cell)) for cell in dict.fromkeys(cells)}
        return np.fromiter(map(verdicts.__getitem__, cells), bool, len(cells))

    def _value(self, column: Column) -> Cell:
        """The value as a cell of the column would be read; a number may have a point whatever the decimal mark of the file is."""
        if self.quoted:
            return self.value
        if re.fullmatch(r"[+-]?\d{1,19}", self.value) and -(2**63) <= int(self.value) < 2**63:
            return int(self.value)  # exact for int64
        number = plain_number(self.value)
        return cell_value(self.value, column.number) if number is None or number != number else number

    def _keep_numbers(self, x: Array, value: float | None) -> Array:
        if value is not None:
            return OPERATORS[self.operator](x, value)  # nan is neither less nor greater
        missing = x != x
        return missing if self.operator == "=" else ~missing if self.operator == "!=" else np.zeros(len(x), bool)

    def _meets(self, cell: Cell, value: Cell, place: Callable[[], str]) -> bool:
        if self.operator in ("=", "!="):
            return _equal(cell, value) == (self.operator == "=")
        if cell is None or value is None:
            return False
        if isinstance(cell, str) and isinstance(value, str):
            return bool(OPERATORS[self.operator](cell, value))
        if isinstance(cell, str) or isinstance(value, str):
            fix = f"; for the order of words write the value in quotes: {self.operator}'{self.value}'" if isinstance(cell, str) else ""
            raise InputError(
                f"--where {self.text}: {place()}: {cell!r} and {self.value!r} are a number and a word, which have no order{fix}"
            )
        return bool(OPERATORS[self.operator](cell, value))


def _equal(cell: Cell, value: Cell) -> bool:
    """Whether a cell has a value. In a column of numbers true is 1 and false is 0; '' is a missing value."""
    if isinstance(value, str) and not isinstance(cell, str):
        if value.strip() == "":
            return cell is None
        truth = BOOLEANS.get(value.casefold())
        return truth is not None and cell == truth
    return cell == value


def read_condition(text: str) -> Condition:
    """The condition in a text: COL=value, COL!=value, <, <=, >, >=. A column or a value may be in quotes. Raises UsageError."""
    form = "--where takes a column, an operator and a value, such as 'region=north' or 'year>=2020'"
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise UsageError(f"{form}, not {text!r}")
    column, sign, value = match.groups()
    if sign not in OPERATORS:
        instead = f"write {_INSTEAD[sign]}" if sign in _INSTEAD else f"the operators are {' '.join(OPERATORS)}"
        raise UsageError(f"--where {text}: {sign} is no operator: {instead}; a value that begins with one is in quotes")
    if column[0] in "\"'":
        column = column[1:-1]
    quoted = len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]
    if not quoted and value[:1] in ('"', "'"):
        raise UsageError(f"--where {text}: the quote before {value[1:]!r} is not closed")
    return Condition(text, column, sign, value[1:-1] if quoted else value, quoted)
