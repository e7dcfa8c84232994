"""Whether the first line of a table of text names its columns: by its words, or by what stands below it; asked where it could be either."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from losscli.data.cells import cell_kind
from losscli.errors import UsageError, Warned
from losscli.record import Record

__all__ = ["Found", "found", "refuse_index"]

_INDEX = ("", "unnamed: 0", "index", "rownames")  # where it is the first column; elsewhere a name is only pandas' own
_PANDAS = re.compile(r"__index_level_\d+__")
ENOUGH = 2  # rows below that say what a column holds


class Found(Record):
    """Whether there is a header; what is said where the line could be the other; and whether that must be settled.

    `unless_named` is what to raise unless a source names a column by a word of this line.
    """

    header: bool
    doubt: Warned | None = None
    asked: bool = False
    unless_named: UsageError | None = None


def found(fields: Sequence[str], below: Sequence[Sequence[str]], label: str, decimal: str = ".") -> Found:
    """What the first line is, given some rows below it. Raises UsageError where it has to be said."""
    first = [cell_kind(f, decimal) for f in fields]
    columns = [[k for c in column if (k := cell_kind(c, decimal)) != "missing"] for column in zip_longest(*below, fillvalue="")]
    values = [j for j, k in enumerate(first) if k in ("whole", "fraction", "bool")]
    words = [j for j, k in enumerate(first) if k == "word"]
    if values and words:
        both = f"the first line holds numbers ({fields[values[0]].strip()}) and words ({fields[words[0]].strip()})"
        return Found(True, unless_named=_asked(label, both))
    if values and len(values) < len(fields) and _counts(fields):
        raise _asked(label, f"the first line holds numbers ({fields[values[0]].strip()}) and empty fields")
    if words:
        again = next((j for j in words if any(row[j : j + 1] == [fields[j]] for row in below)), None)
        return Found(True, None if again is None else _names(label, fields[again]))
    if not values:
        return Found(len(fields) > 1)
    counts = _counts(fields)
    other = [j for j in values if j < len(columns) and _of_another_kind(first[j], columns[j], counts)]
    if other and (counts or first[other[0]] == "bool" or (len(other) == len(values) > 1)):
        j = other[0]
        shown = next(row[j].strip() for row in below if j < len(row) and cell_kind(row[j], decimal) not in ("missing", first[j]))
        said = _asked(label, f"the first line ({_shown(fields)}) is of another kind than the rows below it ({shown})")
        return Found(False, Warned("W122", str(said)), True)
    unlike = bool(other) and len(columns[other[0]]) >= ENOUGH
    return Found(False, _data(label, fields) if unlike or (below and counts) else None)


def refuse_index(names: Sequence[str], label: str) -> None:
    """Raise UsageError where all columns of a file are asked for, and one is its index."""
    found = [k for k, n in enumerate(names) if _PANDAS.fullmatch(n) or (k == 0 and n.strip().casefold() in _INDEX)]
    if len(names) < 2 or not found:
        return
    at, other = found[0], [k for k in range(len(names)) if k not in found] or [1]
    what = f"the {'last' if at else 'first'} column {f'is called {names[at]}' if names[at] else 'has no name'}"
    one = f"{label}::{names[other[0]] or other[0]}" + (f" or {label}::{','.join(names[k] for k in other[:3])}" if len(other) > 1 else "")
    raise UsageError(f"{label}: {what}, as an index that pandas or R writes: name a column, {one}")


def _counts(fields: Sequence[str]) -> bool:
    """0, 1, 2 …, the names that pandas gives to columns without names; behind an empty one, that of its index."""
    named = [f.strip() for f in fields if f.strip()]
    return named == list(map(str, range(len(named))))


def _of_another_kind(first: str, below: Sequence[str], counts: bool) -> bool:
    """A whole number over nothing but fractions or words (or, of 0, 1, 2 …, over any), a truth over numbers: rather a name than a value."""
    other = [k != first and not (first == "fraction" and k == "whole") for k in below]
    return any(other) if counts else bool(other) and all(other)


def _asked(label: str, what: str) -> UsageError:
    return UsageError(f"{label}: {what}: say --header if it names the columns, --no-header if it is data")


def _names(label: str, field: str) -> Warned:
    return Warned(
        "W122", f"{label}: the first line was taken for the names of columns, but {field.strip()!r} stands below it, too: "
        "say --no-header if it is data, --header if not",
    )  # fmt: skip


def _data(label: str, fields: Sequence[str]) -> Warned:
    return Warned(
        "W122", f"{label}: the first line ({_shown(fields)}) was taken for data: say --header if it names the columns, --no-header if not"
    )


def _shown(fields: Sequence[str]) -> str:
    return ",".join(f.strip() for f in fields[:4]) + (",…" if len(fields) > 4 else "")
