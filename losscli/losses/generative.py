"""Losses of generators, and of critics that separate generated samples from real ones."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, RowIndex, Sum
from losscli.domains import NonNegative, Positive, Real, SharedReal, SharedVector, Vector
from losscli.numeric.lazy import np
from losscli.numeric.steps import relu, softplus
from losscli.registry import loss

__all__ = ["gan_vanilla", "gradient_penalty", "hinge_gan", "lsgan", "mmd_rbf", "relativistic_gan", "wgan"]

Side = Literal["d", "g"]


# For the critic (side d) there is one value for each fake sample, and the mean over the real samples is added to each. So the numbers
# of fake and real samples may differ, and the mean is the sum of the two means.


def mean(x):
    """The mean of all numbers; nan if there is none, without NumPy's warning."""
    return x.sum() / x.size


@loss(
    "generative",
    aliases=("gan", "minimax_gan", "nsgan", "vanilla_gan"),
    reference="torch.nn.functional.binary_cross_entropy_with_logits",
    properties="convex differentiable",
    units="nats",
    use="a standard GAN is trained, with a critic that classifies real and fake samples",
    words=("gan", "adversarial", "generator", "discriminator"),
    see={"relativistic_gan": "for pairs of real and fake", "saturating": "the generator of the minimax game: −log(1 + e^f)"},
)
def gan_vanilla(fake: Real, real: SharedReal = None, *, side: Side = "d", saturating: bool = False):
    """Binary cross-entropy of a critic's logits for fake f and real r (side d), or of the generator: fakes labelled as real (side g).

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
    use="fakes that already fool the critic should still move towards the real samples",
    see={"mse": "the same for one side"},
)
def lsgan(fake: Real, real: SharedReal = None, *, side: Side = "d", real_label: float = 1.0, fake_label: float = 0.0):
    """Squared difference of a critic's scores from the labels of fake and real (side d), or of a fake's score from that of real (side g).

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
    use="a critic with a bounded gradient should estimate the distance of samples from real ones",
    words=("gan", "adversarial", "critic"),
    see={"gradient_penalty": "keeps the norm of the critic's gradient near 1, which this loss needs"},
)
def wgan(fake: Real, real: SharedReal = None, *, side: Side = "d"):
    """A critic's score of a fake minus its mean score of the real samples (side d), or minus its score of a fake (side g).

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
    use="a large image GAN is trained, often with spectral normalization, as SAGAN or BigGAN",
    see={"wgan": "equal for side g"},
)
def hinge_gan(fake: Real, real: SharedReal = None, *, side: Side = "d"):
    """Hinge losses of a critic's scores with a margin of 1 (side d), or minus its score of a fake (side g).

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
    use="a critic should say which sample of a pair is real, not whether each one is real",
    see={"gan_vanilla": "classifies each sample separately"},
)
def relativistic_gan(real: Real, fake: Real, *, side: Side = "d"):
    """Binary cross-entropy of the difference of a critic's scores, towards the real sample (side d) or the fake one (side g).

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
    units="squared gradient norm",
    use="a term beside the loss of a critic, such as wgan, which keeps its gradient norm near k",
    see={"wgan": "the loss to which it is added"},
)
def gradient_penalty(grad_norm: NonNegative, *, lambda_gp: NonNegative = 10.0, k: NonNegative = 1.0):
    """Squared difference of the norm of a critic's gradient from k.

    λ (‖g‖ − k)²

    >>> gradient_penalty(np.array([1.5]))
    array([2.5])
    """
    return lambda_gp * (grad_norm - k) ** 2


CHUNK = 2**19  # numbers of the differences that are in memory at a time: a few MB


def mean_rbf(x, y, sigma):
    """The mean of e^(−‖x − y‖² / 2σ²) over the rows of y, for each row of x, in chunks of rows."""
    step = max(1, CHUNK // max(1, y.size))
    differences = (x[i : i + step, None] - y for i in range(0, max(1, len(x)), step))
    return np.concatenate([np.exp((d * d).sum(-1) / (-2 * sigma**2)).mean(-1) for d in differences])


@loss(
    "generative",
    aliases=("mmd", "maximum_mean_discrepancy"),
    reference="the formula (Gretton 2012), biased",
    properties="differentiable symmetric",
    units="1",
    use="two samples of vectors should be compared without training a critic",
)
def mmd_rbf(x: Vector, y: SharedVector, *, sigma: Positive = 1.0):
    """Squared maximum mean discrepancy of two samples of any sizes; a value is what one row of x adds, and the mean is the discrepancy.

    mean_j k(x_i, x_j) − 2 mean_j k(x_i, y_j) + mean_jk k(y_j, y_k), k(a, b) = e^(−‖a − b‖² / 2σ²)

    >>> next(mmd_rbf(np.array([[1.0]]), np.array([[0.0], [2.0]])))[0].column
    array([[1.]])
    """
    all_x, row = yield AllRows(x), RowIndex
    n, m = len(all_x), len(y)
    y_block = y[row[0] * m // n : (row[-1] + 1) * m // n]  # each block of x takes a part of y, so that every row of y is used once
    (total,) = yield (Sum(mean_rbf(y_block, y, sigma).sum()),)
    return mean_rbf(x, all_x, sigma) - 2 * mean_rbf(x, y, sigma) + total / m
