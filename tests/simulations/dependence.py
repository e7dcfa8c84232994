"""The error rates of intervals and of the dependence alarm: `python -m tests.tools simulate dependence [--repeats N] [--rows N,N]`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tests.simulations.nulls import NULLS, rejections
from tests.simulations.values import KINDS, VALUES, coverage


def main(argv: Sequence[str]) -> None:
    """Print the two tables: false alarms of a test at 5 % after following the advice, and the coverage of 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--rows", default="20,100,300,1000")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(argv)
    rows = [int(n) for n in given.rows.split(",")]
    print(f"p below 5 % without a difference, after following the advice of the alarm ({given.repeats:,} repeats)")
    for null in NULLS:
        for n in rows:
            rate, said = rejections(null, n, given.repeats, given.seed)
            advice = ", ".join(f"{words or 'none'} {k / given.repeats:.0%}" for words, k in sorted(said.items(), key=lambda x: -x[1])[:4])
            print(f"  {null:20} n = {n:5}   {rate:6.2%}   advice: {advice}", flush=True)
    print(f"coverage of the 95 % interval ({given.repeats:,} repeats)")
    for value in VALUES:
        for kind in KINDS:
            rates = [f"{n}: {coverage(value, kind, n, given.repeats, given.seed):6.2%}" for n in rows]
            print(f"  {value:14} {kind:15} {'   '.join(rates)}", flush=True)
        auto = [f"{n}: {coverage(value, 'moving average', n, given.repeats, given.seed, 'auto'):6.2%}" for n in rows]
        print(f"  {value:14} {'--lag auto':15} {'   '.join(auto)}", flush=True)
