"""Losses computed with kernels: the same bits, warnings and errors as with NumPy, for every loss and its options."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.autodiff import kernels
from losscli.domains import Range
from losscli.engine import fused, passes, plan
from losscli.errors import LossError
from losscli.fusion import kernel
from losscli.fusion.graph import DOUBLE, INPUT, INT, Node, NotTraced
from losscli.fusion.kernel import Kernel
from losscli.fusion.tracing import Tracing
from losscli.numeric import sums
from losscli.numeric.softmax import gather, zero_at_label
from losscli.registry import LOSSES, Loss
from losscli.testing.samples import CLASSES, example, extremes, float_roles, take_rows
from tests.support.laws import law, seeded

losscli.LOSSES  # noqa: B018 - registers them
POINTWISE = [k for k in LOSSES.values() if k.kind == "pointwise"]
# Losses that users compute on large inputs must be traceable; this list fails if one of them is not any more.
FAST = {
    "mse", "mae", "huber", "smooth_l1", "log_cosh", "quantile", "bce", "bce_with_logits", "poisson_nll", "gaussian_nll",
    "soft_margin", "hinge", "hinge_embedding", "cross_entropy", "nll", "kl_div", "multi_margin", "triplet_margin",
    "cosine_embedding", "focal", "brier", "logloss",
}  # fmt: skip
compiled = pytest.mark.skipif(not fused.AVAILABLE, reason="_tiles is not compiled here")


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The traced programs; blocks of any size use them."""
    found: list[Any] = []
    real = fused._trace
    monkeypatch.setattr(passes, "SMALL", 1)
    monkeypatch.setattr(fused, "_TRACED", {})

    def noted(*args: Any) -> Any:
        found.append(real(*args))
        return found[-1]

    monkeypatch.setattr(fused, "_trace", noted)
    return found


@pytest.fixture
def traced_derivatives(traced: list[Any], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The traced programs of derivatives; blocks of any size use them."""
    found: list[Any] = []
    real = kernels._trace

    def noted(*args: Any) -> Any:
        found.append(real(*args))
        return found[-1]

    monkeypatch.setattr(kernels, "_trace", noted)
    return found


def variants(known: Loss) -> Iterator[dict[str, Any]]:
    """The defaults, then each option changed alone."""
    yield {}
    for option in known.options.values():
        if option.kind == "bool":
            yield {option.name: not option.default}
        elif option.kind == "choice":
            yield from ({option.name: c} for c in option.choices if c != option.default)
        elif option.kind == "array" and option.is_class_weight:
            yield {option.name: np.array([0.5, 2.0, 0.0, 1.0])[:CLASSES]}
        elif option.kind == "float":
            tried = [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0]
            yield from ({option.name: v} for v in tried if option.domain is None or not option.domain.wrong(np.array([v]), {}).any())
        elif option.name == "ignore_index":
            yield {option.name: 1}


def both(known: Loss, data: dict[str, Any], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, **said: Any) -> list[Any]:
    """The results with kernels and with NumPy: the value, its bits and its warnings, or the error."""
    found = []
    for available in (True, False):
        monkeypatch.setattr(fused, "AVAILABLE", available)
        try:
            result = losscli.compute(known.name, **data, **options, **said)
        except LossError as error:
            found.append(str(error))
        else:
            numbers = [np.asarray(x, np.float64).tobytes() for x in (result.value, result.values) if x is not None]
            found.append((numbers, result.denominator, result.rows, [w.message for w in result.warnings]))
    monkeypatch.setattr(fused, "AVAILABLE", True)
    return found


@compiled
@law(POINTWISE)
def test_kernels_give_the_bits_of_numpy_for_all_options(known: Loss, monkeypatch: pytest.MonkeyPatch, traced: list[Any]) -> None:
    monkeypatch.setattr(kernel, "TILE", 128)
    monkeypatch.setattr(plan, "BLOCK", 2048)
    by_default = False
    for which, options in enumerate(variants(known)):
        for data in (example(known, seeded(known), 777, options), extremes(known, options)):
            # What is traced depends on the options and the shape of a row: a few rows tell whether NumPy computes both.
            fused._TRACED.clear()
            traced.clear()
            tiles, numpy = both(known, take_rows(known, data, slice(0, 20)), options, monkeypatch, reduction="none")
            assert tiles == numpy, options
            if not any(t.kernel for t in traced):
                continue
            by_default |= which == 0
            weight = seeded(known).exponential(size=len(next(iter(data.values()))))
            # The options decide what is traced; what is said of the rows is said once, and the values of elements show all bits.
            for said in ({}, {"reduction": "none"}, {"sample_weight": weight}) if which == 0 else ({"reduction": "none"},):
                tiles, numpy = both(known, data, options, monkeypatch, **said)
                assert tiles == numpy, (options, said)
    assert by_default or known.name not in FAST, f"{known.name} is not traced any more"


ONE_PASS, BLOCKS, NUMPY = (True, None), (True, 10**6), (False, None)  # data with a limit of rows are computed block by block


def derivatives(
    known: Loss, data: dict[str, Any], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, ways: Sequence[Any], **said: Any
) -> list[Any]:
    """The derivatives by each role in these ways: their bits, or the error."""
    found = []
    for available, chunk in ways:
        monkeypatch.setattr(fused, "AVAILABLE", available)
        by_role = {}
        for role in float_roles(known, data):
            try:
                by_role[role] = losscli.gradient(known.name, **data, wrt=role, chunk=chunk, **options, **said).tobytes()
            except LossError as error:
                by_role[role] = str(error)
        found.append(by_role)
    monkeypatch.setattr(fused, "AVAILABLE", True)
    return found


@compiled
@law(POINTWISE)
def test_kernels_give_the_derivatives_of_numpy(known: Loss, monkeypatch: pytest.MonkeyPatch, traced_derivatives: list[Any]) -> None:
    monkeypatch.setattr(kernel, "TILE", 128)
    monkeypatch.setattr(plan, "BLOCK", 512)
    default = False
    for which, options in enumerate(variants(known)):
        traced_derivatives.clear()
        derivatives(known, example(known, seeded(known), 3, options), options, monkeypatch, [BLOCKS])
        if not any(t.kernel for t in traced_derivatives):
            continue  # NumPy computes both
        default |= not options
        data = example(known, seeded(known), 777, options)
        weight = seeded(known).exponential(size=len(next(iter(data.values()))))
        for said in ({}, {"sample_weight": weight}, {"reduction": "sum"}) if which == 0 else ({},):
            ways = [ONE_PASS, BLOCKS, NUMPY] if which == 0 else [ONE_PASS, NUMPY]
            *found, numpy = derivatives(known, data, options, monkeypatch, ways, **said)
            assert all(bits == numpy for bits in found), (options, said)
    assert default or known.name not in FAST, f"the derivatives of {known.name} are not traced any more"


@compiled
@pytest.mark.parametrize("name", sorted(FAST))
def test_the_derivatives_of_arrays_take_one_pass(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = LOSSES[name]
    data = example(known, seeded(known), 2**15)
    data = {r: x.astype(np.int64) if x.dtype.kind == "i" else x for r, x in data.items()}
    expected = losscli.gradient(name, **data, chunk=2**15)
    monkeypatch.setattr("losscli.api.compute.run", None)  # the pass that computes the values
    assert losscli.gradient(name, **data).tobytes() == expected.tobytes()
    for threads in (1, 2, 5):
        assert losscli.gradient(name, **data, threads=threads).tobytes() == expected.tobytes()


@compiled
@pytest.mark.parametrize("width", [1, 2, 10, 32, 33, 100, 3000])
@pytest.mark.parametrize("name", ["cross_entropy", "multi_margin", "kl_div", "mse"])
@pytest.mark.slow
def test_kernels_take_rows_of_any_width_and_memory_layout(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch, traced: list[Any]
) -> None:
    rng, known = np.random.default_rng(0), LOSSES[name]
    labelled = "target" in known.roles and known.labels is not None
    for rows in (1, 17, 1500):
        pred = rng.normal(size=(rows, 2, width)) - 5
        target = rng.integers(0, width, size=(rows, 2)) if labelled else rng.uniform(size=(rows, 2, width))
        for lay in (np.ascontiguousarray, np.asfortranarray, lambda x: np.repeat(x, 2, 0)[::2], lambda x: x.astype(np.float32)):
            data = {"pred": np.moveaxis(lay(pred), -1, 1) if labelled else lay(pred), "target": target}
            for reduction in ("mean", "none"):
                tiles, numpy = both(known, data, {}, monkeypatch, reduction=reduction)
                assert tiles == numpy
    assert traced[0].kernel is not None


@compiled
@pytest.mark.parametrize("rows", [*range(1, 40), 127, 128, 129, 1000, 1023, 1024, 1025, 2047, 4097, 99_999, 2**18])
def test_a_sum_over_tiles_has_the_bits_of_the_sum_over_a_block(rows: int) -> None:
    x = np.random.default_rng(rows).normal(size=rows) * 10.0 ** np.random.default_rng(0).integers(-8, 8, rows)
    found = kernel_of(lambda x: x, {"x": "narrow"}, summed=True)({"x": x}, rows)
    assert found is not None
    assert float(found[0].sum()) == sums.sum_in_order(x)
    assert sums.sum_in_order(x[:8192]) == x[:8192].sum()


def kernel_of(formula: Any, forms: dict[str, str], width: int = 1, summed: bool = False, checks: Any = None) -> Kernel:
    """The kernel of a formula of x (numbers) and y (labels)."""
    t = Tracing(1, width)
    roles = {r: t.add(Node(INPUT, dtype=INT if r == "y" else DOUBLE, wide=f == "wide", source=r), f) for r, f in forms.items()}
    return Kernel(t, [] if checks is None else [checks(**roles)], [formula(**roles)], summed)


TRACEABLE = {
    "a choice between columns": lambda x, y: np.where(x > 0, x, -2.0).sum(-1),
    "a number put in": lambda x, y: zero_at_label(x, y).sum(-1) + x.sum(-1),
    "two copies of one array": lambda x, y: (zero_at_label(x, y) * 2 + zero_at_label(x, (y + 1) % 4)).max(-1),
    "in place": lambda x, y: _in_place(x),
    "the entry of a label": lambda x, y: np.take_along_axis(x, y[..., None], -1)[..., 0] - gather(np.array([1.0, 2.0, 3.0, 4.0]), y),
    "flags added up": lambda x, y: (x > 0).sum(-1) * 1.5 + (x > 1).any(-1) - (x < 2).all(-1) * 0.5,
    "a mean with its axis kept": lambda x, y: (x - x.mean(-1, keepdims=True)).min(-1),
    "powers": lambda x, y: (x**2 + abs(x) ** 0.5 + abs(x) ** 3 - x**-1 + x**1.0 + abs(x) ** np.float64(0.5)).sum(-1),
    "integers": lambda x, y: y // 2 * 0.5 + y / 3 + y**2 % 3,
    "a table": lambda x, y: np.clip(x * np.array([1.0, 0.5, 2.0, 0.0]), -1, 1).sum(-1),
    "a number alone": lambda x, y: x.sum(-1) * np.sqrt(np.float64(2)) + np.exp(1),
    "all columns": lambda x, y: np.exp(x - x.max(-1)[..., None]),
}


def _in_place(x: Any) -> Any:
    e = x * 1.0
    e -= x > 0
    e += 1
    return e.sum(-1)


@compiled
@pytest.mark.parametrize("what", TRACEABLE)
@pytest.mark.parametrize("rows", [1, 300])
def test_a_traced_formula_equals_numpy(what: str, rows: int) -> None:
    rng = np.random.default_rng(1)
    x, y = np.asfortranarray(rng.normal(size=(rows, 4))), rng.integers(0, 4, rows)
    found = kernel_of(TRACEABLE[what], {"x": "wide", "y": "narrow"}, 4)({"x": x, "y": y}, rows)
    assert found is not None
    np.testing.assert_array_equal(found[0], TRACEABLE[what](x, y))


NOT_TRACEABLE = {
    "numbers looked at": lambda x, y: x if x.max(-1) > 0 else -x,
    "rows counted": lambda x, y: x.sum(-1) / len(x),
    "rows counted by shape": lambda x, y: x.sum(-1) / x.shape[0],
    "another array": lambda x, y: x.sum(-1) * np.arange(7.0),
    "one number for each row beside several": lambda x, y: x - x.max(-1),
    "a function of all rows": lambda x, y: np.cumsum(x),
    "a sum over all": lambda x, y: x - x.sum(),
    "an index": lambda x, y: x[..., 1],
    "flags as a result": lambda x, y: x.max(-1) > 0,
    "a choice of flags": lambda x, y: np.where(x > 0, x > 1, x < 1).sum(-1) * 1.0,
    "single precision": lambda x, y: x.astype(np.float32).sum(-1),
    "two results": lambda x, y: np.modf(x)[0].sum(-1),
    "a number for Python": lambda x, y: x.sum(-1) * float(y),
    "words": lambda x, y: x.sum(-1) * np.array("a"),
}


@compiled
@pytest.mark.parametrize("what", NOT_TRACEABLE)
def test_a_formula_that_cannot_be_traced_is_refused(what: str) -> None:
    with pytest.raises(TypeError):
        kernel_of(NOT_TRACEABLE[what], {"x": "wide", "y": "narrow"}, 4)


@compiled
def test_an_invalid_label_or_a_failed_check_stops_the_program() -> None:
    x, y = np.zeros((300, 4)), np.zeros(300, np.int64)
    at_label = kernel_of(TRACEABLE["the entry of a label"], {"x": "wide", "y": "narrow"}, 4)
    checked = kernel_of(lambda x: x, {"x": "wide"}, 4, checks=lambda x: x > 0)
    assert at_label({"x": x, "y": y}, 300) is not None
    assert checked({"x": x}, 300) is not None
    for bad in (-1, 4):
        y[299] = bad
        assert at_label({"x": x, "y": y}, 300) is None
    x[299, 3] = 1
    assert checked({"x": x}, 300) is None


@compiled
def test_a_program_refuses_too_many_arrays() -> None:
    from losscli.fusion import _tiles

    with pytest.raises(NotTraced, match="more arrays"):
        kernel_of(lambda x: sum(x * float(k) for k in range(40)), {"x": "narrow"})
    with pytest.raises(ValueError, match="up to 32 arrays"):
        _tiles.execute(b"", b"", (np.zeros(1),) * 33, 1, 1, 1, 1, 1, False)
    with pytest.raises(ValueError, match="no ufunc with one result"):
        _tiles.loops(np.modf)
    for other in (object(), "add" * 99, np):
        with pytest.raises(TypeError, match="no ufunc"):
            _tiles.loops(other)


BAD: dict[str, tuple[str, dict[str, float], dict[str, Any]]] = {
    "nan": ("mse", {"pred": np.nan}, {}),
    "infinity, which is let through": ("mse", {"pred": np.inf}, {"nan": "propagate"}),
    "a probability above 1": ("bce", {"pred": 1.5}, {}),
    "a label too large": ("cross_entropy", {"target": 4}, {}),
    "a label below 0": ("multi_margin", {"target": -1}, {}),
    "a sign that is 0": ("soft_margin", {"target": 0}, {}),
    "a log-probability above 0": ("nll", {"pred": 0.5}, {}),
    "a distribution that is none": ("kl_div", {"target": 7.0}, {}),
    "a target too small": ("mape", {"target": 0.0}, {}),
    "a weight below 0": ("mse", {"sample_weight": -1.0}, {}),
}


@compiled
@pytest.mark.parametrize("what", BAD)
def test_one_wrong_row_gives_the_message_of_numpy(what: str, monkeypatch: pytest.MonkeyPatch, traced: list[Any]) -> None:
    name, wrong, said = BAD[what]
    monkeypatch.setattr(plan, "BLOCK", 2048)
    data = example(LOSSES[name], np.random.default_rng(0), 5000)
    if name == "kl_div":
        data = {r: x.reshape(-1, 4) for r, x in data.items()}
    if "sample_weight" in wrong:
        data["sample_weight"] = np.ones(5000)
    clean, _ = both(LOSSES[name], data, {}, monkeypatch, **said)
    for role, value in wrong.items():
        data[role][len(data[role]) // 2 + 5] = value
    tiles, numpy = both(LOSSES[name], data, {}, monkeypatch, **said)
    assert tiles == numpy
    assert tiles != clean
    assert traced[0].kernel is not None


@pytest.mark.parametrize("parts", ["None", "type('Of other sources', (), {'EDITION': 0})", "type('Of sources long ago', (), {})"])
def test_losscli_works_without_the_compiled_parts(parts: str, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("pred,target\n" + "1,3\n5,7\n" * 25_000, encoding="utf-8")
    code = f"import sys, losscli; tiles = fields = sorts = {parts}\n"
    code += (
        "sys.modules |= {'losscli.fusion._tiles': tiles, 'losscli.sources.delimited._fields': fields, 'losscli.numeric._sorts': sorts}\n"
    )
    code += "from losscli.engine.fused import AVAILABLE as a; from losscli.sources.delimited.compiled import AVAILABLE as b\n"
    code += "from losscli.numeric.ordering import AVAILABLE as c\n"
    code += "print(a, b, c, flush=True)\n"
    code += "from losscli.__main__ import main; sys.argv = ['losscli', 'compute', 'mse', sys.argv[1], '-f', 'value']; main()"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "d.csv")], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False False False\n4.0\n", "")


@compiled
def test_a_second_call_uses_the_kernels_of_the_first(traced: list[Any]) -> None:
    data = example(LOSSES["huber"], np.random.default_rng(0), 100)
    for delta in (1.0, 2.0, 1.0):
        losscli.compute("huber", **data, delta=delta)
    assert len(traced) == 2
    weights = {"pred": np.zeros((50, 4)), "target": np.arange(50) % 4, "class_weight": np.arange(4.0)}
    assert losscli.compute("cross_entropy", **weights).value == pytest.approx(np.log(4))  # an array among the options is not remembered
    for _ in range(fused._MAX_TRACED + 3):
        losscli.compute("huber", **data, delta=float(len(traced)))
    assert len(fused._TRACED) <= fused._MAX_TRACED


@compiled
def test_a_users_function_is_called_for_every_block(tmp_path: Path, traced: list[Any]) -> None:
    (tmp_path / "mine.py").write_text("def f(pred, target):\n    return abs(pred - target)\n", encoding="utf-8")
    assert losscli.compute(f"{tmp_path}/mine.py::f", pred=np.ones(99), target=np.zeros(99)).value == 1
    assert not traced


HARD = np.array(
    [0.0, -0.0, 5e-324, -5e-324, 1.0, 1 - 2.0**-53, 1 + 2.0**-52, -1.0, 3.0, 2.5, 1.7976931348623157e308, np.inf, -np.inf, np.nan]
)
RANGES = [
    Range(above=-np.inf, below=np.inf), Range(), Range(least=0, most=1), Range(above=0, below=np.inf), Range(above=0, below=1),
    Range(least=0), Range(above=-np.inf, most=1), Range(least=1, below=3), Range(above=-1, most=1.7976931348623157e308),
]  # fmt: skip


@compiled
@pytest.mark.parametrize("domain", RANGES, ids=str)
@pytest.mark.parametrize("width", [1, 3, 40])
def test_a_kernel_stops_at_the_numbers_outside_of_a_range(domain: Range, width: int) -> None:
    tracing = Tracing(1, width)
    x = tracing.add(Node(INPUT, dtype=DOUBLE, wide=width > 1, source="x"), "wide" if width > 1 else "narrow")
    flags: Any = domain.wrong(x, {})
    stops = Kernel(tracing, [flags], [x], False)
    for number in HARD:
        for at in (0, 5, 8):  # among those of a step of four, and the rest
            rows = np.full((9, width), 1.0 if not domain.wrong(np.array([1.0]), {}).any() else 0.5)
            rows[at, -1] = number
            completed = stops({"x": rows[:, 0] if width == 1 else rows}, 9) is not None
            assert completed == (not domain.wrong(rows, {}).any()), number


@compiled
def test_a_kernel_stops_at_the_integers_outside_of_a_range() -> None:
    numbers = np.array([0, 1, 2, 3, -1, -(2**63), 2**63 - 1])
    for domain in (Range(least=0, most=2), Range(least=0), Range(most=2.5), Range(above=-np.inf, below=np.inf), Range(above=0)):
        tracing = Tracing(1, 1)
        x = tracing.add(Node(INPUT, dtype=INT, source="x"), "narrow")
        flags: Any = domain.wrong(x, {})
        stops = Kernel(tracing, [flags], [x], False)
        for number in numbers:
            completed = stops({"x": np.array([1, number])}, 2) is not None
            assert completed == (not domain.wrong(np.array([number]), {}).any()), (domain, number)
