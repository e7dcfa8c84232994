"""Check whether a function of the user's implements a loss: on the inputs of our vectors and on random rows, values and gradients.

The expected numbers are those of losscli under the same name, which the vectors hold to the peer.
"""

from __future__ import annotations

import zlib
from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import numpy as np

from losscli import vectors
from losscli.api.compute import compute, gradient
from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find
from losscli.catalogue.loss_text import loss_with_options, split_text
from losscli.domains import LabelIn, LabelList, Whole
from losscli.errors import LossError, UsageError
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.registry import Loss, Preset
from losscli.results.conformance import Compared, Conformance
from losscli.sources.roles import SYNONYMS
from losscli.testing.implementations import Implementation, function_of_file, implementation
from losscli.testing.samples import example, float_roles

__all__ = ["check_conformance"]

RTOL, ATOL = 1e-6, 1e-12
ROWS = (1, 7)  # of random data
REDUCTIONS = ("none", "mean", "sum")


class Input(Record):
    """What a function is called with."""

    label: str
    roles: Mapping[str, Array]
    options: Mapping[str, Any]

    @property
    def both(self) -> dict[str, Any]:
        """The roles and the options, as `losscli.compute` takes them."""
        return {**self.roles, **self.options}


def check_conformance(
    function: str | Callable[..., Any],
    name: str,
    *,
    options: Mapping[str, Any] = MappingProxyType({}),
    framework: str | None = None,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> Conformance:
    """Whether a function, or FILE.py::FUNCTION, gives the values and gradients of the loss `name`; see `passed` and `lines()`.

    A class is called with the options first. `options` are those of the loss; the function gets those that it takes. The framework is read
    from the code of the function, if it is not said: numpy, torch, jax or tensorflow. A function that returns one number is compared with
    the mean (or the reduction of the name), one that returns an array with the values of the elements.

    >>> check_conformance(lambda pred, target: abs(pred - target), "mae").passed
    True

    Raises UsageError for an unknown name, file, function, framework or option.
    """
    value = function_of_file(function) if isinstance(function, str) else function
    (loss, preset), said = loss_with_options(name)
    name, options = split_text(name)[0] if said else name, {**{o: _value(x) for o, x in said.items()}, **options}
    bind(loss, preset, options)  # an unknown option is an error
    if not (0 <= rtol < np.inf and 0 <= atol < np.inf):
        raise UsageError("rtol and atol must be 0 or more, and finite")
    made = implementation(value, framework)
    trial = _Trial(made, (name, loss, frozenset(options)), (rtol, atol), _default_reduction(loss, preset))
    for i, given in enumerate(_inputs(name, loss, preset, options)):
        trial.try_input(given, None)
        if "reduction" in (made.takes or ()) and i < len(REDUCTIONS):
            trial.try_input(given, REDUCTIONS[i])
    text = function if isinstance(function, str) else getattr(function, "__name__", type(function).__name__)
    shown = ":".join([name, *([",".join(f"{o}={x}" for o, x in options.items())] if options else [])])
    return Conformance(text, shown, made.framework, tuple(trial.compared), tuple(trial.skipped), rtol, atol)


def _value(text: Any) -> Any:
    """The value of an option that was given as text after the name of the loss: a number, true or false, or a word."""
    with suppress(ValueError, SyntaxError):
        return literal_eval(text.title() if text in ("true", "false") else text)
    return text


def _default_reduction(loss: Loss, preset: Preset) -> str:
    """The reduction of a function that returns one number and has no word for it."""
    said = preset.reduction or loss.reduction
    return "mean" if said == "none" else said


# --- inputs ----------------------------------------------------------------------------------------------------------------


def _inputs(name: str, loss: Loss, preset: Preset, options: Mapping[str, Any]) -> Iterator[Input]:
    """The inputs of all vectors of the loss, each once, with the options of those that have the conventions of the name; random rows."""
    seen = set()
    for row in vectors.rows(loss):
        if row.keys() & {"per", "class_axis", "nothing"}:
            continue
        theirs = find(row["loss"])[1]
        same = theirs.names == preset.names or (preset.names and bool({*theirs.names} & {*preset.names}))
        said = dict(row.get("options", {})) if same else {}
        roles = {role: _array(loss, role, x) for role, x in row["roles"].items()}
        if not same and preset.names and _is_special(loss, roles):
            continue
        key = repr((sorted(said.items()), [(r, x.tolist()) for r, x in roles.items()]))
        if key not in seen:
            seen.add(key)
            yield Input(f"vector {len(seen)} ({row['origin']})", roles, {**said, **options})
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    for n in ROWS:
        try:
            yield Input(f"random, {n} row{'s' * (n > 1)}", example(loss, rng, n), options)
        except LossError:  # a domain without random data
            return


def _is_special(loss: Loss, roles: Mapping[str, Array]) -> bool:
    """Whether frameworks treat such inputs differently: infinities, and classes on one of several axes."""
    has_axes = any(loss.roles[r].domain.classes and x.ndim > 2 for r, x in roles.items())
    return has_axes or not all(np.isfinite(x).all() for x in roles.values())


def _array(loss: Loss, role: str, x: Any) -> Array:
    """Labels as whole numbers, other numbers as float64; "inf" and "nan" are words in YAML."""
    array = np.asarray(x)
    are_labels = isinstance(loss.roles[role].domain, LabelIn | LabelList | Whole)
    return array if are_labels and array.dtype.kind == "i" else np.asarray(x, np.float64)


# --- comparison ------------------------------------------------------------------------------------------------------------


class _Trial:
    """Calls the function with one input after the other, and keeps what was compared."""

    def __init__(self, made: Implementation, of: tuple[str, Loss, frozenset[str]], tolerance: tuple[float, float], reduction: str) -> None:
        self.made, self.tolerance, self.reduction = made, tolerance, reduction
        self.name, self.loss, self.fixed = of  # the options that the user fixed may be a part of the function
        self.compared: list[Compared] = []
        self.skipped: list[tuple[str, str]] = []

    def try_input(self, given: Input, reduction: str | None) -> None:
        """Compare the value of one input, and its derivatives. `reduction` is given to the function as its option."""
        label = given.label if reduction is None else f"{given.label}, reduction {reduction}"
        takes = self.made.takes
        if takes is not None and (unknown := [o for o in given.options if o not in takes | self.fixed]):
            listed = ", ".join(f"{o}={given.options[o]!r}" for o in unknown)
            self.skipped.append((label, f"it has {listed}, which the function does not take"))
            return
        try:
            usual = self._expected(given, reduction or self.reduction)
        except LossError as error:  # hard inputs of other names of the loss are outside of the domain of this name
            self.skipped.append((label, f"{self.name} does not take it: {error}"))
            return
        if np.isnan(usual).any():
            self.skipped.append((label, f"{self.name} is nan there"))
            return
        said = {o: x for o, x in given.options.items() if takes is None or o in takes}
        said |= {} if reduction is None else {"reduction": reduction}
        for wrt in self._slopes(given) if self.made.framework != "numpy" else [None]:
            self._compare(given.but(label=label), said, wrt, reduction)

    def _slopes(self, given: Input) -> list[str | None]:
        """The roles to differentiate by: predictions, not targets."""
        roles = [r for r in float_roles(self.loss, dict(given.roles)) if r == self.loss.first or r != "target"]
        return [*roles] or [None]

    def _expected(self, given: Input, reduction: str) -> Array:
        result = compute(self.name, reduction=reduction, **given.both)
        return np.asarray(result.value if result.values is None else result.values, np.float64)

    def _compare(self, given: Input, said: Mapping[str, Any], wrt: str | None, reduction: str | None) -> None:
        what = "value" if wrt is None else f"gradient of {wrt}"
        roles = self._in_order(given.roles)
        call = ", ".join([*(f"{r}={x.tolist()}" for r, x in roles.items()), *(f"{o}={x!r}" for o, x in said.items())])
        try:
            actual, slope = self.made(roles, said, wrt)
        except (Exception, SystemExit) as error:  # the function is the user's, and may end the program
            text = " ".join(str(error).split())[:300]
            self.compared.append(Compared(given.label, what, call=call, failure=f"{type(error).__name__}: {text}"))
            return
        chosen = reduction or (self.reduction if actual.ndim == 0 else "none")
        try:
            expected = self._expected(given, chosen)
            derivative = None if wrt is None else gradient(self.name, wrt=wrt, reduction=chosen, **given.both)
        except (LossError, TypeError) as error:
            self.skipped.append((given.label, str(error)))
            return
        if not any(c.case == given.label and c.what == "value" for c in self.compared):
            self._add(given.label, "value", call, actual, expected)
        if wrt is not None and slope is not None and np.isfinite(np.asarray(derivative)).all():
            self._add(given.label, what, call, slope, np.asarray(derivative))

    def _in_order(self, roles: Mapping[str, Array]) -> dict[str, Array]:
        """The roles in the order in which the function takes them: by the names of its parameters, if these tell all of them."""
        meant = [next((r for r in roles if n == r or n in SYNONYMS.get(r, ())), None) for n in self.made.positional]
        return {r: roles[r] for r in meant if r is not None} if {*meant} == {*roles} and len(meant) == len(roles) else dict(roles)

    def _add(self, case: str, what: str, call: str, actual: Array, expected: Array) -> None:
        """Compare two arrays. A derivative is as exact as the largest of its array."""
        if actual.shape != expected.shape and actual.size == expected.size == 1:
            actual = actual.reshape(expected.shape)
        if actual.shape != expected.shape:
            said = f"it has shape {actual.shape}, {self.name} has {expected.shape}"
            self.compared.append(Compared(case, what, call=call, failure=said))
            return
        rtol, atol = self.tolerance
        x = actual.astype(np.float64)
        with np.errstate(all="ignore"):
            size = np.abs(expected) if what == "value" else np.abs(expected).max(initial=0.0)
            distance = np.where(x == expected, 0.0, np.abs(x - expected))
            excess = np.where(np.isnan(distance), np.inf, distance) - (atol + rtol * size)
        wrong = ~(excess <= 0)
        at = np.unravel_index(int(np.argmax(excess)), x.shape) if x.size else ()
        place = tuple(map(int, at))
        numbers = (float(x[at]), float(expected[at])) if x.size else (0.0, 0.0)
        self.compared.append(Compared(case, what, x.size, int(np.count_nonzero(wrong)), place, *numbers, call=call))
