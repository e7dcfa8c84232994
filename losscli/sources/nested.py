"""JSON, YAML and lines of JSON: nested values to arrays of numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from losscli.blocks import Column
from losscli.errors import InputError, counted, suggest
from losscli.numeric import np
from losscli.sources.origin import Origin

__all__ = ["Held", "JsonLines", "read_json", "read_yaml", "to_array"]

CHUNK = 2**13  # lines that are held at a time
_MISSING = {"", "na", "n/a", "nan", "null", "none"}


def to_array(value: Any, label: str) -> Any:
    """An array of numbers, or of words where there are any; None and "nan" are nan.

    Raises InputError for ragged nesting (with the place), for records and for values that are neither numbers nor words.
    """
    try:
        array = np.array(value, np.float64)
    except (ValueError, TypeError, OverflowError):
        array = None
    if array is not None:
        return array
    shape = _shape(value, label, ())
    cells = _cells(value, label)
    words = any(isinstance(c, str) for c in cells)
    return np.array(cells, object if words else np.float64).reshape(shape)


def _shape(value: Any, label: str, at: tuple[int, ...]) -> tuple[int, ...]:
    if isinstance(value, Mapping):
        raise InputError(f"{label}{_place(at)} is an object with {_listed(value)}: name a key with ::")
    if not isinstance(value, list):
        return ()
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
    if value is None:
        return [float("nan")]
    if isinstance(value, bool | int | float):
        return [float(value)]
    if isinstance(value, str):
        try:
            return [float("nan") if value.strip().casefold() in _MISSING else float(value)]
        except ValueError:
            return [value]
    raise InputError(f"{label} holds {value!r}, which is neither a number nor a word")


def _listed(names: Any) -> str:
    names = list(names)
    return ", ".join(map(str, names[:20])) + (f", … ({len(names)} in all)" if len(names) > 20 else "")


class Held:
    """A file that was read whole: an array, or arrays by key (a key with dots goes deeper)."""

    def __init__(self, label: str, value: Any) -> None:
        self.label = label
        self.value = _by_key(value, label)
        self.names: tuple[str, ...] = tuple(map(str, self.value)) if isinstance(self.value, Mapping) else ()
        self._arrays: dict[str, Any] = {}

    def all(self) -> Column:
        """The whole file as one array."""
        return Column(self.label, self._array("", self.value))

    def width(self) -> int:
        """How many columns can be chosen by position in a file without names."""
        if self.names:
            return len(self.names)
        x = self._array("", self.value)
        return x.shape[-1] if x.ndim > 1 else 0

    def has(self, name: str) -> bool:
        return name in self.names or self._walk(name) is not None

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        if not self.names:  # by position
            x = self._array("", self.value)
            at = [int(n) for n in names]
            return Column(label, x[..., at] if stacked else x[..., at[0]])
        arrays = [self._array(n, self.value[n] if n in self.names else self._walk(n)) for n in names]
        if not stacked:
            return Column(label, arrays[0])
        shapes = {a.shape for a in arrays}
        if len(shapes) > 1:
            sizes = ", ".join(f"{n} {a.shape}" for n, a in zip(names, arrays, strict=True))
            raise InputError(f"{label}: these do not have the same shape: {sizes}")
        return Column(label, np.stack(arrays, -1), keys=tuple(names), stacked=True)

    def _array(self, name: str, value: Any) -> Any:
        if name not in self._arrays:
            label = f"{self.label}::{name}" if name else self.label
            self._arrays[name] = value if hasattr(value, "dtype") else to_array(value, label)
        return self._arrays[name]

    def _walk(self, path: str) -> Any:
        value: Any = self.value
        for part in path.split("."):
            if isinstance(value, list) and value and isinstance(value[0], Mapping):
                value = _by_key(value, self.label)
            if not isinstance(value, Mapping) or part not in value:
                return None
            value = value[part]
        return value


def _by_key(value: Any, label: str) -> Any:
    """A list of records as one list a key; anything else as it is."""
    if not (isinstance(value, list) and value and isinstance(value[0], Mapping)):
        return value
    return _records(value, label, list(value[0]), lambda i: f"[{i}]")


def _records(records: Sequence[Any], label: str, keys: Sequence[str], place: Any) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {k: [] for k in keys}
    for i, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InputError(f"{label}: {place(i)} is {json.dumps(record)[:40]}, not a record as the first one")
        for k in keys:
            if k not in record:
                raise InputError(f"{label}: {place(i)} has no {k!r}{suggest(k, map(str, record))}; the first record has")
            columns[k].append(record[k])
    return columns


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(k for k, _ in pairs if [p[0] for p in pairs].count(k) > 1)
        raise InputError(f"the key {twice!r} stands twice in one object")
    return found


def read_json(origin: Origin) -> Held:
    """Any JSON: an array, an object of arrays, a list of records. Raises InputError with the line."""
    text = origin.text()
    try:
        return Held(origin.label, json.loads(text, object_pairs_hook=_unique))
    except json.JSONDecodeError as error:
        raise InputError(f"{origin.label}:{error.lineno}: not JSON: {error.msg} at column {error.colno}") from None
    except InputError as error:
        raise InputError(f"{origin.label}: {error}") from None
    except RecursionError:
        raise InputError(f"{origin.label}: nested too deep") from None


def read_yaml(origin: Origin) -> Held:
    """The same from YAML, by the safe loader. Raises InputError with the line."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return Held(origin.label, yaml.load(origin.text(), loader))  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{origin.label}{line}: not YAML: {error.problem or error}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{origin.label}: not YAML: {error}") from None
    except RecursionError:
        raise InputError(f"{origin.label}: nested too deep") from None


class JsonLines:
    """A record, a list or a number on every line, read a chunk at a time."""

    def __init__(self, origin: Origin) -> None:
        self.label, self.origin = origin.label, origin
        first = next(self._values(), None)
        self.names: tuple[str, ...] = tuple(first[1]) if first is not None and isinstance(first[1], Mapping) else ()
        self._width = len(first[1]) if first is not None and isinstance(first[1], list) else 0

    def width(self) -> int:
        return len(self.names) or self._width

    def has(self, name: str) -> bool:
        return name in self.names

    def all(self) -> Column:
        return Column(self.label, stream=self, keys=("",))

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        return Column(label, stream=self, keys=tuple(names), stacked=stacked)

    def _values(self) -> Iterator[tuple[int, Any]]:
        for number, line in enumerate(self.origin.lines(), 1):
            if line.strip():
                try:
                    yield number, json.loads(line, object_pairs_hook=_unique)
                except (json.JSONDecodeError, InputError) as error:
                    said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                    raise InputError(f"{self.label}:{number}: not JSON: {said}") from None

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        values, start = self._values(), 0
        while part := list(islice(values, CHUNK)):

            def place(i: int, part: list[tuple[int, Any]] = part) -> str:
                return f"line {part[i][0]}"

            if self.names:
                columns = _records([v for _, v in part], self.label, keys, place)
            elif keys == [""]:
                columns = {"": [v for _, v in part]}
            else:
                columns = {k: [v[int(k)] for _, v in part] for k in keys}
            yield {k: to_array(c, f"{self.label}::{k}" if k else self.label) for k, c in columns.items()}
            start += len(part)

    def place(self, row: int) -> str:
        return next((f"line {number}" for i, (number, _) in enumerate(self._values()) if i == row), "")
