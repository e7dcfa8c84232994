"""The laws and the accuracy of losses whose rows are large under the default options, with options that need few numbers."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import losscli
from losscli.numeric import lazy
from losscli.registry import LOSSES
from losscli.testing.check import case_of
from losscli.testing.laws import LAWS, Law
from losscli.testing.samples import defaults, float_roles
from tests.support.exact import LIFTED, exact
from tests.support.large import LARGE

losscli.LOSSES  # noqa: B018 - registers them
# What is not computed in exact numbers: the rest of two images that agree is a difference of numbers that may be huge beside the noise; and
# NumPy solves equations in float64 only.
INEXACT = ("vif", "sdr")
POINTWISE = [name for name in LARGE if name in LOSSES and LOSSES[name].kind == "pointwise" and name not in INEXACT]


def data_of(name: str, rng: np.random.Generator, rows: int) -> dict[str, Any]:
    shape = LARGE[name][1]
    return {r.name: rng.random((rows, *shape)) for r in LOSSES[name].roles.values() if not r.optional}


def case(name: str) -> Any:
    return case_of(name, lambda rng, rows: data_of(name, rng, rows), LARGE[name][0])


@pytest.mark.parametrize(
    ("rule", "name"), [pytest.param(r, n, id=f"{r.name}-{n}") for n in LARGE for r in LAWS.values() if not r.applies(case(n))]
)
def test_law(rule: Law, name: str) -> None:
    if rule.name not in ("extremes", "per_row_and_channel"):
        rule.check(case(name))


@pytest.fixture
def in_exact_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, function in LIFTED.items():
        monkeypatch.setattr(lazy.np, name, function)


def values(name: str, data: dict[str, Any]) -> Any:
    with np.errstate(all="ignore"):
        return LOSSES[name].call(data, defaults(LOSSES[name]) | LARGE[name][0])


def hard(name: str) -> dict[str, Any]:
    """Random rows, rows that nearly agree, huge and tiny ones, and such with a large mean."""
    rng = np.random.default_rng(11)
    data = data_of(name, rng, 24)
    first, second = list(data)[:2]
    data[second][:8] = data[first][:8] * (1 + 10.0 ** -rng.integers(3, 15, (8, *[1] * (data[first].ndim - 1))) * data[second][:8])
    for role in data:
        data[role][8:12] += 1e6
        data[role][12:14] *= 1e100
        data[role][14:16] *= 1e-100
        data[role][16:18] *= 1e200
        data[role][18:20] *= 1e-200
        data[role][20] = 0
        wrong = LOSSES[name].roles[role].domain.wrong(data[role], defaults(LOSSES[name]) | LARGE[name][0])
        data[role] = np.where(wrong, 0.5, data[role])
    return data


@pytest.mark.parametrize("name", POINTWISE)
def test_values_are_accurate(name: str, in_exact_numbers: None) -> None:
    """To some units in the last place, and what an error of one unit in the last place of each input does to the value."""
    data = hard(name)
    found = values(name, data)
    truth = np.asarray(values(name, {n: exact(x) for n, x in data.items()}), float)
    rounding = sum(
        (abs(losscli.gradient(name, **data, **LARGE[name][0], wrt=role, reduction="sum")) * np.spacing(abs(data[role])))
        .reshape(len(found), -1)
        .sum(1)
        for role in data
    )
    assert (abs(found - truth) <= 8 * np.spacing(abs(truth)) + rounding + 1e-300).all(), (abs(found - truth), truth, rounding)


@pytest.mark.parametrize("name", POINTWISE)
def test_derivatives_are_those_of_the_value(name: str, in_exact_numbers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mpmath.mp, "dps", 60)
    data = data_of(name, np.random.default_rng(7), 3)
    given = {n: exact(v) for n, v in data.items()}
    for role in float_roles(LOSSES[name], data):
        found = losscli.gradient(name, **data, **LARGE[name][0], wrt=role, reduction="sum")
        for place in np.ndindex(data[role].shape[1:]):
            step = np.zeros(data[role].shape)
            step[(..., *place)] = 2.0**-60
            up, down = (values(name, given | {role: given[role] + exact(sign * step)}) for sign in (1, -1))
            slope = np.asarray((up - down) / (2 * exact(step[(..., *place)])), float)
            np.testing.assert_allclose(found[(..., *place)], slope, rtol=1e-10, atol=1e-14, err_msg=f"{role} {place}")
