"""Scores of ensembles that weight some outcomes more than others, and scores by a Gaussian kernel."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.domains import AnyOrInfinite, Ensemble, MemberWeights, Needs, OutcomeWeight, Positive, Real, Samples, SampleWeights, Vector
from losscli.numeric.distances import norm
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.registry import Preset, loss

__all__ = ["kernel_score", "multivariate_kernel_score", "weighted_crps", "weighted_energy_score", "weighted_variogram_score"]

INF = float("inf")
NO_MEMBER = "no member of the ensemble has a weight, though the target has one"
Weighting = Literal["outcome", "threshold", "vertical"]
WeightingOrNone = Literal["none", "outcome", "threshold", "vertical"]
Fair = Annotated[bool, Needs("weighting", ("none", "threshold"))]
WORDS = ("extreme events", "ensemble forecasts", "weather forecasting", "weighted scoring rules")


def _weights(members, target, given, given_target, inside):
    """The weights of the members and of the target: 1 inside the bounds and 0 outside, times those that are given."""
    w, w_t = inside(members) + 0 * members.sum(-1), inside(target) + 0 * target.sum(-1)
    return (w, w_t) if given is None else (w * given, w_t * given_target)


def _within(a, b):
    return lambda x: ((a <= x) & (x <= b)).all(-1)


def _shares(w, w_t):
    """The weights of the members divided by their sum. Where the target has no weight the score is 0, whatever they are."""
    total = w.sum(-1)
    return w / explain_zero(np.where(w_t == 0, np.where(total == 0, 1.0, total), total), NO_MEMBER)[..., None]


def _squared_area(places, masses):
    """∫ G² for the function G that is 0 at −∞ and grows by each mass at its place."""
    order = np.argsort(places, axis=-1, kind="stable")
    x, g = np.take_along_axis(places, order, -1), np.take_along_axis(masses, order, -1).cumsum(-1)
    return (g[..., :-1] * g[..., :-1] * (x[..., 1:] - x[..., :-1])).sum(-1)


@loss(
    "probabilistic",
    presets=(
        Preset(("outcome_weighted_crps", "owcrps")),
        Preset(("vertically_rescaled_crps", "vrcrps"), options={"weighting": "vertical"}),
    ),
    reference="scoringrules.owcrps_ensemble, vrcrps_ensemble",
    units="target units",
    use="ensemble forecasts are compared for outcomes that matter, as heavy rain, or by weights",
    words=WORDS,
    see={"threshold_weighted_crps": "clips values to the bounds instead", "crps_ensemble": "equal for equal weights"},
)
def weighted_crps(
    pred: Ensemble, target: Real, target_weight: OutcomeWeight = None, member_weights: MemberWeights = None,
    *, weighting: Literal["outcome", "vertical"] = "outcome", a: AnyOrInfinite = -INF, b: AnyOrInfinite = INF,
):  # fmt: skip
    """Continuous ranked probability score with a weight w for each outcome: 1 from a to b and 0 elsewhere, times the weights given.

    outcome: w(t) ∫ (F_w(z) − [t ≤ z])² dz, F_w the ensemble with its weights, divided by their sum; 0 where w(t) = 0
    vertical: mean_i |x_i − t| w_i w(t) − ½ mean_ij |x_i − x_j| w_i w_j + (mean_i |x_i| w_i − |t| w(t)) (mean_i w_i − w(t))

    >>> weighted_crps(np.array([[0.0, 1.0, 2.0, 5.0]]), np.array([3.0]), a=2.0)
    array([0.75])
    """
    x, t = pred[..., None], target[..., None]
    w, w_t = _weights(x, t, member_weights, target_weight, _within(a, b))
    if weighting == "outcome":
        return w_t * _squared_area(np.concatenate([pred, t], -1), np.concatenate([_shares(w, w_t), -1.0 + 0 * t], -1))
    masses, own = w / pred.shape[-1], w_t[..., None]
    rest = own - masses.sum(-1)[..., None]  # at 0, so that all masses sum to 0
    return _squared_area(np.concatenate([pred, t, 0 * t], -1), np.concatenate([masses, -own, rest], -1))


# --- scores by a distance ρ of vectors: mean ρ(x_i, t) − ½ mean ρ(x_i, x_j) ---------------------------------------------------


def _near_and_apart(rho, x, t, shares):
    """Σ_i s_i ρ(x_i, t) and ½ Σ_ij s_i s_j ρ(x_i, x_j), of members i and j that are k places apart."""
    near = (shares * rho(x, t[..., None, :])).sum(-1)
    turns = range(1, x.shape[-2])
    apart = sum(((shares * np.roll(shares, k, -1)) * rho(x, np.roll(x, k, -2))).sum(-1) for k in turns)
    return near, apart / 2


def _weighted(rho, surplus, pred, target, w, w_t, weighting, fair=False):
    """A score by ρ with weights. `surplus` is what masses that do not sum to 0 add to a vertically re-scaled one."""
    m = pred.shape[-2]
    if weighting == "vertical":
        near, apart = _near_and_apart(rho, pred, target, w / m)
        return w_t * near - apart + surplus(w / m, w_t)
    near, apart = _near_and_apart(rho, pred, target, _shares(w, w_t))
    return w_t * (near - (apart * m / explain_zero(m - 1, "an ensemble of one member has no spread") if fair else apart))


def _prepared(pred, target, member_weights, target_weight, weighting, a, b):
    """The members, the target and their weights: clipped for a threshold, with equal weights then."""
    if weighting == "threshold":
        pred, target = np.clip(pred, a, b), np.clip(target, a, b)
    inside = _within(a, b) if weighting in ("outcome", "vertical") else _within(-INF, INF)
    return pred, target, *_weights(pred, target, member_weights, target_weight, inside)


@loss(
    "probabilistic",
    presets=(
        Preset(("outcome_weighted_energy_score", "owes")),
        Preset(("threshold_weighted_energy_score", "twes"), options={"weighting": "threshold"}),
        Preset(("vertically_rescaled_energy_score", "vres"), options={"weighting": "vertical"}),
    ),
    reference="scoringrules.owes_ensemble, twes_ensemble, vres_ensemble",
    units="target units",
    use="ensembles of vectors are compared for outcomes that matter, or by weights",
    words=(*WORDS, "multivariate forecasts"),
    see={"energy_score": "equal without bounds and weights", "weighted_crps": "for numbers"},
)
def weighted_energy_score(
    pred: Samples, target: Vector, target_weight: OutcomeWeight = None, member_weights: SampleWeights = None,
    *, weighting: Weighting = "outcome", a: AnyOrInfinite = -INF, b: AnyOrInfinite = INF,
):  # fmt: skip
    """Energy score with a weight w for each outcome: 1 where all entries are from a to b and 0 elsewhere, times the weights given.

    outcome: w(t) (Σ_i s_i ‖x_i − t‖ − ½ Σ_ij s_i s_j ‖x_i − x_j‖), s_i = w_i / Σ w; 0 where w(t) = 0
    threshold: the energy score of entries that are clipped to [a, b]
    vertical: mean_i ‖x_i − t‖ w_i w(t) − ½ mean_ij ‖x_i − x_j‖ w_i w_j + (mean_i ‖x_i‖ w_i − ‖t‖ w(t)) (mean_i w_i − w(t))

    >>> weighted_energy_score(np.array([[[0.0, 0.0], [0.0, 2.0], [0.0, 9.0]]]), np.array([[0.0, 1.0]]), b=8.0)
    array([0.5])
    """
    x, t, w, w_t = _prepared(pred, target, member_weights, target_weight, weighting, a, b)
    surplus = lambda s, own: ((s * norm(x)).sum(-1) - norm(t) * own) * (s.sum(-1) - own)
    return _weighted(lambda x, y: norm(x - y), surplus, x, t, w, w_t, weighting)


@loss(
    "probabilistic",
    presets=(
        Preset(("outcome_weighted_variogram_score", "owvs")),
        Preset(("threshold_weighted_variogram_score", "twvs"), options={"weighting": "threshold"}),
        Preset(("vertically_rescaled_variogram_score", "vrvs"), options={"weighting": "vertical"}),
    ),
    reference="scoringrules.owvs_ensemble, twvs_ensemble, vrvs_ensemble",
    units="target units to the power of 2 p",
    use="the dependence between entries of an ensemble matters for some outcomes, or by weights",
    words=(*WORDS, "multivariate forecasts", "dependence"),
    see={"variogram_score": "equal without bounds and weights", "weighted_energy_score": "is less sensitive to a wrong dependence"},
)
def weighted_variogram_score(
    pred: Samples, target: Vector, target_weight: OutcomeWeight = None, member_weights: SampleWeights = None,
    *, weighting: Weighting = "outcome", a: AnyOrInfinite = -INF, b: AnyOrInfinite = INF, p: Positive = 0.5,
):  # fmt: skip
    """Variogram score with a weight w for each outcome: 1 where all entries are from a to b and 0 elsewhere, times the weights given.

    As weighted_energy_score, with ρ(x, y) = Σ_ij (|x_i − x_j|^p − |y_i − y_j|^p)² for the norm ‖x − y‖, and ρ(x, 0) for ‖x‖

    >>> weighted_variogram_score(np.array([[[0.0, 0.0], [0.0, 4.0], [0.0, 9.0]]]), np.array([[0.0, 1.0]]), b=8.0)
    array([0.])
    """
    x, t, w, w_t = _prepared(pred, target, member_weights, target_weight, weighting, a, b)
    x, t = (np.abs(v[..., :, None] - v[..., None, :]) ** p for v in (x, t))
    x, t = x.reshape(*x.shape[:-2], -1), t.reshape(*t.shape[:-2], -1)
    surplus = lambda s, own: ((s * (x * x).sum(-1)).sum(-1) - (t * t).sum(-1) * own) * (s.sum(-1) - own)
    return _weighted(lambda x, y: ((x - y) ** 2).sum(-1), surplus, x, t, w, w_t, weighting)


def _kernel_score(pred, target, member_weights, target_weight, weighting, a, b, fair):
    x, t, w, w_t = _prepared(pred, target, member_weights, target_weight, weighting, a, b)
    surplus = lambda s, own: (s.sum(-1) - own) ** 2 / 2
    return _weighted(lambda x, y: -np.expm1(-(norm(x - y) ** 2) / 2), surplus, x, t, w, w_t, weighting, fair)


@loss(
    "probabilistic",
    aliases=("gaussian_kernel_score", "gksuv"),
    presets=(
        Preset(("outcome_weighted_kernel_score", "owgksuv"), options={"weighting": "outcome"}),
        Preset(("threshold_weighted_kernel_score", "twgksuv"), options={"weighting": "threshold"}),
        Preset(("vertically_rescaled_kernel_score", "vrgksuv"), options={"weighting": "vertical"}),
    ),
    reference="scoringrules.gksuv_ensemble, twgksuv_ensemble, owgksuv_ensemble, vrgksuv_ensemble",
    units="1, from 0 to 1",
    use="ensembles are compared near the outcome alone: errors of many units count alike",
    words=WORDS,
    see={"crps_ensemble": "counts the size of every error", "multivariate_kernel_score": "for vectors"},
)
def kernel_score(
    pred: Ensemble, target: Real, target_weight: OutcomeWeight = None, member_weights: MemberWeights = None,
    *, weighting: WeightingOrNone = "none", a: AnyOrInfinite = -INF, b: AnyOrInfinite = INF, fair: Fair = False,
):  # fmt: skip
    """Score of an ensemble by a Gaussian kernel k; weighting as in weighted_energy_score, with ½ (mean w_i − w(t))² as its last term.

    ½ + ½ mean_ij k(x_i, x_j) − mean_i k(x_i, t), k(x, y) = e^(−½ (x − y)²); with M (M − 1) pairs i ≠ j instead of M² if fair

    >>> kernel_score(np.array([[0.0, 0.0]]), np.array([1.0]))
    array([0.39346934])
    """
    return _kernel_score(pred[..., None], target[..., None], member_weights, target_weight, weighting, a, b, fair)


@loss(
    "probabilistic",
    aliases=("gksmv", "multivariate_gaussian_kernel_score"),
    presets=(
        Preset(("outcome_weighted_multivariate_kernel_score", "owgksmv"), options={"weighting": "outcome"}),
        Preset(("threshold_weighted_multivariate_kernel_score", "twgksmv"), options={"weighting": "threshold"}),
        Preset(("vertically_rescaled_multivariate_kernel_score", "vrgksmv"), options={"weighting": "vertical"}),
    ),
    reference="scoringrules.gksmv_ensemble, twgksmv_ensemble, owgksmv_ensemble, vrgksmv_ensemble",
    units="1, from 0 to 1",
    use="ensembles of vectors are compared near the outcome alone: errors of many units count alike",
    words=(*WORDS, "multivariate forecasts"),
    see={"energy_score": "counts the size of every error", "kernel_score": "for numbers"},
)
def multivariate_kernel_score(
    pred: Samples, target: Vector, target_weight: OutcomeWeight = None, member_weights: SampleWeights = None,
    *, weighting: WeightingOrNone = "none", a: AnyOrInfinite = -INF, b: AnyOrInfinite = INF, fair: Fair = False,
):  # fmt: skip
    """Score of an ensemble of vectors by a Gaussian kernel k; weighting as in weighted_energy_score, with ½ (mean w_i − w(t))² as its end.

    ½ + ½ mean_ij k(x_i, x_j) − mean_i k(x_i, t), k(x, y) = e^(−½ ‖x − y‖²); with M (M − 1) pairs i ≠ j instead of M² if fair

    >>> multivariate_kernel_score(np.array([[[0.0, 0.0], [0.0, 0.0]]]), np.array([[0.0, 1.0]]))
    array([0.39346934])
    """
    return _kernel_score(pred, target, member_weights, target_weight, weighting, a, b, fair)
