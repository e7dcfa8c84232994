"""What a signature says: the roles and the options of a loss."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, get_args

from losscli.domains import Domain, Range, Whole
from losscli.record import Record

__all__ = ["BETA", "CLASS_COUNTS", "Option", "Role", "countable", "option_of", "without_none"]

WEIGHTS = ("class_weight", "alpha")  # options that, where they take a number for each class, are its weights
BALANCED = "balanced"  # in place of such weights: made from the counts of the labels


class Role(Record):
    """A positional parameter of a loss: an array."""

    name: str
    domain: Domain
    optional: bool = False

    def may_be_absent(self, options: Mapping[str, Any]) -> bool:
        """Whether it need not be given with these options."""
        unless = self.domain.optional_only_if
        return self.optional and (unless is None or options[unless[0]] == unless[1])


class Option(Record):
    """A keyword-only parameter of a loss. `kind`: float, int, bool, choice, text, or array (a number or one for each class)."""

    name: str
    kind: str
    default: Any
    domain: Range | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    words: tuple[str, ...] = ()  # what it takes instead of numbers
    about: str = ""

    @property
    def says(self) -> str:
        """The kind and the domain in words: 'FLOAT above 0'."""
        if self.kind == "choice":
            return "|".join(self.choices)
        kind = {"float": "FLOAT", "int": "INTEGER", "bool": "", "text": "TEXT", "array": "NUMBERS"}[self.kind]
        bound = "" if self.domain is None or self.domain.says == "finite" else f" {self.domain.says}"
        return kind + bound + "".join(f", or {word}" for word in self.words)

    @property
    def is_class_weight(self) -> bool:
        """Whether it holds a weight for each class."""
        return self.name in WEIGHTS and self.kind == "array" and self.domain is not None

    def is_source(self, value: Any) -> bool:
        """Whether a value of one number a class is text that names a SOURCE."""
        return self.kind == "array" and isinstance(value, str) and value != BALANCED


# What class weights can be made from, in place of being given.
CLASS_COUNTS = Option("class_counts", "array", None, Range(ndim=1, least=0, below=float("inf")), optional=True,
                 about="How often each class occurs: the weights are their inverses.")  # fmt: skip
BETA = Option("beta", "float", None, Range(least=0, most=1), optional=True,
               about="With counts: weights by the effective number of samples, 0 all alike, 1 inverse counts.")  # fmt: skip


def without_none(hint: Any) -> tuple[Any, bool]:
    """X and True of `X | None`, X and False of X."""
    args = get_args(hint)
    if type(None) not in args:
        return hint, False
    return next(a for a in args if a is not type(None)), True


def countable(options: Mapping[str, Option], labels: Role | None) -> dict[str, Option]:
    """The options of a loss, of which that of class weights can be made from the counts of its labels."""
    return {n: o.but(words=(BALANCED,)) if labels is not None and o.is_class_weight else o for n, o in options.items()}


def option_of(p: inspect.Parameter, hint: Any) -> Option:
    """The option that a keyword-only parameter of one of our losses is, by its annotation."""
    hint, optional = without_none(hint)
    if hint in (bool, int, float):
        return Option(p.name, hint.__name__, p.default, optional=optional)
    if (domain := getattr(hint, "__metadata__", (None,))[0]) is not None:
        kind = "array" if domain.ndim else "int" if isinstance(domain, Whole) else "float"
        return Option(p.name, kind, p.default, domain, optional=optional)
    return Option(p.name, "choice", p.default, choices=get_args(hint), optional=optional)
