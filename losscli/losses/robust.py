"""Distances that limit what one error can do, or that tell too high from too low."""

from __future__ import annotations

from typing import Literal

from losscli.domains import AnyOrInfinite, Level, NonNegative, Positive, Real
from losscli.frameworks import kornia
from losscli.numeric.lazy import np
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
    use="smooth throughout yet robust, as in image restoration and optical flow",
    presets=(
        kornia("CharbonnierLoss", "charbonnier_loss"),
        Preset(("pseudo_huber", "PseudoHuberLoss", "scipy.special.pseudo_huber"), {"form": "pseudo_huber"}, {"delta": "c"}),
        Preset(("image_charbonnier", "l1_charbonnier"), {"form": "image", "c": 1e-3}, {"eps": "c"}),
    ),
    see={"huber": "pseudo_huber is its smooth form: the same near the target, and nearly δ |e| − δ² far from it", "barron": "alpha 1"},
)
def charbonnier(pred: Real, target: Real, *, c: Positive = 1.0, form: Literal["zero_based", "pseudo_huber", "image"] = "zero_based"):
    """Quadratic near the target and linear far from it, without a seam.

    √(1 + (e/c)²) − 1, times c² if pseudo_huber; √(e² + c²), which is not 0 at the target, if image

    >>> charbonnier(np.array([3.0]), np.array([0.0]), c=4.0)
    array([0.25])
    """
    if form == "image":
        return np.hypot(pred - target, c)
    q = np.abs(pred - target) / c
    return q * (q / (np.hypot(q, 1.0) + 1)) * (c * c if form == "pseudo_huber" else 1.0)  # q² / (√(1 + q²) + 1): nothing cancels


@loss(
    "regression",
    aliases=("cauchy_loss", "CauchyLoss", "lorentzian"),
    reference="kornia.losses.cauchy_loss",
    properties="differentiable robust symmetric zero",
    units="1",
    use="heavy tails: far outliers should still pull, but less and less",
    presets=(kornia("CauchyLoss", "cauchy_loss"),),
    see={"barron": "alpha 0", "scipy.optimize.least_squares": "its cauchy is log(1 + e²), without the ½"},
)
def cauchy(pred: Real, target: Real, *, c: Positive = 1.0):
    """Grows as the logarithm of the distance: an error ten times as large costs a constant more.

    log(1 + ½ (e/c)²)

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
    use="gross outliers should have next to no say, fading more slowly than in welsch",
    presets=(kornia("GemanMcclureLoss", "geman_mcclure_loss"),),
    see={"welsch": "reaches its bound sooner", "barron": "alpha −2"},
)
def geman_mcclure(pred: Real, target: Real, *, c: Positive = 1.0):
    """From 0 to 2, however far off.

    2 (e/c)² / ((e/c)² + 4)

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
    use="outliers beyond a few c should have next to no say, but with no hard cut",
    presets=(kornia("WelschLoss", "welsch_loss"),),
    see={"barron": "alpha −inf", "tukey_biweight": "reaches its bound at a finite distance"},
)
def welsch(pred: Real, target: Real, *, c: Positive = 1.0):
    """From 0 to 1, however far off: beyond a few c all errors cost the same.

    1 − e^(−½ (e/c)²)

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
    use="outliers beyond c should have no say at all, and the fit starts near the answer",
    presets=(Preset(("statsmodels.robust.norms.TukeyBiweight",), reduction="none"),),
    see={"huber": "still grows far off; here errors beyond c have no say at all"},
)
def tukey_biweight(pred: Real, target: Real, *, c: Positive = 4.685):
    """Nearly ½ e² near the target, constant from c on.

    c²/6 (1 − (1 − (e/c)²)³) where |e| ≤ c, else c²/6

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
    use="how robust to be should be one number to tune, from squared error to welsch",
    presets=(Preset(("robust_loss_pytorch.general.lossfun", "robust_loss_pytorch.lossfun"), renames={"scale": "c"}, reduction="none"),),
    see={
        "charbonnier": "alpha 1",
        "cauchy": "alpha 0",
        "geman_mcclure": "alpha −2",
        "welsch": "alpha −inf",
        "half_squared_error": "alpha 2",
    },
)
def barron(pred: Real, target: Real, *, alpha: AnyOrInfinite = 1.0, c: Positive = 1.0):
    """A family from quadratic (alpha 2) to bounded (alpha −inf): the smaller alpha, the less an outlier counts.

    b/α (((e/c)²/b + 1)^(α/2) − 1), b = |α − 2|; its limits at 2 (½ (e/c)²), at 0 (cauchy) and at ±∞

    >>> barron(np.array([3.0]), np.array([0.0]), alpha=-2.0)
    array([1.38461538])
    """
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
    use="too low and too high cost differently and large errors count most, as in offline RL",
    see={"quantile": "the same asymmetry of the distance", "mse": "tau 0.5 gives half of it"},
)
def expectile(pred: Real, target: Real, *, tau: Level = 0.5):
    """Squared distance, times tau above the prediction and 1 − tau below it: smallest at the tau-expectile.

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
    use="errors to one side are disastrous, and to the other merely cost in proportion",
    see={"quantile": "asymmetric as well, but linear both ways"},
)
def linex(pred: Real, target: Real, *, a: float = 1.0):
    """Exponential on one side of the target, nearly linear on the other: too high costs more if a is above 0, too low if below.

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
    use="errors within a tolerance do not matter, as in support vector regression",
    see={"mae": "epsilon 0"},
)
def epsilon_insensitive(pred: Real, target: Real, *, epsilon: NonNegative = 0.1):
    """Distance beyond a tube around the target, and nothing inside it.

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
    use="landmark coordinates, where small errors should keep pulling hard",
    presets=(Preset(("segmentation_models_pytorch.losses._functional.wing_loss",)),),
    see={"mae": "the same slope far off; here small errors count more, as they do for landmarks"},
)
def wing(pred: Real, target: Real, *, width: Positive = 5.0, curvature: Positive = 0.5):
    """Logarithmic within a width of the target, so that small errors pull hard; linear beyond it.

    w log(1 + e/c) where e = |p − t| < w, else e − w + w log(1 + w/c)

    >>> wing(np.array([7.0]), np.array([0.0]))
    array([13.98947636])
    """
    e = np.abs(pred - target)
    edge = width * float(np.log1p(width / curvature))
    return np.where(e < width, width * np.log1p(e / curvature), (e - width) + edge)
