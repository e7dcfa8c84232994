"""Frozen records of named fields, which start faster than dataclasses: these compile code for each class, a millisecond per class."""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform

__all__ = ["Record"]


@dataclass_transform(frozen_default=True)
class Record:
    """A frozen record. A subclass declares its fields as a dataclass does. A default is a class attribute, so it must be immutable.

    >>> class Point(Record):
    ...     x: float
    ...     y: float = 0.0
    >>> Point(1).but(y=2)
    Point(x=1, y=2)
    """

    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        inherited = cls._names
        cls._names = (*inherited, *(name for name in cls.__annotations__ if name not in inherited))

    def __init__(self, *values: Any, **named: Any) -> None:
        names = self._names
        if not named and len(values) == len(names):  # the common case, several times for every block
            self.__dict__.update(zip(names, values, strict=True))
            return
        by_name = dict(zip(names, values, strict=False)) | named
        if (
            len(by_name) != len(values) + len(named)
            or by_name.keys() - {*names}
            or not all(n in by_name or hasattr(self, n) for n in names)
        ):
            raise TypeError(
                f"{type(self).__name__} takes {', '.join(names)}, not {len(values)} values and {', '.join(named) or 'no names'}"
            )
        self.__dict__.update({n: by_name[n] if n in by_name else getattr(self, n) for n in names})

    def but(self, **changed: Any) -> Self:
        """A copy with some fields changed."""
        return type(self)(**({n: getattr(self, n) for n in self._names} | changed))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be changed")

    def _fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, n) for n in self._names)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in self._names)})"
