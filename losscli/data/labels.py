"""Which class a label means: by its word, by a number that names a class, or by its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from losscli.data.cells import read_number
from losscli.data.columns import Column
from losscli.errors import InputError, suggest
from losscli.numeric.lazy import np

__all__ = ["NO_CLASS", "Labels", "classes_option", "describe_order"]

NO_CLASS = -100.0  # the index of a label that is no class, where its own number is the index of one
SHOWN = 12


class Labels:
    """The classes in the order of their columns, and what labels may call them.

    `tails` are other words for them, in the same order. `order` says which of them the labels 0, 1, 2 … are, where labels are numbers and
    the classes words; `warning` is what to say where numbers were taken so. `codes` are what the classes stand for, where that is not
    0, 1, 2 …; `ignored` is a label that is no class, and `flag` what says so.
    """

    def __init__(
        self,
        classes: Sequence[str],
        *,
        tails: Sequence[Sequence[str]] = (),
        order: Sequence[int] | None = None,
        codes: Sequence[float] = (),
        ignored: float | None = None,
        flag: str = "--ignore-index",
        warning: str = "",
    ) -> None:
        self.classes = tuple(classes)
        self.order = tuple(range(len(self.classes))) if order is None else tuple(order)
        self.given, self.flag, self.warning = ignored, flag, warning
        self.codes = tuple(codes)
        self.by_place = False  # whether a number was taken for a place among classes that are words
        self.words: dict[str, float] = {}
        self.unclear: set[Any] = set()
        for names in (self.classes, *tails):
            self._add(self.words, names)
        named = [read_number(c) for c in self.classes]
        self.numbers: dict[float, float] = {}
        self._add(self.numbers, named)
        self.places = not self.numbers
        if self.places:
            self.numbers = {float(k): i for k, i in enumerate(self.order)}
        self.ignored = self._ignored()
        if ignored is not None:
            self.numbers.setdefault(float(ignored), self.ignored)
        self.plain = not codes and self.classes == tuple(map(str, range(len(self.classes))))

    def _add(self, known: dict[Any, float], names: Sequence[Any]) -> None:
        for i, name in enumerate(names):
            if name is not None and name == name and known.setdefault(name, float(i)) != i:
                self.unclear.add(name)

    @property
    def shown(self) -> dict[int, str]:
        """What each index is called."""
        ignored = {} if self.ignored is None else {int(self.ignored): f"{self.given:g}"}
        return ignored | dict(enumerate(self.classes))

    def _ignored(self) -> Any:
        """The index of the ignored label: its own number, unless another label has that index."""
        if self.given is None or self.given in self.numbers:
            return self.given if self.given is None else int(self.numbers[self.given])
        return self.given if not 0 <= self.given < len(self.classes) else int(NO_CLASS)

    def indices(self, column: Column, x: Any, start: int) -> Any:
        """The class index of each label of a chunk that begins at row `start`. Raises InputError for a label that is no class."""
        if x.dtype.kind not in "OU":
            if self.plain:
                return x
            cells, back = np.unique(x, return_inverse=True)
            found = np.array([self._index(c, column) for c in cells.tolist()], np.float64)[back.reshape(-1)]
        else:
            known = {c: self._index(c, column) for c in set(x.reshape(-1).tolist())}
            found = np.array([known[c] for c in x.reshape(-1).tolist()], np.float64)
        wrong = np.flatnonzero(found == np.inf)
        if len(wrong):
            at = np.unravel_index(wrong[0], x.shape)
            raise self._unknown(column, x[at], start + int(at[0]))
        if self.codes:
            there = ~np.isnan(found)
            found[there] = np.array(self.codes)[found[there].astype(np.int64)]
        return found.reshape(x.shape)

    def _index(self, cell: Any, column: Column) -> float:
        """The class of a label; nan for one that is missing, inf for one that is no class."""
        word, number = str(cell).strip(), column.number(cell)
        if word in self.unclear or number in self.unclear:
            return np.inf
        if word in self.words:
            return self.words[word]
        if number is None or number != number:
            return np.inf if number is None else number
        self.by_place |= self.places and 0 <= number < len(self.classes) and number != self.given
        return self.numbers.get(number, np.inf)

    def _unknown(self, column: Column, cell: Any, row: int) -> InputError:
        number, word = column.number(cell), str(cell).strip()
        place = f"{column.label}: {column.row(row)}: label"
        if word in self.unclear or number in self.unclear:
            return InputError(f"{place} {word!r} could be one of two classes: name the columns so that no name is the end of another")
        shown = f"{number:g}" if number is not None else word
        among = ", ".join(self.classes[:SHOWN]) + (", …" if len(self.classes) > SHOWN else "")
        advice = "" if number is None else self._advice(number)
        return InputError(
            f"{place} {shown!r} is none of the classes{suggest(word, self.classes)}: {among}; name them with --classes{advice}"
        )

    def _advice(self, number: float) -> str:
        """What a number that is no class may be."""
        count, said = len(self.classes), ""
        if self.places and number == count:
            said += f"; if the labels count from 1, say {classes_option(1, count)}"
        if number == 0 and self.classes == tuple(map(str, range(1, count + 1))):
            said += f"; if the labels count from 0, say {classes_option(0, count)}"
        if self.given is not None and number != count and number == np.rint(number) and np.isfinite(number):
            said += f"; if {number:.0f} marks what has no class, say {self.flag} {number:.0f}"
        return said


def classes_option(first: int, classes: int) -> str:
    """How to say that labels count from 0 or 1."""
    last = first + classes - 1
    return f"--classes {','.join(map(str, range(first, last + 1)))}" if classes <= SHOWN else f'--classes "$(seq -s, {first} {last})"'


def describe_order(names: Sequence[str]) -> str:
    """'0 is logit_cat, 1 is logit_dog'."""
    shown = range(len(names)) if len(names) <= SHOWN else (*range(SHOWN - 1), len(names) - 1)
    said = [f"{k} is {names[k]}" for k in shown]
    if len(names) > SHOWN:
        said.insert(-1, "…")
    return ", ".join(said)
