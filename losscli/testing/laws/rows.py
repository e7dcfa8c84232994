"""Laws of blocks, weights and rows: chunks, repetition, order, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.errors import UsageError
from losscli.testing import samples
from losscli.testing.case import Case, Skipped, elements_of_rows, same_bits, small_blocks
from losscli.testing.laws.checks import (
    accepted,
    assert_close,
    of_finite_loss,
    takes_reduction,
    takes_weights,
    written,
)
from losscli.testing.laws.law import (
    law,
    not_kind,
    with_per,
)

__all__: list[str] = []  # they are in LAWS


@law("any chunking and any number of threads give the same bits, for values and for gradients")
def chunking(case: Case) -> None:
    rows, block = (42, 8) if case.loss.kind == "batch" else (85, 16)  # a few blocks and a rest; pairs and triplets take rows² or rows³
    data = case.example(case.rng(), rows)
    if case.loss.kind == "pointwise" and data[case.loss.first].size >= 12 * 85:  # of images
        data, block = case.example(case.rng(), 27), 4
    weight = case.rng().exponential(size=len(data[case.loss.first])) if takes_weights(case, data) else None
    role = next(iter(samples.float_roles(case.loss, data)), None)
    with small_blocks(elements_of_rows(case, data, block)):
        for reduction in ("none", *case.reductions) if not isinstance(case.loss, CustomLoss) else accepted(case, data):
            settings = {"reduction": reduction, "sample_weight": weight}
            expected = case.value(data, **settings)
            slope = None if role is None else case.gradient(data, **settings, wrt=role)
            for chunk, threads in ((1, 1), (7, 2), (30, 3)):
                chunked = {**settings, "chunk": chunk, "threads": threads}
                assert same_bits(case.value(data, **chunked), expected), f"the value changes with {written(chunked)}"
                if role is not None:
                    assert same_bits(case.gradient(data, **chunked, wrt=role), slope), f"the gradient changes with {written(chunked)}"


@law("many blocks give the value of one block")
def blocks(case: Case) -> None:
    data = case.example(case.rng(), 150)
    role = next(iter(samples.float_roles(case.loss, data)), None)
    whole = case.value(data)
    slope = np.zeros(0) if role is None else case.gradient(data, wrt=role)
    with small_blocks(elements_of_rows(case, data, 16)):
        assert_close(case.value(data), whole, rtol=1e-12)
        if role is not None:
            assert_close(case.gradient(data, wrt=role), slope, rtol=1e-9, atol=1e-14)


@law(
    "a weight of n is the row n times, a weight of 0 is the row removed",
    not_kind("batch", "each row is compared with all rows, also with itself"),
)
def weights_repeat(case: Case) -> None:
    data = of_finite_loss(case, 24)
    if not takes_weights(case, data):
        raise Skipped("it takes no sample weights")
    times = np.arange(24) % 4
    repeated = samples.take_rows(case.loss, data, np.repeat(np.arange(24), times))
    for reduction in ("mean",) if case.loss.kind == "statistic" else ("mean", "sum"):
        weighted = case.value(data, sample_weight=times.astype(float), reduction=reduction)
        assert_close(weighted, case.value(repeated, reduction=reduction), rtol=1e-12)


@law("weights of 1 change nothing")
def weights_of_one(case: Case) -> None:
    data = case.example(case.rng(), 20)
    if not takes_weights(case, data):
        raise Skipped("it takes no sample weights")
    for reduction in case.reductions:
        plain = case.value(data, reduction=reduction)
        assert_close(case.value(data, reduction=reduction, sample_weight=np.ones(20)), plain, rtol=1e-14)


@law("permuting the rows permutes the values")
def permutation(case: Case) -> None:
    data = case.example(case.rng(), 40)
    order = case.rng().permutation(40)
    shuffled = samples.take_rows(case.loss, data, order)
    if not takes_reduction(case, data, "none"):
        # rows move to other blocks: the step after the last yield must not use the rows of the first block
        assert_close(case.value(shuffled), case.value(data), rtol=1e-12)
        return
    values, permuted = case.value(data, reduction="none"), case.value(shuffled, reduction="none")
    if case.loss.kind == "pointwise":
        assert same_bits(permuted, values[order]), "the values of the rows change with their order"
    else:
        assert_close(permuted, values[order], rtol=1e-12)


@law(
    "the statistic or mean for each row equals that of the row alone, and likewise for each channel; a mean leaves out empty rows", with_per
)
def per_row_and_channel(case: Case) -> None:
    rng = case.rng()
    own = {name for name, role in case.loss.roles.items() if not role.domain.shared}
    data = case.example(rng, 7)
    data |= {name: np.stack([x, *(case.example(rng, 7)[name] for _ in range(2))], 1) for name, x in data.items() if name in own}
    whole: dict[str, Any] = {"per": "all"}
    if case.loss.kind == "pointwise":
        whole |= {"reduction": "mean"} | ({"class_axis": -1} if case.loss.roles[case.loss.first].domain.classes else {})
    alone = [case.result(samples.take_rows(case.loss, data, slice(i, i + 1)), **whole) for i in range(7)]
    some, each = np.array([not result.empty for result in alone]), np.array([result.value for result in alone])
    kept = whole | {"per": "row"}
    try:
        rows = np.asarray(case.value(data, **kept | {"reduction": "none"}))
    except UsageError as refused:
        raise Skipped("it has one value for each row, whatever its elements") from refused
    assert some.any(), "no row alone has a value"
    assert_close(rows[some], each[some], rtol=1e-12)
    assert np.isnan(rows[~some]).all(), "a row alone is computed from nothing, and has a value with --per row"
    assert_close(case.value(data, **kept | {"reduction": "mean"}), each[some].mean(0), rtol=1e-12)
    if _of_whole_pixels(case, data, whole):
        return  # one number, or values of pixels, over all its classes
    channels = [case.value({name: x[:, c] if name in own else x for name, x in data.items()}, **whole) for c in range(3)]
    assert_close(case.value(data, **whole | {"per": "channel", "reduction": "none"}), channels, rtol=1e-12)
    assert_close(case.value(data, **whole | {"per": "channel", "reduction": "mean"}), np.mean(channels), rtol=1e-12)


def _of_whole_pixels(case: Case, data: samples.Data, whole: Mapping[str, Any]) -> bool:
    """Whether a loss of classes has no mean of a channel: it is one number over all classes, or has a value for each class of a pixel."""
    if not case.loss.roles[case.loss.first].domain.classes:
        return False
    try:
        case.value(data, **{**whole, "per": "channel", "reduction": "none"})
    except UsageError:
        return True
    return False


@law("without rows, or with all weights 0, the mean is nan with a warning")
def nothing(case: Case) -> None:
    data = case.example(case.rng(), 4)
    mean = {} if case.loss.reduction == "mean" else {"reduction": "mean"}  # the sum of no rows is 0
    empty = case.result(samples.take_rows(case.loss, data, slice(0, 0)), **mean)
    assert empty.empty and np.isnan(empty.value).all(), f"without rows the value is {empty.value}"
    assert "W105" in [w.code for w in empty.warnings], "without rows there is no warning W105"
    if takes_weights(case, data):
        unweighted = case.result(data, **mean, sample_weight=np.zeros(4))
        assert unweighted.empty and np.isnan(unweighted.value).all(), f"with all weights 0 the value is {unweighted.value}"


@law('with nan="propagate" a missing number makes the value of its row nan, and the mean')
def missing(case: Case) -> None:
    if isinstance(case.loss, CustomLoss):
        raise Skipped("a function decides for itself what it does with nan")
    whole = of_finite_loss(case, 12)
    chosen = {**samples.defaults(case.loss), **case.options}
    for role, x in whole.items():
        if x.dtype.kind != "f" or not case.loss.roles[role].domain.of(chosen).missing(np.array(np.nan)):
            continue
        holed = x.copy()
        holed[(1, *(0,) * (x.ndim - 1))] = np.nan
        data = {**whole, role: holed}
        for reduction in case.reductions:
            value = case.value(data, nan="propagate", reduction=reduction)
            assert np.isnan(value).any(), f"the {reduction} is {value} where {role} has a nan"
        if case.loss.kind == "pointwise":
            values = case.value(data, nan="propagate", reduction="none")
            assert np.isnan(values[1]).any(), f"the value of a row is {values[1]} where {role} has a nan"
