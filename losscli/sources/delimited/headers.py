"""Decide whether the first line of a text is a header, from its words and the rows below it. In doubt, the user has to decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from losscli.data.cells import cell_kind
from losscli.errors import DataWarning, UsageError
from losscli.sources.table import FirstLine

__all__ = ["find_first_line", "refuse_index"]

_INDEX = ("", "unnamed: 0", "index", "rownames")  # names of an index, for the first column
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")  # for any column
ENOUGH_ROWS = 2  # rows that are enough to show the kind of values in a column


def find_first_line(fields: Sequence[str], below: Sequence[Sequence[str]], label: str, decimal: str = ".") -> FirstLine:
    """Whether the first line is a header, from its fields and some rows below it. Raises UsageError if the user has to decide."""
    first = [cell_kind(f, decimal) for f in fields]
    kinds_below = [[k for c in column if (k := cell_kind(c, decimal)) != "missing"] for column in zip_longest(*below, fillvalue="")]
    values = [j for j, k in enumerate(first) if k in ("whole", "fraction", "bool")]
    words = [j for j, k in enumerate(first) if k == "word"]
    if values and words:
        both = f"the first line holds numbers ({fields[values[0]].strip()}) and words ({fields[words[0]].strip()})"
        return FirstLine(True, error=_unclear(label, both))
    if values and len(values) < len(fields) and _count_up(fields):
        raise _unclear(label, f"the first line holds numbers ({fields[values[0]].strip()}) and empty fields")
    if words:
        repeated = next((j for j in words if any(row[j : j + 1] == [fields[j]] for row in below)), None)
        return FirstLine(True, None if repeated is None else _read_as_header(label, fields[repeated]))
    if not values:
        return FirstLine(len(fields) > 1)
    count_up = _count_up(fields)
    differ = [j for j in values if j < len(kinds_below) and _is_rather_a_name(first[j], kinds_below[j], count_up)]
    if differ and (count_up or first[differ[0]] == "bool" or (len(differ) == len(values) > 1)):
        j = differ[0]
        other = next(row[j].strip() for row in below if j < len(row) and cell_kind(row[j], decimal) not in ("missing", first[j]))
        error = _unclear(label, f"the first line ({_first_fields(fields)}) is of another kind than the rows below it ({other})")
        return FirstLine(False, DataWarning("W122", str(error)), doubt_is_error=True)
    doubtful = bool(differ) and len(kinds_below[differ[0]]) >= ENOUGH_ROWS
    return FirstLine(False, _read_as_data(label, fields) if doubtful or (below and count_up) else None)


def refuse_index(names: Sequence[str], label: str) -> None:
    """Raise UsageError for a file with an index, if all its columns are used."""
    index = [k for k, n in enumerate(names) if _PANDAS_INDEX.fullmatch(n) or (k == 0 and n.strip().casefold() in _INDEX)]
    if len(names) < 2 or not index:
        return
    at, other = index[0], [k for k in range(len(names)) if k not in index] or [1]
    what = f"the {'last' if at else 'first'} column {f'is called {names[at]}' if names[at] else 'has no name'}"
    one = f"{label}::{names[other[0]] or other[0]}" + (f" or {label}::{','.join(names[k] for k in other[:3])}" if len(other) > 1 else "")
    raise UsageError(f"{label}: {what}, like an index that pandas or R writes: name a column, {one}")


def _count_up(fields: Sequence[str]) -> bool:
    """Whether the fields are 0, 1, 2 …: pandas gives such names to columns without names, and an empty one to its index."""
    named = [f.strip() for f in fields if f.strip()]
    return named == list(map(str, range(len(named))))


def _is_rather_a_name(first: str, below: Sequence[str], count_up: bool) -> bool:
    """Whether a field is of another kind than those below it: a whole number above fractions or words, true or false above numbers.

    All below must differ from it; if the first line is 0, 1, 2 …, one is enough.
    """
    differs = [k != first and not (first == "fraction" and k == "whole") for k in below]
    return any(differs) if count_up else bool(differs) and all(differs)


def _unclear(label: str, what: str) -> UsageError:
    return UsageError(f"{label}: {what}: use --header if it names the columns, --no-header if it is data")


def _read_as_header(label: str, field: str) -> DataWarning:
    return DataWarning(
        "W122", f"{label}: the first line was read as a header, but {field.strip()!r} is also in a row below it: "
        "use --no-header if it is data, --header if not",
    )  # fmt: skip


def _read_as_data(label: str, fields: Sequence[str]) -> DataWarning:
    return DataWarning(
        "W122",
        f"{label}: the first line ({_first_fields(fields)}) was read as data: use --header if it names the columns, --no-header if not",
    )


def _first_fields(fields: Sequence[str]) -> str:
    return ",".join(f.strip() for f in fields[:4]) + (",…" if len(fields) > 4 else "")
