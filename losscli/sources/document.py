"""A file that is loaded or mapped into memory as a whole: one array, arrays by key, or records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import chain, islice
from typing import Any

from losscli.data.cells import is_special_word, read_number
from losscli.data.columns import Column
from losscli.data.mapped import release, rows_of, rows_per_read
from losscli.errors import DataWarning, InputError, counted, suggest
from losscli.numeric.lazy import Array, np
from losscli.sources.keyed_frames import keyed_table, keyed_values
from losscli.sources.table import Table

__all__ = ["MAX_AXES", "Document", "beginning", "field_of", "follow", "names_in_short", "to_array"]

MAX_AXES = 32  # of an array


class Document(Table):
    """One array; arrays by key, where a path `a.b` names a key inside an object; or records, whose fields are the columns.

    `value` is the parsed file: an array, a mapping of arrays, or lists, objects, numbers and words.
    """

    def __init__(self, label: str, value: Any) -> None:
        self.label = label
        self.value = {str(k): v for k, v in value.items()} if isinstance(value, dict) else value
        self.has_records = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
        self.keyed = keyed_table(label, value)
        self.warnings = () if self.keyed is None or not self.keyed.doubt else (DataWarning("W127", self.keyed.doubt),)
        fields = value[0] if self.has_records else value if self.keyed is None else self.keyed
        self.names = tuple(map(str, fields)) if isinstance(fields, Mapping) else ()
        self._name_set = frozenset(self.names)
        self._arrays: dict[str, Array] = {}  # the arrays that were used, by name

    @property
    def row_keys(self) -> Sequence[Any] | None:
        return None if self.keyed is None else self.keyed.row_keys

    def all(self) -> Column:
        """The whole file as one array. The numbers of an object become an array, and its keys the row keys."""
        if isinstance(self.value, dict) and self.value and (keyed := keyed_values(self.label, self.value)) is not None:
            self.keyed = keyed
            return Column(self.label, to_array(list(self.value.values()), self.label))
        return Column(self.label, self._array(""))

    def width(self) -> int:
        if self.names:
            return len(self.names)
        x = self._array("")
        return x.shape[-1] if x.ndim > 1 else 0

    def has(self, name: str) -> bool:
        if self.keyed is not None and (name in self.keyed or (isinstance(self.value, dict) and name in self.value)):
            return True
        return name in self._name_set or ("." in name and self._value_at(name) is not None)

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        if not self.names:  # by position
            x = self._array("")
            at = [int(n) for n in names]
            return Column(label, x[..., at] if stacked else x[..., at[0]], keys=tuple(names))
        with getattr(self.value, "opened", nullcontext)():  # an archive is opened once for all columns
            arrays = [self._array(n) for n in names]
        if not stacked:
            return Column(label, arrays[0], keys=tuple(names))
        shapes = {a.shape for a in arrays}
        if len(shapes) > 1:
            sizes = ", ".join(f"{n} {a.shape}" for n, a in zip(names, arrays, strict=True))
            raise InputError(f"{label}: these do not have the same shape: {sizes}")
        return Column(label, np.stack(arrays, -1), keys=tuple(names), stacked=True)

    def texts(self, name: str) -> list[Any]:
        value = self._value_at(name)
        value = value.tolist() if hasattr(value, "tolist") else value
        return value if isinstance(value, list) else [value]

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Array]]:
        columns = {k: self.columns((k,), False, f"{self.label}::{k}") if self.names or k else self.all() for k in keys}
        arrays = {k: np.atleast_1d(column.whole()) for k, column in columns.items()}
        rows = {len(x) for x in arrays.values()}
        if len(rows) > 1:
            lengths = ", ".join(f"{k} {counted(len(x), 'row')}" for k, x in arrays.items())
            raise InputError(f"{self.label}: the columns differ in length: {lengths}")
        step = rows_per_read(list(arrays.values()))
        for start in range(0, rows.pop(), step):
            yield {k: rows_of(x, start, start + step) for k, x in arrays.items()}
            release(list(arrays.values()))

    def _array(self, name: str) -> Array:
        """The array at a path, or of the whole file for ''."""
        if name not in self._arrays:
            label = f"{self.label}::{name}" if name else self.label
            value = self._value_at(name) if name else self.value
            try:
                self._arrays[name] = value if isinstance(value, np.ndarray) else to_array(value, label)
            except RecursionError:
                raise InputError(f"{label} is nested too deep") from None
        return self._arrays[name]

    def _value_at(self, path: str) -> Any:
        """The value at a path; None if there is none."""
        value: Any = self.value
        if self.has_records:
            return field_of(value, path, self.label, lambda i: f"[{i}]")
        if self.keyed is not None and path in self.keyed:
            return self.keyed[path]
        if path in (value if isinstance(value, dict) else self._name_set):
            return value[path]
        for key in path.split("."):
            if isinstance(value, list) and value and isinstance(value[0], Mapping):
                value = field_of(value, key, self.label, lambda i: f"[{i}]")
            else:
                value = value.get(key) if isinstance(value, Mapping) else None
        return value


# --- records ---------------------------------------------------------------------------------------------------------------


def field_of(records: Sequence[Any], path: str, label: str, place: Callable[[int], str], *, first: bool = True) -> list[Any] | None:
    """One field of every record; None where the first record has no such field. Raises InputError if a later record has no such field.

    Without `first` the records do not begin with the first one.
    """
    try:
        return [record[path] for record in records]
    except (KeyError, TypeError):
        pass  # a path, a key that is a number, or an error
    values: list[Any] = []
    for i, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InputError(f"{label}: {place(i)} is {beginning(record)}, not a record like the first one")
        named = {str(k): v for k, v in record.items()}
        value, exists = (named[path], True) if path in named else follow(named, path)
        if not exists and i == 0 and first:
            return None
        if not exists:
            raise InputError(f"{label}: {place(i)} has no {path!r}{suggest(path, named)}; the first record has one")
        values.append(value)
    return values


def follow(value: Any, path: str) -> tuple[Any, bool]:
    """The value at a path of keys inside nested objects, and whether there is one."""
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return None, False
        value = value[key]
    return value, True


def beginning(value: Any) -> str:
    """The first 40 characters of a value as JSON."""
    import json

    return "".join(islice(json.JSONEncoder().iterencode(value), 40))[:40]  # stops encoding after these characters


def names_in_short(names: Iterable[Any]) -> str:
    """The first 20 names, for a message."""
    names = list(names)
    return ", ".join(map(str, names[:20])) + (f", … ({len(names)} in all)" if len(names) > 20 else "")


# --- nested lists as an array ----------------------------------------------------------------------------------------------


def to_array(value: Any, label: str) -> Array:
    """Nested lists as an array of float64, or of objects where there are words; None and "nan" are nan.

    Raises InputError for lists that differ in length (with the place), for records, and for values that are neither numbers nor words.
    """
    try:
        if _leaf_types(value) <= {float, int, bool}:  # NumPy would give every word as much memory as the longest takes
            array = np.array(value)
            if array.dtype.kind in "fib" and array.ndim <= MAX_AXES:
                return array.astype(np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError):
        pass  # the slow code below raises an error with the place
    shape = _shape(value, label, ())
    cells = _cells(value, label)
    words = any(isinstance(c, str) for c in cells)
    return np.array(cells, object if words else np.float64).reshape(shape)


def _leaf_types(value: Any) -> set[type]:
    """The types of the values in nested lists; with `list` if the lists are nested deeper than an array can be."""
    types: set[type] = set()
    level = [value]
    for _ in range(MAX_AXES + 2):
        kinds = set(map(type, level))
        types |= kinds - {list}
        if list not in kinds:
            return types
        level = list(chain.from_iterable(x for x in level if type(x) is list))
    return types | {list}


def _shape(value: Any, label: str, place: tuple[int, ...]) -> tuple[int, ...]:
    if isinstance(value, Mapping):
        keys = f"an object with {names_in_short(value)}: name a key with ::" if value else "an empty object"
        raise InputError(f"{label}{_place(place)} is {keys}")
    if not isinstance(value, list):
        return ()
    if len(place) >= MAX_AXES:
        raise InputError(f"{label} is nested too deep: an array has at most {MAX_AXES} axes")
    shapes = [_shape(v, label, (*place, i)) for i, v in enumerate(value)]
    for i, s in enumerate(shapes):
        if s != shapes[0]:
            raise InputError(f"{label} is ragged: {_size(s)} at {_place((*place, i))}, but {_size(shapes[0])} at {_place((*place, 0))}")
    return (len(value), *(shapes[0] if shapes else ()))


def _place(indices: tuple[int, ...]) -> str:
    return "".join(f"[{i}]" for i in indices)


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape[:-1])) + (" × " if shape[1:] else "") + counted(shape[-1], "value") if shape else "one number"


def _cells(value: Any, label: str) -> list[Any]:
    """All numbers and words of nested lists."""
    if isinstance(value, list):
        return [c for v in value for c in _cells(v, label)]
    try:
        number = read_number(value)
    except OverflowError:
        raise InputError(f"{label} holds a number of {len(str(value))} digits, too large for float64") from None
    return [value if number is None or (isinstance(value, str) and is_special_word(value)) else number]  # NA may be the name of a class
