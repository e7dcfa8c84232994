"""Every loss against its own formula in 60 digits, over hard inputs and with each option of words turned once.

Allowed are 4 units in the last place of the true value, and what half a unit in the last place of each input does to it: no formula
in float64 can know its inputs better than that. So a loss that cancels or overflows where the truth does not is caught. Where each
row is compared with all rows, their similarities are rounded too, as a dot product of float64 rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.domains import LabelIn, Signed, Whole
from losscli.numeric import lazy
from losscli.registry import LOSSES, Loss
from losscli.testing.samples import take_rows
from tests.support.exact import LIFTED, exact
from tests.support.hard import KINDS, data_of, forms, real_roles
from tests.support.truth import Column, Similarities, moved, values

losscli.LOSSES  # noqa: B018 - registers them


def abs_logs(data: dict[str, Any]) -> Any:
    """The sizes of the logarithms of two times, and of the prediction."""
    return sum(np.abs(np.log(np.maximum(data[n], 1e-300))) for n in ("lower", "upper")) + np.abs(data["pred"])


# Differences of what the inputs are first made into: what those round is allowed too.
ROUNDS: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "negative_binomial_nll": lambda d, v: np.where(d["target"] > 0, 8 * np.spacing(4.0), 0.0),  # of three log Γ near their minimum
    # The log-probability of each component rounds.
    "poisson_mixture_nll": lambda d, v: 4 * np.spacing(v),
    "negative_binomial_mixture_nll": lambda d, v: 4 * np.spacing(v) + 8 * np.spacing(4.0),
    # About half the squared difference of two probabilities, which round; and powers.
    "bi_tempered": lambda d, v: 32 * (np.spacing(v) + np.spacing(1.0) * np.sqrt(v)),
    "binary_bi_tempered": lambda d, v: 32 * (np.spacing(v) + np.spacing(1.0) * np.sqrt(v)),
    "student_t_nll": lambda d, v: 4 * np.spacing(1 + np.abs(np.log(d["scale"]))),
    "asymmetric_multilabel": lambda d, v: 100 * np.spacing(v),  # an exponent between two gammas
    "consistency_mse": lambda d, v: np.spacing(1.0) * (np.spacing(1.0) + np.sqrt(v)),
    "linear_cross_entropy": lambda d, v: 4 * np.spacing(abs(d["pred"]) @ abs(d["linear_weight"]).T).max(-1),
    "triplet_margin": lambda d, v: 4 * np.spacing(sum(np.linalg.norm(d[r], axis=-1) for r in d)),
    "bhattacharyya": lambda d, v: np.where(np.abs(d["pred"].sum(-1) - 1) > 1e-6, np.spacing(1.0), 0.0),  # of what sums not to 1
    "js_divergence": lambda d, v: 4 * np.spacing(v),  # two divergences of opposite signs, where the distributions are far apart
    "gkd": lambda d, v: 8 * np.spacing(v),  # squares of exponentials of differences of logits
    "logit_adjusted_ce": lambda d, v: v * 8 * np.spacing(1 + np.abs(d["pred"]).max(-1)),  # differences of logits, in an exponential
    "ciou": lambda d, v: 2 * np.spacing(1.0),  # a sum of three fractions
    "focal": lambda d, v: 4 * np.spacing(v),  # a power
    "distribution_balanced": lambda d, v: 16 * np.spacing(v),  # e to ten times a ratio, and a power
    "diou": lambda d, v: 2 * np.spacing(1.0),  # a sum of two fractions, of differences
    "sym_neg_cosine_similarity": lambda d, v: 2 * np.spacing(1.0),  # a sum of two cosines
    "multiclass_generalized_dice": lambda d, v: 16 * np.spacing(v),  # differences of logits, whose exponentials are summed
    "beta_margin": lambda d, v: 16 * np.spacing(1.0),  # differences of distances near 1 from bounds
    "circle": lambda d, v: v * np.spacing(80.0),  # exponents of this size
    "dcl": lambda d, v: 4 * np.spacing(10.0),  # a difference of two similarities over the temperature
    "dclw": lambda d, v: 4 * np.spacing(10.0),
    "nca": lambda d, v: 4 * np.spacing(1.0),  # a difference of two log-sum-exps
    "mmd_rbf": lambda d, v: 4 * np.spacing(1.0),  # a difference of means of this size
    "ldam": lambda d, v: v * 30 * np.spacing(1 + np.abs(d["pred"]).max(-1)),  # logits times the scale
    "koleo": lambda d, v: 4 * np.spacing(1.0),  # the logarithm of a distance near 1
    "tuplet_margin": lambda d, v: 4 * np.spacing(64.0),  # differences of cosines times the scale
    "si_sdr": lambda d, v: 512 * np.spacing(1.0),  # the logarithm of a ratio of two sums, which may be nearly 1
    "sd_sdr": lambda d, v: 512 * np.spacing(1.0),
    "snr": lambda d, v: 512 * np.spacing(1.0),
    "dc_error": lambda d, v: 64 * np.spacing(1.0) ** 2,  # the square of a mean that may be 0
    "dft": lambda d, v: 4 * np.spacing(np.ptp(d["pred"], -1).max(-1))[:, None] * v,  # p = e^−nll
    "discopop": lambda d, v: 1e-14 * v,  # e to a sum of hundreds
    # Scores of distributions: terms of opposite signs, as large as the error, the scale and the target.
    "crps_lognormal": lambda d, v: 8 * np.spacing(d["target"]) + 4 * v * np.spacing(np.abs(d["mu"]) + d["sigma"] ** 2),
    "crps_gamma": lambda d, v: 32 * np.spacing(np.abs(d["target"]) + d["shape"] / d["rate"]),
    "crps_t": lambda d, v: 16 * np.spacing(np.abs(d["target"] - d["location"]) + d["scale"] * d["df"] / (d["df"] - 1)),
    "crps_poisson": lambda d, v: np.where(d["mean"] < 8, 0.0, 16 * np.spacing(d["mean"])),
    "crps_beta": lambda d, v: 32 * np.spacing(1 + np.abs(d["target"])),
    "crps_loglogistic": lambda d, v: 64 * np.spacing(np.exp(d["mu"]) / (1 - d["sigma"]) + d["target"]),
    "crps_csg0": lambda d, v: 32 * np.spacing(d["target"] + d["shift"] + d["shape"] / d["rate"]),
    "crps_mixnorm": lambda d, v: 8 * np.spacing(np.abs(d["target"]) + (np.abs(d["mu"]) + d["sigma"]).max(-1)),
    "crps_2pnormal": lambda d, v: 8 * np.spacing(np.abs(d["target"] - d["location"])),
    # Sums of logarithms, which cancel.
    "gamma_nll": lambda d, v: 16 * np.spacing(1 + np.abs(np.log(d["target"])) + np.abs(np.log(d["shape"]))),
    "beta_nll": lambda d, v: 16 * np.spacing(1 + np.abs(np.log(d["a"])) + np.abs(np.log(d["b"])) - np.log(d["target"])),
    "loglogistic_nll": lambda d, v: 8 * np.spacing(1 + np.abs(np.log(d["target"])) + np.abs(np.log(d["sigma"]))),
    "loglaplace_nll": lambda d, v: 8 * np.spacing(1 + np.abs(np.log(d["target"])) + np.abs(np.log(d["sigma"]))),
    "lognormal_nll": lambda d, v: 8 * np.spacing(1 + np.abs(np.log(d["target"])) + np.abs(np.log(d["sigma"]))),
    "gpd_nll": lambda d, v: 8 * np.spacing(1 + np.abs(np.log(d["scale"]))),
    "gev_nll": lambda d, v: 8 * np.spacing(1 + np.abs(np.log(d["scale"]))) + 4 * v * np.spacing(np.log(np.abs(v))),
    "binomial_nll": lambda d, v: 8 * np.spacing(4.0),  # of three log Γ
    "hypergeometric_nll": lambda d, v: 32 * np.spacing(4.0),  # of nine log Γ
    "cosine_mse": lambda d, v: 8 * np.spacing(1.0) * (np.spacing(1.0) + np.sqrt(v)),  # a difference of a cosine and a score
    "contrastive_tension": lambda d, v: 4 * np.spacing((np.abs(d["input1"]) * np.abs(d["input2"])).sum(-1)),  # a dot product
    "soft_triple": lambda d, v: 8 * np.spacing(20.0),  # differences of cosines times the scale
    "sub_center_arcface": lambda d, v: 8 * np.spacing(64.0) * np.minimum(v, 1),
    "proxy_arcface": lambda d, v: 8 * np.spacing(64.0) * np.minimum(v, 1),
    "proxy_nca": lambda d, v: 8 * np.spacing((d["pred"] ** 2).sum(-1) + (d["proxies"] ** 2).sum(-1).max()),  # differences of distances
    "proxy_cosface": lambda d, v: 8 * np.spacing(64.0) * np.minimum(v, 1),
    "p2s_grad": lambda d, v: 8 * np.spacing(1.0) * (np.spacing(1.0) + np.sqrt(v)),  # squares of cosines
    "fast_ap": lambda d, v: 64 * np.spacing(1.0),  # differences of distances and the nodes of a histogram
    "batch_hard_triplet": lambda d, v: 16 * np.spacing(1 + np.linalg.norm(d["pred"], axis=-1).max() ** 2),  # a difference of distances
    "aft": lambda d, v: 8 * np.spacing(1.0) * v * (1 + abs_logs(d) ** 2),  # e^−z²/2 of a difference of logarithms
    "survival_nll": lambda d, v: 8 * np.spacing(1 + np.abs(d["pred"]) + np.abs(np.log(d["time"]))) * (1 + np.abs(v)),  # e^z
    "nll_mtlr": lambda d, v: 16 * np.spacing(np.abs(d["pred"]).sum(-1)) * np.maximum(v, 1),  # differences of sums, in an exponential
    "siou": lambda d, v: 16 * np.spacing(1.0),  # a sum of fractions, with any sign
    # Differences of two means of distances; fair, these nearly cancel.
    "weighted_crps": lambda d, v: 8 * np.spacing(v),
    "weighted_energy_score": lambda d, v: 8 * np.spacing(v),
    "weighted_variogram_score": lambda d, v: 8 * np.spacing(v),
    "kernel_score": lambda d, v: 8 * np.spacing(np.abs(v) + np.minimum(np.ptp(d["pred"], -1) ** 2, 1)),
    "multivariate_kernel_score": lambda d, v: 8 * np.spacing(np.abs(v) + np.minimum((np.ptp(d["pred"], -2) ** 2).sum(-1), 1)),
    # A sum of a logarithm and a square; of vectors, what is left of an entry is a difference.
    "dawid_sebastiani": lambda d, v: 8 * np.spacing(4 + np.abs(v)),
    "multivariate_dawid_sebastiani": lambda d, v: 64 * np.spacing(16 + np.abs(v)),
    "error_spread": lambda d, v: 8 * np.spacing(v),
    "balanced_l1": lambda d, v: 8 * np.spacing(v),  # (1 + u) log(1 + u) − u
    # The logarithms of four ratios, and the angle of their difference; of boxes far apart, e^−B of the score, where B is some tens.
    "prob_iou": lambda d, v: (
        16 * np.spacing(v)
        + np.where(np.abs(d["pred"] - d["target"])[:, :2].max(-1) >= d["pred"][:, 2:4].min(-1), 2 * np.spacing(64.0) * v * (v < 1e-3), 0.0)
    ),
    "residual_log_likelihood": lambda d, v: 16 * np.spacing(1 + np.abs(np.log(d["sigma"])).max(-1)),  # a sum of logarithms
    "inverse_depth_smoothness": lambda d, v: 8 * np.spacing(1 + np.abs(d["image"]).max((-3, -2, -1))) * v,  # an exponential of differences
    "local_ncc": lambda d, v: 64 * np.spacing(1.0),  # a covariance as a difference of two variances
    "ms_ssim_l1": lambda d, v: 12 * np.spacing(np.abs(v)),  # 1 − a product of similarities, whose means in small windows round
    "hausdorff_er": lambda d, v: 1e-10,  # a threshold, and a division by a range that may be small, ten times
    "bending_energy": lambda d, v: 32 * np.spacing(v),  # squares of second differences
    "z_loss": lambda d, v: 8 * np.spacing(1 + np.abs(d["pred"]).max(-1)) * np.sqrt(v),  # near a sum of 1
    "periodic": lambda d, v: 8 * np.spacing(np.abs(d["pred"]) + np.abs(d["target"])),  # of the error, which may be many periods
    "binary_calibration_error": lambda d, v: 8 * np.spacing(1.0),  # sums of differences of numbers up to 1
    "multiclass_calibration_error": lambda d, v: 8 * np.spacing(1.0),
    "classwise_calibration_error": lambda d, v: 8 * np.spacing(1.0),
}
# Sums and differences of all roles, each of which rounds as its largest part does.
LINEAR = {"dpo", "dpo_norm", "dpo_robust", "ipo", "kto", "linex", "relativistic_gan", "reward_bradley_terry"}
# Options that are not turned, and why.
APART = {
    "box_format": "the corners of a box given by its size or centre round as they do; the loss of corners is tested",
    "aft --dist": "e^e^1e8 has too many digits for exact numbers; the vectors have the other distributions",
    **dict.fromkeys(
        (
            f"{name} --f_divergence_type"
            for name in (
                "dpo",
                "dpo_hinge",
                "dpo_robust",
                "dpo_norm",
                "ipo",
                "exo_pair",
                "nca_pair",
                "bco_pair",
                "sppo_hard",
                "apo_down",
                "discopop",
            )
        ),
        "e^1e100 has too many digits for exact numbers",
    ),
    "pairwise_ranking --lambda_weight": "a weight is a difference of gains and of discounts, which rounds as these do",
    "pairwise_mse --lambda_weight": "the same",
    "contrastive --distance": "margin − (1 − cos) rounds as 1 does, whatever the cosine",
}
# The steps that losses over pairs share: what they change is a sum, or a choice of terms, and the losses are tested with all their terms.
APART |= {
    f"{known.name} --{option}": "its numbers are those of the peer, in the vectors" for known in LOSSES.values()
    if "embedding_regularizer" in known.options for option in ("distance", "reducer", "embedding_regularizer", "miner", "miner_distance")
}  # fmt: skip
# Data that are left out, and why.
LEFT_OUT: dict[tuple[str, str], str] = {
    ("mspe_of_mean", "extremes"): "a sum of 1e100, -1e100 and 1 rounds as 1e100 does",
    ("kl_div", "extremes"): "with --log-target e^745 is no float64",
    ("pairwise_ranking", "large"): "a margin of hundreds rounds as its scores do",
    ("pairwise_ranking", "large and close"): "the same",
    ("neural_ndcg", "large"): "a soft permutation of scores of hundreds rounds as these do, and its scaling as its sums do",
    ("neural_ndcg", "extremes"): "the same",
    ("cosine_distance", "tiny"): "an angle of 1e-34, which is below the square of what is rounded",
    ("cosine_distance", "tiny and close"): "the same",
    ("patch_kernel_alignment", "tiny"): "the same",
    ("patch_kernel_alignment", "tiny and close"): "the same",
    ("ppo_value_clip", "tiny"): "old + (value − old), as its users write it, rounds as old does",
    ("ppo_value_clip", "tiny and close"): "the same",
    ("bootstrapped_ce", "tiny"): "which of two rows counts that differ by less than is rounded",
    ("bootstrapped_ce", "tiny and close"): "the same",
    ("bootstrapped_ce", "tiny distributions"): "the same",
    ("kl_cov", "tiny"): "which of two tokens is chosen whose covariances differ by less than is rounded",
    ("kl_cov", "tiny and close"): "the same",
    ("kl_cov", "tiny distributions"): "the same",
    ("crps_gamma", "tiny"): "for shapes of 1e-100 all terms cancel but one, and the constants of the series have 17 digits",
    ("crps_gamma", "extremes"): "the same",
    ("crps_gamma", "tiny and close"): "the same",
    ("crps_gamma", "tiny distributions"): "the same",
    ("gpd_nll", "extremes"): "errors of more scales than float64 can count",
    ("si_sdr", "close"): "the rest of two signals that nearly agree rounds as the signals do, several times",
    ("si_sdr", "extremes"): "a logarithm of sums of numbers of 1e100 and 1e8",
    ("spectral_angle", "tiny"): "an angle of 1e-78, whose sine is below what is rounded",
    ("spectral_angle", "tiny and close"): "the same",
    ("spectral_angle", "tiny distributions"): "the same",
    ("local_ncc", "minima"): "nearly constant windows: the sum of two images rounds as they do",
    ("prob_iou", "tiny"): "ratios of sides of 1e-300",
    ("prob_iou", "tiny and close"): "the same",
    ("prob_iou", "tiny distributions"): "the same",
    ("multivariate_dawid_sebastiani", "tiny"): "covariances that are singular to the last digit",
    ("multivariate_dawid_sebastiani", "tiny and close"): "the same",
    ("multivariate_dawid_sebastiani", "tiny distributions"): "the same",
    ("multivariate_dawid_sebastiani", "extremes"): "the same",
    ("nca", "extremes"): "distances of 1e6 that differ by less than is rounded",
}
# Not a formula of numbers alone: what cannot be run on exact numbers, and why.
EXEMPT = {
    **dict.fromkeys(("emp_ssl", "mmcr"), "np.linalg has no exact form"),
    "ctc": "np.logaddexp.reduce has no exact form; its known values come from every path written out",
    "detr": "which prediction is matched may depend on what is rounded; its parts are losses of their own",
    "gmsd": "the filters of all pixels take minutes in exact numbers; its known values are piq's",
    "haarpsi": "the same",
    "vif": "the same",
    "mutual_information": "the logarithms of a histogram of hundreds of bins take minutes in exact numbers",
    **dict.fromkeys(("fourier_amplitude", "fredf"), "np.fft has no exact form"),
    "fsim": "np.fft has no exact form",
    "mdsi": "a deviation of similarities that nearly agree rounds as they do; its known values are piq's",
    "sdr": "np.linalg.solve has no exact form",
    "rnnt": "its diagonals have no exact form; its known values come from every path written out",
    "tdt": "the same",
    "semi_hard_triplet": "distances that differ by less than is rounded decide which negative is beyond a positive",
    **dict.fromkeys(
        ("crps_tnormal", "crps_tlogistic", "crps_tt", "crps_ct", "truncated_t_nll", "crps_gev", "crps_negbinom", "crps_binomial"),
        "its integrals have nodes of 17 digits; its known values are those of a closed form",
    ),
    "crps_hypergeometric": "it has integers only; its known values come from the sum written out",
    "cosent": "np.logaddexp.accumulate has no exact form; its known values come from every pair written out",
}
POINTWISE = [k for k in LOSSES.values() if k.kind == "pointwise" and k.name not in EXEMPT]
OF_ALL_ROWS = [k for k in LOSSES.values() if k.kind != "pointwise" and k.name not in EXEMPT]
ROWS, BATCH, DRAWS = 16, 8, 3
# Options that take fewer numbers and the same steps: five windows of 33 × 33 pixels take minutes in exact numbers.
SMALL: dict[str, dict[str, Any]] = {"ms_ssim_l1": {"sigmas": [0.5, 1.0]}}
FEW_ROWS = dict.fromkeys(("sd_sdr", "si_sdr", "snr"), 6)  # their five forms are slow in exact numbers
FEW_ROWS |= {"patch_kernel_alignment": 6, "detcon": 5}  # pairs of all patches, and of all masks of all rows


@pytest.fixture
def in_exact_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, function in LIFTED.items():
        monkeypatch.setattr(lazy.np, name, function)


def off_and_same(found: Any, truth: Any) -> tuple[Any, Any, Any]:
    """How far the numbers found are from the true ones, where they are the nearest floats, and 4 units in the last place."""
    nearest = np.asarray(truth, np.float64)
    with np.errstate(all="ignore"):
        off = np.abs(np.asarray(exact(found) - truth, np.float64))
    same = (found == nearest) | (np.isnan(found) & np.isnan(nearest))
    return off, same, 4 * np.spacing(np.abs(np.where(np.isfinite(nearest), nearest, 0))) + 1e-300


def one_of(data: dict[str, Any], row: int) -> dict[str, Any]:
    return {n: x[row] for n, x in data.items() if row < len(x)}


@pytest.mark.filterwarnings("ignore:.*encountered in cast")  # of exact numbers beyond float64, where NumPy says so
@pytest.mark.parametrize("known", POINTWISE, ids=lambda k: k.name)
def test_losses_are_accurate_to_four_units_in_the_last_place(known: Loss, in_exact_numbers: None) -> None:
    for turned in forms(known, APART):
        options = turned | SMALL.get(known.name, {})
        for kind in KINDS:
            if (known.name, kind) in LEFT_OUT:
                continue
            data = data_of(known, options, kind, FEW_ROWS.get(known.name, ROWS))
            found = np.asarray(values(known, data, options), np.float64)
            truth = values(known, {n: exact(x) for n, x in data.items()}, options)
            off, same, allowed = off_and_same(found, truth)
            with np.errstate(all="ignore"):
                allowed = allowed + (ROUNDS[known.name](data, found) if known.name in ROUNDS else 0.0)
            # What inputs round to only adds to what is allowed, and takes most of the time: of those rows alone that need it.
            bad = rows_with(~same & ~(off <= allowed))
            if len(bad):
                allowed[bad] += rounding(known, take_rows(known, data, bad), truth[bad], options)
                bad = rows_with(~same & ~(off <= allowed))
            assert not len(bad), f"{options}, {kind}: {one_of(data, bad[0])}: {found[bad[0]]}, truly {truth[bad[0]]}"


@pytest.mark.filterwarnings("ignore:.*encountered in cast")
@pytest.mark.parametrize("known", OF_ALL_ROWS, ids=lambda k: k.name)
def test_losses_of_all_rows_are_accurate(known: Loss, in_exact_numbers: None) -> None:
    for options in forms(known, APART):
        for kind in KINDS:
            if (known.name, kind) in LEFT_OUT or options.get("at_event") == "at":  # it refuses times outside those of the rows
                continue
            data = data_of(known, options, kind, FEW_ROWS.get(known.name, BATCH))
            given = {n: exact(x) for n, x in data.items()}
            found, truth = np.asarray(values(known, data, options), np.float64), values(known, given, options)
            off, same, allowed = off_and_same(found, truth)
            with np.errstate(all="ignore"):
                allowed = allowed + (ROUNDS[known.name](data, found) if known.name in ROUNDS else 0.0)
            if not np.all(same | (off <= allowed)):
                allowed = allowed + 4 * rounding_of_all(known, given, truth, options)
            bad = rows_with(~same & ~(off <= allowed)) if off.ndim else np.flatnonzero(~same & ~(off <= allowed))
            assert not len(bad), (
                f"{options}, {kind}, row {bad[0]}: {found.reshape(-1, *found.shape[1:])[bad[0]]}, truly {np.atleast_1d(truth)[bad[0]]}"
            )


def rows_with(wrong: Any) -> Any:
    """The rows in which any value is wrong."""
    return np.flatnonzero(wrong.reshape(len(wrong), -1).any(-1))


def rounding(known: Loss, data: dict[str, Any], truth: Any, options: dict[str, Any]) -> Any:
    """The change of the exact values when each input moves by half a unit in its last place."""
    total = np.zeros(truth.shape)
    given = {n: exact(x) for n, x in data.items()}
    for name in real_roles(known, data):
        x = data[name]
        for k in range(int(np.prod(x.shape[truth.ndim :]))):  # each number of a vector on its own
            half = np.zeros(x.shape)
            size = sum(np.abs(v) for v in data.values()) if known.name in LINEAR else np.abs(x)
            half.reshape(*x.shape[: truth.ndim], -1)[..., k] = np.spacing(size).reshape(*x.shape[: truth.ndim], -1)[..., k] / 2
            change = values(known, given | {name: given[name] + exact(half)}, options)
            total += np.nan_to_num(np.abs(np.asarray(change - truth, np.float64)), nan=0.0, posinf=np.inf)
    return total


def rounding_of_all(known: Loss, given: dict[str, Any], truth: Any, options: dict[str, Any]) -> Any:
    """The largest change of the exact values in some draws, in which inputs, columns and similarities move by up to two units."""
    rng, largest, roles = np.random.default_rng(1), np.zeros(np.shape(truth)), real_roles_of(known, given)
    for _ in range(DRAWS):
        similarities = Similarities.of(rng)

        def rounded(c: Any, similar: Column = similarities) -> Any:
            return similar(moved(c, rng, 4.0))

        start = {n: similarities(moved(x, rng, 4.0)) if n in roles else x for n, x in given.items()}
        change = values(known, start, options, rounded)
        largest = np.fmax(largest, np.abs(np.asarray(change - truth, np.float64)))
    return largest


def real_roles_of(known: Loss, given: dict[str, Any]) -> list[str]:
    return [n for n, x in given.items() if x.dtype == object and not isinstance(known.roles[n].domain, Signed | LabelIn | Whole)]
