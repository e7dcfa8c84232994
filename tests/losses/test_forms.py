"""Losses of roles that are given in another form: against the loss of the true logits, probabilities or log-probabilities in 150 digits."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import losscli
from losscli.catalogue.given import in_forms
from losscli.forms import FormOption
from losscli.numeric import lazy
from losscli.registry import LOSSES, Loss
from losscli.testing.case import Case
from losscli.testing.check import run_law
from losscli.testing.laws import LAWS
from losscli.testing.samples import defaults, example
from tests.losses.test_accuracy import EXEMPT
from tests.support.exact import LIFTED, exact
from tests.support.truth import values

losscli.LOSSES  # noqa: B018 - registers them
ROWS = 12
FEW_ROWS = {"log_hausdorff_dt": 4}  # slow in exact numbers
CASES = [(known, name) for known in LOSSES.values() if known.name not in EXEMPT for name, said in known.form_options.items()
         if said.form != said.takes]  # fmt: skip
# Steps that round what the given numbers would determine: what the values may be off by, from the data and the values.
ROUNDED: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "generalized_cross_entropy": lambda d, v: 2 * np.spacing(1.0),  # the logarithm of a rounded probability near 1
    "ldam": lambda d, v: 30 * v * 8 * np.spacing(100.0),  # logarithms times the scale
    "consistency_mse": lambda d, v: 16 * np.spacing(v),  # a difference of two probabilities that are nearly equal
    "dft": lambda d, v: 4 * np.spacing(40.0) * v,  # p = e^−nll
    "distribution_balanced": lambda d, v: 2 * np.spacing(80.0) * v,  # e to twice a logit, and a power
    "focal_star": lambda d, v: np.spacing(40.0) * v,  # e to a logit times 2 t − 1
    "multi_positive_cross_entropy": lambda d, v: 2 * np.spacing(64.0) * np.minimum(v, 1.0),  # differences of logits, in exponentials
    "hausdorff_er": lambda d, v: 64 * np.spacing(1.0),  # a threshold of ½, and a division by a range
    "ranked_log_score": lambda d, v: 4 * np.spacing(1.0),  # the logarithms of sums of probabilities near 1
    "weighted_kappa": lambda d, v: 16 * np.spacing(1.0) * np.maximum(np.abs(v), 1.0),  # the same for all rows
    "binomial_nll": lambda d, v: 8 * np.spacing(4.0),  # of three log Γ
    "crps_binomial": lambda d, v: 16 * np.spacing(4.0) * np.minimum(v, 1.0),  # e to minus such a sum, squared
}


@pytest.fixture
def in_exact_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, function in LIFTED.items():
        monkeypatch.setattr(lazy.np, name, function)


def probabilities(rng: np.random.Generator, shape: tuple[int, ...], together: bool) -> Any:
    """Probabilities of all sizes: down to 1e-16, and up to the last number below 1."""
    near = 10.0 ** rng.uniform(-16, -0.3, shape)
    if together:
        p = np.where(rng.random(shape) < 0.5, near, rng.random(shape))
        return p / p.sum(-1, keepdims=True)
    return np.where(rng.random(shape) < 0.5, near, 1 - near)


def numbers(rng: np.random.Generator, form: str, shape: tuple[int, ...], together: bool) -> Any:
    """Numbers of a form, of all sizes."""
    if form == "logits":
        return rng.normal(0, 3, shape) * rng.choice([0.3, 1, 10], (*shape[:1], *[1] * (len(shape) - 1)))
    p = probabilities(rng, shape, together)
    if form == "probs":
        return p
    if together:
        return p_log(numbers(rng, "logits", shape, True))
    return np.where(p < 0.5, np.log(p) * rng.choice([1.0, 2.0], shape), -(10.0 ** rng.uniform(-20, -0.3, shape)))


def p_log(x: Any) -> Any:
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def truth_of(x: Any, given: str, takes: str, together: bool) -> Any:
    """Exact numbers in one form as exact numbers in another, by the definitions."""
    if given == "logits":
        if together:
            e = np.exp(x)
            p = e / e.sum(-1)[..., None]
        else:
            p = 1 / (1 + np.exp(-x))
    else:
        p = x if given == "probs" else np.exp(x)
    if takes == "probs":
        return p
    if takes == "log_probs" or together:
        return x if given == "log_probs" else np.log(p)
    return np.log(p / (1 - p))


def data_of(known: Loss, said: FormOption, options: dict[str, Any]) -> dict[str, Any]:
    rng = np.random.default_rng(zlib.crc32(f"{known.name} {said.role} {said.form}".encode()))
    data = example(in_forms(known, (said.option.name,)), rng, FEW_ROWS.get(known.name, ROWS), options)
    together = known.roles[said.role].domain.of(options).together
    data[said.role] = numbers(rng, said.form, data[said.role].shape, together)
    labels = [r for r in known.roles.values() if r.name != said.role and r.name in data]
    for role in labels:  # labels of 0 and 1, as most are
        x = data[role.name]
        if x.dtype.kind == "f" and not role.domain.together and x.min() >= 0 and x.max() <= 1:
            data[role.name] = np.where(rng.random(x.shape) < 0.7, np.rint(x), x)
        elif x.dtype.kind == "f" and role.domain.form == "probs" and role.domain.together:
            data[role.name] = x / x.sum(-1, keepdims=True)
    return data


@pytest.mark.filterwarnings("ignore:.*encountered")
@pytest.mark.parametrize(("known", "name"), CASES, ids=lambda x: x if isinstance(x, str) else x.name)
def test_a_given_form_is_accurate_to_four_units(known: Loss, name: str, in_exact_numbers: None) -> None:
    said, options = known.form_options[name], defaults(known)
    loss, data = in_forms(known, (name,)), data_of(known, said, options)
    domain = known.roles[said.role].domain.of(options)
    found = np.asarray(values(loss, data, options | {name: True}), np.float64)
    with mpmath.workdps(150):
        given = {n: exact(x) for n, x in data.items()}

        def true(roles: dict[str, Any]) -> Any:
            x = truth_of(roles[said.role], said.form, domain.form, domain.together)
            return values(known, roles | {said.role: x}, options)

        truth = true(given)
        off = np.abs(np.asarray(np.asarray(exact(found)) - truth, np.float64))
        allowed = 4 * np.spacing(np.abs(np.asarray(truth, np.float64))) + 1e-300
        allowed = allowed + rounding(true, given, data, truth)
    allowed = allowed + (ROUNDED[known.name](data, found) if known.name in ROUNDED else 0.0)
    bad = np.flatnonzero(~((off <= allowed) | (found == np.asarray(truth, np.float64))))  # also where both are infinite
    worst = np.nanmax((off / allowed).ravel()) * 4 if bad.size else 0
    assert not bad.size, f"{worst:.3g} units: {[x.ravel()[bad[0]] for x in (found, np.asarray(truth, np.float64)) if x.ndim]} {data}"


def rounding(true: Any, given: dict[str, Any], data: dict[str, Any], truth: Any) -> Any:
    """The change of the exact values when each input moves by half a unit in its last place."""
    total = np.zeros(np.shape(truth))
    for name, x in data.items():
        if x.dtype.kind != "f":
            continue
        axes = x.ndim if np.ndim(truth) == 0 else x.ndim - 1
        columns = x.reshape(*x.shape[: x.ndim - axes], -1).shape[-1] if axes else 1
        for k in range(columns):
            half = np.zeros(x.shape)
            flat = half.reshape(*x.shape[: x.ndim - axes], -1)
            flat[..., k] = np.spacing(np.abs(x)).reshape(flat.shape)[..., k] / 2
            change = true(given | {name: given[name] + exact(half)}) - truth
            total = total + np.nan_to_num(np.abs(np.asarray(change, np.float64)), posinf=np.inf)
    return total


# --- what the whole engine makes of a given form ---------------------------------------------------------------------------------

P = np.array([[0.1, 0.7, 0.2], [0.05, 0.05, 0.9], [0.3, 0.3, 0.4]])
Y = np.array([1, 0, 2])
SAME: dict[str, tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    "cross_entropy of probabilities": (("cross_entropy", {"pred": P, "from_probs": True}), ("cross_entropy", {"pred": np.log(P)})),
    "cross_entropy of log-probabilities": (("cross_entropy", {"pred": np.log(P), "from_log_probs": True}), ("nll", {"pred": np.log(P)})),
    "nll of logits": (("nll", {"pred": 3 + np.log(P), "from_logits": True}), ("cross_entropy", {"pred": np.log(P)})),
    "nll of probabilities": (("nll", {"pred": P, "from_probs": True}), ("nll", {"pred": np.log(P)})),
    "logloss of logits": (("logloss", {"pred": np.log(P), "from_logits": True}), ("logloss", {"pred": P})),
    "its own form": (("cross_entropy", {"pred": np.log(P), "from_logits": True}), ("cross_entropy", {"pred": np.log(P)})),
    "the class axis": (
        ("cross_entropy", {"pred": np.moveaxis(P[None], 2, 1), "target": Y[None], "from_probs": True}),
        ("cross_entropy", {"pred": np.log(P)}),
    ),
    "a framework's name": (
        ("keras.losses.SparseCategoricalCrossentropy", {"pred": np.log(P), "from_log_probs": True}),
        ("keras.losses.SparseCategoricalCrossentropy", {"pred": P}),
    ),
    "a framework's own option": (
        ("mlx.binary_cross_entropy", {"pred": P[:, 0], "target": Y > 0, "from_probs": True}),
        ("bce", {"pred": P[:, 0], "target": Y > 0}),
    ),
    "a loss of another shape": (
        ("sklearn.metrics.log_loss", {"pred": np.log(P[:, 0]), "target": Y > 0, "from_log_probs": True}),
        ("sklearn.metrics.log_loss", {"pred": P[:, 0], "target": Y > 0}),
    ),
    "kl_div of logits": (
        ("kl_div", {"pred": 5 + np.log(P), "target": P[::-1], "from_logits": True}),
        ("kl_div", {"pred": np.log(P), "target": P[::-1]}),
    ),
    "two roles": (
        ("js_divergence", {"pred": np.log(P), "target": np.log(P[::-1]), "from_log_probs": True, "target_from_log_probs": True}),
        ("js_divergence", {"pred": P, "target": P[::-1]}),
    ),
    "a teacher": (
        ("distillation", {"pred": P, "teacher": P[::-1], "target": None, "from_probs": True, "teacher_from_probs": True}),
        ("distillation", {"pred": np.log(P), "teacher": np.log(P[::-1]), "target": None}),
    ),
    "channels of a softmax": (
        ("dice_ce", {"pred": P, "from_probs": True}),
        ("dice_ce", {"pred": np.log(P)}),
    ),
    "channels of sigmoids": (
        ("class_focal", {"pred": P, "from_probs": True}),
        ("class_focal", {"pred": np.log(P / (1 - P))}),
    ),
    "channels of a softmax by an option": (
        ("class_focal", {"pred": np.log(P), "from_log_probs": True, "use_softmax": True, "include_background": False}),
        ("class_focal", {"pred": np.log(P), "use_softmax": True, "include_background": False}),
    ),
    "one channel": (
        ("multiclass_generalized_dice", {"pred": P.reshape(9, 1), "target": np.rint(P).reshape(9, 1), "from_probs": True}),
        ("multiclass_generalized_dice", {"pred": P.reshape(9, 1), "target": np.rint(P).reshape(9, 1), "activation": "none"}),
    ),
    "logits for probabilities": (
        ("generalized_dice", {"pred": 3 + np.log(P), "from_logits": True}),
        ("generalized_dice", {"pred": P}),
    ),
    "a framework's sigmoid": (
        ("monai.losses.DiceFocalLoss", {"pred": np.log(P.T)[None], "target": np.rint(P.T)[None], "sigmoid": True, "from_log_probs": True}),
        ("monai.losses.DiceFocalLoss", {"pred": np.log(P / (1 - P)).T[None], "target": np.rint(P.T)[None], "sigmoid": True}),
    ),
    "foreground": (
        ("unified_focal", {"pred": np.log(P / (1 - P))[None, None], "target": np.rint(P)[None, None], "from_logits": True}),
        ("unified_focal", {"pred": P[None, None], "target": np.rint(P)[None, None]}),
    ),
    "background and foreground": (
        ("unified_focal", {"pred": 2 + np.log([[1 - P, P]]), "target": np.rint([[1 - P, P]]), "from_logits": True}),
        ("unified_focal", {"pred": [[1 - P, P]], "target": np.rint([[1 - P, P]])}),
    ),
    "masks": (
        ("boundary", {"pred": np.log(P / (1 - P))[None], "target": np.rint(P)[None], "from_logits": True}),
        ("boundary", {"pred": P[None], "target": np.rint(P)[None]}),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_it_is_the_loss_of_the_other_form(name: str) -> None:
    found = [losscli.compute(loss, **{"target": Y} | given) for loss, given in SAME[name]]
    assert found[0].value == pytest.approx(found[1].value, rel=1e-13)


def test_the_result_says_which_form_was_given() -> None:
    result = losscli.compute("cross_entropy", pred=P, target=Y, from_probs=True)
    assert result.params["from_probs"] is True and "from_probs=true" in result.signature and not result.warnings
    assert "from_logits" not in losscli.compute("cross_entropy", pred=P + 3, target=Y, from_logits=True).params


def test_the_gradient_is_with_respect_to_what_was_given() -> None:
    assert losscli.gradient("brier", pred=[0.0], target=[1.0], from_logits=True) == pytest.approx(-0.25)
    g = losscli.gradient("cross_entropy", pred=P, target=Y, from_probs=True, reduction="sum")
    true = 1 / P.sum(-1, keepdims=True) - (np.arange(3) == Y[:, None]) / P
    np.testing.assert_allclose(g, true, rtol=1e-13)
    assert losscli.gradient("bce_with_logits", pred=[0.25], target=[1.0], from_probs=True) == -4
    one = losscli.gradient("nll", pred=[[800.0, 0.0], [40.0, 0.0]], target=[0, 0], from_logits=True, reduction="sum")
    np.testing.assert_allclose(one[1], [-np.exp(-40), np.exp(-40)], rtol=1e-14)


@pytest.mark.parametrize(
    ("loss", "options"), [("focal", {"from_probs": True}), ("brier", {"from_logits": True}), ("nll", {"from_logits": True})]
)
def test_chunks_threads_and_kernels_give_the_same_bits(loss: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    known = in_forms(LOSSES[loss], tuple(options))
    data = example(known, rng, 70_000)
    settings = [{}, {"chunk": 1000}, {"threads": 1, "chunk": 4097}]
    found = {losscli.compute(loss, **data, **options, **more).value for more in settings}
    monkeypatch.setattr("losscli.engine.passes.SMALL", 10**12)  # without kernels
    assert len(found | {losscli.compute(loss, **data, **options).value}) == 1


def test_the_options_are_in_texts_tables_and_objectives() -> None:
    found = losscli.compare({"a": P, "b": P[::-1]}, target=Y, losses=["cross_entropy:from_probs=true", ("nll", {"from_probs": True})])
    assert [r.value for r in found.results][:2] == pytest.approx([losscli.compute("nll", pred=np.log(P), target=Y).value] * 2)
    assert found.results[0].params["from_probs"] is True


def test_only_roles_that_can_be_given_otherwise_have_the_options() -> None:
    assert {*LOSSES["cross_entropy"].form_options} == {"from_logits", "from_probs", "from_log_probs"}
    assert {*LOSSES["bce"].form_options} == {"from_probs", "from_log_probs"}
    assert "teacher_from_probs" in LOSSES["distillation"].form_options
    assert not any(LOSSES[name].form_options for name in ("mse", "hinge", "z_loss", "generalized_kl", "listmle"))


LAW_CASES = {
    "bce_with_logits": "from_probs",
    "focal": "from_log_probs",
    "cross_entropy": "from_probs",
    "nll": "from_logits",
    "dice": "from_log_probs",
    "js_divergence": "target_from_logits",
    "causal_lm": "from_probs",
    "multiclass_brier": "from_logits",
}


@pytest.mark.parametrize("rule", ["chunking", "blocks", "weights_repeat", "gradients", "single_precision", "ignored_gradient", "nothing"])
@pytest.mark.parametrize("name", LAW_CASES)
def test_the_laws_hold_for_given_forms(name: str, rule: str) -> None:
    known, option = LOSSES[name], LAW_CASES[name]
    loss, said = in_forms(known, (option,)), known.form_options[option]

    def make(rng: np.random.Generator, rows: int) -> dict[str, Any]:
        data = example(loss, rng, rows, {option: True})
        p = rng.uniform(0.05, 0.95, data[said.role].shape)
        p = p / p.sum(-1, keepdims=True) if known.roles[said.role].domain.together else p
        return data | {said.role: np.log(p) if said.form == "log_probs" else np.log(p / (1 - p)) if said.form == "logits" else p}

    finding = run_law(LAWS[rule], Case(loss, name, {option: True}, frozenset(), make))
    assert finding.status != "fails", finding.detail
