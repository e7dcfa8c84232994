"""Laws of derivatives: they match differences of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.autodiff.tape import NoDerivative
from losscli.errors import InputError, UsageError
from losscli.numeric.lazy import Array
from losscli.signature import Option
from losscli.testing import samples
from losscli.testing.case import Case
from losscli.testing.laws.checks import (
    assert_close,
    moved,
    numeric_options,
    of_finite_loss,
    takes_weights,
    written,
)
from losscli.testing.laws.law import (
    declared,
    law,
    with_float_roles,
    with_labels,
    with_numeric_options,
)

__all__: list[str] = []  # they are in LAWS


@law("gradients match central differences", with_float_roles)
def gradients(case: Case) -> None:
    data = of_finite_loss(case, 5)
    weight = np.array([0.5, 2.0, 1.0, 0.0, 3.0])
    settings: list[dict[str, Any]] = [{"reduction": "mean"}]
    if takes_weights(case, data):
        settings += [{"reduction": r, "sample_weight": weight} for r in ("none", "sum")]
    totals = [float(np.sum(case.value(data, **setting))) for setting in settings[1:]]
    # Where the values add up to the sum, the differences of one are those of the other.
    the_same = len(totals) == 2 and abs(totals[0] - totals[1]) <= 1e-12 * abs(totals[1])
    for role in samples.float_roles(case.loss, data):
        expected = np.zeros(0)
        for setting in settings:
            slope = case.gradient(data, wrt=role, **setting)
            assert slope.shape == data[role].shape, f"the gradient for {role} has shape {slope.shape}, not {data[role].shape}"
            if setting["reduction"] != "sum" or not the_same:
                expected = central_differences(case, data, role, setting)
            assert_close(slope, expected, rtol=2e-6, atol=2e-7, err_msg=f"{role} {written(setting)}")


def central_differences(case: Case, data: samples.Data, role: str, settings: Mapping[str, Any], h: float = 1e-5) -> Array:
    """(f(x + h) − f(x − h)) / 2h for each number of a role; near 0 the steps are shorter, since slopes may be steep there."""
    slopes = np.zeros(data[role].shape)
    for at in np.ndindex(slopes.shape):
        step = h * float(np.clip(np.abs(data[role][at]), 0.05, 1))
        ends = [np.sum(case.value({**data, role: moved(data[role], at, move)}, **settings)) for move in (step, -step)]
        slopes[at] = (ends[0] - ends[1]) / (2 * step)
    return slopes


@law("derivatives with respect to numeric options match differences of values", with_numeric_options)
def option_gradients(case: Case) -> None:
    for option in numeric_options(case):
        x = np.asarray(case.options.get(option.name, option.default), np.float64)
        moved = [np.asarray(y) for y in (2 * x, x + 0.05, x - 0.05)]
        near = [x, *(y for y in moved if option.domain is None or not option.domain.wrong(y, {}).any())]
        for value in near:  # a formula may have a branch for its default, whose derivative the tape does not have
            given = {option.name: value.tolist()}
            data = case.but(options={**case.options, **given}).example(case.rng(), 5)
            try:
                slope = case.gradient(data, **given, wrt=option.name)
                expected, rounding = _differences_by_option(case, data, option, value)
            except (NoDerivative, UsageError, InputError):  # the command shows differences; an option may need another one, or other data
                continue
            if not np.isfinite(expected).all():
                continue
            assert_close(slope, expected, rtol=1e-4, atol=1e-6 + rounding, err_msg=written(given))
            break


def _differences_by_option(case: Case, data: samples.Data, option: Option, x: Array, h: float = 2e-6) -> tuple[Array, float]:
    """(f(x + h) − f(x − h)) / 2h for each number of an option; at a bound of its domain from the three values on one side.

    With what four units in the last place of a value do to them, which is much where a tiny option makes a tiny step.
    """
    slopes, rounding = np.zeros(x.shape), 0.0
    for at in np.ndindex(x.shape):
        step = h * float(np.clip(np.abs(x[at]), 1e-4, 1))

        def value(k: int, at: tuple[int, ...] = at, step: float = step) -> float:
            return float(np.sum(case.value(data, **{option.name: moved(x, at, k * step).tolist()})))

        outside = [option.domain is not None and bool(option.domain.wrong(x[at] + k * step, {}).any()) for k in (-1, 1)]
        side = 1 if outside[0] else -1
        ends = (4 * value(side) - 3 * value(0) - value(2 * side)) * side if any(outside) else value(1) - value(-1)
        slopes[at] = ends / (2 * step)
        rounding = max(rounding, 4 * float(np.spacing(abs(value(0)))) / step)
    return slopes, rounding


@law("a differentiable loss has the same slope from both sides, also where two roles are equal", declared("differentiable"))
def one_slope(case: Case) -> None:
    data = case.example(case.rng(), 12)
    first, second = [*data, *data][:2]
    if data[second].shape == data[first].shape:
        data[first][:4] = np.clip(data[second][:4], 0.01, None) if data[first].min() >= 0 else data[second][:4]
    slope = case.gradient(data, reduction="sum", wrt=first)
    here = np.sum(case.value(data, reduction="sum"))
    for at in np.ndindex(data[first].shape):
        for step in (1e-6, -1e-6):
            change = np.sum(case.value({**data, first: moved(data[first], at, step)}, reduction="sum")) - here
            assert_close(change / step, slope[at], rtol=1e-3, atol=5e-3, err_msg=str(at))


@law("an ignored row may have any finite values, and its gradient is 0", with_labels)
def ignored_gradient(case: Case) -> None:
    data = case.example(case.rng(), 3)
    data["target"][1] = -100
    hard = np.resize([1e308, -1e308, 0, 745], data["pred"][1].shape)
    inside = ~case.loss.roles["pred"].domain.of(samples.defaults(case.loss)).wrong(hard, {})
    data["pred"][1] = np.where(inside, hard, 0)
    slope = case.gradient(data)
    assert np.isfinite(slope).all(), f"the gradient is {slope}"
    assert (slope[1] == 0).all(), f"the ignored row has the gradient {slope[1]}"
