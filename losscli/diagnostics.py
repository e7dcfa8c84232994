"""Diagnostics: warnings about rows that look wrong, such as probabilities in place of logits, or swapped roles. Each has a code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from losscli.numeric.lazy import Array, np
from losscli.record import Record

__all__ = [
    "DIVIDED_BY_TARGET", "Diagnostic", "above_zero", "any_in_row", "looks_like_corners", "looks_like_probabilities", "swapped",
    "unnormalised",
]  # fmt: skip

Context = Mapping[str, Any]  # the arrays of the roles and the values of the options, by name
Rows = Callable[[Context], Array]  # which rows look wrong: a boolean for each


class Diagnostic(Record):
    """A warning where any row looks wrong; with `every`, only where all rows do, and there are `least` of them or more."""

    code: str
    message: str
    rows: Rows
    every: bool = False
    least: int = 2


def any_in_row(mask: Array) -> Array:
    """Whether any value of each row is true: (rows, …) -> (rows,)."""
    while mask.ndim > 1:
        mask = cast(Array, mask.any(-1))
    return mask


def _all_distributions(role: str) -> Rows:
    """All rows, where each vector has values from 0 to 1 that sum to 1."""

    def rows(context: Context) -> Array:
        x = context[role]
        if x.size == 0 or not (x.min() >= 0 and x.max() <= 1):
            return np.zeros(len(x), bool)
        if x.ndim == 1:
            return np.ones(len(x), bool)
        vectors = x.reshape(len(x), -1, x.shape[-1])
        return (np.abs(vectors.sum(-1) - 1) < 1e-3).all(-1)

    return rows


def _all_from_0_to_1(role: str) -> Rows:
    """All rows, where all values are from 0 to 1; else none."""

    def rows(context: Context) -> Array:
        x = context[role]
        return np.full(len(x), bool(x.size and x.min() >= 0 and x.max() <= 1))

    return rows


def looks_like_probabilities(
    instead: str = "--from-probs takes probabilities", role: str = "pred", vector: bool = False, takes: str = "this loss takes logits"
) -> Diagnostic:
    """W101: all values are from 0 to 1 (and, if vector, sum to 1 over the classes) where logits are expected."""
    rows = _all_distributions(role) if vector else _all_from_0_to_1(role)
    sums = ", and each row sums to 1" if vector else ""
    message = f"{role} looks like probabilities (all from 0 to 1{sums}), but {takes}: {instead}"
    # One number from 0 to 1 may be a logit; a row that sums to 1 is hardly a row of logits.
    return Diagnostic("W101", message, rows, every=True, least=1 if vector else 2)


def above_zero(role: str = "pred", instead: str = ": give log_softmax(logits)") -> Diagnostic:
    """W102: a log-probability is above 0 by more than rounding."""
    message = f"{role} is above 0, so it holds no log-probabilities{instead}"
    return Diagnostic("W102", message, lambda context: any_in_row(context[role] > 1e-6))


def unnormalised(role: str, distribution: Callable[[Context], Array | None], what: str) -> Diagnostic:
    """W103: a distribution over the last axis does not sum to 1. `distribution` returns it, or None where there is none."""

    def rows(context: Context) -> Array:
        p = distribution(context)
        if p is None or p.ndim < 2 or p.shape[-1] < 2:
            return np.zeros(len(context[role]), bool)
        return any_in_row(np.abs(p.sum(-1) - 1) > 1e-3)

    return Diagnostic("W103", f"{role} does not sum to 1 over the last axis: {what}", rows)


def swapped(first: str = "pred", second: str = "target") -> Diagnostic:
    """W111: the first role holds only labels 0 and 1, and the second does not."""

    def rows(context: Context) -> Array:
        p, t = context[first], context[second]
        hard, soft = ((p == 0) | (p == 1)).all(), ((t != 0) & (t != 1)).any()
        return np.full(len(p), bool(p.size and hard and soft))

    return Diagnostic("W111", f"{first} holds only 0 and 1, and {second} does not: they may be the other way round", rows, every=True)


def looks_like_corners(roles: tuple[str, ...]) -> Diagnostic:
    """W135: boxes are given by width and height, but in each row both are larger than x and y, as the second corner of a box is."""

    def rows(context: Context) -> Array:
        boxes = [context[r] for r in roles if r in context]
        if context["box_format"] in (None, "xyxy"):
            return np.zeros(len(boxes[0]), bool)
        return ~np.any([any_in_row(x[..., 2:] <= x[..., :2]) for x in boxes], axis=0)

    message = "each box has a width above its x and a height above its y: corners, x1, y1, x2, y2, look so, and are --box-format xyxy"
    return Diagnostic("W135", message, rows, every=True, least=8)


def _below_epsilon(context: Context) -> Array:
    at_zero = context.get("at_zero", "epsilon")  # of a loss that has this option
    target = context["target"] if not context.get("symmetric", False) else np.abs(context["pred"]) + np.abs(context["target"])
    return any_in_row((np.abs(target) < context["epsilon"]) & ((target != 0) | (at_zero == "epsilon")))


def _many_times_target(context: Context) -> Array:
    error, size = np.abs(context["pred"] - context["target"]), np.abs(context["target"])
    if context.get("symmetric", False):  # it divides by the mean of both
        return np.zeros(len(size), bool)
    return any_in_row((size >= context["epsilon"]) & (error > 10 * size))


# Of a loss that divides each error by its target: W104 where epsilon is the divisor, W145 where a target near 0 decides the mean.
DIVIDED_BY_TARGET = (
    Diagnostic(
        "W104",
        "target is smaller than epsilon in size, so epsilon replaces it and the result is huge: consider wape, smape or mae",
        _below_epsilon,
    ),
    Diagnostic(
        "W145",
        "the error is more than ten times target, so that a few targets near 0 decide the mean: wape, smape and mase do not divide by each",
        _many_times_target,
    ),
)
