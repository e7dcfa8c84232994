"""`losscli.testing`: a correct function passes, each law fails for a function that breaks it, and a wrong value fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.errors import InputError, UsageError
from losscli.testing import assert_loss, check_loss


def squared(pred: Any, target: Any) -> Any:
    return (pred - target) ** 2


def root_mean_squared(pred: Any, target: Any) -> Any:
    squares, n = yield (pred - target) ** 2, 1
    return np.sqrt(squares / n)


def one_number(pred: Any, target: Any) -> Any:
    return ((pred - target) ** 2).mean()


RIGHT = [
    (squared, "convex differentiable zero symmetric"),
    (root_mean_squared, "differentiable symmetric zero"),
    (one_number, "symmetric"),
    ("huber", None),
    ("cross_entropy", None),
    ("dice", None),
]


@pytest.mark.parametrize(("loss", "properties"), RIGHT, ids=lambda x: getattr(x, "__name__", str(x)))
def test_a_correct_function_passes_every_law(loss: Any, properties: str | None) -> None:
    report = check_loss(loss, properties=properties)
    assert report.passed
    assert str(report).startswith(f"{report.name}: {len(report.of('holds'))} laws hold, 0 fail")


def with_a_step(pred: Any, target: Any) -> Any:
    """Its gradient is that of the squares alone: rounding is flat."""
    return (pred - target) ** 2 + np.round(pred * 1e5) / 1e3


def of_the_block(pred: Any, target: Any) -> Any:
    total, n = yield (pred - target) ** 2, 1
    return total / n + len(pred)


def first_of_block(pred: Any, target: Any) -> Any:
    total, n = yield (pred - target) ** 2, 1
    return total / n + pred[0]


def negative_log(pred: Any, target: Any) -> Any:
    return -np.log(np.abs(pred)) + 0 * target


def without_weights(pred: Any, target: Any) -> Any:
    return (pred - target) ** 2, np.full(len(pred), 2.0)


def one_sided(pred: Any, target: Any) -> Any:
    return np.maximum(pred - target, 0) ** 2 + np.abs(pred)


def in_double(pred: Any, target: Any) -> Any:
    return ((pred - target) ** 2).astype(np.float64)


BROKEN = [
    ("weights_repeat", of_the_block, ""),
    ("permutation", first_of_block, ""),
    ("gradients", with_a_step, ""),
    ("extremes", lambda pred, target: np.log(pred - target), ""),
    ("chords", lambda pred, target: np.sqrt(np.abs(pred - target)), "convex"),
    ("zero", lambda pred, target: (pred - target) ** 2 + 1e-9, "zero"),
    ("symmetry", one_sided, "symmetric"),
    ("one_slope", lambda pred, target: np.abs(pred - target), "differentiable"),
    ("robustness", squared, "robust"),
    ("single_precision", in_double, ""),
]


@pytest.mark.parametrize(("law", "loss", "properties"), BROKEN, ids=[b[0] for b in BROKEN])
def test_each_law_fails_for_a_function_that_breaks_it(law: str, loss: Any, properties: str) -> None:
    with pytest.raises(AssertionError) as raised:
        check_loss(loss, properties=properties)
    assert f"\n  fails   {law}: " in str(raised.value)


def test_check_loss_takes_data_and_skipped_laws() -> None:
    def probabilities(rng: np.random.Generator, rows: int) -> dict[str, Any]:
        return {"pred": rng.uniform(0.1, 0.9, rows), "target": rng.integers(0, 2, rows).astype(float)}

    def logistic(pred: Any, target: Any) -> Any:
        return -(target * np.log(pred) + (1 - target) * np.log1p(-pred))

    assert check_loss(logistic, data=probabilities).passed
    report = check_loss("n_pairs", skip={"permutation": "its pairs are the first two rows of each label"})
    assert "its pairs are the first two rows" in str(report)


def test_a_loss_that_is_always_nan_fails() -> None:
    """Also with data of your own, for which no law looks at the domains."""
    with pytest.raises(AssertionError, match="fails   blocks: "):
        check_loss(lambda pred: pred * np.nan, data=lambda rng, rows: {"pred": rng.normal(size=rows)})


def test_a_law_that_checks_nothing_is_skipped() -> None:
    """A function of one number takes no weights. With data of your own the domains of the roles are not known."""
    skipped = {finding.law.name: finding.detail for finding in check_loss(one_number).of("skipped")}
    assert skipped["weights_of_one"] == "it takes no sample weights"
    report = check_loss(squared, data=lambda rng, rows: dict(zip(("pred", "target"), rng.normal(size=(2, rows)), strict=True)))
    assert "extremes" in {finding.law.name for finding in report.of("skipped")}


def test_unknown_words_are_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no property 'convx' \(did you mean convex\?\): convex, "):
        check_loss(squared, properties="convx")
    with pytest.raises(UsageError, match=r"there is no law 'chord' \(did you mean chords\?\): gradients, "):
        check_loss(squared, skip={"chord": "why"})
    with pytest.raises(InputError, match="has no role"):
        check_loss(lambda: 1.0)


P, T = [0.5, -1.0, 3.0], [0.0, 1.0, 2.5]


def test_a_correct_value_passes() -> None:
    assert_loss(1.5, "mse", pred=P, target=T)
    assert_loss([0.25, 4.0, 0.25], "mse", pred=P, target=T, reduction="none")
    assert_loss(lambda p, t: float(np.mean(np.abs(np.subtract(p, t)))), "torch.nn.L1Loss", pred=P, target=T)
    assert_loss(0.583333, "huber", pred=P, target=T, rtol=1e-5)
    assert_loss(one_number, "mse", pred=P, target=T)  # a function gets lists as arrays


WRONG = [
    (3.0, {}, "3.0 is not 1.5 (rtol 1e-06, atol 1e-12): 2 times it\n  expected: mse|reduction=mean|elements=3|float64|"),
    ([0.25, 4.0, 0.25], {}, 'actual has shape (3,), mse has (); for the values of the elements say reduction="none"\n  expected: mse|'),
    (1.5, {"reduction": "none"}, 'actual has shape (), mse has (3,); for one number say reduction="mean" or "sum"\n'),
    ([0.25, 4.5, 0.26], {"reduction": "none"}, "2 of 3 numbers differ (rtol 1e-06, atol 1e-12); at [1] 4.5 is not 4.0: 1.125 times it\n"),
    ([0.25, float("nan"), 0.25], {"reduction": "none"}, "1 of 3 numbers differ (rtol 1e-06, atol 1e-12); at [1] nan is not 4.0\n"),
]  # fmt: skip


@pytest.mark.parametrize(("actual", "settings", "message"), WRONG, ids=["twice", "elements", "one number", "elements differ", "nan"])
def test_a_wrong_value_fails_with_both_numbers(actual: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(AssertionError) as raised:
        assert_loss(actual, "mse", pred=P, target=T, **settings)
    assert str(raised.value).startswith(message)


def test_no_number_equals_a_loss_without_rows() -> None:
    with pytest.raises(AssertionError, match="it is computed from nothing: mse is nan: there are no rows"):
        assert_loss(float("nan"), "mse", pred=[], target=[])
    with pytest.raises(AssertionError, match="it is computed from nothing"):
        assert_loss(0.0, "keras.losses.MeanSquaredError", pred=np.c_[P], target=np.c_[T], sample_weight=[0, 0, 0])


def returns_nothing(pred: Any, target: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (None, "actual is of type NoneType: a number or an array of numbers is needed"),
        ({"loss": 1.0}, "actual is of type dict: a number"),
        (returns_nothing, "what returns_nothing returned is of type NoneType: a number"),
    ],
    ids=["None", "dict", "function"],
)
def test_what_is_no_number(actual: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        assert_loss(actual, "mse", pred=P, target=T)


def forgets_the_tuple(pred: Any, target: Any) -> Any:
    total = yield (pred - target) ** 2
    return total / len(pred)


CALLS = {
    "a wrong value": lambda: assert_loss(3.0, "mse", pred=P, target=T),
    "a wrong option": lambda: assert_loss(3.0, "mse", pred=P, target=T, delta=2),
    "a law that fails": lambda: check_loss(squared, properties="robust"),
    "a function that raises": lambda: check_loss(forgets_the_tuple),
    "data of no roles": lambda: check_loss(squared, data=lambda rng, rows: [rows]),  # type: ignore[return-value] # on purpose
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_pytest_shows_the_line_of_the_test_and_none_of_ours(call: Any) -> None:
    with pytest.raises((AssertionError, UsageError, InputError)) as raised:
        call()
    shown = [entry for entry in raised.traceback if not entry.ishidden(raised)]
    assert {Path(entry.path) for entry in shown} == {Path(__file__)}


def test_one_column_comes_back_in_a_tuple() -> None:
    with pytest.raises(InputError, match=r"'tuple' and 'int': a yield returns a tuple, also for one column: \(total,\) = yield x"):
        check_loss(forgets_the_tuple)


def test_tolerances_must_be_finite_numbers() -> None:
    for rtol in (-1.0, float("inf"), float("nan")):
        with pytest.raises(UsageError, match="rtol and atol must be 0 or more, and finite"):
            assert_loss(1.0, "mse", pred=P, target=T, rtol=rtol)
