"""A user's function gets all rows that it needs and cannot write to them: its value is right, or an error says what to do."""

from __future__ import annotations

import json
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
    """A reported function: right up to one block, wrong beyond it."""
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
def test_a_function_cannot_write_to_its_inputs(fn: Callable[..., Any], rows: int) -> None:
    """Reported: losscli.compute(f, pred=a) overwrote a."""
    p, t = made("normal", rows)
    before = p.copy(), t.copy()
    for call in (losscli.compute, losscli.gradient):
        with pytest.raises(InputError, match=r"read-only: arrays are read-only: work on a copy"):
            call(fn, pred=p, target=t)
    assert np.array_equal(p, before[0]) and np.array_equal(t, before[1])


def test_a_function_cannot_make_its_inputs_writable() -> None:
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


def test_an_array_that_a_function_reuses_is_copied() -> None:
    held = np.empty(2**18)

    def reusing(pred: Any, target: Any) -> Any:
        return np.subtract(pred, target, out=held[: len(pred)])

    p, t = made("normal", 300_000)
    assert np.array_equal(losscli.compute(reusing, pred=p, target=t, reduction="none", threads=3).values, p - t)


@pytest.mark.parametrize(("fn", "says"), [(counting, "1 to count them"), (summing, "losscli.aggregation.Sum")], ids=["counting", "summing"])
def test_a_number_beside_a_column_is_one_for_each_row(fn: Callable[..., Any], says: str) -> None:
    with pytest.raises(InputError, match=f"yields a number that depends on the other rows.*{says}"):
        losscli.compute(fn, pred=[1.0, 2.0, 4.0], target=[1.0, 4.0, 3.0])


def test_a_batch_larger_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is in bytes."""
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
def test_rare_random_draws_are_refused(fn: Callable[..., Any], rows: int) -> None:
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
def test_a_function_that_yields_all_rows_is_a_batch_loss(fn: Callable[..., Any]) -> None:
    p, t = made("normal", 40)
    expected = np.abs(p[:, None] - t).mean(-1)
    assert losscli.compute(fn, pred=p, target=t).value == pytest.approx(expected.mean(), rel=1e-12)
    np.testing.assert_allclose(losscli.compute(fn, pred=p, target=t, reduction="none").values, expected, rtol=1e-12)
    assert losscli.compute(fn, pred=p, target=t, reduction="batchmean").value == pytest.approx(expected.mean(), rel=1e-12)
    with pytest.raises(UsageError, match="compares rows with each other"):
        losscli.compute(fn, pred=p, target=t, per="row")
    if fn in (renamed, delegating, handed_on):
        assert losscli.find(fn).kind == "batch"


@pytest.mark.parametrize("fn", [rooted, root_handed_on], ids=lambda f: f.__name__)
def test_a_function_that_yields_sums_is_a_statistic(fn: Callable[..., Any]) -> None:
    p, t = made("normal", 40)
    root = np.sqrt(np.mean((p - t) ** 2))
    for reduction in ("mean", "sum", "none"):
        assert losscli.compute(fn, pred=p, target=t, reduction=reduction).value == pytest.approx(root, rel=1e-12)
    rows = losscli.compute(fn, pred=p, target=t, per="row", reduction="none").values
    np.testing.assert_allclose(rows, np.abs(p - t), rtol=1e-12)
    with pytest.raises(UsageError, match="reduction='batchmean' needs per='row'"):
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
