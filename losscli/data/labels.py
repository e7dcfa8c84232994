"""Labels as class indices: a label names its class by a word, by a number in the class's name, or by its position."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from losscli.data.cells import read_number
from losscli.errors import InputError, suggest
from losscli.numeric.lazy import Array, np
from losscli.record import Record

__all__ = ["ClassNames", "Labels", "classes_option", "describe_order"]

NO_CLASS = -100  # the index of the ignored label, where its number is the index of a class
SHOWN = 12  # classes that a message lists

Cell = str | float


class ClassNames(Record):
    """The names of the classes in the order of their columns, and other ways to write them as labels."""

    classes: tuple[str, ...]
    longer: Sequence[Sequence[str]] = ()  # other names of the same classes, in the same order
    order: tuple[int, ...] = ()  # the classes of the labels 0, 1, 2 …, where names are words; () is the order of the columns
    codes: tuple[float, ...] = ()  # the numbers of the classes for the loss, where these are not 0, 1, 2 …
    ignored: float | None = None  # the label that means no class
    flag: str = "--ignore-index"  # the option that says which label is ignored
    warning: str = ""  # a warning for labels that are positions among names that are words


class Labels:
    """Reads labels as class indices."""

    def __init__(self, names: ClassNames) -> None:
        self.names = names
        self.classes, self.codes = names.classes, names.codes
        self.order = names.order or tuple(range(len(names.classes)))
        self.by_position = False  # whether a label was read as the position of its class
        self._ambiguous: set[Cell] = set()
        self._words = self._lookup(names.classes, *names.longer)
        self._numbers = self._lookup([read_number(c) for c in names.classes])
        self.takes_positions = not self._numbers
        if self.takes_positions:
            self._numbers = {float(k): float(i) for k, i in enumerate(self.order)}
        self.ignored_index = self._ignored_index()
        if self.ignored_index is not None and names.ignored is not None:
            self._numbers.setdefault(float(names.ignored), self.ignored_index)

    def _lookup(self, *names: Iterable[Cell | None]) -> dict[Cell, float]:
        """The class of each name. A name of two classes is ambiguous; None and nan name no class."""
        classes: dict[Cell, float] = {}
        for several in names:
            for i, name in enumerate(several):
                if name is not None and name == name and classes.setdefault(name, float(i)) != i:
                    self._ambiguous.add(name)
        return classes

    def _ignored_index(self) -> float | None:
        """The index of the ignored label: its own number, unless that is the index of another label."""
        label = self.names.ignored
        if label is None or label in self._numbers:
            return None if label is None else int(self._numbers[label])
        return NO_CLASS if 0 <= label < len(self.classes) else label

    @property
    def shown(self) -> dict[int, str]:
        """The name of each index, for display."""
        ignored = {} if self.ignored_index is None else {int(self.ignored_index): f"{self.names.ignored:g}"}
        return ignored | dict(enumerate(self.classes))

    @cached_property
    def _are_indices(self) -> bool:
        """Whether the classes are called 0, 1, 2 …, so that a number is its own index."""
        return not self.codes and self.classes == tuple(map(str, range(len(self.classes))))

    def indices(self, x: Array, number: Callable[[Cell], float | None], place: Callable[[int], str]) -> Array:
        """The class index of each label in some rows, nan for one that is missing.

        `number` reads a cell as a number; `place` describes a row. Raises InputError for a label that is no class.
        """
        if x.dtype.kind not in "OU":
            if self._are_indices:
                return x
            cells, back = np.unique(x, return_inverse=True)
            classes = np.array([self._index(c, number(c)) for c in cells.tolist()], np.float64)[back.reshape(-1)]
        else:
            index = {c: self._index(c, number(c)) for c in set(x.reshape(-1).tolist())}
            classes = np.array([index[c] for c in x.reshape(-1).tolist()], np.float64)
        unknown = np.flatnonzero(classes == np.inf)
        if len(unknown):
            at = np.unravel_index(unknown[0], x.shape)
            cell: Any = x[at]
            raise InputError(f"{place(int(at[0]))}: label {self._complaint(cell, number(cell))}")
        if self.codes:
            present = ~np.isnan(classes)
            classes[present] = np.array(self.codes)[classes[present].astype(np.int64)]
        return classes.reshape(x.shape)

    def _index(self, cell: Cell, number: float | None) -> float:
        """The class of a label; nan for one that is missing, inf for one that is no class."""
        word = str(cell).strip()
        if word in self._ambiguous or number in self._ambiguous:
            return np.inf
        if word in self._words:
            return self._words[word]
        if number is None or number != number:
            return np.inf if number is None else number
        self.by_position |= self.takes_positions and 0 <= number < len(self.classes) and number != self.names.ignored
        return self._numbers.get(number, np.inf)

    def _complaint(self, cell: Cell, number: float | None) -> str:
        """What is wrong with a label that is no class."""
        word = str(cell).strip()
        if word in self._ambiguous or number in self._ambiguous:
            return f"{word!r} could be one of two classes: name the columns so that no name is the end of another"
        shown = f"{number:g}" if number is not None else word
        among = ", ".join(self.classes[:SHOWN]) + (", …" if len(self.classes) > SHOWN else "")
        advice = "" if number is None else self._advice(number)
        return f"{shown!r} is none of the classes{suggest(word, self.classes)}: {among}; name them with --classes{advice}"

    def _advice(self, number: float) -> str:
        """What a number that is no class may mean, and the option for that."""
        count, advice = len(self.classes), ""
        if self.takes_positions and number == count:
            advice += f"; if the labels count from 1, use {classes_option(1, count)}"
        if number == 0 and self.classes == tuple(map(str, range(1, count + 1))):
            advice += f"; if the labels count from 0, use {classes_option(0, count)}"
        if self.names.ignored is not None and number != count and number == np.rint(number) and np.isfinite(number):
            advice += f"; if {number:.0f} means no class, use {self.names.flag} {number:.0f}"
        return advice


def classes_option(first: int, classes: int) -> str:
    """'--classes 1,2,3': the option for labels that count from `first`."""
    last = first + classes - 1
    return f"--classes {','.join(map(str, range(first, last + 1)))}" if classes <= SHOWN else f'--classes "$(seq -s, {first} {last})"'


def describe_order(names: Sequence[str]) -> str:
    """'0 is logit_cat, 1 is logit_dog'."""
    shown = range(len(names)) if len(names) <= SHOWN else (*range(SHOWN - 1), len(names) - 1)
    parts = [f"{k} is {names[k]}" for k in shown]
    if len(names) > SHOWN:
        parts.insert(-1, "…")
    return ", ".join(parts)
