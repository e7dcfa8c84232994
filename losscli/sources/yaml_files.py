"""YAML, by the safe loader with the types of YAML 1.2."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from losscli.errors import InputError
from losscli.record import EMPTY, Record
from losscli.sources.document import MAX_AXES, Document, beginning
from losscli.sources.files import InputFile

if TYPE_CHECKING:
    from yaml import MarkedYAMLError, Node

__all__ = ["WithLine", "read_with_lines", "read_yaml"]

ALIASED = 2**20  # the most values that aliases may add to those in the file


def read_yaml(file: InputFile) -> Document:
    """Arrays, objects or records, as in JSON. Raises InputError with the line."""
    return Document(file.label, _load(file, lambda loader: loader.get_single_data()))


class WithLine(Record):
    """A value of a YAML file and its line; for a mapping also its items, each with the line of its key."""

    value: Any
    line: int = 1
    items: Mapping[str, WithLine] = EMPTY


def read_with_lines(file: InputFile) -> WithLine:
    """YAML with the line of every key. Raises InputError with the line."""

    def with_line(loader: Any, node: Any, line: int) -> WithLine:
        if node is None:
            return WithLine(None)
        value = loader.construct_object(node, deep=True)  # of a mapping, this merges the keys of << into it
        pairs = node.value if isinstance(value, dict) else []
        return WithLine(value, line, {str(loader.construct_object(k)): with_line(loader, v, k.start_mark.line + 1) for k, v in pairs})

    return _load(file, lambda loader: with_line(loader, loader.get_single_node(), 1))


def _load(file: InputFile, take: Callable[[Any], Any]) -> Any:
    """Call `take` with a loader at the start of a file, and return its result. Raises InputError with the line."""
    import yaml

    text = file.text()
    try:
        _refuse_deep(text, file.label)
        return take(_loader()(text))
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        deep = "nesting depth" in (error.problem or "")  # libyaml's own limit, which some versions have
        reason = "nested too deep" if deep else f"not YAML: {error.problem or error}"
        raise InputError(f"{file.label}{line}: {reason}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{file.label}: not YAML: {error}") from None


def _error(problem: str, node: Node) -> MarkedYAMLError:
    """An error of YAML with the line of a node."""
    import yaml

    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def _refuse_deep(text: str, label: str) -> None:
    """Raise InputError for nodes that are nested deeper than any array: libyaml's composer has no limit, so the process would crash."""
    import yaml

    depth = 0
    for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > 2 * MAX_AXES:
            raise InputError(f"{label}: nested too deep")


def _refuse_many(root: Any) -> None:
    """Raise an error with the line for aliases that expand to far more values than the file has, or that contain themselves."""
    import yaml

    sizes: dict[Any, int] = {}  # the number of nodes that each node expands to; 0 while it is counted

    def size(node: Any) -> int:
        if node in sizes:
            if sizes[node] == 0:
                raise _error("an alias refers to a value that contains it", node)
            return sizes[node]
        sizes[node] = 0
        inside = node.value if isinstance(node, yaml.CollectionNode) else ()
        sizes[node] = 1 + sum(size(child) for item in inside for child in (item if isinstance(item, tuple) else (item,)))
        if sizes[node] > len(sizes) + ALIASED:
            raise _error(f"the aliases add more than {ALIASED:,} values to those in the file", node)
        return sizes[node]

    if root is not None:
        size(root)


# The scalar types of YAML 1.2, each with its pattern, the characters that it begins with, and the function that reads it.
_TYPES: dict[str, tuple[str, str, Callable[[str], Any]]] = {
    "int": (r"[-+]?[0-9]+", "-+0123456789", lambda text: int(text)),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
        lambda text: float(re.sub(r"\.(?=[a-z])", "", text.casefold())),
    ),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text[0] in "tT"),
    "null": (r"null|Null|NULL|~|", "nN~", lambda text: None),
}
_KEPT = ("str", "seq", "map")  # the other types that JSON has as well


def _loader() -> Any:
    """The safe loader with the types of YAML 1.2 and no others. In these 1:30 is not 90, 010 is not 8 and no is not False.

    It raises an error for a key that a mapping has twice.
    """
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc, valid-type]
        yaml_implicit_resolvers = {first: list(filter(_is_kept, kept)) for first, kept in base.yaml_implicit_resolvers.items()}  # noqa: RUF012
        yaml_constructors = {  # noqa: RUF012 - PyYAML's own way
            tag: construct for tag, construct in base.yaml_constructors.items() if tag is not None and tag.rpartition(":")[2] in _KEPT
        }

        def get_single_node(self) -> Any:
            node = super().get_single_node()
            _refuse_many(node)
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            _check_keys(self, node)
            return super().construct_mapping(node, deep)

    for name, (pattern, first, read) in _TYPES.items():
        tag, compiled = f"tag:yaml.org,2002:{name}", re.compile(rf"(?:{pattern})\Z")
        if name != "null":
            Loader.add_implicit_resolver(tag, compiled, list(first))
        Loader.add_constructor(tag, _constructor(name, compiled, read))
    Loader.add_constructor(None, _refuse_tag)
    return Loader


def _is_kept(resolver: tuple[str, re.Pattern[str]]) -> bool:
    """Whether a pattern of the safe loader stays. Dates do not, nor do types that have another pattern in YAML 1.2."""
    name = resolver[0].rpartition(":")[2]
    return name == "null" or name not in (*_TYPES, "timestamp")


def _check_keys(loader: Any, node: Any) -> None:
    """Raise an error with the line for a node that is no mapping, a repeated key, or a key that is neither word nor number."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise _error("a !!map is a mapping, not a list", node)
    keys: set[Any] = set()
    for k in (k for k, _ in node.value if not k.tag.endswith(":merge")):
        key = loader.construct_object(k, deep=True)
        if isinstance(key, list | dict):
            raise _error("a key has to be a word or a number", k)
        if key in keys or str(key) in keys:
            raise _error(f"the key {key!r} is used twice", k)
        keys |= {key, str(key)}


def _refuse_tag(loader: Any, node: Any) -> Any:
    """The constructor of all other tags: a date, bytes, a set, an object of Python."""
    tag = node.tag.replace("tag:yaml.org,2002:", "!!")
    raise _error(f"a value is a number, a word, true, false, null, a list or a mapping, not {tag}", node)


def _constructor(name: str, pattern: re.Pattern[str], read: Callable[[str], Any]) -> Callable[[Any, Any], Any]:
    """The constructor of a scalar type. A tag may set this type for a text that does not fit its pattern."""

    def construct(loader: Any, node: Any) -> Any:
        text = loader.construct_scalar(node)
        try:
            if pattern.match(text):
                return read(text)
            problem = f"{beginning(text)} is no !!{name}"
        except ValueError:
            problem = "a number has too many digits"
        raise _error(problem, node)

    return construct
