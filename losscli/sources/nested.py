"""JSON, YAML and lines of JSON: nested values to arrays of numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, islice
from typing import Any

from losscli.blocks import Column
from losscli.cells import is_named, read_number
from losscli.errors import InputError, Warned, counted, suggest
from losscli.numeric import np
from losscli.sources.frames import framed, keyed_values
from losscli.sources.origin import PIECE, Origin, Text, parts

__all__ = ["Held", "JsonLines", "Noted", "parse_json", "read_json", "read_noted", "read_yaml", "to_array"]

CHUNK = 2**13  # lines that are held at a time
DEEPEST = 32  # axes of an array
ALIASED = 2**20  # values that the aliases of a YAML file may add to those that are written


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
        keys = f"an object with {_listed(value)}: name a key with ::" if value else "an empty object"
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
    return [value if number is None or (isinstance(value, str) and is_named(value)) else number]  # NA may be the name of a class


def _listed(names: Any) -> str:
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
            return _field(value, path, self.label, lambda i: f"[{i}]")
        if self.frame is not None and path in self.frame:
            return self.frame[path]
        if path in (value if isinstance(value, dict) else self._known):
            return value[path]
        for part in path.split("."):
            records = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
            value = _field(value, part, self.label, lambda i: f"[{i}]") if records else _step(value, part)
        return value


def _field(records: Sequence[Any], path: str, label: str, place: Callable[[int], str]) -> list[Any] | None:
    """One field of every record; None where the first one does not have it."""
    try:
        return [record[path] for record in records]
    except (KeyError, TypeError):
        pass  # a path, a key that is a number, or something to say
    found: list[Any] = []
    for i, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InputError(f"{label}: {place(i)} is {_shown(record)}, not a record as the first one")
        named = {str(k): v for k, v in record.items()}
        value, there = (named[path], True) if path in named else _deeper(named, path)
        if not there and i == 0:
            return None
        if not there:
            raise InputError(f"{label}: {place(i)} has no {path!r}{suggest(path, named)}; the first record has")
        found.append(value)
    return found


def _deeper(value: Any, path: str) -> tuple[Any, bool]:
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None, False
        value = value[part]
    return value, True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


@cache
def _decoder() -> Any:
    """Made once: that takes as long as a line of JSON."""
    import json

    return json.JSONDecoder(object_pairs_hook=_unique)


def parse_json(text: str, place: str) -> Any:
    """A JSON value. Raises InputError, with the line where it is known, for text that is none, too deep, or has a key twice."""
    import json

    try:
        return _decoder().decode(text)
    except json.JSONDecodeError as error:
        line = f":{error.lineno}" if "\n" in text.rstrip() or ":" not in place else ""
        raise InputError(f"{place}{line}: not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise InputError(f"{place}: nested too deep") from None
    except ValueError as error:  # a key twice; or a number of thousands of digits
        said = str(error)
        raise InputError(f"{place}: {'a number has too many digits' if 'digits' in said else said}") from None


def _shown(value: Any) -> str:
    """How a value begins, as it is written."""
    import json

    return "".join(islice(json.JSONEncoder().iterencode(value), 40))[:40]  # no more of it is made than is shown


def read_json(origin: Origin) -> Held:
    """Any JSON: an array, an object of arrays, a list of records. Raises InputError with the line."""
    return Held(origin.label, parse_json(origin.text(), origin.label))


def read_yaml(origin: Origin) -> Held:
    """The same from YAML, by a safe loader. Raises InputError with the line."""
    return Held(origin.label, _from_yaml(origin, lambda loader: loader.get_single_data()))


@dataclass(frozen=True)
class Noted:
    """A value of a YAML file and the line it stands on; of a mapping also its items, each with the line of its key."""

    value: Any
    line: int = 1
    items: Mapping[str, Noted] = field(default_factory=dict)


def read_noted(origin: Origin) -> Noted:
    """YAML with the line of every key. Raises InputError with the line."""

    def noted(loader: Any, node: Any, line: int) -> Noted:
        if node is None:
            return Noted(None)
        value = loader.construct_object(node, deep=True)  # of a mapping, this merges into it what << names
        pairs = node.value if isinstance(value, dict) else []
        return Noted(value, line, {str(loader.construct_object(k)): noted(loader, v, k.start_mark.line + 1) for k, v in pairs})

    return _from_yaml(origin, lambda loader: noted(loader, loader.get_single_node(), 1))


def _from_yaml(origin: Origin, made: Callable[[Any], Any]) -> Any:
    import yaml

    text = origin.text()
    try:
        _refuse_deep(text, origin.label)
        return made(_loader()(text))
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        deep = "nesting depth" in (error.problem or "")  # libyaml's own limit, which some versions have
        said = "nested too deep" if deep else f"not YAML: {error.problem or error}"
        raise InputError(f"{origin.label}{line}: {said}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{origin.label}: not YAML: {error}") from None


def _refuse_deep(text: str, label: str) -> None:
    """Raise InputError where nodes are nested deeper than any array: libyaml's composer has no limit, and the process would die."""
    import yaml

    depth = 0
    for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > 2 * DEEPEST:
            raise InputError(f"{label}: nested too deep")


def _refuse_many(root: Any) -> None:
    """Raise an error with the line where aliases stand for far more than is written, or for what they are a part of."""
    import yaml

    sizes: dict[Any, int] = {}  # how many nodes each stands for; 0 while that is found out

    def size(node: Any) -> int:
        if node in sizes:
            if sizes[node] == 0:
                raise yaml.composer.ComposerError(None, None, "an alias stands for what it is a part of", node.start_mark)
            return sizes[node]
        sizes[node] = 0
        inside = node.value if isinstance(node, yaml.CollectionNode) else ()
        sizes[node] = 1 + sum(size(child) for item in inside for child in (item if isinstance(item, tuple) else (item,)))
        if sizes[node] > len(sizes) + ALIASED:
            said = f"the aliases stand for more than {ALIASED:,} values beside those that are written"
            raise yaml.composer.ComposerError(None, None, said, node.start_mark)
        return sizes[node]

    if root is not None:
        size(root)


_TYPES = {
    "int": (r"[-+]?[0-9]+", "-+0123456789", lambda text: int(text)),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
        lambda text: float(re.sub(r"\.(?=[a-z])", "", text.casefold())),
    ),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text[0] in "tT"),
    "null": (r"null|Null|NULL|~|", "nN~", lambda text: None),
}
_KEPT = ("str", "seq", "map")  # the other types of YAML that JSON has as well


def _loader() -> Any:
    """The safe loader with the types of YAML 1.2, where 1:30 is no 90, 010 no 8 and no no False; with no other type, and no key twice."""
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc, valid-type]
        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way
            first: [(tag, pattern) for tag, pattern in kept if tag.rpartition(":")[2] not in (*_TYPES, "timestamp") or tag.endswith("null")]
            for first, kept in base.yaml_implicit_resolvers.items()
        }
        yaml_constructors = {  # noqa: RUF012
            tag: made for tag, made in base.yaml_constructors.items() if tag is not None and tag.rpartition(":")[2] in _KEPT
        }

        def get_single_node(self) -> Any:
            node = super().get_single_node()
            _refuse_many(node)
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            if not isinstance(node, yaml.MappingNode):
                raise yaml.constructor.ConstructorError(None, None, "!!map is no list", node.start_mark)
            seen: set[Any] = set()
            for k in (k for k, _ in node.value if not k.tag.endswith(":merge")):
                key = self.construct_object(k, deep=True)
                if isinstance(key, list | dict):
                    raise yaml.constructor.ConstructorError(None, None, "a key has to be a word or a number", k.start_mark)
                if key in seen or str(key) in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", k.start_mark)
                seen |= {key, str(key)}
            return super().construct_mapping(node, deep)

    for name, (pattern, first, read) in _TYPES.items():
        tag, known = f"tag:yaml.org,2002:{name}", re.compile(rf"(?:{pattern})\Z")
        if name != "null":
            Loader.add_implicit_resolver(tag, known, list(first))
        Loader.add_constructor(tag, _reading(name, known, read))
    Loader.add_constructor(None, _of_no_type)
    return Loader


def _of_no_type(loader: Any, node: Any) -> Any:
    """A tag that says something else: a date, bytes, a set, an object of Python."""
    import yaml

    tag = node.tag.replace("tag:yaml.org,2002:", "!!")
    said = f"a value is a number, a word, true, false, null, a list or a mapping, not {tag}"
    raise yaml.constructor.ConstructorError(None, None, said, node.start_mark)


def _reading(name: str, known: re.Pattern[str], read: Callable[[str], Any]) -> Callable[[Any, Any], Any]:
    """What makes a value of a node of this type, also where a tag says that it is one."""
    import yaml

    def made(loader: Any, node: Any) -> Any:
        text = loader.construct_scalar(node)
        try:
            if known.match(text):
                return read(text)
            said = f"{_shown(text)} is no !!{name}"
        except ValueError:
            said = "a number has too many digits"
        raise yaml.constructor.ConstructorError(None, None, said, node.start_mark)

    return made


class JsonLines:
    """A record, a list or a number on every line, read a chunk at a time."""

    def __init__(self, origin: Origin) -> None:
        self.label, self.origin = origin.label, origin
        self.first = next((v for _, v in self._values()), None)
        self.names: tuple[str, ...] = tuple(self.first) if isinstance(self.first, Mapping) else ()
        self._known = frozenset(self.names)
        self._width = len(self.first) if isinstance(self.first, list) else 0

    def width(self) -> int:
        return len(self.names) or self._width

    def has(self, name: str) -> bool:
        return name in self._known or ("." in name and _deeper(self.first, name)[1])

    def all(self) -> Column:
        if self.first is None:
            raise InputError(f"{self.label} is empty")
        if self.names:
            raise InputError(f"{self.label} holds records with {_listed(self.names)}: name a key with ::")
        return Column(self.label, stream=self, keys=("",))

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        return Column(label, stream=self, keys=tuple(names), stacked=stacked)

    def texts(self, name: str) -> list[Any]:
        """A column as it is written, for ids."""
        return _field([v for _, v in self._values()], name, self.label, lambda i: f"record {i}") or []

    def cells(self, name: str) -> Iterator[bytes]:
        """A field as it is written, a line for each record, some at a time: looked for, as to read whole records takes far longer."""
        field = re.compile(rb'[{,]\s*"%s"\s*:\s*(?:"([^"\\\n]*)"|([^",}\]\s\[{]+))' % re.escape(name.encode("utf-8", "surrogatepass")))
        rows = 0
        for piece in self.origin.pieces(PIECE):
            found = field.findall(piece)
            if len(found) != piece.count(b"\n") + (piece[-1:] != b"\n"):  # blank lines, or fields that are written otherwise
                yield b"".join(b"%s\n" % str(x).replace("\n", " ").encode("utf-8", "surrogatepass") for x in self.texts(name)[rows:])
                return
            yield b"".join([b"%s%s\n" % cell for cell in found])
            rows += len(found)

    def _values(self) -> Iterator[tuple[int, Any]]:
        text = Text(self.origin)
        for line in text.lines():
            if line.strip():
                yield text.line, parse_json(line, f"{self.label}:{text.line}")

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        for part in parts(self._values(), CHUNK):
            yield {k: to_array(self._column(k, part), f"{self.label}::{k}" if k else self.label) for k in keys}

    def _column(self, key: str, part: list[tuple[int, Any]]) -> list[Any]:
        if self.names:
            return _field([v for _, v in part], key, self.label, lambda i: f"line {part[i][0]}") or []
        if key == "":
            return [v for _, v in part]
        for line, v in part:
            if not isinstance(v, list) or len(v) != self._width:
                raise InputError(f"{self.label}:{line}: {_shown(v)} is no list of {self._width} as the first line")
        return [v[int(key)] for _, v in part]

    def place(self, row: int) -> str:
        return next((f"line {number}" for i, (number, _) in enumerate(self._values()) if i == row), "")
