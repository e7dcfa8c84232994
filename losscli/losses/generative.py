"""Losses of generators and of the critics that tell their samples from real ones."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, RowIndex, Sum
from losscli.domains import NonNegative, Positive, Real, SharedReal, SharedVector, Vector
from losscli.numeric.lazy import np
from losscli.numeric.steps import relu, softplus
from losscli.registry import loss

__all__ = ["gan_vanilla", "gradient_penalty", "hinge_gan", "lsgan", "mmd_rbf", "relativistic_gan", "wgan"]

Side = Literal["d", "g"]


# Of a critic (side d) all values are those of the fake samples, and each has the mean over the real ones added: so there may be more or
# fewer of these, and the mean is the sum of the two means.


def mean(x):
    """Of all numbers; nan of none, without a word from NumPy."""
    return x.sum() / x.size


@loss(
    "generative",
    aliases=("gan", "minimax_gan", "nsgan", "vanilla_gan"),
    reference="torch.nn.functional.binary_cross_entropy_with_logits",
    properties="convex differentiable",
    units="nats",
    use="a generator and a critic are trained in the plain way, by real or fake",
    see={"relativistic_gan": "of pairs of real and fake", "saturating": "the generator of the minimax game: −log(1 + e^f)"},
)
def gan_vanilla(fake: Real, real: SharedReal = None, *, side: Side = "d", saturating: bool = False):
    """Cross-entropy of a critic's logits, real against fake (side d), or of the generator's fakes with being real (side g).

    log(1 + e^f) + mean log(1 + e^−r); side g: log(1 + e^−f)

    >>> gan_vanilla(np.array([0.0]), np.array([0.0]))
    array([1.38629436])
    """
    if side == "d":
        return softplus(fake) + mean(softplus(-real))
    return -softplus(fake) if saturating else softplus(-fake)


@loss(
    "generative",
    aliases=("least_squares_gan",),
    reference="torch.nn.functional.mse_loss",
    properties="convex differentiable",
    units="squared score units",
    use="fakes that already fool the critic should still be pulled towards the real ones",
    see={"mse": "of one side"},
)
def lsgan(fake: Real, real: SharedReal = None, *, side: Side = "d", real_label: float = 1.0, fake_label: float = 0.0):
    """Squared distance of a critic's scores from the labels of fake and real (side d), or of the fakes' from that of real (side g).

    (f − a)² + mean (r − b)², a the label of fake, b of real; side g: (f − b)²

    >>> lsgan(np.array([0.5]), np.array([1.0, 0.0]))
    array([0.75])
    """
    return (fake - fake_label) ** 2 + mean((real - real_label) ** 2) if side == "d" else (fake - real_label) ** 2


@loss(
    "generative",
    aliases=("wasserstein_gan",),
    reference="the formula",
    properties="convex differentiable",
    units="score units",
    use="a critic should measure how far samples are from real ones, its slope being bounded",
    see={"gradient_penalty": "keeps the critic's slope near 1, as this loss needs it"},
)
def wgan(fake: Real, real: SharedReal = None, *, side: Side = "d"):
    """How much higher a critic scores fake than real (side d), or minus its score of the fakes (side g).

    f − mean r; side g: −f

    >>> wgan(np.array([0.5]), np.array([1.0, 2.0]))
    array([-1.])
    """
    return fake - mean(real) if side == "d" else -fake


@loss(
    "generative",
    aliases=("gan_hinge", "geometric_gan"),
    reference="torch.nn.functional.relu",
    properties="convex",
    units="score units",
    use="large image GANs, often with spectral normalisation, as in SAGAN and BigGAN",
    see={"wgan": "side g is the same"},
)
def hinge_gan(fake: Real, real: SharedReal = None, *, side: Side = "d"):
    """How much less than 1 a critic's scores lie on the right side of 0 (side d), or minus its score of the fakes (side g).

    max(0, 1 + f) + mean max(0, 1 − r); side g: −f

    >>> hinge_gan(np.array([0.5]), np.array([1.0, 0.0]))
    array([2.])
    """
    return relu(1 + fake) + mean(relu(1 - real)) if side == "d" else -fake


@loss(
    "generative",
    aliases=("rsgan", "relativistic_standard_gan"),
    reference="torch.nn.functional.softplus",
    properties="convex differentiable",
    units="nats",
    use="a critic should say which of a pair is real, not whether each one is",
    see={"gan_vanilla": "real and fake each on its own"},
)
def relativistic_gan(real: Real, fake: Real, *, side: Side = "d"):
    """Cross-entropy of a critic's preference for the real one of a pair (side d), or for the fake one (side g).

    log(1 + e^(f − r)); side g: log(1 + e^(r − f))

    >>> relativistic_gan(np.array([1.0]), np.array([1.0]))
    array([0.69314718])
    """
    return softplus(fake - real if side == "d" else real - fake)


@loss(
    "generative",
    aliases=("wgan_gp",),
    reference="the formula (Gulrajani 2017)",
    properties="convex differentiable",
    units="squared slopes",
    use="added to the loss of a critic, such as wgan, to hold its slope near k",
    see={"wgan": "the loss that it is added to"},
)
def gradient_penalty(grad_norm: NonNegative, *, lambda_gp: NonNegative = 10.0, k: NonNegative = 1.0):
    """Squared distance of the length of a critic's gradient from k.

    λ (‖g‖ − k)²

    >>> gradient_penalty(np.array([1.5]))
    array([2.5])
    """
    return lambda_gp * (grad_norm - k) ** 2


PAIRS = 2**19  # numbers in the differences of a few rows with all others: a few MB


def mean_rbf(x, y, sigma):
    """The mean of e^(−‖x − y‖² / 2σ²) over y, for each row of x, a few rows at a time."""
    step = max(1, PAIRS // max(1, y.size))
    apart = (x[i : i + step, None] - y for i in range(0, max(1, len(x)), step))
    return np.concatenate([np.exp((d * d).sum(-1) / (-2 * sigma**2)).mean(-1) for d in apart])


@loss(
    "generative",
    aliases=("mmd", "maximum_mean_discrepancy"),
    reference="the formula (Gretton 2012), biased",
    properties="differentiable symmetric",
    units="1",
    use="two samples of vectors are compared without a critic to train",
)
def mmd_rbf(x: Vector, y: SharedVector, *, sigma: Positive = 1.0):
    """Squared maximum mean discrepancy of two samples, which may differ in size: each row of x has its share in the mean.

    mean_j k(x_i, x_j) − 2 mean_j k(x_i, y_j) + mean_jk k(y_j, y_k), k(a, b) = e^(−‖a − b‖² / 2σ²)

    >>> next(mmd_rbf(np.array([[1.0]]), np.array([[0.0], [2.0]])))[0].of
    array([[1.]])
    """
    all_x, row = yield AllRows(x), RowIndex
    n, m = len(all_x), len(y)
    own_y = y[row[0] * m // n : (row[-1] + 1) * m // n]  # each block of x has its part of y, so that all of y is met once
    (total,) = yield (Sum(mean_rbf(own_y, y, sigma).sum()),)
    return mean_rbf(x, all_x, sigma) - 2 * mean_rbf(x, y, sigma) + total / m
