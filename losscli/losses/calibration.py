"""Calibration errors of probabilities: how far they are from the shares of what happened, in bins and by isotonic regression."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import ByClass, Pooled
from losscli.diagnostics import unnormalised
from losscli.domains import Bins, ClassProbabilitiesOrLogits, Flag, HardLabel, Probability, ProbabilityOrLogit
from losscli.numeric.lazy import np
from losscli.numeric.primitive import primitive
from losscli.numeric.softmax import neg_log_softmax
from losscli.numeric.steps import clamp_min, expit, log1p_ratio, log_ratio, multiply_no_nan, stop_gradient
from losscli.registry import Form, Preset, loss

__all__ = ["binary_calibration_error", "classwise_calibration_error", "corp_miscalibration", "multiclass_calibration_error"]

_Norm = Literal["l1", "l2", "max", "average"]
_Binning = Literal["width", "mass"]
_Closed = Literal["right", "left", "left_and_1"]
_Edges = Literal["fractions", "steps", "both_ends"]

_CALIBRATION = ("calibration", "reliability", "confidence", "overconfidence", "are the probabilities right")
_BY_SHAPE = {"vectors": Form("multiclass_calibration_error"), "flags": Form("binary_calibration_error")}


def _own(*names, **options):
    """Names of a probability of one event, and of a probability for each class: then of the class with the highest probability."""
    return Preset(names, options=options, by_shape=_BY_SHAPE)


_OWN = (
    _own("ece", "expected_calibration_error", "calibration_error"),
    _own("mce", "maximum_calibration_error", "max_calibration_error", norm="max"),
    _own("rmsce", "rms_calibration_error", "root_mean_squared_calibration_error", norm="l2"),
    _own("adaptive_ece", "aece", "ada_ece", "equal_mass_ece", binning="mass"),
)


def _edges_of(bins, edges):
    """The edges k / bins; or with steps of 1 / bins as it is rounded, from 0 as numpy.linspace, or from both ends as torch.linspace."""
    k = np.arange(bins + 1)
    if edges == "fractions":
        return k / bins
    steps = np.append(k[:-1] * (1 / bins), 1.0)
    return steps if edges == "steps" else np.where(k < (bins + 1) // 2, steps, _steps_down(bins)[::-1])


def _steps_down(bins):
    """1 − k step for k = 0 … bins, rounded once, as torch's processors compute it."""
    from fractions import Fraction

    return np.array([float(1 - k * Fraction(1 / bins)) for k in range(bins + 1)])


def _in_bins_of_width(p, bins, closed, edges):
    """Whether each probability lies in each bin. A 0 lies in the first, a 1 in the last, or in one of its own with left_and_1."""
    edge, p = np.asarray(_edges_of(bins, edges), p.dtype), p[..., None]
    if closed == "right":
        return (p > np.append(-1.0, edge[1:-1])) & (p <= edge[1:])
    edge = np.append(edge[:-1] if closed == "left" else edge, 2.0)
    return (p >= edge[:-1]) & (p < edge[1:])


def _bin_of_mass(p, w, bins):
    """The bin of each probability over the last axis: that in which the share of smaller probabilities lies, so that ties stay together."""
    order = np.argsort(p, axis=-1, kind="stable")
    ordered, weights = (np.take_along_axis(x, order, -1) for x in (p, w))
    cumulative = weights.cumsum(-1)
    first = np.concatenate([np.ones((*p.shape[:-1], 1), bool), ordered[..., 1:] != ordered[..., :-1]], -1)[..., : p.shape[-1]]
    below = np.maximum.accumulate(np.where(first, cumulative - weights, 0.0), -1)
    found = np.zeros(p.shape, int)
    np.put_along_axis(found, order, np.minimum(below * bins / cumulative[..., -1:], bins - 1).astype(int), -1)
    return found


def _sums_of_mass(p, y, w, bins):
    """For each bin of equal mass over the last axis |Σ w (p − y)| and Σ w."""
    place, difference = _bin_of_mass(stop_gradient(p), w, bins), multiply_no_nan(w, p - y)
    inside = [place == k for k in range(bins)]
    gaps = np.stack([np.abs(np.where(k, difference, 0.0).sum(-1)) for k in inside], -1)
    return gaps, np.stack([np.where(k, w, 0.0).sum(-1) for k in inside], -1)


def _error_of(gaps, sizes, norm):
    """The norm of the gaps |Σ (p − y)| of bins over their sizes Σ 1, each bin counted by its size; only `max` and `average` count bins."""
    filled = sizes > 0
    errors, total = np.where(filled, gaps / np.where(filled, sizes, 1.0), 0.0), sizes.sum(-1)
    if norm == "l1":
        return gaps.sum(-1) / total
    if norm == "l2":
        return np.sqrt((gaps * errors).sum(-1) / total)
    return errors.max(-1) if norm == "max" else errors.sum(-1) / filled.sum(-1)


@loss(
    "probabilistic",
    aliases=("binary_ece",),
    reference="the formula (Guo 2017)",
    units="probability units",
    use="the probabilities of an event should agree with how often it happens",
    words=_CALIBRATION,
    presets=_OWN,
    see={
        "multiclass_calibration_error": "for a probability of each class; ece, mce, rmsce and adaptive_ece are either, by the shape",
        "corp_miscalibration": "without bins",
        "brier": "a proper score, which is 0 only for probabilities that are right and sure: calibration alone says nothing of that",
    },
)
def binary_calibration_error(
    pred: ProbabilityOrLogit,
    target: Flag,
    *,
    bins: Bins = 15,
    binning: _Binning = "width",
    norm: _Norm = "l1",
    closed: _Closed = "right",
    edges: _Edges = "fractions",
    from_logits: bool = False,
):
    """Difference of mean probability and share of events in each bin: the mean over the rows (ECE, norm l1), or the largest (MCE, max).

    Σ_b n_b/n |mean_b p − mean_b t|; l2: √ Σ_b n_b/n (…)²; max: the largest; average: the mean over the bins that hold rows

    Bins of equal width end at k / bins, and a probability on an edge is in the bin that is closed there; bins of equal mass keep
    equal probabilities together.

    >>> next(binary_calibration_error(np.array([0.25, 0.75]), np.array([0, 1]), bins=2))[0].column
    array([[ 0.25,  0.  ],
           [ 0.  , -0.25]])
    """
    p = expit(pred) if from_logits else pred
    if binning == "mass":
        p, y, w = yield Pooled(p), Pooled(target), Pooled(1.0)
        gaps, sizes = _sums_of_mass(p, y, w, bins)
        return _error_of(gaps, sizes, norm)
    inside = _in_bins_of_width(stop_gradient(p), bins, closed, edges)
    gaps, sizes = yield ByClass(np.where(inside, (p - target)[..., None], 0.0)), ByClass(inside.astype(p.dtype))
    return _error_of(np.abs(gaps), sizes, norm)


_SUM = unnormalised("pred", lambda c: None if c["from_logits"] else c["pred"], "give probabilities, softmax(logits)")


@loss(
    "probabilistic",
    aliases=("multiclass_ece", "top_label_ece", "confidence_ece", "top_label_calibration_error"),
    reference="the formula (Guo 2017)",
    units="probability units",
    use="the confidence of a classifier should agree with how often its top class is right",
    words=_CALIBRATION,
    see={
        "classwise_calibration_error": "of the probabilities of all classes, not of the highest alone",
        "binary_calibration_error": "of the probability of one event",
    },
    hints=(_SUM,),
)
def multiclass_calibration_error(
    pred: ClassProbabilitiesOrLogits,
    target: HardLabel,
    *,
    bins: Bins = 15,
    binning: _Binning = "width",
    norm: _Norm = "l1",
    closed: _Closed = "right",
    edges: _Edges = "fractions",
    from_logits: bool = False,
):
    """Calibration error of the highest probability of a row, with the event that its class is the label; the first of equal classes counts.

    Σ_b n_b/n |mean_b max_c p_c − mean_b 1[argmax_c p_c = y]|, in bins of the highest probability; norms as in binary_calibration_error

    >>> next(multiclass_calibration_error(np.array([[0.25, 0.75]]), np.array([1]), bins=2))[0].column
    array([[ 0.  , -0.25]])
    """
    top = stop_gradient(pred).argmax(-1)
    p = np.take_along_axis(np.exp(-neg_log_softmax(pred)) if from_logits else pred, top[..., None], -1)[..., 0]
    return (yield from binary_calibration_error(p, top == target, bins=bins, binning=binning, norm=norm, closed=closed, edges=edges))


@loss(
    "probabilistic",
    aliases=("classwise_ece", "cwece", "static_calibration_error", "marginal_calibration_error"),
    reference="the formula (Kull 2019)",
    units="probability units",
    use="the probabilities of all classes should be right, not only those of the top class",
    words=_CALIBRATION,
    see={"multiclass_calibration_error": "of the highest probability alone"},
    hints=(_SUM,),
)
def classwise_calibration_error(
    pred: ClassProbabilitiesOrLogits,
    target: HardLabel,
    *,
    bins: Bins = 15,
    binning: _Binning = "width",
    norm: _Norm = "l1",
    closed: _Closed = "right",
    edges: _Edges = "fractions",
    from_logits: bool = False,
):
    """Calibration error of the probability of each class, with the event that it is the label; the mean over the classes.

    mean_c Σ_b n_cb/n |mean_b p_c − mean_b 1[y = c]|, in bins of p_c; norms as in binary_calibration_error

    >>> next(classwise_calibration_error(np.array([[0.25, 0.75]]), np.array([1]), bins=2))[0].column
    array([[ 0.25,  0.  ,  0.  , -0.25]])
    """
    p, y = np.exp(-neg_log_softmax(pred)) if from_logits else pred, target[..., None] == np.arange(pred.shape[-1])
    if binning == "mass":
        p, y, w = yield Pooled(p, True), Pooled(y, True), Pooled(1.0)
        p, y, w = (np.swapaxes(x.reshape(p.shape), -1, -2) for x in (p, y, w))
        gaps, sizes = _sums_of_mass(p, y, w, bins)
        return _error_of(gaps, sizes, norm).mean(-1)
    inside = _in_bins_of_width(stop_gradient(p), bins, closed, edges)
    gaps, inside = (x.reshape(*p.shape[:-1], -1) for x in (np.where(inside, (p - y)[..., None], 0.0), inside.astype(p.dtype)))
    gaps, sizes = yield ByClass(gaps), ByClass(inside)
    shape = (*gaps.shape[:-1], p.shape[-1], -1)
    return _error_of(np.abs(gaps).reshape(shape), sizes.reshape(shape), norm).mean(-1)


@primitive(None, None, None)  # they are the best values for the outcomes: a score does not change with them, to first order
def _recalibrated(p, y, w):
    """The probabilities of CORP, over the last axis."""
    from losscli.statistics.calibration import recalibrated

    rows = [np.reshape(x, (-1, p.shape[-1])) for x in (p, y, np.broadcast_to(w, p.shape))]
    return np.reshape([recalibrated(*row) for row in zip(*rows, strict=True)], p.shape)


@loss(
    "probabilistic",
    aliases=("mcb", "corp_mcb", "miscalibration"),
    reference="model_diagnostics.scoring.decompose",
    properties="zero",
    units="of the score: squared probability units, or nats",
    use="the calibration of an event's probabilities should be one number without choosing bins",
    words=_CALIBRATION,
    see={
        "binary_calibration_error": "in bins, in probability units",
        "brier": "MCB − DSC + UNC, with this MCB; --calibration shows all parts",
    },
)
def corp_miscalibration(pred: Probability, target: Probability, *, score: Literal["brier", "log"] = "brier"):
    """Miscalibration (MCB): what a mean score loses against the same probabilities recalibrated by isotonic regression (CORP).

    mean S(p, t) − mean S(r, t) ≥ 0, r the isotonic regression of t on p; S = (p − t)², or −t log p − (1 − t) log(1 − p)

    >>> next(corp_miscalibration(np.array([0.25]), np.array([1.0])))[0].column
    array([0.25])
    """
    p, t, w = yield Pooled(pred), Pooled(target), Pooled(1.0)
    r = _recalibrated(p, t, w)
    if score == "brier":
        lost = (p - r) * (p + r - 2 * t)
    else:
        lost = multiply_no_nan(t, log_ratio(r, p)) + multiply_no_nan(1 - t, log1p_ratio(-r, -p))
    return clamp_min(multiply_no_nan(w, lost).sum(-1) / w.sum(-1), 0.0)
