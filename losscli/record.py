"""Frozen records of named fields, which start faster than dataclasses: these compile code for each class, a millisecond per class."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self, dataclass_transform

__all__ = ["EMPTY", "Record"]

EMPTY: Mapping[str, Any] = MappingProxyType({})  # a default that nobody can change


@dataclass_transform(frozen_default=True)
class Record:
    """A frozen record. A subclass declares its fields as a dataclass does. A default is a class attribute, so it must be immutable.

    >>> class Point(Record):
    ...     x: float
    ...     y: float = 0.0
    >>> Point(1).but(y=2)
    Point(x=1, y=2)
    >>> Point(1)
    Point(x=1)
    """

    _names: ClassVar[tuple[str, ...]] = ()
    _hidden: ClassVar[tuple[str, ...]] = ()  # the names that the text of a record leaves out
    _required: ClassVar[frozenset[str]] = frozenset()
    _template: ClassVar[dict[str, Any]] = {}  # all names in order, with the defaults

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        inherited = cls._names
        cls._names = (*inherited, *(name for name in cls.__annotations__ if name not in inherited))
        cls._required = frozenset(name for name in cls._names if not hasattr(cls, name))
        cls._template = {name: getattr(cls, name, None) for name in cls._names}

    def __init__(self, *values: Any, **named: Any) -> None:
        names = self._names
        if not named and len(values) == len(names):  # the common case, several times for every block
            self.__dict__.update(zip(names, values, strict=True))
            return
        given = dict(zip(names, values, strict=False)) | named if values else named
        fields = self._template | given
        if len(given) != len(values) + len(named) or len(fields) != len(names) or not given.keys() >= self._required:
            raise TypeError(
                f"{type(self).__name__} takes {', '.join(names)}, not {len(values)} values and {', '.join(named) or 'no names'}"
            )
        self.__dict__.update(fields)

    def but(self, **changed: Any) -> Self:
        """A copy with some fields changed."""
        fields = self.__dict__
        return type(self)(*[changed.pop(n) if n in changed else fields[n] for n in self._names], **changed)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be changed")

    def _fields(self) -> tuple[Any, ...]:
        return tuple(map(self.__dict__.__getitem__, self._names))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        """The fields that have another value than by default."""
        texts = {n: repr(getattr(self, n)) for n in self._names if n not in self._hidden}
        shown = (f"{n}={text}" for n, text in texts.items() if n in self._required or text != repr(self._template[n]))
        return f"{type(self).__name__}({', '.join(shown)})"
