"""Simulated projects: how often gates with a ledger say 'worse' wrongly, and how often they see a real regression.

python -m tests.tools simulate ledger [PROJECTS]      1,000 projects of 200 commits unless said otherwise; about 30 minutes

Found with 1,000 projects: of each kind of differences with 30, 100 and 1,000 rows, new or the same at each commit, at most 0.6 % of the
projects ever saw a false alarm; of those with lognormal differences to the left and 100 rows, 2.1 %. The product of the e-values, with the
same change again and again, 14.7 %. Where 1 % of the rows are far better and all others a little worse, so that most samples of 30 and 100
rows hold at most one of the former, nearly all projects saw one; with 1,000 rows 1.0 %. A regression at commit 100 of 7 standard errors,
normal with 1,000 rows, was seen at that commit by 99 %; one of 5 by 74 %.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.statistics.betting import ERROR_RATE, is_alarm, log_e_value, stake

Array = NDArray[Any]
Draw = Callable[[np.random.Generator, int], Array]  # differences of n rows with mean 0
Project = Iterator[Array]  # the differences of each commit, (n,)

COMMITS = 200

# Differences whose mean is 0. 'left': many rows are a little worse and few much better, the hard side for a test of 'worse'.
NULLS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "t with 3 degrees": lambda rng, n: rng.standard_t(3, n),
    "squared errors": lambda rng, n: rng.standard_t(5, n) ** 2 - rng.standard_t(5, n) ** 2,
    "exponential, left": lambda rng, n: 1 - rng.standard_exponential(n),
    "lognormal, left": lambda rng, n: math.exp(0.5) - np.exp(rng.standard_normal(n)),
    "lognormal, right": lambda rng, n: np.exp(rng.standard_normal(n)) - math.exp(0.5),
    "half ties, left": lambda rng, n: np.where(rng.random(n) < 0.5, 0, 1 - rng.standard_exponential(n)),
}
# One row in a hundred is a hundred times better than the others are worse: no test of a mean can know of it before it has seen some.
BEYOND = {"1 % of rows win all": lambda rng, n: np.where(rng.random(n) < 0.01, -99.0, 1.0)}


def new_rows(draw: Draw, rng: np.random.Generator, n: int) -> Project:
    """New rows at each commit."""
    while True:
        yield draw(rng, n)


def same_rows(draw: Draw, rng: np.random.Generator, n: int) -> Project:
    """The same rows at each commit, which changes 3 of 20 properties of a row at random, so that commits share some."""
    properties = np.stack([draw(rng, n) for _ in range(20)])
    while True:
        chosen = rng.choice(20, 3, replace=False)
        yield rng.standard_exponential(3) @ properties[chosen]


def same_change(draw: Draw, rng: np.random.Generator, n: int) -> Project:
    """The same rows and the same change again and again, as in a release that is compared with the last one at each commit."""
    change = draw(rng, n)
    while True:
        yield change


def mostly_better(draw: Draw, rng: np.random.Generator, n: int) -> Project:
    """The same rows; each second commit is better by a fifth of a standard deviation, the others are neither better nor worse."""
    for i, differences in enumerate(same_rows(draw, rng, n)):
        yield differences - 0.2 * differences.std() * (i % 2)


PROJECTS = {"new rows": new_rows, "same rows": same_rows, "same change": same_change, "mostly better": mostly_better}


def alarms(project: Project, commits: int = COMMITS) -> list[int]:
    """The commits of a project at which its gate says 'worse'."""
    unspent, found = 1.0, []
    for commit, differences in zip(range(commits), project, strict=False):
        at_stake = stake(unspent)
        level = ERROR_RATE * at_stake
        if is_alarm(log_e_value(differences, level), level):
            found.append(commit)
        else:
            unspent -= at_stake
    return found


def product_alarms(project: Project, commits: int = COMMITS) -> bool:
    """Whether the product of the e-values ever reaches 1 / ERROR_RATE: what a ledger must not do with the same rows."""
    wealth = 0.0
    for _, differences in zip(range(commits), project, strict=False):
        wealth += log_e_value(differences, ERROR_RATE)
        if is_alarm(wealth, ERROR_RATE):
            return True
    return False


def with_regression(project: Project, at: int, size: float) -> Project:
    """A project whose commit number `at` is worse by `size` standard deviations of its differences."""
    for commit, differences in enumerate(project):
        yield differences + size * differences.std() * (commit == at)


def false_alarm_rate(kind: str, draw: Draw, n: int, projects: int, judge: Callable[[Project], Any] = alarms) -> float:
    """The share of projects without a worse commit that ever see an alarm."""
    return sum(bool(judge(PROJECTS[kind](draw, np.random.default_rng(i), n))) for i in range(projects)) / projects


def power(draw: Draw, n: int, size: float, projects: int) -> float:
    """The share of projects on the same rows whose gate sees a regression at its commit, which is number 100."""
    at = COMMITS // 2
    seen = 0
    for i in range(projects):
        project = with_regression(same_rows(draw, np.random.default_rng(i), n), at, size)
        seen += at in alarms(project, at + 1)
    return seen / projects


def main(argv: Sequence[str]) -> None:
    """Print the tables."""
    projects = int(argv[0]) if argv else 1000
    print(f"false alarms ever, {projects:,} projects of {COMMITS} commits\n")
    print(f"{'differences':21} {'rows':>6}" + "".join(f"{kind:>15}" for kind in PROJECTS))
    for name, draw in (NULLS | BEYOND).items():
        for n in (30, 100, 1000):
            rates = [false_alarm_rate(kind, draw, n, projects) for kind in PROJECTS]
            print(f"{name:21} {n:>6}" + "".join(f"{rate:>15.1%}" for rate in rates), flush=True)
    rates = [false_alarm_rate(kind, NULLS["normal"], 100, projects, product_alarms) for kind in PROJECTS]
    print(f"{'normal, by product':21} {100:>6}" + "".join(f"{rate:>15.1%}" for rate in rates), flush=True)
    sizes = (3, 4, 5, 6, 7, 8)
    print(f"\na regression at commit {COMMITS // 2} seen at that commit, by its size in standard errors\n")
    print(f"{'differences':21} {'rows':>6}" + "".join(f"{size:>7}" for size in sizes))
    for name in ("normal", "squared errors", "lognormal, left"):
        for n in (100, 1000, 10_000):
            seen = [power(NULLS[name], n, size / math.sqrt(n), max(projects // 10, 1)) for size in sizes]
            print(f"{name:21} {n:>6}" + "".join(f"{share:>7.0%}" for share in seen), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
