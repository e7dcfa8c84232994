"""The search for the convention of a number: which candidates give it, as they are or times a factor, and how many would by chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.errors import DataWarning, InputError, LossError, UsageError
from losscli.numeric.lazy import Array
from losscli.record import EMPTY, Record
from losscli.results.candidates import Candidate, Tried
from losscli.results.forms import Form, Given, forms
from losscli.version import SCHEMA

__all__ = ["Match", "Matching", "Numbers", "find_matches"]

AROUND_0 = 10  # tolerances of 0 within which the candidates are counted
MOST = 50  # matches that are kept
NEAREST = 3  # how many values are kept where nothing gives the number
SAME = 1e-6  # relative: conventions of one loss whose values differ by less are one match, which has several names
TIED = 1e-9  # relative: losses whose values differ by less give the same number on these data
SIMPLE = 4.0  # bits of the conventions among which the nearest values are looked for
WINDOW = 2.0  # the numbers from half to double the one that is looked for say how dense the candidates are


class Match(Record):
    """A candidate in one form, and the value that comes out. `also` are other conventions of the loss that give the same here."""

    candidate: Candidate
    form: Form
    value: float
    error: float  # the value less the number
    bits: float  # how much there is to say about the convention, the form and the error
    chance: float = 0.0  # how many candidates that are as simple would be near enough by chance
    also: tuple[str, ...] = ()
    command: str = ""

    def __repr__(self) -> str:
        """In short: a candidate holds its whole loss."""
        return f"Match(loss={self.candidate.loss.name!r}, value={self.value!r}, error={self.error!r}, command={self.command!r})"

    @property
    def words(self) -> str:
        """The convention in words, beyond the name of the loss: '' for the loss as it is."""
        return ", ".join([*self.candidate.words, *([self.form.words] if self.form.words else [])])

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        c = self.candidate
        fields = {
            "prediction": c.prediction,
            "loss": c.loss.name,
            "named": c.convention.named if c.convention.preset.names else None,
            "params": c.params,
            "reduction": c.reduction,
            "per": c.per,
            "transform": ", ".join(t.words for t in c.transforms) or None,
            "form": self.form.words or None,
            "factor": self.form.factor,
            "value": self.value,
            "error": self.error,
            "chance": self.chance,
            "also": list(self.also) or None,
            "command": self.command,
        }
        return {k: v for k, v in fields.items() if v is not None}


class Matching(Record):
    """The matches of a number, the simplest first; and the nearest values, where there is none."""

    given: Given
    matches: Sequence[Match]
    nearest: Sequence[Match]
    found: int  # matches, of which the simplest are kept
    losses: int  # that take the data
    conventions: int  # that were computed
    numbers: int  # different ones that came out, in all forms
    chance: float  # how many of these would be near enough by chance
    over_pairs: Sequence[str]  # losses that were left out, since they take too long for so many rows
    bindings: Mapping[str, str] = EMPTY
    warnings: Sequence[DataWarning] = ()
    header: Mapping[str, bool] = EMPTY
    where: Sequence[str] = ()  # the conditions that the rows meet

    @property
    def tied(self) -> list[int]:
        """The places of the matches of other losses whose value is that of the first, beginning with 0; [] where it is alone."""
        first = self.matches[0].value if self.matches else math.nan
        tied = [i for i, m in enumerate(self.matches) if abs(m.value - first) <= TIED * abs(first)]
        return tied if len(tied) > 1 else []

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        from losscli.version import __version__

        return {
            "schema": SCHEMA,
            "match": {n: getattr(self.given, n) for n in ("text", "number", "digits", "tolerance")},
            "matches": [m.to_dict() for m in self.matches],
            "nearest": [m.to_dict() for m in self.nearest],
            "tried": {n: getattr(self, n) for n in ("losses", "conventions", "numbers", "found", "chance")},
            **({"left_out": list(self.over_pairs)} if self.over_pairs else {}),
            "bindings": {role: str(source) for role, source in self.bindings.items()},
            **({"where": list(self.where)} if self.where else {}),
            **({"header": dict(self.header)} if self.header else {}),
            "warnings": [vars(w) for w in self.warnings],
            "version": __version__,
        }


def find_matches(given: Given, tried: Sequence[Tried]) -> Matching:
    """The matches of a number among the candidates. Raises the LossError of a loss where no loss takes the data."""
    numbers = Numbers(tried)
    matches = sorted(_merged([_match(given, *x) for x in numbers.near(given)]), key=_simplicity)
    nearest = [] if matches else sorted(_merged([_match(given, *x) for x in numbers.plain()]), key=lambda m: abs(m.error))
    return Matching(
        given=given,
        matches=[m.but(chance=numbers.by_chance(given, m.candidate.bits + m.form.bits)) for m in matches[:MOST]],
        nearest=nearest[:NEAREST],
        found=len(matches),
        losses=len({c.loss.name for c, *_ in numbers.every}),
        conventions=sum(len(t.candidates) for t in tried),
        numbers=len(numbers.different),
        chance=numbers.by_chance(given),
        over_pairs=list(dict.fromkeys(name for t in tried for name in t.over_pairs)),
    )


def _match(given: Given, candidate: Candidate, form: Form, value: float) -> Match:
    return Match(candidate, form, value, value - given.number, candidate.bits + form.bits + given.bits(value))


def _simplicity(m: Match) -> tuple[float, int, float]:
    """The simplest match sorts first; of two, the one whose command can be typed as it is, then the nearer one."""
    return m.bits, len(m.candidate.transforms), abs(m.error)


def _merged(matches: Sequence[Match]) -> list[Match]:
    """One match for all conventions of a loss that give the same number: the simplest, which names the others."""
    merged: list[Match] = []
    of_loss: dict[tuple[str | None, str], list[int]] = {}  # the places of the matches of a loss
    for m in sorted(matches, key=_simplicity):
        places = of_loss.setdefault((m.candidate.prediction, m.candidate.loss.name), [])
        same = next((i for i in places if abs(merged[i].value - m.value) <= SAME * abs(m.value)), None)
        if same is None:
            places.append(len(merged))
            merged.append(m.but(also=m.candidate.convention.names))
        else:
            merged[same] = merged[same].but(also=(*merged[same].also, *_names(m, merged[same])))
    return merged


def _names(m: Match, simplest: Match) -> Sequence[str]:
    """The names that a match adds to the simplest one of the same value: none where only the options or the reduction differ."""
    names = (m.candidate.convention.named, *m.candidate.convention.names)
    known = {simplest.candidate.convention.named, *(also.partition(",")[0] for also in simplest.also)}
    if m.form.words != simplest.form.words or names[0] in known:
        return ()
    return (", ".join(m.candidate.words) or names[0], *names[1:])


def _refusal(tried: Sequence[Tried]) -> LossError:
    """The error where no loss takes the data: that of mse if it was tried, since it takes any numbers, else of the first loss."""
    refused = {name: error for t in tried for name, error in t.refused.items()}
    if not refused:
        return InputError("no loss has a finite value on these data, so no convention can give the number")
    name = "mse" if "mse" in refused else next(iter(refused))
    kind = UsageError if isinstance(refused[name], UsageError) else InputError
    return kind(f"no loss takes these data; {name}: {refused[name]}")


class Numbers:
    """The values of all candidates in all forms. Raises the LossError of a loss where no loss takes the data."""

    def __init__(self, tried: Sequence[Tried]) -> None:
        candidates = [c for t in tried for c in t.candidates]
        if not candidates:
            raise _refusal(tried)
        self.every = [(c, form, form.apply(c.value)) for c in candidates for form in forms(c)]
        self.values: Array = np.array([value for *_, value in self.every])
        bits = np.array([c.bits + form.bits for c, form, _ in self.every])
        with np.errstate(all="ignore"):
            key = np.sign(self.values) * np.rint(np.log(np.abs(self.values)) / SAME)
        order = np.lexsort((bits, key))
        first = np.concatenate([[True], key[order][1:] != key[order][:-1]])
        self.different: Array = self.values[order][first]
        self.bits: Array = bits[order][first]  # the fewest for each different number

    def near(self, given: Given) -> list[tuple[Candidate, Form, float]]:
        """The values that match a number."""
        around = np.flatnonzero(np.abs(self.values - given.number) <= given.tolerance + 2 * given.half_unit)
        return [self.every[i] for i in around.tolist() if given.holds(self.every[i][2])]

    def plain(self) -> list[tuple[Candidate, Form, float]]:
        """The values as they are, of the simple conventions if there are any."""
        plain = [x for x in self.every if not x[1].words]
        return [x for x in plain if x[0].bits <= SIMPLE] or plain

    def by_chance(self, given: Given, bits: float = math.inf) -> float:
        """How many different numbers that take no more than `bits` would match by chance, by their density around the given one."""
        if given.number == 0:
            near = np.count_nonzero((np.abs(self.different) <= AROUND_0 * given.tolerance) & (self.bits <= bits))
            return float(near / AROUND_0)
        with np.errstate(all="ignore"):  # a large number over a small one
            ratio = self.different / given.number
        around = np.count_nonzero((ratio >= 1 / WINDOW) & (ratio <= WINDOW) & (self.bits <= bits))
        return float(around * given.width / abs(given.number) / (2 * math.log(WINDOW)))
