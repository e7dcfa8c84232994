"""Long branches of np.where, which are computed for the rows that take them alone: the same bits as with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from losscli.engine import fused
from losscli.fusion.graph import CHOOSE, DOUBLE, INPUT, Node
from losscli.fusion.kernel import Kernel
from losscli.fusion.tracing import Tracing

compiled = pytest.mark.skipif(not fused.AVAILABLE, reason="_tiles is not compiled here")


def long(x: Any, t: Any) -> Any:
    """More than a few steps, with a branch and a flag inside."""
    y = x * t
    for k in range(1, 7):
        y = np.expm1(y / k) - x * k
    return np.where(y > 0, y, t) + (x > t) * 0.5


FORMULAS = {
    "in a part of the rows": lambda x, t: np.where(x > 1, long(x, t), x),
    "a number in the other rows": lambda x, t: np.where(x > 1, long(x, t), 7.0),
    "steps that others need too": lambda x, t: np.where(x > 1, long(x, t) + np.exp(x), np.exp(x)),
    "the branch as a result too": lambda x, t: np.where(x > 1, long(x, t), x) - long(x, t),
    "the condition from the branch": lambda x, t: np.where(long(x, t) > 0, long(x, t), x),
    "one inside of the other": lambda x, t: np.where(x > 1, long(np.where(t > 0, long(t, x), t), x), x),
    "two": lambda x, t: np.where(x > 1, long(x, t), x) + np.where(t < -1, long(t, x), x),
    "in no row": lambda x, t: np.where(x > 1e9, long(x, t), x),
    "in every row": lambda x, t: np.where(x < 1e9, long(x, t), x),
}


def kernel_of(formula: Any, summed: bool = False) -> Kernel:
    t = Tracing(1, 1)
    return Kernel(t, [], [formula(*(t.add(Node(INPUT, dtype=DOUBLE, source=r), "narrow") for r in "xt"))], summed)


@compiled
@pytest.mark.parametrize("what", FORMULAS)
@pytest.mark.parametrize("rows", [1, 7, 1024, 2500])
def test_a_branch_has_the_bits_of_numpy(what: str, rows: int) -> None:
    rng = np.random.default_rng(rows)
    x, t = rng.normal(size=rows) * 2, rng.normal(size=2 * rows)[::2]
    x[::5] = np.nan
    with np.errstate(all="ignore"):
        (got,) = kernel_of(FORMULAS[what])({"x": x, "t": t}, rows) or [np.zeros(0)]
        np.testing.assert_array_equal(got.view(np.int64), np.asarray(FORMULAS[what](x, t)).view(np.int64))


@compiled
def test_a_branch_that_only_some_rows_take_is_computed_for_them() -> None:
    def chosen(formula: Any) -> int:
        return int((kernel_of(formula).steps[:, 0] == CHOOSE).sum())

    assert chosen(FORMULAS["in a part of the rows"]) == 1
    assert chosen(FORMULAS["two"]) == 2
    assert chosen(FORMULAS["the condition from the branch"]) == 0
    assert chosen(lambda x, t: np.where(x > 1, t * 2, x)) == 0  # a short one takes less time than the choice of rows
