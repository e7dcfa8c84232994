"""A user's function never sees less than it needs, and never writes: it is right, or it is refused with a way out."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import losscli
from losscli import aggregation
from losscli.aggregation import AllRows as OfAll
from losscli.aggregation import RowIndex
from losscli.catalogue.lookup import load_all
from losscli.cli.app import run
from losscli.engine.custom import decide
from losscli.engine.custom.checks import check_few_rows
from losscli.engine.validation import validate
from losscli.errors import InputError, UsageError
from losscli.registry import LOSSES
from losscli.testing.samples import defaults, example

SIZES = (10, 300_000, 3 * 2**18 + 1)
BLOCK = 2**18


# --- functions that look at other rows, draw, or write ---------------------------------------------------------------------


def plain(pred: Any, target: Any) -> Any:
    return (pred - target) ** 2


def centred(pred: Any, target: Any) -> Any:
    return np.abs(pred - target - pred.mean())


def scaled(pred: Any, target: Any) -> Any:
    return np.abs(pred - target) / np.std(target)


def sample_scaled(pred: Any, target: Any) -> Any:
    return np.abs(pred - target) / np.std(target, ddof=1)  # fails on one row


def cumulated(pred: Any, target: Any) -> Any:
    return np.abs(np.cumsum(pred - target))


def in_order(pred: Any, target: Any) -> Any:
    return np.abs(np.sort(pred) - np.sort(target))


def ranked(pred: Any, target: Any) -> Any:
    return (np.argsort(np.argsort(pred)) - np.argsort(np.argsort(target))) ** 2.0


def placed(pred: Any, target: Any) -> Any:
    return np.abs(pred - target) * np.arange(len(pred))


def to_largest(pred: Any, target: Any) -> Any:
    return np.abs(pred - target) / np.abs(target).max()


def clipped(pred: Any, target: Any) -> Any:
    e = np.abs(pred - target)
    return np.minimum(e, 10 * np.median(e))


def lagged(pred: Any, target: Any) -> Any:
    return np.abs(pred - np.roll(target, 1))


def by_first(pred: Any, target: Any) -> Any:
    return np.abs(pred - target - pred[0])


def weighed(pred: Any, target: Any) -> Any:
    return np.abs(pred - target), np.arange(len(pred)) + 1.0


def seeded(pred: Any, target: Any) -> Any:
    return np.abs(pred - target + np.random.default_rng(0).normal(size=len(pred)))


def yielding(pred: Any, target: Any) -> Any:
    s, n = yield np.abs(pred - target - pred.mean()), 1
    return s / n


def centring(pred: Any, target: Any) -> Any:
    s, n = yield pred, 1  # as it should be
    return np.abs(pred - target - s / n)


def ending(pred: Any, target: Any) -> Any:
    yield 1
    return np.mean((pred - target) ** 2)


LOOKING = [
    centred, scaled, sample_scaled, cumulated, in_order, ranked, placed, to_largest, clipped, lagged, by_first, weighed, seeded,
    yielding, ending,
]  # fmt: skip
WHAT_IT_IS = {yielding: centred, centring: centred, ending: plain}

STATE = np.random.default_rng(7)


def drawing(pred: Any, target: Any) -> Any:
    return np.abs(pred - target + np.random.normal(size=len(pred)))


def drawing_from(pred: Any, target: Any) -> Any:
    return np.abs(pred - target) * STATE.random(len(pred))


def drawing_one(pred: Any, target: Any) -> Any:
    return np.mean(np.abs(pred - target)) * STATE.random()


def drawing_columns(pred: Any, target: Any) -> Any:
    s, n = yield np.abs(pred - target) * np.random.rand(len(pred)), 1
    return s / n


def counting(pred: Any, target: Any) -> Any:
    s, n = yield np.abs(pred - target), len(pred)
    return s / n


def summing(pred: Any, target: Any) -> Any:
    s, n = yield np.abs(pred - target).sum(), 1
    return s / n


def subtracting(pred: Any, target: Any) -> Any:
    pred -= target
    return np.abs(pred)


def sorting(pred: Any, target: Any) -> Any:
    target.sort()
    return np.abs(pred - target)


def into(pred: Any, target: Any) -> Any:
    return np.abs(np.subtract(pred, target, out=pred))


def writing_options(pred: Any, target: Any, *, ks: Any = (1.0, 2.0)) -> Any:
    ks *= 2
    return np.abs(pred - target) * ks.sum()


def writing_merged(pred: Any, target: Any) -> Any:
    (t,) = yield (OfAll(target),)
    t[:] = 0
    return np.abs(pred - t.mean())


def past_the_flags(pred: Any, target: Any) -> Any:
    own = np.asarray(memoryview(pred.base if pred.base is not None else pred))  # as torch.from_numpy does
    own.setflags(write=True)
    own -= 1
    return np.abs(pred - target)


def made(kind: str, rows: int) -> tuple[Any, Any]:
    """Data that show less in their first rows than in all."""
    rng = np.random.default_rng(rows)
    p, t = rng.normal(size=rows), rng.normal(size=rows)
    if kind == "sorted":
        p.sort()
        t.sort()
    elif kind == "constant":
        t[:BLOCK], p[:BLOCK] = 1.0, 2.0
    elif kind == "equal":
        p[: BLOCK + 5] = t[: BLOCK + 5]
    elif kind == "groups":
        t = np.repeat([0.0, 1, 2, 3], -(-rows // 4))[:rows]
        p = t + 0.5
    elif kind == "levels":  # no block shows anything, all together do
        t = np.floor_divide(np.arange(rows), BLOCK).astype(np.float64)
        p = t + 1
    elif kind == "outliers":
        p = t + 1.0
        p[-max(1, rows // 10) :] += 1000
    return p, t


def of_all(fn: Callable[..., Any], p: Any, t: Any) -> float:
    """The mean of what NumPy gives for all rows."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = WHAT_IT_IS.get(fn, fn)(p.copy(), t.copy())
        return float(np.sum(out[0]) / np.sum(out[1]) if isinstance(out, tuple) else np.mean(out))


# --- the law ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fn", [plain, centring, *LOOKING], ids=lambda f: f.__name__)
@pytest.mark.parametrize("rows", SIZES)
def test_a_function_is_right_for_any_number_of_rows(fn: Callable[..., Any], rows: int) -> None:
    """prompt.md's `nae`: right up to one block, wrong beyond it."""
    p, t = made("normal", rows)
    found = losscli.compute(fn, pred=p, target=t)
    assert found.value == pytest.approx(of_all(fn, p, t), rel=1e-9)
    note = f"{fn.__name__} depends on other rows: it was called with all {rows:,} rows at once"
    if rows > 10:  # of ten rows none need be one that a clip reaches
        assert found.notes == ([note] if fn in LOOKING else [])


@pytest.mark.parametrize("fn", [scaled, to_largest, clipped, placed, in_order, weighed, yielding], ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", ["sorted", "constant", "equal", "groups", "outliers"])
def test_also_where_the_first_rows_show_nothing(fn: Callable[..., Any], kind: str) -> None:
    p, t = made(kind, 2 * BLOCK + 1)
    expected = of_all(fn, p, t)
    found = losscli.compute(fn, pred=p, target=t, nan="propagate").value
    assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("fn", [scaled, to_largest, clipped, placed], ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", ["constant", "groups", "levels", "outliers"])
def test_a_stream_is_right_or_refused(fn: Callable[..., Any], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a stream the first rows alone are tried before; every block, and rows of all together, are tried as they come."""
    monkeypatch.setattr("losscli.engine.plan.BLOCK", 2**10)
    monkeypatch.setattr("tests.catalogue.test_custom_safety.BLOCK", 2**10)
    p, t = made(kind, 2**12 + 1)
    (tmp_path / "f.csv").write_text("p,t\n" + "".join(f"{float(a)!r},{float(b)!r}\n" for a, b in zip(p, t, strict=True)))
    own = f"{__file__}::{fn.__name__}"
    argv = ["compute", own, str(tmp_path / "f.csv"), "-p", "p", "-t", "t", "-f", "json", "-o", str(tmp_path / "o.json")]
    if run(argv) == 0:
        assert json.loads((tmp_path / "o.json").read_text())["value"] == pytest.approx(of_all(fn, p, t), rel=1e-9)
    else:
        assert not (tmp_path / "o.json").exists()


@pytest.mark.parametrize("threads", [1, 3])
def test_values_and_derivatives_of_all_rows(threads: int) -> None:
    p, t = made("normal", 300_000)
    values = losscli.compute(scaled, pred=p, target=t, reduction="none", threads=threads, chunk=1000).values
    np.testing.assert_allclose(values, scaled(p, t), rtol=1e-12)
    p, t = made("normal", 10)
    slope = losscli.gradient(centred, pred=p, target=t)
    sign = np.sign(p - t - p.mean())
    np.testing.assert_allclose(slope, sign / 10 - sign.mean() / 10, atol=1e-15)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("fn", [drawing, drawing_from, drawing_one, drawing_columns], ids=lambda f: f.__name__)
def test_values_that_change_from_call_to_call_are_refused(fn: Callable[..., Any], rows: int) -> None:
    p, t = made("normal", rows)
    with pytest.raises(InputError, match=r"gives other values each time it is called with the same rows: seed its random numbers"):
        losscli.compute(fn, pred=p, target=t)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("fn", [subtracting, sorting, into, writing_options, writing_merged], ids=lambda f: f.__name__)
def test_nobody_writes(fn: Callable[..., Any], rows: int) -> None:
    """prompt.md P4: losscli.compute(f, pred=a) overwrote a."""
    p, t = made("normal", rows)
    before = p.copy(), t.copy()
    for call in (losscli.compute, losscli.gradient):
        with pytest.raises(InputError, match=r"read-only: arrays are read-only: work on a copy"):
            call(fn, pred=p, target=t)
    assert np.array_equal(p, before[0]) and np.array_equal(t, before[1])


def test_nor_past_the_flags() -> None:
    p, t = np.array([1.0, 2.0, 4.0]), np.array([1.0, 4.0, 3.0])
    with pytest.raises(InputError, match="writes into pred, which is read-only"):
        losscli.compute(past_the_flags, pred=p, target=t)
    assert p.tolist() == [1, 2, 4]


@pytest.mark.parametrize(("fn", "values"), [(lambda pred: pred, [1, 2]), (lambda pred: pred[::-1], [2, 1])], ids=["as it is", "turned"])
def test_what_comes_back_is_not_what_was_given(fn: Callable[..., Any], values: list[float]) -> None:
    p = np.array([1.0, 2.0])
    found = losscli.compute(fn, pred=p, reduction="none")
    p[:] = 9
    assert found.values.tolist() == values


def test_the_same_bits_for_any_chunks_threads_and_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Values of all rows at once are summed in the blocks of any other loss."""
    p, t = made("normal", 300_000)
    expected = losscli.compute(scaled, pred=p, target=t).value
    for more in ({"threads": 1}, {"threads": 3}, {"chunk": 777}):
        assert losscli.compute(scaled, pred=p, target=t, **more).value == expected
    np.savez(tmp_path / "a.npz", pred=p, target=t)
    assert run(["compute", f"{__file__}::scaled", str(tmp_path / "a.npz"), "-f", "value"]) == 0
    assert float(capsys.readouterr().out) == expected


def test_what_a_function_puts_to_use_again_is_copied() -> None:
    held = np.empty(2**18)

    def reusing(pred: Any, target: Any) -> Any:
        return np.subtract(pred, target, out=held[: len(pred)])

    p, t = made("normal", 300_000)
    assert np.array_equal(losscli.compute(reusing, pred=p, target=t, reduction="none", threads=3).values, p - t)


@pytest.mark.parametrize(("fn", "says"), [(counting, "1 to count them"), (summing, "losscli.aggregation.Sum")], ids=["counting", "summing"])
def test_a_number_beside_a_column_is_one_for_each_row(fn: Callable[..., Any], says: str) -> None:
    with pytest.raises(InputError, match=f"yields a number that depends on the other rows.*{says}"):
        losscli.compute(fn, pred=[1.0, 2.0, 4.0], target=[1.0, 4.0, 3.0])


def test_too_much_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is in bytes, and in README."""
    assert decide.MAX_BYTES == 2**31
    monkeypatch.setattr(decide, "MAX_BYTES", 2**20)
    p, t = made("normal", 2**17)
    for fn in (scaled, lambda pred, target: np.median(pred - target)):
        with pytest.raises(InputError, match=r"needs all rows at once, and they take more than .* GiB: yield what it needs"):
            losscli.compute(fn, pred=p, target=t)
    assert losscli.compute(plain, pred=p, target=t).value > 0


# --- functions that remember, or draw seldom, or look at few other rows ----------------------------------------------------

HELD: dict[Any, Any] = {}
SCALE: Any = None
LOG: list[int] = []
TABLE: dict[int, Any] = {}


def in_a_global(pred: Any, target: Any) -> Any:
    if "scale" not in HELD:
        HELD["scale"] = np.std(target)
    return np.abs(pred - target) / HELD["scale"]


def in_a_name(pred: Any, target: Any) -> Any:
    global SCALE
    SCALE = np.std(target) if SCALE is None else SCALE
    return np.abs(pred - target) / SCALE


def by_length(pred: Any, target: Any) -> Any:
    if len(pred) not in HELD:
        HELD[len(pred)] = np.std(target)
    return np.abs(pred - target) / HELD[len(pred)]


def on_itself(pred: Any, target: Any) -> Any:
    on_itself.scale = getattr(on_itself, "scale", None) or np.std(target)  # type: ignore[attr-defined]
    return np.abs(pred - target) / on_itself.scale  # type: ignore[attr-defined]


def one_that_remembers(pred: Any, target: Any) -> Any:
    return np.mean(np.abs(pred - target)) / HELD.setdefault("scale", np.std(target))


def columns_that_remember(pred: Any, target: Any) -> Any:
    s, n = yield np.abs(pred - target) / HELD.setdefault("scale", np.std(target)), 1
    return s / n


def later_steps_that_remember(pred: Any, target: Any) -> Any:
    s, n = yield pred, 1
    mean = HELD.setdefault("mean", s / n) + HELD.setdefault("first", pred[0])
    return np.abs(pred - target - mean)


def enclosed() -> Callable[..., Any]:
    scale = None

    def in_a_cell(pred: Any, target: Any) -> Any:
        nonlocal scale
        scale = np.std(target) if scale is None else scale
        return np.abs(pred - target) / scale

    return in_a_cell


class Held:
    scale: Any = None


def in_a_class(pred: Any, target: Any) -> Any:
    Held.scale = np.std(target) if Held.scale is None else Held.scale
    return np.abs(pred - target) / Held.scale


def logging(pred: Any, target: Any) -> Any:
    LOG.append(len(pred))
    return np.abs(pred - target)


def tabled(pred: Any, target: Any) -> Any:
    table = TABLE.setdefault(0, np.linspace(0, 1, 11))
    return np.abs(pred - target) + table[1]


REMEMBERING = [
    in_a_global,
    in_a_name,
    by_length,
    on_itself,
    one_that_remembers,
    columns_that_remember,
    later_steps_that_remember,
    enclosed(),
    in_a_class,
]


@pytest.fixture
def fresh() -> None:
    global SCALE
    HELD.clear()
    LOG.clear()
    TABLE.clear()
    SCALE = Held.scale = None
    vars(on_itself).pop("scale", None)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("rows", [10, 300_000])
@pytest.mark.parametrize("fn", REMEMBERING, ids=lambda f: f.__name__)
def test_what_is_kept_of_one_call_is_not_taken_for_the_next(fn: Callable[..., Any], rows: int) -> None:
    """The standard deviation of the first block, kept in a global, was taken for that of all rows."""
    p, t = made("normal", rows)
    with pytest.raises(InputError, match=r"stores data of one call in \w+, .*: compute them in each call, or yield"):
        losscli.compute(fn, pred=p, target=t)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("rows", [10, 300_000])
@pytest.mark.parametrize("fn", [logging, tabled], ids=lambda f: f.__name__)
def test_what_changes_no_value_may_be_kept(fn: Callable[..., Any], rows: int) -> None:
    p, t = made("normal", rows)
    found = losscli.compute(fn, pred=p, target=t)
    assert (found.value, found.notes) == (pytest.approx(of_all(fn, p, t), rel=1e-12), [])
    assert rows in LOG or TABLE or max(LOG) == BLOCK


def test_rows_that_have_a_partner_in_another_block_alone() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=BLOCK)
    p = np.concatenate([x, rng.permutation(x)])
    with pytest.raises(InputError, match=r"gives a row another value when other rows are present.*: yield what it needs of all rows"):
        losscli.compute(once_each, pred=p, target=np.zeros(2 * BLOCK))


def by_channel(pred: Any, target: Any) -> Any:
    return np.mean((pred - target) ** 2, axis=0)


@pytest.mark.parametrize("rows", [3, 4])
def test_numbers_of_channels_are_not_taken_for_those_of_rows(rows: int) -> None:
    """Nor where there are as many of them."""
    with pytest.raises(InputError, match=r"returned shape \(3,\) for \d rows: it has to return a value for each row"):
        losscli.compute(by_channel, pred=np.eye(rows, 3), target=np.ones((rows, 3)))


def seldom(pred: Any, target: Any) -> Any:
    return np.abs(pred - target) * (np.random.random(len(pred)) > 1e-6)


def seldom_from(pred: Any, target: Any) -> Any:
    return np.abs(pred - target) * (STATE.random(len(pred)) > 1e-6)


@pytest.mark.parametrize("rows", [10, 300_000])
@pytest.mark.parametrize("fn", [seldom, seldom_from], ids=lambda f: f.__name__)
def test_draws_that_seldom_show_are_refused(fn: Callable[..., Any], rows: int) -> None:
    p, t = made("normal", rows)
    with pytest.raises(InputError, match="gives other values each time it is called with the same rows"):
        losscli.compute(fn, pred=p, target=t)


def once_each(pred: Any, target: Any) -> Any:
    _, first = np.unique(pred, return_index=True)
    counts = np.zeros(len(pred))
    counts[first] = 1
    return np.abs(pred - target) * counts


def test_few_rows_that_have_a_partner() -> None:
    """Of 64 rows, or of 8 in a block, none may be one of the few that another row changes."""
    p, t = made("normal", 3 * BLOCK + 1)
    p[1::500] = p[::500]
    assert losscli.compute(once_each, pred=p, target=t).value == pytest.approx(of_all(once_each, p, t), rel=1e-12)


# --- what it yields decides its kind ---------------------------------------------------------------------------------------


def renamed(pred: Any, target: Any) -> Any:
    t, _ = yield OfAll(target), RowIndex
    return np.abs(pred[:, None] - t).mean(-1)


def _all(x: Any) -> Any:
    (of_all,) = yield (OfAll(x),)
    return of_all


def delegating(pred: Any, target: Any) -> Any:
    t = yield from _all(target)
    return np.abs(pred[:, None] - t).mean(-1)


def hidden(pred: Any, target: Any) -> Any:
    t, _ = yield getattr(aggregation, "All" + "Rows")(target), RowIndex
    return np.abs(pred[:, None] - t).mean(-1)


def handed_on(pred: Any, target: Any) -> Any:
    return renamed(pred, target)


def rooted(pred: Any, target: Any) -> Any:
    if len(pred) < 0:
        yield OfAll(pred)  # mentioned, never yielded
    s, n = yield (pred - target) ** 2, 1
    return np.sqrt(s / n)


def root_handed_on(pred: Any, target: Any) -> Any:
    return rooted(pred, target)


def without_a_yield(pred: Any, target: Any, *, relative: bool = False) -> Any:
    if relative:
        s, n = yield np.abs(target), 1
        return np.abs(pred - target) * n / s
    return np.abs(pred - target)


@pytest.mark.parametrize("fn", [renamed, delegating, hidden, handed_on], ids=lambda f: f.__name__)
def test_one_that_gathers_is_of_a_batch(fn: Callable[..., Any]) -> None:
    p, t = made("normal", 40)
    expected = np.abs(p[:, None] - t).mean(-1)
    assert losscli.compute(fn, pred=p, target=t).value == pytest.approx(expected.mean(), rel=1e-12)
    np.testing.assert_allclose(losscli.compute(fn, pred=p, target=t, reduction="none").values, expected, rtol=1e-12)
    assert losscli.compute(fn, pred=p, target=t, reduction="batchmean").value == pytest.approx(expected.mean(), rel=1e-12)
    with pytest.raises(UsageError, match="gives a value for each row already"):
        losscli.compute(fn, pred=p, target=t, per="row")
    if fn in (renamed, delegating, handed_on):
        assert losscli.find(fn).kind == "batch"


@pytest.mark.parametrize("fn", [rooted, root_handed_on], ids=lambda f: f.__name__)
def test_one_that_sums_is_a_statistic(fn: Callable[..., Any]) -> None:
    p, t = made("normal", 40)
    root = np.sqrt(np.mean((p - t) ** 2))
    for reduction in ("mean", "sum", "none"):
        assert losscli.compute(fn, pred=p, target=t, reduction=reduction).value == pytest.approx(root, rel=1e-12)
    rows = losscli.compute(fn, pred=p, target=t, per="row", reduction="none").values
    np.testing.assert_allclose(rows, np.abs(p - t), rtol=1e-12)
    with pytest.raises(UsageError, match="-r batchmean needs --per row"):
        losscli.compute(fn, pred=p, target=t, reduction="batchmean")


def test_one_may_end_without_a_yield() -> None:
    p, t = made("normal", 40)
    assert losscli.compute(without_a_yield, pred=p, target=t).value == pytest.approx(np.abs(p - t).mean(), rel=1e-12)
    relative = losscli.compute(without_a_yield, pred=p, target=t, relative=True).value
    assert relative == pytest.approx(np.abs(p - t).mean() / np.abs(t).mean(), rel=1e-12)


load_all()
OURS = [known for known in LOSSES.values() if not any(r.domain.shared for r in known.roles.values())]


@pytest.mark.parametrize("known", OURS, ids=lambda k: k.name)
def test_ours_are_what_they_yield_and_look_at_no_other_row(known: Any) -> None:
    """The law for the catalogue: what is read from the code of a loss is what it yields, and its columns are of their own rows."""
    from losscli.catalogue.binding import BoundLoss
    from losscli.data.blocks import Block
    from losscli.data.columns import Column
    from losscli.engine.plan import prepare

    data = example(known, np.random.default_rng(3), 24)
    job, columns = prepare(BoundLoss(known, defaults(known)), {n: Column(n, x) for n, x in data.items()})
    view = job.view(Block(0, 24, {n: c.whole() for n, c in columns.items()}))
    assert not any(x.flags.writeable for x in view.roles.values())
    with np.errstate(all="ignore"):
        validate(job, view)
        found, _ = check_few_rows(job, view, None, 0.0)
    assert known.kind == ("batch" if OfAll in found else "statistic" if found else "pointwise")


# --- masks and tensors -----------------------------------------------------------------------------------------------------

MASKED = np.ma.array([1.0, 2.0, 4.0, 9.0], mask=[0, 0, 0, 1])
BESIDE = [1.0, 2.5, 4.0, 0.0]  # 0, 0.25, 0 where there is a value


def far_masked(pred: Any, target: Any) -> Any:
    return np.ma.masked_greater((pred - target) ** 2, 50)


def weights_masked(pred: Any, target: Any) -> Any:
    e = (pred - target) ** 2
    return e, np.ma.array(np.ones(len(e)), mask=e > 50)


def columns_masked(pred: Any, target: Any) -> Any:
    s, n = yield np.ma.masked_greater((pred - target) ** 2, 50), 1
    return s / n


@pytest.mark.parametrize("given", [MASKED, [*MASKED[:3], np.ma.masked]], ids=["array", "list"])
def test_what_is_masked_is_missing(given: Any) -> None:
    """prompt.md P10: the mask was lost."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InputError, match="pred: row 3 is nan or empty"):
            losscli.compute("mse", pred=given, target=BESIDE)
        found = losscli.compute("mse", pred=given, target=BESIDE, nan="omit")
        assert np.isnan(losscli.compute("mse", pred=given, target=BESIDE, nan="propagate").value)
    assert (found.value, found.rows.omitted) == (0.25 / 3, 1)


def test_masks_of_labels_weights_options_and_parts() -> None:
    with pytest.raises(InputError, match="target: row 1 has no label"):
        losscli.compute("cross_entropy", pred=[[1.0, 2.0]] * 2, target=np.ma.array([0, 1], mask=[0, 1]))
    with pytest.raises(InputError, match="sample_weight: row 3 is nan"):
        losscli.compute("mse", pred=BESIDE, target=BESIDE, sample_weight=MASKED)
    with pytest.raises(UsageError, match="class_weight takes NUMBERS"):
        losscli.compute("cross_entropy", pred=[[1.0, 2.0]], target=[0], class_weight=np.ma.array([1.0, 2.0], mask=[0, 1]))
    with pytest.raises(InputError, match="pred: row 1, element 3 is nan"):
        losscli.compute("mse", pred=[MASKED.data, MASKED], target=[BESIDE, BESIDE])
    with pytest.raises(UsageError, match="one number for each class"):
        losscli.class_weights(np.ma.array([3, 4], mask=[0, 1]))


@pytest.mark.parametrize("fn", [far_masked, weights_masked], ids=lambda f: f.__name__)
def test_what_a_function_masks_is_missing(fn: Callable[..., Any]) -> None:
    given: dict[str, Any] = {"pred": [1.0, 2.0, 4.0, 9.0], "target": BESIDE}
    with pytest.raises(InputError, match=r"returned 1 masked value: what is masked is missing; --nan omit leaves it out"):
        losscli.compute(fn, **given)
    found = losscli.compute(fn, **given, nan="omit")
    assert (found.value, found.rows.ignored, found.rows.used) == (0.25 / 3, 1, 3)
    values = losscli.compute(fn, **given, nan="omit", reduction="none")
    assert values.values.tolist()[:3] == [0, 0.25, 0] and np.isnan(values.values[3])
    assert np.isnan(losscli.compute(fn, **given, nan="propagate").value)
    assert found.summary is not None and (found.summary.max, found.summary.count) == (0.25, 3)


def test_masked_columns_are_refused() -> None:
    with pytest.raises(InputError, match="yielded masked values: yield the values without the masked ones"):
        losscli.compute(columns_masked, pred=[1.0, 2.0, 4.0, 9.0], target=BESIDE, nan="omit")


class Tensor:
    """As torch's: no array before it is detached, and none at all in bfloat16."""

    def __init__(self, x: Any, dtype: str = "torch.float32", held: bool = True) -> None:
        self.x, self.dtype, self.held = np.asarray(x, np.float32), dtype, held
        self.shape = self.x.shape

    def detach(self) -> Tensor:
        return Tensor(self.x, self.dtype, False)

    def cpu(self) -> Tensor:
        return self

    def float(self) -> Tensor:
        return Tensor(self.x, "torch.float32", self.held)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.held:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self.dtype != "torch.float32":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.x if dtype is None else self.x.astype(dtype)


@pytest.mark.parametrize("dtype", ["torch.float32", "torch.bfloat16"])
def test_tensors_are_taken_as_they_are(dtype: str) -> None:
    pred = Tensor([1.0, 2.0, 4.0], dtype)
    assert losscli.compute("mse", pred=pred, target=[1.0, 4.0, 3.0]).value == 5 / 3
    assert losscli.gradient("mse", pred=pred, target=[1.0, 4.0, 3.0]).tolist() == pytest.approx([0, -4 / 3, 2 / 3])
    assert losscli.compute("mse", pred=[1.0, 2.0], target=[0.0, 0.0], sample_weight=Tensor([1.0, 3.0], dtype)).value == 13 / 4
    assert losscli.compute("huber", pred=[3.0], target=[0.0], delta=Tensor(2.0, dtype)).value == 4
    weighed = losscli.compute("cross_entropy", pred=[[0.0, 0.0]], target=[0], class_weight=Tensor([2.0, 1.0], dtype), reduction="sum")
    assert weighed.value == pytest.approx(2 * np.log(2))


def test_what_makes_no_array_is_one_clear_error() -> None:
    with pytest.raises(
        UsageError, match="pred is of type Tensor, which cannot be converted to an array of numbers: Got unsupported ScalarType"
    ):
        losscli.compute("mse", pred=Tensor([1.0], "torch.sparse"), target=[1.0])
    with pytest.raises(UsageError, match="pred is of type list, which cannot be converted to an array of numbers"):
        losscli.compute("mse", pred=[[1.0, 2.0], [3.0]], target=[1.0, 2.0])


# --- one weight for all ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mse", "cross_entropy", "dice", "rmse", "nt_xent", "poisson_nll"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_one_number_is_the_weight_of_every_row(name: str, reduction: str) -> None:
    data = example(LOSSES[name], np.random.default_rng(5), 12)
    for one in (2.5, np.float64(2.5), np.array(2.5)):
        found = losscli.compute(name, **data, sample_weight=one, reduction=reduction)
        each = losscli.compute(name, **data, sample_weight=np.full(12, 2.5), reduction=reduction)
        np.testing.assert_array_equal(
            found.value if found.value is not None else found.values, each.value if each.value is not None else each.values
        )


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        ("compute mse s.json -w s.json::w -r sum", "12.5"),  # was exit 70
        ("compute mse s.json -w 2.5 -r sum", "12.5"),
        ("compute mse s.json -w 2.5", "1.6666666666666667"),
        (
            "compute keras.losses.MeanSquaredError s.json -w 2.3",
            "3.833333333333333",
        ),  # 2.3 × (5/3), in this order: keras takes the vector as one sample
        ("compute mse s.json -w w.npy -r sum", "10.0"),
        ("compute mse a.npz -w a.npz::w -r sum", "15.0"),
        ("compute mse d.csv -w 2 -r sum", "10.0"),
        ("compute mse d.csv -w 2 -r sum --id id", "10.0"),
        ("compute mse d.csv -p pred -t e.csv::target --id id -w 2 -r sum", "10.0"),
        ("compute mse d.csv -w 2 -r sum --nan omit", "10.0"),
        ("compare s.json -l mse -p pred -t target -w 2.5 -r sum", "12.5"),
        ("compute o.yaml", "22.5"),
    ],
)
def test_also_from_files_and_the_command_line(
    argv: str, out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.json").write_text('{"pred": [1, 2, 4], "target": [1, 4, 3], "w": 2.5}')
    (tmp_path / "d.csv").write_text("id,pred,target\na,1,1\nb,2,4\nc,4,3\n")
    (tmp_path / "e.csv").write_text("id,target\nc,3\na,1\nb,4\n")
    np.save("w.npy", np.array(2.0))
    np.savez("a.npz", pred=[1.0, 2, 4], target=[1.0, 4, 3], w=3.0)
    terms = [f"  {n}: {{loss: mse, pred: pred, target: target, reduction: sum, sample_weight: {w}}}\n" for n, w in (("a", "w"), ("b", 2))]
    (tmp_path / "o.yaml").write_text("data: s.json\nterms:\n" + "".join(terms))
    assert run([*argv.split(), "-f", "value"]) == 0
    assert capsys.readouterr() == (out + "\n", "")


@pytest.mark.parametrize("weight", ["-1", "nan", "inf"])
def test_a_weight_that_is_none_is_refused(weight: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "mse", "-p", "1,2", "-t", "2,4", "-w", weight]) == 3
    assert "one number is the weight of every row, and has to be 0 or more" in capsys.readouterr().err


# --- at the command line ---------------------------------------------------------------------------------------------------

LOUD = '''
import os, subprocess, sys
import numpy as np
os.write(1, b"loading\\n")


def loud(pred, target):
    os.write(1, b"written\\n")
    print("printed")
    sys.__stdout__ and sys.__stdout__.write("past it\\n")
    subprocess.run([sys.executable, "-c", "print('child')"]) if len(pred) == 3 else None
    return (pred - target) ** 2


def inplace(pred, target):
    pred -= target
    return pred ** 2


def lengthy(pred, target):
    """What looks at other rows."""
    return (pred - target) ** 2 * len(pred)
'''
FORMATS = {
    "json": lambda path, a: path.write_text(json.dumps({k: x.tolist() for k, x in a.items()})),
    "yaml": lambda path, a: path.write_text(json.dumps({k: x.tolist() for k, x in a.items()})),
    "jsonl": lambda path, a: path.write_text("".join(json.dumps({k: float(x[i]) for k, x in a.items()}) + "\n" for i in range(3))),
    "npz": lambda path, a: np.savez(path, **a),
    "csv": lambda path, a: path.write_text("a,b,y\n" + "".join(f"{a['a'][i]},{a['b'][i]},{a['y'][i]}\n" for i in range(3))),
    "npy": lambda path, a: np.save(path, np.array([tuple(r) for r in zip(*a.values(), strict=True)], [(k, float) for k in a])),
}  # fmt: skip


@pytest.fixture
def loud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "l.py").write_text(LOUD)
    (tmp_path / "s.json").write_text('{"pred": [1, 2, 4], "target": [1, 4, 3]}')
    (tmp_path / "o.yaml").write_text("data: s.json\nterms:\n  a: {loss: 'l.py::loud', pred: pred, target: target}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        ("compute l.py::loud s.json -f value", "1.6666666666666667\n"),
        ("compute l.py::loud s.json -f csv -r none --grad pred", "row,loss,grad_pred\n0,0.0,0.0\n1,4.0,-4.0\n2,1.0,2.0\n"),
        ("compute l.py::loud s.json -o o.json", ""),
        ("compare s.json -l l.py::loud -p pred -t target -f value", "1.6666666666666667\n"),
        ("compute o.yaml -f value", "1.6666666666666667\n"),
        ("list l.py::loud", None),
        ("compute l.py::loud --help", None),
    ],
)
def test_standard_output_holds_the_result_alone(loud: Path, argv: str, out: str | None) -> None:
    """`os.write(1, …)`, what a child prints, and what is written past Python's own stream."""
    done = subprocess.run([sys.executable, "-m", "losscli", *argv.split()], capture_output=True, text=True, check=False)
    for word in ("loading", "written", "printed", "past it", "child"):
        assert word not in done.stdout.split("\n")
    assert "loading\n" in done.stderr
    if out is not None:
        assert (done.returncode, done.stdout) == (0, out)
        assert all(f"{word}\n" in done.stderr for word in ("written", "printed", "past it", "child"))


def test_also_where_a_stream_is_closed(loud: Path) -> None:
    command = f"{sys.executable} -m losscli compute l.py::loud s.json"
    done = subprocess.run(f"{command} -o o.json >&-", shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and json.loads((loud / "o.json").read_text())["value"] == 5 / 3
    done = subprocess.run(f"{command} -f value 2>&-", shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1.6666666666666667\n")


@pytest.mark.parametrize("format", FORMATS)
def test_what_one_loss_writes_no_other_sees(loud: Path, format: str, capsys: pytest.CaptureFixture[str]) -> None:
    """prompt.md P4: mse of a was 8.96 instead of 0.17, and b was marked best."""
    arrays = {"a": np.array([2.5, 0.0, 2.1]), "b": np.array([2.0, 1.0, 3.0]), "y": np.array([3.0, -0.5, 2.0])}
    FORMATS[format](loud / f"ab.{format}", arrays)
    argv = ["compare", f"ab.{format}", "-p", "a", "-p", "b", "-t", "y", "-f", "value", "-l", "mse"]
    assert run(argv) == 0
    expected = [np.mean((arrays[p] - arrays["y"]) ** 2) for p in ("a", "b")]
    assert [float(x) for x in capsys.readouterr().out.split()] == pytest.approx(expected, rel=1e-12)
    assert run([*argv, "-l", "l.py::inplace"]) == 3
    out, err = capsys.readouterr()
    assert out == "" and "read-only: arrays are read-only: work on a copy, as in pred = pred.copy()" in err


def test_the_note_is_part_of_the_result(loud: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "l.py::lengthy", "s.json"]) == 0
    assert "lengthy depends on other rows: it was called with all 3 rows at once\n" in capsys.readouterr().out
    assert run(["compute", "l.py::lengthy", "s.json", "-f", "json", "--gradcheck"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == ["lengthy depends on other rows: it was called with all 3 rows at once"]
