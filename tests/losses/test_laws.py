"""Each law of `losscli.testing` on every loss of the registry, and the required fields of a declaration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.catalogue.binding import bind
from losscli.engine import plan
from losscli.engine.plan import BLOCK
from losscli.registry import LOSSES, OURS, PROPERTIES, Loss
from losscli.testing.check import case_of
from losscli.testing.laws import LAWS, Law
from losscli.testing.samples import defaults, example, take_rows
from tests.support.laws import law, seeded

losscli.LOSSES  # noqa: B018 - registers them
ALL = list(LOSSES.values())
OF_SOME_ROWS = {"bootstrapped_ce"}  # the others are 0 and not in the mean
ONE_VALUE = "one value for each row, whatever its elements"
EXCEPT = {
    ("permutation", "n_pairs"): "its pairs are the first two rows of each label",
    ("per_row_and_channel", "pseudo_label_ce"): "no element of a row may be above the threshold",
    **{("per_row_and_channel", name): "a row is a sequence" for name in ("causal_lm", "vespo")},
    **{
        ("per_row_and_channel", name): ONE_VALUE
        for name in ("class_focal", "consistency_mse", "dft", "gmpo", "grpo", "nacl", "sapo", "zero_one")
    },
    ("single_precision", "hypergeometric_nll"): "all its roles are whole numbers",
    ("single_precision", "crps_hypergeometric"): "the same",
    ("per_row_and_channel", "cosent"): "a row alone has no pair of scores",
    ("option_gradients", "bi_tempered"): "its slope by label_smoothing changes too fast near 0",
    ("option_gradients", "sup_con"): "a power of a negative similarity is nan, and its mean leaves out what is nan",
    ("per_row_and_channel", "concordance_survival"): "three random numbers may have no pair; a test of its own has pairs",
}


def cases() -> list[Any]:
    """Each law with each loss that it applies to."""
    return [
        pytest.param(rule, loss, id=f"{rule.name}-{loss.name}")
        for rule in LAWS.values()
        for loss in ALL
        if not rule.applies(case_of(loss.name)) and (rule.name, loss.name) not in EXCEPT
    ]


@pytest.mark.parametrize(("rule", "loss"), cases())
def test_law(rule: Law, loss: Loss) -> None:
    rule.check(case_of(loss.name))


@pytest.mark.every_loss
def test_every_law_and_every_exception_applies_to_some_loss() -> None:
    met = {tuple(param.id.partition("-")[::2]) for param in cases()}
    assert {rule for rule, _ in met} == LAWS.keys()
    assert all(not LAWS[rule].applies(case_of(loss)) for rule, loss in EXCEPT)


def compute(known: Loss, data: dict[str, Any], **said: Any) -> Any:
    result = losscli.compute(known.name, **data, **said)
    return result.value if result.values is None else result.values


def test_blocks_of_the_real_size_give_the_same_bits() -> None:
    rng = np.random.default_rng(0)
    pred, target = rng.normal(size=(2, 3 * BLOCK + 17))
    found = {
        losscli.compute("huber", pred=pred, target=target, chunk=chunk, threads=threads).value
        for chunk, threads in ((None, 1), (None, 2), (1000, 1), (BLOCK + 1, 2))
    }
    assert len(found) == 1
    np.testing.assert_allclose(found.pop(), np.where(abs(pred - target) <= 1, (pred - target) ** 2 / 2, abs(pred - target) - 0.5).mean())


def test_the_sum_over_blocks_keeps_the_rounding_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "BLOCK", 1)
    pred = np.array([1e16, *[1.0] * 1000, 1e16, *[0.5] * 7])
    assert losscli.compute("mae", pred=pred, target=np.zeros(pred.size), reduction="sum").value == math.fsum(pred)


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
        alone = [losscli.compute(known.name, **take_rows(known, data, slice(i, i + 1)), reduction="mean") for i in range(9)]
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


@law(ALL)
def test_a_declaration_has_the_fields_of_a_card(known: Loss) -> None:
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
        assert set(preset.options) | set(preset.renames.values()) <= set(known.options) | set(known.form_options), preset.names
        assert preset.signs is None or preset.signs in known.roles


@pytest.mark.every_loss
def test_no_two_losses_have_the_same_use() -> None:
    assert len({known.use for known in ALL}) == len(ALL)


@pytest.mark.every_loss
def test_every_property_selects_some_loss() -> None:
    for name in PROPERTIES:
        assert any(name in known.properties for known in ALL), name


def test_a_diagnostic_about_every_row_checks_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "BLOCK", 8)
    pred, target = np.full(40, 0.5), np.arange(40) % 2.0
    for threads in (1, 2):
        assert [w.code for w in losscli.compute("bce_with_logits", pred=pred, target=target, threads=threads).warnings] == ["W101"]
        for row in (0, 17, 39):
            other = np.where(np.arange(40) == row, 3.0, pred)
            assert losscli.compute("bce_with_logits", pred=other, target=target, threads=threads).warnings == []
