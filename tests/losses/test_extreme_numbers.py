"""Derivatives of the value under losscli's names, correct values of extreme numbers, and the reason where there is no value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
import pytest

import losscli
from losscli.cli.app import run
from losscli.domains import LabelIn, Signed
from losscli.numeric import lazy
from losscli.registry import LOSSES, Loss
from losscli.testing.samples import defaults, example, float_roles
from tests.losses.test_accuracy import EXEMPT
from tests.support.exact import LIFTED, exact
from tests.support.truth import computed, mean_of, values

losscli.LOSSES  # noqa: B018 - registers them


# --- rows --------------------------------------------------------------------------------------------------------------------

SAID = {  # id: command, value (by hand, mpmath or the peer), what stderr says
    "P11 rmse of 1e200": ("rmse -p 1e200 -t 0", 1e200, ""),
    "a distance that overflows": ("rmse -p 1e308,1e308 -t -1e308,-1e308", np.inf, "it is too large for float64"),
    "and without weight": ("rmse -p 1e308,1 -t -1e308,0 -w 0,1", 1.0, ""),
    "its power": ("minkowski -p 1e308 -t -1e308 --p 3", np.inf, "it is too large for float64"),
    "boxes without area": ("giou -p [[1,1,1,1]] -t [[1,1,1,1]] --eps 0", np.nan, "both boxes have the area 0"),
    "tiny boxes": ("giou -p [[0,0,2e-200,1e-200]] -t [[0,0,4e-200,1e-200]] --eps 0", 0.5, ""),
    "P11 rmse of 1e-200": ("rmse -p 1e-200,1e-200 -t 0,0", 1e-200, ""),
    "mean of huge values": ("mae -p 1.5e308,1.5e308 -t 0,0", 1.5e308, ""),
    "mean with huge weights": ("mae -p 1e10,3e10 -t 0,0 -w 1e308,1e308", 2e10, ""),
    "mean with tiny weights": ("mae -p 1e-200,3e-200 -t 0,0 -w 1e-200,1e-200", 2e-200, ""),
    "a row without weight": ("rmse -p 1e200,1 -t 0,0 -w 0,1", 1.0, ""),
    "share of huge sums": ("wape -p 1.2e308,1e308 -t 1e308,1e308", 0.1, ""),
    "median of huge values": ("median_ae -p 1.7e308,1.5e308 -t 0,0", 1.6e308, ""),
    "largest p": ("minkowski -p 1e10,0 -t 0,0 --p 100", 1e10, ""),
    "cosine of huge vectors": ("cosine_similarity -p [[3e200,4e200]] -t [[1,0]] -r mean", 0.6, ""),
    "N7 poisson full": ("poisson_nll -p 13.815510557964274 -t 1000000 --full", 7.82669381218680983, ""),
    "N7 js": ("js_divergence -p [[0,1]] -t [[1e-20,1]]", 3.46573590279972636e-21, ""),
    "N7 cosine_embedding": ("cosine_embedding --input1 [[1,1,1]] --input2 [[1,1,1.00000001]] -t 1", 3.33344442001078893e-13, ""),
    "N9 optax smooth": ("optax.losses.binary_dice_loss -p [[0.9,-0.2,0.4]] -t [[1,0,1]] --smooth 3 -r mean", 0.11685981987736160, ""),
    "N9 optax epsilon": ("optax.losses.cosine_similarity -p [[3e-3,4e-3]] -t [[1,2]] --epsilon .01 -r mean", 0.04919349550499537, ""),
    "F25 mase": ("mase -p 11,13 -t 11,13 --history 5,5,5,5", np.nan, "the history does not vary, so the scale is 0"),
    "F25 rmsse": ("rmsse -p 11,13 -t 12,13 --history 5,5,5,5", np.inf, "the history does not vary, so the scale is 0"),
    "one value of history": ("mase -p 11 -t 12 --history 5", np.nan, "the history holds a single value, so there is no scale"),
    "F25 dice": ("dice -p 0,0 -t 0,0 --eps 0", np.nan, "both masks are empty"),
    "iou": ("iou -p 0,0 -t 0,0 --eps 0", np.nan, "both masks are empty"),
    "F25 weighted_quantile": ("weighted_quantile -p [[1],[2]] -t 0,0", np.inf, "all targets are 0"),
    "nrmse": ("nrmse -p 1,2 -t 1,1 --normalization std", np.inf, "target does not vary, so its standard deviation is 0"),
    "cosine of zeros": ("cosine_similarity -p [[0,0]] -t [[1,2]] --eps 0", np.nan, "a vector of zeros has no direction"),
    "one member": ("crps_ensemble -p [[1],[2]] -t 1,2 --fair", np.nan, "an ensemble of one member has no spread"),
    "one row": ("vicreg --z-a [[1,2]] --z-b [[1,2]]", np.nan, "one row has no variance"),
    "nothing in common": ("bhattacharyya -p [[1,0]] -t [[0,1]]", np.inf, "two distributions have no class in common"),
    "log 0": ("logloss -p [[0,1]] -t 0 --clip 0", np.inf, "the logarithm of 0"),
    "no alignment": ("ctc -p [[[-1,-1]]] -t [[1,1]] --target-lengths 2", np.inf, "every alignment of the labels with the frames has"),
    "truly too large": ("mse -p 1e200 -t 0", np.inf, "it is too large for float64"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "expected", "why"), SAID.values(), ids=SAID)
def test_extreme_numbers_give_the_value_or_a_reason(words: str, expected: float, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", *words.split(), "-f", "value"]) == 0
    out, err = capsys.readouterr()
    np.testing.assert_allclose(float(out), expected, rtol=9e-16 if abs(expected) > 1e300 or "N7" not in words else 4e-16)
    warnings = [line for line in err.splitlines() if not line.startswith("note: ")]  # which names give another number is a note
    assert (why in err and "W110" in err) if why else not warnings


GRADIENTS = {  # the peers' numbers: torch 2.13, jax on optax 0.2.8
    "N1 near 0": ("bce", {"pred": [1e-13], "target": [0.0]}, "pred", [1 / (1 - 1e-13)]),
    "N1 far": ("bce", {"pred": [1e-40], "target": [1.0]}, "pred", [-1e40]),
    "N1 torch": ("torch.nn.BCELoss", {"pred": [1e-13], "target": [0.0]}, "pred", [0.10000000039958029]),
    "torch's by the target": ("torch.nn.BCELoss", {"pred": [1e-300, 0.0], "target": [0.5, 0.0]}, "target", [690.7755278982137, np.inf]),
    "by the target": ("bce", {"pred": [1e-300, 0.0], "target": [0.5, 0.0]}, "target", [100.0, 100.0]),
    "a line to its end": ("generalized_cross_entropy", {"pred": [[0.0, 1.0]], "target": [0], "q": 1.0}, "pred", [[-1.0, 0.0]]),
    "N5 torch's ctc": (
        "torch.nn.CTCLoss",
        {"pred": np.log([[[0.5, 0.3, 0.2]], [[0.2, 0.5, 0.3]]]), "target": [[1]]},
        "pred",
        [[[-0.04347826086956541, -0.15652173913043477, 0.2]], [[0.06956521739130431, -0.3695652173913043, 0.3]]],
    ),
    "a variance below its floor": ("gaussian_nll", {"pred": [1.0], "target": [0.0], "var": [1e-9]}, "var", [0.0]),
    "and torch's": ("torch.nn.GaussianNLLLoss", {"pred": [1.0], "target": [0.0], "var": [1e-9]}, "var", [-499999500000.0]),
    "a length below eps": ("F.cosine_similarity", {"pred": [[3e-10, 4e-10]], "target": [[1, 2]]}, "pred",
        [[41769749.819696, 85507239.459592]]),
    "torch's at 0 and 1": ("torch.nn.BCELoss", {"pred": [0.0, 0.0, 0.0, 1.0, 1.0, 1.0], "target": [0.0, 1.0, 0.5, 0.0, 1.0, 0.5]}, "pred",
        [0.0, -1000000003995.8029, -500000001997.9014, 1000000003995.8029, 0.0, 500000001997.9014]),
    "torch's at 0 and 1 by the target": ("torch.nn.BCELoss", {"pred": [0.0, 1.0], "target": [0.5, 0.5]}, "target", [np.inf, -np.inf]),
    "mae at a tie": ("torch.nn.L1Loss", {"pred": [1.0, 0.0], "target": [1.0, 0.0]}, "pred", [0.0, 0.0]),
    "poisson at its minimum": ("torch.nn.PoissonNLLLoss", {"pred": [0.0, np.log(2.0)], "target": [1.0, 2.0]}, "pred", [0.0, 0.0]),
    "poisson by the target": ("torch.nn.PoissonNLLLoss", {"pred": [0.0, np.log(2.0)], "target": [1.0, 2.0]}, "target",
        [0.0, -0.6931471805599453]),
    "keras's circle at ties": ("keras.losses.Circle", {"pred": [[1, 0], [1, 0], [-0.4, 0.84**0.5], [0.6, 0.8]], "target": [0, 0, 1, 1]},
        "pred", [[22.635666789047285, 24.382746767832934], [22.635666789047285, 24.382746767832934],
        [-32.32146454301436, -32.43092143367726], [86.33550103515864, -37.154288081747964]]),
    "rmse of 1e200": ("rmse", {"pred": [1e200, 0.0], "target": [0.0, 0.0]}, "pred", [0.5**0.5, 0.0]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "roles", "wrt", "expected"), GRADIENTS.values(), ids=GRADIENTS)
def test_derivatives_of_extreme_numbers(name: str, roles: dict[str, Any], wrt: str, expected: Any) -> None:
    found = losscli.gradient(
        name,
        **{n: x if n == "q" else np.asarray(x) for n, x in roles.items()},
        wrt=wrt,
        reduction="mean" if name in ("rmse", "keras.losses.Circle") else "sum",
    )
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_a_large_mean_is_the_same_over_many_blocks() -> None:
    x = np.full(300_000, 1.5e308)
    assert losscli.compute("mae", pred=x, target=np.zeros_like(x)).value == 1.5e308


@pytest.mark.parametrize("name", ["rmse", "rmsle", "median_ae", "multiclass_dice", "dice", "rse"])
def test_weights_whose_sum_overflows_give_no_wrong_number(name: str) -> None:
    data = example(LOSSES[name], np.random.default_rng(1), 4)
    found = losscli.compute(name, **data, sample_weight=np.full(4, 1e308))
    assert np.isnan(found.value)
    assert [w.code for w in found.warnings] == ["W110"]


def test_a_card_has_the_option_names_of_the_framework(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "optax.losses.ctc_loss"]) == 0
    out = capsys.readouterr().out
    assert "--blank-id" in out and "--blank " not in out


# --- laws --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def in_exact_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, function in LIFTED.items():
        monkeypatch.setattr(lazy.np, name, function)


def truth(known: Loss, data: dict[str, Any]) -> float:
    """The loss's own formula, and its mean, in 60 digits."""
    rows = len(next(x for n, x in data.items() if not known.roles[n].domain.shared))
    return mean_of(known, computed(known, {n: exact(x) for n, x in data.items()}, defaults(known)), rows)


# What has no exact form here, differences of logarithms of 1e200 that round to more than 1e-12 of the rest, a product of scores and
# relevances, both of 1e200, before the mean divides by the relevances, angles of 1e150, ties that exact numbers do not have, integrals
# with nodes of 17 digits, or a fourth root of a deviation that is below the least float (mdsi).
NOT_EXACT = {
    "cosent",
    "cox_ph",
    "critical_success_error",
    "crps_csg0",
    "crps_gamma",
    "crps_binomial",
    "crps_ct",
    "crps_gev",
    "crps_hypergeometric",
    "crps_negbinom",
    "crps_tlogistic",
    "crps_tnormal",
    "crps_tt",
    "truncated_t_nll",
    "ctc",
    "dclw",
    "emp_ssl",
    "fourier_amplitude",
    "fredf",
    "fsim",
    "generalized_dice",
    "intra_pair_variance",
    "lifted_structure",
    "mcc",
    "mdsi",
    "mmcr",
    "ohem_cross_entropy",
    "prob_iou",
    "rnnt",
    "sdr",
    "query_softmax",
    "tdt",
}


def scaled(known: Loss) -> Iterator[tuple[float, dict[str, Any]]]:
    """Data of huge and of tiny numbers, where the domains of the roles allow them."""
    base = example(known, np.random.default_rng(3), 6)
    for scale in (1e150, 1e200, 1e-200):
        data = {n: x * scale if x.dtype.kind == "f" and not isinstance(known.roles[n].domain, Signed) else x for n, x in base.items()}
        inside = (known.roles[n].domain.of(defaults(known)) for n in data)
        if not any(
            d.wrong(x, defaults(known) | data).any() for d, x in zip(inside, data.values(), strict=True) if not isinstance(d, LabelIn)
        ):
            yield scale, data


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("known", [k for k in LOSSES.values() if k.name not in NOT_EXACT], ids=lambda k: k.name)
def test_values_are_correct_where_they_are_representable(known: Loss, in_exact_numbers: None) -> None:
    for scale, data in scaled(known):
        found, true = losscli.compute(known.name, **data), truth(known, data)
        if np.isfinite(true) and not any(w.code == "W105" for w in found.warnings):
            np.testing.assert_allclose(found.value, true, rtol=1e-12, atol=5e-324, err_msg=f"times {scale}")
        else:
            assert not np.isfinite(found.value), f"times {scale}"
            assert any("too large" in w.message or w.code == "W105" for w in found.warnings)


# Whose slope is a sum of slopes of size 1 that may cancel.
CANCELS = {"poly_cross_entropy", "jsd_ce", "dino", "ranknet", "consistency_mse", "entropy_min", "nll_mtlr", "poisson_mixture_nll"}
_SERIES = "its series are of float64: exact numbers have no more of its digits"
NO_SLOPE = {"negative_binomial_nll": _SERIES, "negative_binomial_mixture_nll": _SERIES}
SMOOTH = [k for k in LOSSES.values() if k.kind == "pointwise" and "differentiable" in k.properties and k.name not in EXEMPT | NO_SLOPE]
FAR = np.array([0.3, -0.7, 0.9, 1e-13, 1e-40, 1 - 2.0**-40, 40.3, -40.1, 700.7, -999.2])


def far(known: Loss) -> dict[str, Any]:
    """Random rows of moderate numbers, of probabilities next to 0 and 1, and of logits far off."""
    rng = np.random.default_rng(7)
    data = example(known, rng, 5)
    for n in float_roles(known, data):
        inside = FAR[~known.roles[n].domain.of(defaults(known)).wrong(FAR, defaults(known) | data)]
        data[n] = rng.choice(inside, data[n].shape)
    return data


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("known", SMOOTH, ids=lambda k: k.name)
def test_derivatives_are_those_of_the_value(known: Loss, in_exact_numbers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against central differences of the loss's own formula, with enough digits for e^1000 and 10^-40 in one sum."""
    monkeypatch.setattr(mpmath.mp, "dps", 1000)
    data = far(known)
    role = float_roles(known, data)[0]
    x, given = data[role], {n: exact(v) for n, v in data.items()}
    found = losscli.gradient(known.name, **data, wrt=role, reduction="sum")
    for place in np.ndindex(x.shape[1:]):
        step = np.zeros(x.shape)
        step[(..., *place)] = 1e-25 * np.abs(x[(..., *place)])
        up, down = (values(known, given | {role: exact(x) + exact(sign * step)}, defaults(known)) for sign in (1, -1))
        slope = np.asarray((up - down).reshape(len(x), -1).sum(-1) / (2 * exact(step[(..., *place)])), float)
        good = np.isfinite(slope) & np.isfinite(np.asarray(values(known, data, defaults(known)), float)).reshape(len(x), -1).all(-1)
        rtol, atol = (1e-6, 1e-14) if known.name in CANCELS else (1e-9, 1e-24)
        np.testing.assert_allclose(found[(..., *place)][good], slope[good], rtol=rtol, atol=atol, err_msg=f"{role} {place}")
