"""Scores of forecasts that are distributions between two bounds, with a probability of each bound itself if there is one."""

from __future__ import annotations

from typing import Annotated, Any

from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import AboveOne, Positive, Probability, Range, Real
from losscli.losses.bounded_scores import BOUNDS
from losscli.numeric.incomplete import student_t_inside
from losscli.numeric.lazy import np
from losscli.numeric.truncated import bounded_crps, bounded_t_nll, logistic_curve, normal_curve, t_curve
from losscli.registry import loss

__all__ = ["crps_ct", "crps_tlogistic", "crps_tnormal", "crps_tt", "truncated_t_nll"]

Degrees = Annotated[Any, Range(least=0.1, below=float("inf"))]


def _too_much(context):
    return any_in_row(sum(context.get(name, 0) for name in ("lmass", "umass")) > 1 + 0 * context["target"])


def _at_no_bound(context):
    pairs = (("lmass", "lower"), ("umass", "upper"))
    missing = [context[mass] > 0 for mass, bound in pairs if mass in context and bound not in context]
    return any_in_row(sum(missing) > 0 * context["target"]) if missing else np.zeros(len(context["target"]), bool)


_HINTS = (
    BOUNDS,
    Diagnostic("W103", "lmass and umass are more than 1 together: give the probability of each bound itself", _too_much),
    Diagnostic("W104", "a probability of a bound that is not given makes the score infinite: give --lower and --upper", _at_no_bound),
)


def _masses(scale, lmass, umass):
    low, high = (0 * scale if lmass is None else lmass), (0 * scale if umass is None else umass)
    return low, 1 - low - high, high


@loss(
    "probabilistic",
    aliases=(
        "crps_gtcnormal",
        "crps_truncated_normal",
    ),
    reference="scoringrules.crps_gtcnormal",
    properties="robust",
    units="target units",
    use="a Gaussian forecast of a number that has bounds is scored in target units",
    words=("truncated forecasts", "probabilistic forecasting", "wind speed"),
    see={
        "tnormal_nll": "for the same forecast",
        "crps_cnormal": "a value beyond a bound is set to it instead",
        "crps_gaussian": "without bounds",
    },
    hints=_HINTS,
)
def crps_tnormal(
    location: Real,
    scale: Positive,
    target: Real,
    lower: Real = None,
    upper: Real = None,
    lmass: Probability = None,
    umass: Probability = None,
):
    """Continuous ranked probability score of a truncated Gaussian, also with a probability lmass or umass of a bound itself.

    ∫ G² dx from lower to t + ∫ (1 − G)² dx from t to upper, G = lmass + (1 − lmass − umass) (F(x) − F(lower)) / (F(upper) − F(lower))

    >>> crps_tnormal(np.array([0.0]), np.array([1.0]), np.array([0.0]), np.array([0.0]))
    array([0.46738995])
    """
    return bounded_crps(normal_curve, location, scale, target, (lower, upper), _masses(scale, lmass, umass))


@loss(
    "probabilistic",
    aliases=(
        "crps_gtclogistic",
        "crps_truncated_logistic",
    ),
    reference="scoringrules.crps_gtclogistic",
    properties="robust",
    units="target units",
    use="a logistic forecast of a number that has bounds is scored in target units",
    words=("truncated forecasts", "probabilistic forecasting", "wind speed"),
    see={
        "tlogistic_nll": "for the same forecast",
        "crps_clogistic": "a value beyond a bound is set to it instead",
        "crps_logistic": "without bounds",
    },
    hints=_HINTS,
)
def crps_tlogistic(
    location: Real,
    scale: Positive,
    target: Real,
    lower: Real = None,
    upper: Real = None,
    lmass: Probability = None,
    umass: Probability = None,
):
    """Continuous ranked probability score of a truncated logistic distribution, also with a probability lmass or umass of a bound itself.

    ∫ G² dx from lower to t + ∫ (1 − G)² dx from t to upper, G = lmass + (1 − lmass − umass) (F(x) − F(lower)) / (F(upper) − F(lower))

    >>> crps_tlogistic(np.array([0.0]), np.array([1.0]), np.array([0.0]), np.array([0.0]))
    array([0.77258872])
    """
    return bounded_crps(logistic_curve, location, scale, target, (lower, upper), _masses(scale, lmass, umass))


@loss(
    "probabilistic",
    aliases=(
        "crps_gtct",
        "crps_truncated_t",
    ),
    reference="scoringrules.crps_gtct",
    properties="robust",
    units="target units",
    use="a heavy-tailed forecast of a number that has bounds is scored in target units",
    words=("truncated forecasts", "probabilistic forecasting", "heavy tails"),
    see={"truncated_t_nll": "for the same forecast", "crps_ct": "a value beyond a bound is set to it instead", "crps_t": "without bounds"},
    hints=_HINTS,
)
def crps_tt(
    location: Real,
    scale: Positive,
    df: AboveOne,
    target: Real,
    lower: Real = None,
    upper: Real = None,
    lmass: Probability = None,
    umass: Probability = None,
):
    """Continuous ranked probability score of a truncated Student t distribution, also with a probability lmass or umass of a bound itself.

    ∫ G² dx from lower to t + ∫ (1 − G)² dx from t to upper, G = lmass + (1 − lmass − umass) (F(x) − F(lower)) / (F(upper) − F(lower))

    >>> crps_tt(np.array([0.0]), np.array([1.0]), np.array([2.0]), np.array([0.0]), np.array([0.0]))
    array([0.60698566])
    """
    return bounded_crps(lambda m: t_curve(m, df), location, scale, target, (lower, upper), _masses(scale, lmass, umass))


def _t_tails(z, df):
    """The shares of Student's t distribution below and above z."""
    inside, outside = student_t_inside(np.minimum(np.abs(z), 1e100), df)
    tail = outside / 2
    return np.where(z < 0, tail, inside + tail), np.where(z < 0, inside + tail, tail)


@loss(
    "probabilistic",
    aliases=("crps_censored_t",),
    reference="scoringrules.crps_ct",
    properties="robust",
    units="target units",
    use="the forecast is a Student t distribution, but values beyond a bound are set to it",
    words=("censored forecasts", "heavy tails", "probabilistic forecasting"),
    see={"crps_t": "without bounds", "crps_tt": "no value is beyond a bound", "crps_cnormal": "for a Gaussian"},
    hints=(BOUNDS,),
)
def crps_ct(location: Real, scale: Positive, df: AboveOne, target: Real, lower: Real = None, upper: Real = None):
    """Continuous ranked probability score of a censored Student t distribution: the probability beyond each bound lies on it.

    ∫ F² dx from lower to t + ∫ (1 − F)² dx from t to upper, F of Student's t distribution with df degrees of freedom

    >>> crps_ct(np.array([0.0]), np.array([1.0]), np.array([2.0]), np.array([0.0]), np.array([0.0]))
    array([0.15174641])
    """
    nothing = 0 * scale
    low = (nothing, 1 + nothing) if lower is None else _t_tails((lower - location) / scale, df)
    high = (1 + nothing, nothing) if upper is None else _t_tails((upper - location) / scale, df)
    between = np.where(low[0] < high[1], high[0] - low[0], low[1] - high[1])
    return bounded_crps(lambda m: t_curve(m, df), location, scale, target, (lower, upper), (low[0], between, high[1]))


@loss(
    "probabilistic",
    aliases=("logs_tt", "tt_nll"),
    reference="scoringrules.logs_tt",
    units="nats",
    use="the forecast is a Student t distribution of a number that has bounds",
    words=("truncated forecasts", "heavy tails", "log score"),
    see={"crps_tt": "for the same forecast, in target units", "student_t_nll": "without bounds", "tnormal_nll": "for a Gaussian"},
    hints=(BOUNDS,),
)
def truncated_t_nll(location: Real, scale: Positive, df: Degrees, target: Real, lower: Real = None, upper: Real = None):
    """Negative log-density of a truncated Student t distribution: infinite for a target beyond a bound; a bound may be left out.

    log s + (ν + 1) / 2 log(1 + z² / ν) + log ∫ (1 + x² / ν)^(−(ν + 1)/2) dx from l to u, z = (t − location) / s, l, u so of the bounds

    >>> truncated_t_nll(np.array([0.0]), np.array([1.0]), np.array([2.0]), np.array([0.0]), np.array([0.0]))
    array([0.34657359])
    """
    inside = (target == target) if lower is None else target >= lower
    inside = inside if upper is None else inside & (target <= upper)
    return np.where(inside, bounded_t_nll(location, scale, df, target, lower, upper), np.inf)
