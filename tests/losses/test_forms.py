"""Losses of roles that are given in another form: against the loss of the true logits, probabilities or log-probabilities in 150 digits."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import losscli
from losscli.catalogue.given import in_forms
from losscli.forms import FormOption
from losscli.numeric import lazy
from losscli.registry import LOSSES, Loss
from losscli.testing.samples import defaults, example
from tests.losses.test_accuracy import EXEMPT
from tests.support.exact import LIFTED, exact
from tests.support.truth import values

losscli.LOSSES  # noqa: B018 - registers them
ROWS = 12
CASES = [(known, name) for known in LOSSES.values() if known.name not in EXEMPT for name, said in known.form_options.items()
         if said.form != said.takes]  # fmt: skip
# Steps that round what the given numbers would determine: what the values may be off by, from the data and the values.
ROUNDED: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "generalized_cross_entropy": lambda d, v: 2 * np.spacing(1.0),  # the logarithm of a rounded probability near 1
    "ldam": lambda d, v: 30 * v * 8 * np.spacing(100.0),  # logarithms times the scale
    "consistency_mse": lambda d, v: 16 * np.spacing(v),  # a difference of two probabilities that are nearly equal
    "dft": lambda d, v: 4 * np.spacing(40.0) * v,  # p = e^−nll
}


@pytest.fixture
def in_exact_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, function in LIFTED.items():
        monkeypatch.setattr(lazy.np, name, function)


def probabilities(rng: np.random.Generator, shape: tuple[int, ...], together: bool) -> Any:
    """Probabilities of all sizes: down to 1e-16, and up to the last number below 1."""
    near = 10.0 ** rng.uniform(-16, -0.3, shape)
    if together:
        p = np.where(rng.random(shape) < 0.5, near, rng.random(shape))
        return p / p.sum(-1, keepdims=True)
    return np.where(rng.random(shape) < 0.5, near, 1 - near)


def numbers(rng: np.random.Generator, form: str, shape: tuple[int, ...], together: bool) -> Any:
    """Numbers of a form, of all sizes."""
    if form == "logits":
        return rng.normal(0, 3, shape) * rng.choice([0.3, 1, 10], (*shape[:1], *[1] * (len(shape) - 1)))
    p = probabilities(rng, shape, together)
    if form == "probs":
        return p
    if together:
        return p_log(numbers(rng, "logits", shape, True))
    return np.where(p < 0.5, np.log(p) * rng.choice([1.0, 2.0], shape), -(10.0 ** rng.uniform(-20, -0.3, shape)))


def p_log(x: Any) -> Any:
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def truth_of(x: Any, given: str, takes: str, together: bool) -> Any:
    """Exact numbers in one form as exact numbers in another, by the definitions."""
    if given == "logits":
        if together:
            e = np.exp(x)
            p = e / e.sum(-1)[..., None]
        else:
            p = 1 / (1 + np.exp(-x))
    else:
        p = x if given == "probs" else np.exp(x)
    if takes == "probs":
        return p
    if takes == "log_probs" or together:
        return x if given == "log_probs" else np.log(p)
    return np.log(p / (1 - p))


def data_of(known: Loss, said: FormOption, options: dict[str, Any]) -> dict[str, Any]:
    rng = np.random.default_rng(zlib.crc32(f"{known.name} {said.role} {said.form}".encode()))
    data = example(in_forms(known, (said.option.name,)), rng, ROWS, options)
    together = known.roles[said.role].domain.together
    data[said.role] = numbers(rng, said.form, data[said.role].shape, together)
    labels = [r for r in known.roles.values() if r.name != said.role and r.name in data]
    for role in labels:  # labels of 0 and 1, as most are
        x = data[role.name]
        if x.dtype.kind == "f" and not role.domain.together and x.min() >= 0 and x.max() <= 1:
            data[role.name] = np.where(rng.random(x.shape) < 0.7, np.rint(x), x)
        elif x.dtype.kind == "f" and role.domain.form == "probs" and role.domain.together:
            data[role.name] = x / x.sum(-1, keepdims=True)
    return data


@pytest.mark.filterwarnings("ignore:.*encountered")
@pytest.mark.parametrize(("known", "name"), CASES, ids=lambda x: x if isinstance(x, str) else x.name)
def test_a_given_form_is_accurate_to_four_units(known: Loss, name: str, in_exact_numbers: None) -> None:
    said, options = known.form_options[name], defaults(known)
    loss, data = in_forms(known, (name,)), data_of(known, said, options)
    domain = known.roles[said.role].domain.of(options)
    found = np.asarray(values(loss, data, options | {name: True}), np.float64)
    with mpmath.workdps(150):
        given = {n: exact(x) for n, x in data.items()}

        def true(roles: dict[str, Any]) -> Any:
            x = truth_of(roles[said.role], said.form, domain.form, domain.together)
            return values(known, roles | {said.role: x}, options)

        truth = true(given)
        off = np.abs(np.asarray(np.asarray(exact(found)) - truth, np.float64))
        allowed = 4 * np.spacing(np.abs(np.asarray(truth, np.float64))) + 1e-300
        allowed = allowed + rounding(true, given, data, truth)
    allowed = allowed + (ROUNDED[known.name](data, found) if known.name in ROUNDED else 0.0)
    bad = np.flatnonzero(~(off <= allowed))
    worst = np.nanmax((off / allowed).ravel()) * 4 if bad.size else 0
    assert not bad.size, f"{worst:.3g} units: {[x.ravel()[bad[0]] for x in (found, np.asarray(truth, np.float64)) if x.ndim]} {data}"


def rounding(true: Any, given: dict[str, Any], data: dict[str, Any], truth: Any) -> Any:
    """The change of the exact values when each input moves by half a unit in its last place."""
    total = np.zeros(np.shape(truth))
    for name, x in data.items():
        if x.dtype.kind != "f":
            continue
        axes = x.ndim if np.ndim(truth) == 0 else x.ndim - 1
        columns = x.reshape(*x.shape[: x.ndim - axes], -1).shape[-1] if axes else 1
        for k in range(columns):
            half = np.zeros(x.shape)
            flat = half.reshape(*x.shape[: x.ndim - axes], -1)
            flat[..., k] = np.spacing(np.abs(x)).reshape(flat.shape)[..., k] / 2
            change = true(given | {name: given[name] + exact(half)}) - truth
            total = total + np.nan_to_num(np.abs(np.asarray(change, np.float64)), posinf=np.inf)
    return total
