"""Read the roles and the options of a loss from the signature of its function, whether ours or a user's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, get_args, get_origin

from losscli.domains import AnyBoxes, Domain, LabelIn, Needs, Range, Whole, any_or_infinite, finite
from losscli.errors import shape_or_type
from losscli.numeric.boxes import FORMATS
from losscli.numeric.lazy import np
from losscli.record import Record

__all__ = ["BETA", "BOX_FORMAT", "CLASS_COUNTS", "Option", "Role", "Signature", "SignatureError", "read_signature"]

WEIGHTS = ("class_weight", "alpha")  # options that hold a weight for each class, where they take more than one number
BALANCED = "balanced"  # instead of such weights: they are computed from the counts of the labels
INF = float("inf")
OptionKind = Literal["float", "int", "bool", "choice", "text", "array"]
_SCALARS: dict[type, OptionKind] = {bool: "bool", int: "int", str: "text"}


class Role(Record):
    """A positional parameter of a loss: an array."""

    name: str
    domain: Domain
    optional: bool = False

    def may_be_absent(self, options: Mapping[str, Any]) -> bool:
        """Whether the role may be left out with these options."""
        only_if = self.domain.optional_only_if
        return self.optional and (only_if is None or options[only_if[0]] == only_if[1])


class Option(Record):
    """A keyword-only parameter of a loss. An "array" is one number, or one for each class."""

    name: str
    kind: OptionKind
    default: Any
    domain: Range | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False  # whether None is allowed
    words: tuple[str, ...] = ()  # the words that are allowed instead of numbers
    about: str = ""
    needs: Needs | None = None  # what it has no effect without

    @property
    def says(self) -> str:
        """The kind and the domain as the help shows them: 'FLOAT above 0'."""
        kinds = {"float": "FLOAT", "int": "INTEGER", "bool": "", "text": "TEXT", "array": "NUMBERS"}
        return "|".join(self.choices) if self.kind == "choice" else self._with_domain(kinds[self.kind])

    @property
    def takes(self) -> str:
        """The kind and the domain in the words of a message: 'a number above 0'."""
        kinds = {"float": "a number", "int": "a whole number", "bool": "true or false", "text": "a text", "array": "numbers"}
        return " or ".join(self.choices) if self.kind == "choice" else self._with_domain(kinds[self.kind])

    def _with_domain(self, kind: str) -> str:
        bound = "" if self.domain is None or self.domain.says == "finite" else f" {self.domain.says}"
        return kind + bound + "".join(f", or {word}" for word in self.words)

    @property
    def is_class_weight(self) -> bool:
        """Whether the option holds a weight for each class."""
        return self.name in WEIGHTS and self.kind == "array" and self.domain is not None

    def is_source(self, value: Any) -> bool:
        """Whether a value is the text of a SOURCE, from which numbers are read."""
        return self.kind == "array" and isinstance(value, str) and value not in (BALANCED, *self.words)


# Options from which class weights are made.
CLASS_COUNTS = Option("class_counts", "array", None, Range(ndim=1, least=0, below=INF), optional=True,
                 about="How often each class occurs: the weights are their inverses.")  # fmt: skip
BETA = Option("beta", "float", None, Range(least=0, most=1), optional=True,
               about="With counts: weights by the effective number of samples, 0 all alike, 1 inverse counts.")  # fmt: skip

BOX_FORMAT = Option("box_format", "choice", None, choices=FORMATS, optional=True,
                    about="What a box is: its corners, x, y, width, height (COCO), or its centre, width, height (YOLO).")  # fmt: skip


class Signature(Record):
    """The roles and the options of a loss by name, in the order of its signature."""

    roles: dict[str, Role]
    options: dict[str, Option]
    boxes: tuple[str, ...] = ()  # the roles that the function gets as corners, whatever the option box_format says

    @cached_property
    def labels(self) -> Role | None:
        """The role that holds class indices; None without one."""
        return next((r for r in self.roles.values() if isinstance(r.domain, LabelIn)), None)


class SignatureError(ValueError):
    """The signature of a function is not that of a loss. The message continues a sentence that begins with the function's name."""


def read_signature(fn: Callable[..., Any]) -> Signature:
    """The signature of a loss. Parameters without a default, or with None before the `*`, are roles; all others are options.

    An annotation that is neither a domain nor a type is ignored: a role takes any finite number, an option values of its default's type.
    Raises SignatureError for parameters that cannot be passed by name, for an option without a default, and for a function without a role.
    """
    roles: dict[str, Role] = {}
    options: dict[str, Option] = {}
    for p, hint in _parameters(fn):
        if p.kind is p.POSITIONAL_OR_KEYWORD and (p.default is p.empty or p.default is None):
            roles[p.name] = Role(p.name, _domain(hint) or finite, p.default is None)
        else:
            needs = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Needs)), None)
            option = _option(p, hint)
            options[p.name] = option if needs is None else option.but(needs=needs)
    if not roles:
        raise SignatureError("has no role: its first parameters, without defaults, are the arrays that it takes")
    first = next(iter(roles.values()))
    if first.optional:
        raise SignatureError(f"needs a first role without a default, not {first.name}=None")
    if Signature(roles, options).labels is not None:  # their classes can be counted
        options = {n: o.but(words=(BALANCED,)) if o.is_class_weight else o for n, o in options.items()}
    boxes = tuple(r.name for r in roles.values() if isinstance(r.domain, AnyBoxes)) if "box_format" not in options else ()
    return Signature(roles, options | ({BOX_FORMAT.name: BOX_FORMAT} if boxes else {}), boxes)


def _parameters(fn: Callable[..., Any]) -> Iterator[tuple[inspect.Parameter, Any]]:
    """Each parameter with its annotation; None where the annotation is missing or cannot be evaluated."""
    scope = inspect.unwrap(fn).__globals__
    for p in inspect.signature(fn).parameters.values():
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            raise SignatureError(f"has the parameter {str(p).partition(':')[0]}, which cannot be passed by name: name each role and option")
        if p.kind is p.POSITIONAL_ONLY:
            raise SignatureError(f"has the parameter {p.name}, which cannot be passed by name: remove the / from its parameters")
        hint = p.annotation
        if isinstance(hint, str):
            try:
                hint = eval(hint, scope)  # noqa: S307 - as typing.get_type_hints does
            except Exception:
                hint = None
        yield p, None if hint is p.empty else hint


def _without_none(hint: Any) -> tuple[Any, bool]:
    """X and True of `X | None`, X and False of X."""
    args = get_args(hint)
    if type(None) not in args:
        return hint, False
    return next((a for a in args if a is not type(None)), None), True


def _domain(hint: Any) -> Domain | None:
    """The domain of an annotation: `Annotated[Any, Range(above=0)]`."""
    return next((m for m in getattr(_without_none(hint)[0], "__metadata__", ()) if isinstance(m, Domain)), None)


def _option(p: inspect.Parameter, hint: Any) -> Option:
    """The option of a parameter, from its annotation (a domain, choices or a type), or else from its default.

    Raises SignatureError for one without a default, and for a default that is not a number, a word or an array of numbers.
    """
    if p.default is p.empty:
        raise SignatureError(f"has an option {p.name!r} without a default: give it one")
    metadata = getattr(hint, "__metadata__", ())
    about = next((m for m in metadata if isinstance(m, str)), "")
    hint, optional = _without_none(hint.__origin__ if metadata and _domain(hint) is None else hint)
    optional |= p.default is None
    domain = _domain(hint)
    if isinstance(domain, Range):
        kind: OptionKind = "array" if domain.ndim else "int" if isinstance(domain, Whole) else "float"
        default = list(p.default) if isinstance(p.default, tuple) else p.default  # as JSON has it
        return Option(p.name, kind, default, domain, optional=optional, about=about)
    if get_origin(hint) is Literal and all(isinstance(a, str) for a in get_args(hint)):
        return Option(p.name, "choice", p.default, choices=get_args(hint), optional=optional, about=about)
    value_type = hint if hint in (bool, int, float, str) else float if p.default is None else type(p.default)
    if value_type is float:
        infinite = any_or_infinite if p.default in (INF, -INF) else None
        return Option(p.name, "float", p.default, infinite, optional=optional, about=about)
    if value_type in _SCALARS:
        return Option(p.name, _SCALARS[value_type], p.default, optional=optional, about=about)
    try:
        numbers = np.asarray(p.default, np.float64)
    except (TypeError, ValueError):
        raise SignatureError(f"has an option {p.name!r} whose default is {shape_or_type(p.default)}, not a number or a word") from None
    return Option(p.name, "array", numbers.tolist(), optional=optional, about=about)
