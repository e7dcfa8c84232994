"""Few rows that make a difference: cases by hand, and the rate of false alarms on noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from losscli.numeric.lazy import Array
from losscli.statistics.few_rows import few_rows


def few(d: Array) -> int:
    """The number of few rows among differences."""
    signed = d * np.sign(d.sum())
    return few_rows(np.sort(signed[signed > 0])[::-1], abs(float(d.sum())), float(d @ d), int(np.count_nonzero(d)))


def rows(n: int, *outliers: float, others: float = 0.01) -> Array:
    d = np.resize([others, -others], n)
    d[: len(outliers)] = outliers
    return d


CASES: dict[str, tuple[Array, int]] = {
    "none": (rows(10_000), 0),
    "one": (rows(10_000, 50), 1),
    "one below 0": (rows(10_000, -50), 1),
    "three": (rows(10_000, 50, 40, 30), 3),
    "the third makes a twentieth": (rows(10_000, 50, 40, 4.5), 2),
    "four of 3,999": (rows(3_999, 50, 50, 50, 50), 0),  # three make three quarters of the difference, and of the squares
    "six of 10,000": (rows(10_000, 50, 50, 50, 50, 50, 50), 6),
    "two that are one to each side": (rows(10_000, 50, -40), 0),  # the rows against the difference hold the squares too
    "every row the same": (np.full(1000, 2.0), 0),
    "no rows": (np.zeros(0), 0),
    "equal everywhere": (np.zeros(1000), 0),
    "equal elsewhere": (np.concatenate([[50.0], np.zeros(9_999)]), 0),  # one row of one: the verdict counts the ties
    "one of 49": (rows(49, 50), 0),
    "one of 50": (rows(50, 50), 1),
    "nan": (rows(1000, np.nan), 0),
    "infinite": (rows(1000, np.inf), 0),
}


@pytest.mark.parametrize(("d", "expected"), CASES.values(), ids=CASES)
def test_cases(d: Array, expected: int) -> None:
    assert few(d) == expected


Law = Callable[[np.random.Generator, tuple[int, int]], Array]
NOISE: dict[str, tuple[Law, float]] = {  # the differences, and the most false alarms
    "normal": (lambda r, s: r.normal(size=s), 0),
    "laplace": (lambda r, s: r.laplace(size=s), 0),
    "exponential": (lambda r, s: r.exponential(size=s) - r.exponential(size=s), 0),
    "squared errors": (lambda r, s: r.normal(size=s) ** 2 - r.normal(size=s) ** 2, 0.001),
    "errors of a class": (lambda r, s: (r.random(s) < 0.05) * r.choice([-1.0, 1.0], s), 0),
    "t of 5": (lambda r, s: r.standard_t(5, s), 0.005),
    "t of 3": (lambda r, s: r.standard_t(3, s), 0.03),
    "lognormal": (lambda r, s: r.lognormal(size=s) - r.lognormal(size=s), 0.03),
}


@pytest.mark.parametrize("n", [12, 50, 100, 1000])
@pytest.mark.parametrize(("law", "most"), NOISE.values(), ids=NOISE)
def test_noise_gives_no_false_alarm(law: Law, most: float, n: int) -> None:
    runs = 1000
    assert sum(few(d) > 0 for d in law(np.random.default_rng(n), (runs, n))) <= most * runs
