"""Round numbers for the bins and the axes of pictures: multiples of 1, 2 or 5 times a power of ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from itertools import pairwise

__all__ = ["between", "covering", "labels"]

_EXACT = Context(prec=800)  # differences of any two floats, without rounding and without overflow


def covering(low: float, high: float, most: int) -> list[float]:
    """Round numbers with equal steps from `low` or below to `high` or above: the smallest step that needs at most `most` steps.

    >>> covering(0.3, 9.1, 5)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    a, b = _decimal(low), _decimal(high)
    if a == b:
        return [low, high]
    step = _first_step(_EXACT.subtract(b, a) / most)
    while (steps := _ceiling(b, step) - (first := _floor(a, step))) > most:
        step = _next_step(step)
    return [_as_float(step * (first + k)) for k in range(steps + 1)]


def between(low: float, high: float, most: int) -> list[float]:
    """Round numbers from `low` to `high`, both included: the smallest step that gives at most `most` numbers.

    >>> between(0.3, 9.1, 5)
    [2.0, 4.0, 6.0, 8.0]
    """
    a, b = _decimal(low), _decimal(high)
    if a == b:
        return [low]
    step = _first_step(_EXACT.subtract(b, a) / (most + 1))
    while (steps := _floor(b, step) - (first := _ceiling(a, step))) >= most:
        step = _next_step(step)
    return [_as_float(step * (first + k)) for k in range(steps + 1)]


def _decimal(x: float) -> Decimal:
    """The shortest decimal that reads back to the float: 0.3 is three tenths."""
    return Decimal(repr(float(x)))


def _first_step(least: Decimal) -> Decimal:
    """The smallest of 1, 2 and 5 times a power of ten that is `least` or more."""
    step = Decimal(1).scaleb(least.adjusted())
    while step < least:
        step = _next_step(step)
    return step


def _next_step(step: Decimal) -> Decimal:
    return step * (Decimal("2.5") if step.normalize().as_tuple().digits == (2,) else 2)


def _floor(x: Decimal, step: Decimal) -> int:
    return int(_EXACT.divide(x, step).to_integral_value(ROUND_FLOOR, _EXACT))


def _ceiling(x: Decimal, step: Decimal) -> int:
    return int(_EXACT.divide(x, step).to_integral_value(ROUND_CEILING, _EXACT))


def _as_float(x: Decimal) -> float:
    largest = 1.7976931348623157e308
    return min(max(float(x), -largest), largest) + 0.0


def labels(numbers: Sequence[float]) -> list[str]:
    """Numbers with equal steps as texts, with as many digits as tell neighbours apart.

    >>> labels([0.0, 0.5, 1.0])
    ['0.0', '0.5', '1.0']
    """
    if len(numbers) < 2:
        return [f"{x:.6g}" for x in numbers]
    step = max(abs(b - a) for a, b in pairwise(numbers))
    largest = max(map(abs, numbers))
    decimals = max(0, -_exponent(step))
    if 1e-3 <= largest < 1e6 and decimals <= 12:
        return [f"{x:.{decimals}f}" for x in numbers]
    digits = min(17, max(1, _exponent(largest) - _exponent(step) + 1))
    return [f"{x:.{digits}g}" for x in numbers]


def _exponent(x: float) -> int:
    """The power of ten of the first digit of a step. The edge of a bin can be a little below the round number."""
    return math.floor(math.log10(x) + 0.02) if 0 < x < math.inf else 0
