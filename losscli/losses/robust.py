"""Errors that limit the influence of outliers, or that weigh too high and too low predictions differently."""

from __future__ import annotations

from typing import Literal

from losscli.domains import AnyOrInfinite, Level, NonNegative, Positive, Real
from losscli.errors import UsageError
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_float
from losscli.numeric.special import log1p_squared_ratio
from losscli.numeric.steps import expm1_minus_x, relu
from losscli.registry import Preset, loss

__all__ = [
    "barron",
    "cauchy",
    "charbonnier",
    "epsilon_insensitive",
    "expectile",
    "geman_mcclure",
    "linex",
    "tukey_biweight",
    "welsch",
    "wing",
]


@loss(
    "regression",
    aliases=("charbonnier_loss", "CharbonnierLoss"),
    reference="kornia.losses.charbonnier_loss",
    properties="convex differentiable robust symmetric zero",
    units="1, or target units if image, or squared target units if pseudo_huber",
    use="a smooth and robust loss, as in image restoration and optical flow",
    words=("image restoration", "super resolution", "optical flow"),
    presets=(
        Preset(("pseudo_huber", "PseudoHuberLoss"), options={"form": "pseudo_huber"}, renames={"delta": "c"}),
        Preset(("image_charbonnier", "l1_charbonnier"), options={"form": "image", "c": 1e-3}, renames={"eps": "c"}),
    ),
    see={"huber": "form pseudo_huber is its smooth version, for large errors about δ |e| − δ²", "barron": "equal for alpha 1"},
)
def charbonnier(pred: Real, target: Real, *, c: Positive = 1.0, form: Literal["zero_based", "pseudo_huber", "image"] = "zero_based"):
    """Quadratic for small errors, linear for large ones, and smooth everywhere.

    √(1 + (e/c)²) − 1, times c² if pseudo_huber; if image √(e² + c²), which is c where e = 0; e = p − t

    >>> charbonnier(np.array([3.0]), np.array([0.0]), c=4.0)
    array([0.25])
    """
    if form == "image":
        return np.hypot(pred - target, c)
    q = np.abs(pred - target) / c
    return q * (q / (np.hypot(q, 1.0) + 1)) * (c * c if form == "pseudo_huber" else 1.0)  # q² / (√(1 + q²) + 1) does not cancel


@loss(
    "regression",
    aliases=("cauchy_loss", "CauchyLoss", "lorentzian"),
    reference="kornia.losses.cauchy_loss",
    properties="differentiable robust symmetric zero",
    units="1",
    use="errors with heavy tails: the larger an error, the smaller its gradient should be",
    see={"barron": "equal for alpha 0", "scipy.optimize.least_squares": "its cauchy is log(1 + e²), without the factor ½"},
)
def cauchy(pred: Real, target: Real, *, c: Positive = 1.0):
    """Grows with the logarithm of the error: a tenfold error adds a constant.

    log(1 + ½ (e/c)²), e = p − t

    >>> cauchy(np.array([2.0]), np.array([0.0]))
    array([1.09861229])
    """
    return log1p_squared_ratio(pred - target, c * 2**0.5)


@loss(
    "regression",
    aliases=("geman_mcclure_loss", "GemanMcclureLoss"),
    reference="kornia.losses.geman_mcclure_loss",
    properties="differentiable robust symmetric zero",
    units="1",
    use="outliers should have almost no influence; it decreases more slowly than with welsch",
    see={"welsch": "approaches its bound faster", "barron": "equal for alpha −2"},
)
def geman_mcclure(pred: Real, target: Real, *, c: Positive = 1.0):
    """Bounded: from 0 to 2 for errors of any size.

    2 (e/c)² / ((e/c)² + 4), e = p − t

    >>> geman_mcclure(np.array([2.0]), np.array([0.0]))
    array([1.])
    """
    q = np.abs(pred - target) / (2 * c)
    r = np.where(q < 1, q, 1 / np.where(q < 1, 1.0, q))  # q or 1 / q, so that the square cannot overflow
    return 2 * np.where(q < 1, r * r, 1.0) / (1 + r * r)


@loss(
    "regression",
    aliases=("welsch_loss", "WelschLoss", "leclerc"),
    reference="kornia.losses.welsch_loss",
    properties="differentiable robust symmetric zero",
    units="1",
    use="outliers beyond a few c should have almost no influence, but without a sharp limit",
    see={"barron": "equal for alpha −inf", "tukey_biweight": "reaches its bound at a finite error"},
)
def welsch(pred: Real, target: Real, *, c: Positive = 1.0):
    """Bounded: from 0 to 1; errors beyond a few c all cost about 1.

    1 − exp(−½ (e/c)²), e = p − t

    >>> welsch(np.array([1.0]), np.array([0.0]))
    array([0.39346934])
    """
    return -np.expm1(-(((pred - target) / c) ** 2) / 2)


@loss(
    "regression",
    aliases=("tukey", "bisquare", "biweight"),
    reference="statsmodels.robust.norms.TukeyBiweight",
    properties="differentiable robust symmetric zero",
    units="squared target units",
    use="outliers beyond c should have no influence at all, and the fit starts near the solution",
    see={"huber": "keeps growing with the error; here errors beyond c have gradient 0"},
)
def tukey_biweight(pred: Real, target: Real, *, c: Positive = 4.685):
    """About ½ e² for small errors, constant for errors of c and above.

    c²/6 (1 − (1 − (e/c)²)³) where |e| ≤ c, else c²/6; e = p − t

    >>> tukey_biweight(np.array([9.0]), np.array([0.0]), c=6.0)
    array([6.])
    """
    s = np.minimum(np.abs(pred - target) / c, 1) ** 2
    return c * c / 6 * s * (3 - s * (3 - s))


@loss(
    "regression",
    aliases=("general_robust", "adaptive_robust", "general_robust_loss"),
    reference="robust_loss_pytorch.general.lossfun",
    properties="differentiable robust symmetric zero",
    units="1",
    use="robustness should be one number to tune, from the squared error to welsch",
    see={
        "charbonnier": "equal for alpha 1",
        "cauchy": "equal for alpha 0",
        "geman_mcclure": "equal for alpha −2",
        "welsch": "equal for alpha −inf",
        "half_squared_error": "equal for alpha 2 and c 1",
    },
)
def barron(pred: Real, target: Real, *, alpha: AnyOrInfinite = 1.0, c: Positive = 1.0):
    """A family from quadratic (alpha 2) to bounded (alpha −inf): a smaller alpha gives outliers less influence.

    b/α (((e/c)²/b + 1)^(α/2) − 1), b = |α − 2|, e = p − t; the limits at α = 2 (½ (e/c)²), 0 (cauchy) and ±∞

    >>> barron(np.array([3.0]), np.array([0.0]), alpha=-2.0)
    array([1.38461538])
    """
    if getattr(alpha, "value", None) == 2:  # its derivative is computed
        raise UsageError("--grad alpha: at alpha 2 the derivative of barron by alpha is infinite, as log |alpha − 2| is")
    q, b = np.abs(pred - target) / c, abs(alpha - 2)
    if b in (0, np.inf):
        return q * q / 2 if b == 0 else np.expm1(q * q / 2) if alpha > 0 else -np.expm1(-q * q / 2)
    s, log = q / b**0.5, log1p_squared_ratio(q, b**0.5) / 2
    if alpha == 0:
        return log * b
    return b / alpha * np.where(np.abs(alpha * log) < 1, np.expm1(np.clip(alpha * log, -1, 1)), np.hypot(s, 1.0) ** alpha - 1)


@loss(
    "regression",
    aliases=("expectile_loss", "asymmetric_squared"),
    reference="the formula (Newey and Powell, 1987)",
    properties="convex differentiable zero",
    units="squared target units",
    use="too low and too high predictions cost differently, and large errors count most",
    words=("asymmetric errors", "expectile regression"),
    see={"quantile": "the same with the absolute error", "mse": "twice this loss for tau 0.5"},
)
def expectile(pred: Real, target: Real, *, tau: Level = 0.5):
    """Squared error, times tau for targets above the prediction and 1 − tau for targets below; its minimum is the tau-expectile.

    τ u² where u = t − p ≥ 0, else (1 − τ) u²

    >>> expectile(np.array([1.0]), np.array([3.0]), tau=0.75)
    array([3.])
    """
    u = target - pred
    return np.where(u >= 0, tau * u**2, (1 - tau) * u**2)


@loss(
    "regression",
    aliases=("linear_exponential",),
    reference="the formula (Varian, 1975)",
    properties="convex differentiable zero",
    units="1",
    use="errors on one side are disastrous, and those on the other cost in proportion",
    words=("asymmetric errors", "over and under prediction"),
    see={"quantile": "asymmetric too, but linear on both sides"},
)
def linex(pred: Real, target: Real, *, a: float = 1.0):
    """Exponential for errors on one side, nearly linear on the other: for a > 0 too high predictions cost more, for a < 0 too low ones.

    e^(a e) − a e − 1, e = p − t

    >>> linex(np.array([1.0]), np.array([0.0]))
    array([0.71828183])
    """
    return expm1_minus_x(a * (pred - target))


@loss(
    "regression",
    aliases=("eps_insensitive", "epsilon_insensitive_loss", "svr"),
    reference="the loss of sklearn.svm.SVR",
    properties="convex robust symmetric zero",
    units="target units",
    use="errors within a tolerance should cost nothing, as in support vector regression",
    words=("support vector regression", "svr"),
    see={"mae": "equal for epsilon 0"},
)
def epsilon_insensitive(pred: Real, target: Real, *, epsilon: NonNegative = 0.1):
    """The part of the absolute error that is above epsilon; 0 for smaller errors.

    max(0, |p − t| − ε)

    >>> epsilon_insensitive(np.array([3.0]), np.array([1.0]), epsilon=0.5)
    array([1.5])
    """
    return relu(np.abs(pred - target) - epsilon)


@loss(
    "regression",
    aliases=("wing_loss", "WingLoss"),
    reference="segmentation_models_pytorch.losses._functional.wing_loss",
    properties="robust symmetric zero",
    units="target units",
    use="landmark coordinates, where small errors should still have a large gradient",
    words=("facial landmarks", "keypoints"),
    see={"mae": "has the same gradient for large errors, and a smaller one for small errors"},
)
def wing(pred: Real, target: Real, *, width: Positive = 5.0, curvature: Positive = 0.5):
    """Logarithmic for errors below width, which gives small errors a large gradient; linear for larger ones.

    w log(1 + e/c) where e = |p − t| < w, else e − w + w log(1 + w/c)

    >>> wing(np.array([7.0]), np.array([0.0]))
    array([13.98947636])
    """
    e = np.abs(pred - target)
    edge = width * plain_float(np.log1p(width / curvature))
    return np.where(e < width, width * np.log1p(e / curvature), (e - width) + edge)
