"""What holds for every loss: each law over the whole registry, with data made from the domains."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.catalogue.binding import bind
from losscli.domains import LabelIn
from losscli.engine import passes, plan
from losscli.engine.plan import BLOCK
from losscli.registry import LOSSES, OURS, PROPERTIES, REDUCTIONS, Loss
from tests.data import cut, defaults, example, extremes, float_roles

losscli.LOSSES  # noqa: B018 - registers them
ALL = list(LOSSES.values())
LABELLED = [k for k in ALL if "ignore_index" in k.options]
OF_SOME_ROWS = {"bootstrapped_ce"}  # the others are 0 and not in the mean
STATISTICS = [k for k in ALL if k.allows_per]


def having(name: str) -> list[Loss]:
    assert name in PROPERTIES
    return [k for k in ALL if name in k.properties]


def law(losses: list[Loss]) -> Any:
    assert losses
    return pytest.mark.parametrize("known", losses, ids=lambda k: k.name)


def seeded(known: Loss) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(known.name.encode()))


def compute(known: Loss, data: dict[str, Any], **said: Any) -> Any:
    result = losscli.compute(known.name, **data, **said)
    return result.value if result.values is None else result.values


def reductions(known: Loss) -> tuple[str, ...]:
    return ("mean",) if known.kind == "statistic" else tuple(r for r in REDUCTIONS if r != "none")


def same(a: Any, b: Any) -> bool:
    return np.asarray(a).tobytes() == np.asarray(b).tobytes()


# --- the engine ------------------------------------------------------------------------------------------------------------


@law(ALL)
def test_any_chunking_and_any_threads_give_the_same_bits(known: Loss, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "BLOCK", 64)
    monkeypatch.setattr(passes, "SMALL", 1)
    data = example(known, seeded(known), 333)
    weight = seeded(known).exponential(size=333)
    role = float_roles(known, data)[0]
    for reduction in ("none", *reductions(known)):
        expected = compute(known, data, reduction=reduction, sample_weight=weight)
        slope = losscli.gradient(known.name, **data, reduction=reduction, sample_weight=weight, wrt=role)
        for chunk, threads in ((1, 1), (7, 2), (64, 2), (100, 3), (None, 2)):
            said = {"reduction": reduction, "sample_weight": weight, "chunk": chunk, "threads": threads}
            assert same(compute(known, data, **said), expected), (reduction, chunk, threads)
            assert same(losscli.gradient(known.name, **data, **said, wrt=role), slope), (reduction, chunk, threads)


@law(ALL)
def test_many_blocks_agree_with_one(known: Loss, monkeypatch: pytest.MonkeyPatch) -> None:
    data = example(known, seeded(known), 150)
    whole = compute(known, data)
    role = float_roles(known, data)[0]
    slope = losscli.gradient(known.name, **data, wrt=role)
    monkeypatch.setattr(plan, "BLOCK", 32)
    np.testing.assert_allclose(compute(known, data), whole, rtol=1e-12)
    np.testing.assert_allclose(losscli.gradient(known.name, **data, wrt=role), slope, rtol=1e-9, atol=1e-14)


def test_blocks_of_the_real_size_give_the_same_bits() -> None:
    rng = np.random.default_rng(0)
    pred, target = rng.normal(size=(2, 3 * BLOCK + 17))
    found = {
        losscli.compute("huber", pred=pred, target=target, chunk=chunk, threads=threads).value
        for chunk, threads in ((None, 1), (None, 2), (1000, 1), (BLOCK + 1, 2))
    }
    assert len(found) == 1
    np.testing.assert_allclose(found.pop(), np.where(abs(pred - target) <= 1, (pred - target) ** 2 / 2, abs(pred - target) - 0.5).mean())


def test_the_sum_over_blocks_keeps_what_each_addition_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "BLOCK", 1)
    pred = np.array([1e16, *[1.0] * 1000, 1e16, *[0.5] * 7])
    assert losscli.compute("mae", pred=pred, target=np.zeros(pred.size), reduction="sum").value == math.fsum(pred)


@law([k for k in ALL if k.kind != "batch"])
def test_a_weight_of_three_is_three_times_the_row_and_of_zero_none(known: Loss) -> None:
    data = example(known, seeded(known), 24)
    times = np.arange(24) % 4
    repeated = cut(known, data, np.repeat(np.arange(24), times))
    for reduction in ("mean", "sum")[: 1 if known.kind == "statistic" else 2]:
        weighted = compute(known, data, sample_weight=times.astype(float), reduction=reduction)
        np.testing.assert_allclose(weighted, compute(known, repeated, reduction=reduction), rtol=1e-12)


@law(ALL)
def test_weights_of_one_change_nothing(known: Loss) -> None:
    data = example(known, seeded(known), 20)
    for reduction in reductions(known):
        plain = compute(known, data, reduction=reduction)
        np.testing.assert_allclose(compute(known, data, reduction=reduction, sample_weight=np.ones(20)), plain, rtol=1e-14)


@law([k for k in ALL if k.name != "n_pairs"])  # whose pairs are the first two rows of each label
def test_permuting_rows_permutes_values(known: Loss) -> None:
    data = example(known, seeded(known), 40)
    order = seeded(known).permutation(40)
    shuffled = cut(known, data, order)
    if known.kind == "statistic":  # of the rows of the first block too: nothing after the last yield may come from them
        np.testing.assert_allclose(compute(known, shuffled), compute(known, data), rtol=1e-12)
        return
    values = compute(known, data, reduction="none")
    found = compute(known, shuffled, reduction="none")
    if known.kind == "pointwise":
        assert same(found, values[order])
    else:
        np.testing.assert_allclose(found, values[order], rtol=1e-12)


@law(ALL)
def test_the_reductions_are_sums_over_their_denominators(known: Loss) -> None:
    if known.kind == "statistic":
        assert losscli.compute(known.name, **example(known, seeded(known), 9)).denominator is None
        return
    data = example(known, seeded(known), 9)
    weight = seeded(known).exponential(size=9)
    values = compute(known, data, reduction="none", sample_weight=weight)
    total = compute(known, data, reduction="sum", sample_weight=weight)
    np.testing.assert_allclose(values.sum(), total, rtol=1e-12)
    counted, over = weight.sum() * values.size / 9, total
    if known.kind == "pointwise":  # a row may count for more than its values: for its pairs, its labels
        alone = [losscli.compute(known.name, **cut(known, data, slice(i, i + 1)), reduction="mean") for i in range(9)]
        counted = sum(w * r.denominator.value for w, r in zip(weight, alone, strict=True) if r.denominator is not None)
        over = total if known.mean == "ratio of sums" else sum(w * r.value for w, r in zip(weight, alone, strict=True))
    if known.name in OF_SOME_ROWS:
        counted = (weight * (values != 0)).sum()
    elif known.mean == "of terms" or known.kind == "batch":  # an anchor counts for its pairs or triplets, a row for its event
        count = lambda w: losscli.compute(known.name, **data, reduction="mean", sample_weight=w).denominator.value  # type: ignore[union-attr]
        counted = sum(w * (count(1.0 + (np.arange(9) == i)) - count(np.ones(9))) for i, w in enumerate(weight))
    for reduction, under in (("batchmean", 9), ("sum_over_batch_size", values.size), ("mean", counted)):
        result = losscli.compute(known.name, **data, reduction=reduction, sample_weight=weight)
        np.testing.assert_allclose(result.value, (over if reduction == "mean" else total) / under, rtol=1e-12)
        assert result.denominator is not None
        np.testing.assert_allclose(result.denominator.value, under, rtol=1e-12)


@law(STATISTICS)
def test_a_statistic_per_row_is_that_of_each_row_alone(known: Loss) -> None:
    rng = seeded(known)
    own = {n for n, r in known.roles.items() if not r.domain.shared}
    data = example(known, rng, 7)
    data |= {n: np.stack([x, *(example(known, rng, 7)[n] for _ in range(2))], 1) for n, x in data.items() if n in own}
    each = [compute(known, cut(known, data, slice(i, i + 1)), per="all") for i in range(7)]
    np.testing.assert_allclose(compute(known, data, per="row", reduction="none"), each, rtol=1e-12)
    np.testing.assert_allclose(compute(known, data, per="row", reduction="mean"), np.mean(each), rtol=1e-12)
    if known.roles[known.first].domain.classes:
        return  # one number over all its classes
    channels = [compute(known, {n: x[:, c] if n in own else x for n, x in data.items()}, per="all") for c in range(3)]
    np.testing.assert_allclose(compute(known, data, per="channel", reduction="none"), channels, rtol=1e-12)
    np.testing.assert_allclose(compute(known, data, per="channel"), np.mean(channels), rtol=1e-12)


# --- derivatives -----------------------------------------------------------------------------------------------------------


@law([k for k in ALL if "constant" not in k.fn.__code__.co_names])  # what a derivative is not to see, differences do
def test_gradients_match_central_differences(known: Loss) -> None:
    data = example(known, seeded(known), 5)
    weight = np.array([0.5, 2.0, 1.0, 0.0, 3.0])
    for role in float_roles(known, data):
        for said in ({"reduction": "mean"}, {"reduction": "none", "sample_weight": weight}, {"reduction": "sum", "sample_weight": weight}):
            found = losscli.gradient(known.name, **data, wrt=role, **said)
            assert found.shape == data[role].shape
            np.testing.assert_allclose(found, differences(known, data, role, said), rtol=2e-6, atol=2e-7, err_msg=f"{role} {said}")


def differences(known: Loss, data: dict[str, Any], role: str, said: dict[str, Any], h: float = 1e-5) -> Any:
    slopes = np.zeros(data[role].shape)
    for at in np.ndindex(slopes.shape):
        ends = []
        step = h * np.clip(np.abs(data[role][at]), 0.05, 1)  # near 0 slopes may be steep
        for moves in (step, -step):
            moved = data[role].copy()
            moved[at] += moves
            ends.append(np.sum(compute(known, {**data, role: moved}, **said)))
        slopes[at] = (ends[0] - ends[1]) / (2 * step)
    return slopes


@law(having("differentiable"))
def test_a_differentiable_loss_has_one_slope_from_both_sides_also_where_roles_are_equal(known: Loss) -> None:
    data = example(known, seeded(known), 12)
    first, second = [*data, *data][:2]
    if data[second].shape == data[first].shape:
        data[first][:4] = np.clip(data[second][:4], 0.01, None) if data[first].min() >= 0 else data[second][:4]
    slope = losscli.gradient(known.name, **data, reduction="sum", wrt=first)
    h = 1e-6
    for at in np.ndindex(data[first].shape):
        for step in (h, -h):
            moved = data[first].copy()
            moved[at] += step
            change = np.sum(compute(known, {**data, first: moved}, reduction="sum")) - np.sum(compute(known, data, reduction="sum"))
            np.testing.assert_allclose(change / step, slope[at], rtol=1e-3, atol=5e-3, err_msg=str(at))


@law(having("convex"))
def test_a_convex_loss_lies_under_its_chords(known: Loss) -> None:
    rng = seeded(known)
    a, b = example(known, rng, 200), example(known, rng, 200)
    first = known.first
    others = {n: x for n, x in a.items() if n != first}
    said = {"reduction": "none"} if known.kind != "statistic" else {"per": "row", "reduction": "none"}
    ends = [compute(known, {first: x[first], **others}, **said) for x in (a, b)]
    for share in (0.1, 0.5, 0.8):
        inside = compute(known, {first: share * a[first] + (1 - share) * b[first], **others}, **said)
        chord = share * ends[0] + (1 - share) * ends[1]
        assert (inside <= chord + 1e-9 * (1 + np.abs(chord))).all()


# --- values ----------------------------------------------------------------------------------------------------------------


@law(having("zero"))
def test_equal_roles_give_zero(known: Loss) -> None:
    data = example(known, seeded(known), 20)
    first, second = list(data)[:2]
    data[first] = data[second].copy()
    values = compute(known, data, **({"reduction": "none"} if known.kind != "statistic" else {}))
    assert (np.asarray(values) == 0).all()


@law(having("symmetric"))
def test_a_symmetric_loss_does_not_see_which_comes_first(known: Loss) -> None:
    data = example(known, seeded(known), 20)
    first, second = list(data)[:2]
    swapped = {**data, first: data[second], second: data[first]}
    np.testing.assert_allclose(compute(known, swapped), compute(known, data), rtol=1e-12)


@law(having("robust"))
def test_a_robust_loss_grows_no_faster_than_the_error(known: Loss) -> None:
    data = example(known, seeded(known), 50)
    first = known.first
    sizes = [np.max(compute(known, {**data, first: data[first] + far}, reduction="none")) for far in (1e4, 1e6)]
    assert sizes[1] <= 101 * max(sizes[0], 1)


@pytest.mark.filterwarnings("ignore:overflow")
@law(ALL)
def test_no_nan_for_finite_input_in_the_domain(known: Loss) -> None:
    data = extremes(known)
    if known.kind == "statistic":
        assert not np.isnan(compute(known, data))
        return
    values = compute(known, data, reduction="none")
    bad = np.argwhere(np.isnan(values))
    assert not len(bad), {n: x[tuple(bad[0])[:1]] for n, x in data.items()}


@law(ALL)
def test_float32_follows_float64(known: Loss) -> None:
    data = example(known, seeded(known), 30)
    single = losscli.compute(known.name, **data, dtype=np.float32)
    assert single.dtype == "float32"
    np.testing.assert_allclose(single.value, compute(known, data), rtol=2e-4, atol=1e-5)
    if known.kind != "statistic":
        assert compute(known, data, dtype=np.float32, reduction="none").dtype == np.float32


@law(LABELLED)
def test_ignored_rows_change_nothing_whatever_the_options(known: Loss) -> None:
    rng = seeded(known)
    data, more = example(known, rng, 12), example(known, rng, 5)
    labels = known.roles["target"].domain
    assert isinstance(labels, LabelIn)
    for ignore in (-100, 2):
        data["target"] = np.where(data["target"] == ignore, 0, data["target"])
        longer = {
            n: x if known.roles[n].domain.shared else np.concatenate([x, np.full(5, ignore) if n == "target" else more[n]])
            for n, x in data.items()
        }
        for smoothing in (0.0, 0.3):
            for weights in (None, np.array([0.2, 1.5, 3.0, 0.7])):
                weights = None if weights is None else np.resize(weights, labels.count(data))
                options = {"ignore_index": ignore, "class_weight": weights, "label_smoothing": smoothing}
                options = {n: v for n, v in options.items() if n in known.options}
                for reduction in ("mean", "sum"):
                    short = losscli.compute(known.name, **data, **options, reduction=reduction)
                    long = losscli.compute(known.name, **longer, **options, reduction=reduction)
                    np.testing.assert_allclose(long.value, short.value, rtol=1e-13)
                    assert (long.rows.read, long.rows.used, long.rows.ignored) == (17, 12, 5)


@law(LABELLED)
def test_an_ignored_row_may_hold_anything_finite_and_has_no_gradient(known: Loss) -> None:
    data = example(known, seeded(known), 3)
    data["target"][1] = -100
    hard = np.resize([1e308, -1e308, 0, 745], data["pred"][1].shape)
    inside = ~known.roles["pred"].domain.of(defaults(known)).wrong(hard, {})
    data["pred"][1] = np.where(inside, hard, 0)
    slope = losscli.gradient(known.name, **data)
    assert np.isfinite(slope).all()
    assert (slope[1] == 0).all()


# --- declarations ----------------------------------------------------------------------------------------------------------


@law(ALL)
def test_a_declaration_says_what_a_card_needs(known: Loss) -> None:
    assert known.summary.endswith(".")
    assert known.formula
    assert known.example.startswith(">>>")
    assert known.reference
    assert known.units
    assert known.use and len(known.use) <= 90 and not known.use.endswith(".")
    assert known.use[0].islower() or known.use.split()[0].isupper()
    assert not set(known.roles) & set(known.options)
    bound = bind(known, OURS, {}).options
    assert bound.keys() == defaults(known).keys()
    for preset in known.presets:
        bind(known, preset, {})
        assert set(preset.options) | set(preset.renames.values()) <= set(known.options), preset.names
        assert preset.signs is None or preset.signs in known.roles


def test_no_two_losses_have_the_same_use() -> None:
    assert len({known.use for known in ALL}) == len(ALL)


def test_every_property_selects_some_loss() -> None:
    for name in PROPERTIES:
        assert having(name), name


def test_what_would_have_to_hold_for_every_row_is_asked_of_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "BLOCK", 8)
    pred, target = np.full(40, 0.5), np.ones(40)
    for threads in (1, 2):
        assert [w.code for w in losscli.compute("bce_with_logits", pred=pred, target=target, threads=threads).warnings] == ["W101"]
        for row in (0, 17, 39):
            other = np.where(np.arange(40) == row, 3.0, pred)
            assert losscli.compute("bce_with_logits", pred=other, target=target, threads=threads).warnings == []
