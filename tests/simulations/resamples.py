"""Intervals and p-values of `--resamples`: the coverage of 95 % intervals of a mean and of a root, and the type I error at 5 %."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from losscli.statistics.bootstrap import jackknife_sums, multinomial_sums
from losscli.statistics.replicates import Replicates
from losscli.statistics.sign_flip import EXACT_ROWS, flipped_sums, p_value

TRUTH = {"normal": 1.0, "skewed": 2.0}  # the mean square of an error
STATISTICS = {"mean": lambda sums, n: sums / n, "root": lambda sums, n: np.sqrt(sums / n)}


def squares(rng: np.random.Generator, kind: str, n: int) -> np.ndarray:
    """The squares of the errors of two predictions, (rows, 2)."""
    return (rng.standard_normal((n, 2)) if kind == "normal" else rng.exponential(size=(n, 2))) ** 2


def one(rng: np.random.Generator, kind: str, n: int, resamples: int) -> list[bool]:
    """Whether the interval of the mean and that of its root hold the true value, and whether the difference of the means is detected."""
    x, seed = squares(rng, kind, n), int(rng.integers(2**32))
    drawn, left_out = multinomial_sums(x[:, :1], resamples, seed)[:, 0], jackknife_sums(x[:, :1])[:, 0]
    held = []
    for name, f in STATISTICS.items():
        interval = Replicates(f(drawn, n), float(f(x[:, 0].sum(), n)), f(left_out, n - 1)).interval(0.95)
        truth = TRUTH[kind] ** (0.5 if name == "root" else 1)
        held.append(interval.low <= truth <= interval.high)
    d = x[:, :1] - x[:, 1:]
    if n <= EXACT_ROWS:
        raise ValueError("few rows are tried in all ways, without a seed")
    return [*held, p_value(float(d.sum()), flipped_sums(d, resamples, seed)[:, 0], False, 1e-12) < 0.05]


def main(argv: Sequence[str]) -> None:
    """Print a line for each kind of errors and number of rows, in percent."""
    parser = argparse.ArgumentParser(prog="simulate resamples", description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--resamples", type=int, default=999)
    given = parser.parse_args(argv)
    print("errors   rows  coverage of the mean  of its root  type I error")
    for kind in TRUTH:
        for n in (20, 100, 1000):
            rng = np.random.default_rng(n)
            mean, root, detected = 100 * np.mean([one(rng, kind, n, given.resamples) for _ in range(given.repeats)], axis=0)
            print(f"{kind:7}  {n:4}  {mean:20.1f}  {root:11.1f}  {detected:12.1f}", flush=True)
