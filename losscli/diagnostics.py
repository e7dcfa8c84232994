"""What looks wrong in the rows of a loss without being certainly so: warnings, each with a code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from losscli.numeric.lazy import np
from losscli.record import Record

__all__ = ["Diagnostic", "above_zero", "any_in_row", "looks_like_probabilities", "swapped", "unnormalised"]


class Diagnostic(Record):
    """Rows that look wrong without being certainly so: a warning when any row does, or, with every, when all do, of at least `least`."""

    code: str
    message: str
    rows: Callable[[Mapping[str, Any]], Any]
    every: bool = False
    least: int = 2


def any_in_row(mask: Any) -> Any:
    """Whether any value of each row is marked."""
    while mask.ndim > 1:
        mask = mask.any(-1)
    return mask


def _all_probabilities(role: str) -> Callable[[Mapping[str, Any]], Any]:
    def rows(context: Mapping[str, Any]) -> Any:
        x = context[role]
        if x.size == 0 or not (x.min() >= 0 and x.max() <= 1):
            return np.zeros(len(x), bool)
        flat = x.reshape(len(x), -1, x.shape[-1]) if x.ndim > 1 else None
        return np.ones(len(x), bool) if flat is None else (np.abs(flat.sum(-1) - 1) < 1e-3).all(-1)

    return rows


def _any_probability(role: str) -> Callable[[Mapping[str, Any]], Any]:
    def rows(context: Mapping[str, Any]) -> Any:
        x = context[role]
        inside = x.size and x.min() >= 0 and x.max() <= 1
        return np.full(len(x), bool(inside))

    return rows


def looks_like_probabilities(instead: str, role: str = "pred", vector: bool = False) -> Diagnostic:
    """W101: all values lie from 0 to 1 (and sum to 1 over the classes) where logits are meant."""
    sums = ", and each row sums to 1" if vector else ""
    rows = _all_probabilities(role) if vector else _any_probability(role)
    said = f"{role} looks like probabilities (all from 0 to 1{sums}), but this loss takes logits: {instead}"
    return Diagnostic(
        "W101", said, rows, every=True, least=1 if vector else 2
    )  # one number from 0 to 1 says little, a row that sums to 1 much


def above_zero(role: str = "pred", instead: str = ": give log_softmax(logits)") -> Diagnostic:
    """W102: a log-probability above 0 by more than rounding."""

    def rows(context: Mapping[str, Any]) -> Any:
        x = context[role]
        return any_in_row(x > 1e-6)

    return Diagnostic("W102", f"{role} is above 0, so it holds no log-probabilities{instead}", rows)


def unnormalised(role: str, of: Callable[[Mapping[str, Any]], Any], what: str) -> Diagnostic:
    """W103: a distribution over the last axis that does not sum to 1; `of` gives it, or None where there is none."""

    def rows(context: Mapping[str, Any]) -> Any:
        p = of(context)
        if p is None or p.ndim < 2 or p.shape[-1] < 2:
            return np.zeros(len(context[role]), bool)
        return any_in_row(np.abs(p.sum(-1) - 1) > 1e-3)

    return Diagnostic("W103", f"{role} does not sum to 1 over the last axis: {what}", rows)


def swapped(first: str = "pred", second: str = "target") -> Diagnostic:
    """W111: labels where predictions are meant, and probabilities where labels are."""

    def rows(context: Mapping[str, Any]) -> Any:
        p, t = context[first], context[second]
        hard, soft = ((p == 0) | (p == 1)).all(), ((t != 0) & (t != 1)).any()
        return np.full(len(p), bool(p.size and hard and soft))

    return Diagnostic("W111", f"{first} holds only 0 and 1, and {second} does not: they may be the other way round", rows, every=True)
