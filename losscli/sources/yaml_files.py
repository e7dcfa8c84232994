"""YAML, by the safe loader with the types of YAML 1.2."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from losscli.errors import InputError
from losscli.sources.files import Origin
from losscli.sources.held import DEEPEST, Held, shown

__all__ = ["Noted", "read_noted", "read_yaml"]

ALIASED = 2**20  # values that the aliases of a YAML file may add to those that are written


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
            said = f"{shown(text)} is no !!{name}"
        except ValueError:
            said = "a number has too many digits"
        raise yaml.constructor.ConstructorError(None, None, said, node.start_mark)

    return made
