"""Several blocks in one call of a kernel: the same bits as block by block, in any number of threads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.data.blocks import Block, Data
from losscli.data.columns import Column
from losscli.engine import fused, passes
from losscli.fusion.graph import DOUBLE, INPUT, Node
from losscli.fusion.kernel import Kernel
from losscli.fusion.tracing import Tracing
from losscli.numeric.sums import sum_in_order

compiled = pytest.mark.skipif(not fused.AVAILABLE, reason="_tiles is not compiled here")


def pair(*shape: int) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    return {"pred": rng.normal(size=shape) * 10.0 ** rng.integers(-6, 6, shape), "target": rng.normal(size=shape)}


def classes(rows: int, k: int) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    return {"pred": rng.normal(size=(rows, k)) * 5, "target": rng.integers(0, k, rows)}


def some_ignored(rows: int, k: int) -> dict[str, Any]:
    data = classes(rows, k)
    data["target"][::7] = -100
    return data


# A block has 2^18 numbers: each of these has five blocks or more, and the last is not full.
CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "numbers": ("huber", pair(1_300_001), {}),
    "single precision": ("mae", {r: x.astype(np.float32) for r, x in pair(1_300_001).items()}, {}),
    "rows of three numbers": ("mse", pair(350_000, 3), {}),
    "rows of 40 numbers": ("mse", pair(30_001, 40), {}),
    "ten classes, some labels ignored": ("cross_entropy", some_ignored(90_001, 10), {}),
    "ten classes with weights": ("cross_entropy", classes(90_001, 10), {"class_weight": [0.5 * k for k in range(10)]}),
    "a hundred classes, some labels ignored": ("cross_entropy", some_ignored(12_345, 100), {}),
    "a sum": ("mse", pair(1_300_001), {"reduction": "sum"}),
    "three results": ("bce_with_logits", {"pred": pair(1_300_001)["pred"], "target": np.ones(1_300_001)}, {"pos_weight": 0.0}),
    "sums that overflow": ("mse", {"pred": np.full(1_300_001, 1.2e154), "target": np.zeros(1_300_001)}, {}),
    "a sum of rows that overflows": ("mse", {"pred": np.full((30_001, 40), 1.2e154), "target": np.zeros((30_001, 40))}, {}),
}


def found(what: str, threads: int) -> list[Any]:
    name, data, options = CASES[what]
    result = losscli.compute(name, **data, **options, threads=threads)
    return [np.float64(result.value).tobytes(), result.denominator, result.rows, [w.message for w in result.warnings]]


@compiled
@pytest.mark.parametrize("what", CASES)
def test_the_value_has_the_bits_of_single_blocks(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = [found(what, threads) for threads in (1, 2, 3)]
    monkeypatch.setattr(passes, "BLOCKS_OF_CALL", 0.2)  # less than a block
    one_by_one = found(what, 2)
    assert at_once == [one_by_one] * 3
    monkeypatch.setattr(fused, "AVAILABLE", False)
    assert found(what, 1) == one_by_one
    assert what == "three results" or math.isfinite(np.frombuffer(one_by_one[0])[0])


def sums_of_blocks(what: str, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The sum of the values of each block, as kernels give them."""
    sums: list[float] = []
    real = fused.Kernels.compute

    def noted(self: fused.Kernels, block: Block, only_sum: bool) -> Any:
        computed = real(self, block, only_sum)
        if computed is not None:
            values = computed.out[0] if isinstance(computed.out, tuple) else computed.out
            sums.extend(values.sums if isinstance(values, fused.Total) else [sum_in_order(values)])
        return computed

    with monkeypatch.context() as patched:
        patched.setattr(fused.Kernels, "compute", noted)
        found(what, 1)
    return sums


@compiled
@pytest.mark.parametrize("what", ["numbers", "rows of three numbers", "rows of 40 numbers", "ten classes, some labels ignored"])
def test_each_sum_is_that_of_its_block(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bits of the whole value would hide a wrong boundary: a sum of sums is nearly the same for any."""
    at_once = sums_of_blocks(what, monkeypatch)
    monkeypatch.setattr(passes, "BLOCKS_OF_CALL", 0.2)
    assert at_once == sums_of_blocks(what, monkeypatch)
    assert len(at_once) >= 5


@compiled
def test_a_call_takes_several_blocks_and_every_thread_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real = fused.Kernels.compute

    def noted(self: fused.Kernels, block: Block, only_sum: bool) -> Any:
        calls.append(block.rows)
        return real(self, block, only_sum)

    monkeypatch.setattr(fused.Kernels, "compute", noted)
    data = pair(5 * 2**18)
    losscli.compute("mse", **data, threads=2)
    assert sorted(calls) == [2 * 2**18, 3 * 2**18]
    calls.clear()
    losscli.compute("mse", **data, threads=2, reduction="none")  # values are shown block by block
    losscli.compute("mse", **data, threads=2, chunk=2**19)
    losscli.compute("mse", **data, threads=2, sample_weight=np.ones(5 * 2**18))
    assert calls == [2**18] * 15


@compiled
def test_a_wrong_row_far_behind_is_found() -> None:
    data = pair(1_300_001)
    data["pred"][1_200_000] = np.nan
    with pytest.raises(losscli.errors.InputError, match="pred: row 1200000 is nan"):
        losscli.compute("mse", **data)


def kernel_of(formula: Any, form: str, width: int = 1) -> Kernel:
    t = Tracing(1, width)
    return Kernel(t, [], [formula(t.add(Node(INPUT, dtype=DOUBLE, wide=form == "wide", source="x"), form))], summed=False)


@compiled
@pytest.mark.parametrize("f", [np.maximum, np.minimum])
@pytest.mark.parametrize("bound", [0.0, -0.0, 1.0, np.inf, -np.inf, np.nan])
def test_a_bound_gives_the_bits_of_numpy(f: Any, bound: float) -> None:
    x = np.resize([0.0, -0.0, 1.0, 2.0, -1.0, np.inf, -np.inf, np.nan], 3001)
    for formula in (lambda x: f(x, bound), lambda x: f(bound, x)):
        (got,) = kernel_of(formula, "narrow")({"x": x}, len(x)) or [np.zeros(0)]
        assert got.tobytes() == formula(x).tobytes()


@compiled
@pytest.mark.parametrize("width", [*range(33, 45), 64, 100, 127, 128, 129, 200, 256, 511, 512, 513, 1000, 1024, 2500])
@pytest.mark.parametrize("rows", [1, 3, 4, 9])
def test_a_sum_of_wide_rows_has_the_bits_of_numpy(width: int, rows: int) -> None:
    rng = np.random.default_rng(width)
    x = rng.normal(size=(rows, width)) * 10.0 ** rng.integers(-8, 8, (rows, width))
    (got,) = kernel_of(lambda x: (x * 1.0).sum(-1), "wide", width)({"x": x}, rows) or [np.zeros(0)]
    assert got.tobytes() == x.sum(-1).tobytes()


def test_columns_that_are_no_arrays_in_memory_have_no_known_rows() -> None:
    x = np.zeros(7)
    assert Data({"pred": Column("p", array=x), "target": Column("t", array=np.zeros(()))}).rows_in_memory == 7
    assert Data({"pred": Column("p", array=x)}, omit=True).rows_in_memory is None
    assert Data({"pred": Column("p", array=x)}, chunk=3).rows_in_memory is None
    assert Data({"pred": Column("p", array=x), "target": Column("t", array=np.zeros(8))}).rows_in_memory is None
