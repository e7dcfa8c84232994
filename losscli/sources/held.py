"""A document that is held whole: arrays in it, by their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from itertools import chain, islice
from typing import Any

from losscli.data.cells import is_special_word, read_number
from losscli.data.columns import Column
from losscli.errors import InputError, Warned, counted, suggest
from losscli.numeric.lazy import np
from losscli.sources.keyed_frames import framed, keyed_values

__all__ = ["Held", "shown", "to_array"]

DEEPEST = 32  # axes of an array


def to_array(value: Any, label: str) -> Any:
    """An array of numbers, or of words where there are any; None and "nan" are nan.

    Raises InputError for ragged nesting (with the place), for records and for values that are neither numbers nor words.
    """
    try:
        if _leaves(value) <= {float, int, bool}:  # of words NumPy would make an array in which each takes as much as the longest
            array = np.array(value)
            if array.dtype.kind in "fib" and array.ndim <= DEEPEST:
                return array.astype(np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError):
        pass
    shape = _shape(value, label, ())
    cells = _cells(value, label)
    words = any(isinstance(c, str) for c in cells)
    return np.array(cells, object if words else np.float64).reshape(shape)


def _leaves(value: Any) -> set[type]:
    """The types of what is in nested lists, as far as an array may be nested."""
    found: set[type] = set()
    level = [value]
    for _ in range(DEEPEST + 2):
        kinds = set(map(type, level))
        found |= kinds - {list}
        if list not in kinds:
            return found
        level = list(chain.from_iterable(x for x in level if type(x) is list))
    return found | {list}


def _shape(value: Any, label: str, at: tuple[int, ...]) -> tuple[int, ...]:
    if isinstance(value, Mapping):
        keys = f"an object with {listed(value)}: name a key with ::" if value else "an empty object"
        raise InputError(f"{label}{_place(at)} is {keys}")
    if not isinstance(value, list):
        return ()
    if len(at) >= DEEPEST:
        raise InputError(f"{label} is nested too deep: an array has at most {DEEPEST} axes")
    shapes = [_shape(v, label, (*at, i)) for i, v in enumerate(value)]
    for i, s in enumerate(shapes):
        if s != shapes[0]:
            raise InputError(f"{label} is ragged: {_size(s)} at {_place((*at, i))}, but {_size(shapes[0])} at {_place((*at, 0))}")
    return (len(value), *(shapes[0] if shapes else ()))


def _place(at: tuple[int, ...]) -> str:
    return "".join(f"[{i}]" for i in at)


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape[:-1])) + (" × " if shape[1:] else "") + counted(shape[-1], "value") if shape else "one number"


def _cells(value: Any, label: str) -> list[Any]:
    if isinstance(value, list):
        return [c for v in value for c in _cells(v, label)]
    try:
        number = read_number(value)
    except OverflowError:
        raise InputError(f"{label} holds a number of {len(str(value))} digits, too large for float64") from None
    return [value if number is None or (isinstance(value, str) and is_special_word(value)) else number]  # NA may be the name of a class


def listed(names: Any) -> str:
    names = list(names)
    return ", ".join(map(str, names[:20])) + (f", … ({len(names)} in all)" if len(names) > 20 else "")


def _step(value: Any, part: str) -> Any:
    """One key deeper, or None."""
    return value.get(part) if isinstance(value, Mapping) else None


class Held:
    """A file that was read whole: an array, or arrays by key (a key with dots goes deeper). A list of records has a key for each field."""

    def __init__(self, label: str, value: Any) -> None:
        self.label = label
        self.value = {str(k): v for k, v in value.items()} if isinstance(value, dict) else value
        self.records = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
        self.frame = framed(label, value)
        self.warnings = () if self.frame is None or not self.frame.doubt else (Warned("W127", self.frame.doubt),)
        fields = value[0] if self.records else value if self.frame is None else self.frame
        self.names: tuple[str, ...] = tuple(map(str, fields)) if isinstance(fields, Mapping) else ()
        self._known = frozenset(self.names)
        self._arrays: dict[str, Any] = {}

    def all(self) -> Column:
        """The whole file as one array; of an object of plain values those, with its keys for those of the rows."""
        if isinstance(self.value, dict) and self.value and (keyed := keyed_values(self.label, self.value)) is not None:
            self.frame = keyed
            return Column(self.label, to_array(list(self.value.values()), self.label))
        return Column(self.label, self._array(""))

    def width(self) -> int:
        """How many columns can be chosen by position in a file without names."""
        if self.names:
            return len(self.names)
        x = self._array("")
        return x.shape[-1] if x.ndim > 1 else 0

    def has(self, name: str) -> bool:
        if self.frame is not None and (name in self.frame or (isinstance(self.value, dict) and name in self.value)):
            return True
        return name in self._known or ("." in name and self._at(name) is not None)

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        if not self.names:  # by position
            x = self._array("")
            at = [int(n) for n in names]
            return Column(label, x[..., at] if stacked else x[..., at[0]], keys=tuple(names))
        with getattr(self.value, "opened", nullcontext)():
            arrays = [self._array(n) for n in names]
        if not stacked:
            return Column(label, arrays[0], keys=tuple(names))
        shapes = {a.shape for a in arrays}
        if len(shapes) > 1:
            sizes = ", ".join(f"{n} {a.shape}" for n, a in zip(names, arrays, strict=True))
            raise InputError(f"{label}: these do not have the same shape: {sizes}")
        return Column(label, np.stack(arrays, -1), keys=tuple(names), stacked=True)

    def texts(self, name: str) -> list[Any]:
        """A column as it is written, for ids."""
        value = self._at(name)
        return value if isinstance(value, list) else value.tolist() if hasattr(value, "tolist") else [value]

    def _array(self, name: str) -> Any:
        if name not in self._arrays:
            label = f"{self.label}::{name}" if name else self.label
            value = self._at(name) if name else self.value
            try:
                self._arrays[name] = value if hasattr(value, "dtype") else to_array(value, label)
            except RecursionError:
                raise InputError(f"{label} is nested too deep") from None
        return self._arrays[name]

    def _at(self, path: str) -> Any:
        value: Any = self.value
        if self.records:
            return field_of(value, path, self.label, lambda i: f"[{i}]")
        if self.frame is not None and path in self.frame:
            return self.frame[path]
        if path in (value if isinstance(value, dict) else self._known):
            return value[path]
        for part in path.split("."):
            records = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
            value = field_of(value, part, self.label, lambda i: f"[{i}]") if records else _step(value, part)
        return value


def field_of(records: Sequence[Any], path: str, label: str, place: Callable[[int], str]) -> list[Any] | None:
    """One field of every record; None where the first one does not have it."""
    try:
        return [record[path] for record in records]
    except (KeyError, TypeError):
        pass  # a path, a key that is a number, or something to say
    found: list[Any] = []
    for i, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InputError(f"{label}: {place(i)} is {shown(record)}, not a record as the first one")
        named = {str(k): v for k, v in record.items()}
        value, there = (named[path], True) if path in named else deeper(named, path)
        if not there and i == 0:
            return None
        if not there:
            raise InputError(f"{label}: {place(i)} has no {path!r}{suggest(path, named)}; the first record has")
        found.append(value)
    return found


def deeper(value: Any, path: str) -> tuple[Any, bool]:
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None, False
        value = value[part]
    return value, True


def shown(value: Any) -> str:
    """How a value begins, as it is written."""
    import json

    return "".join(islice(json.JSONEncoder().iterencode(value), 40))[:40]  # no more of it is made than is shown
