"""Losses of several views of one sample: by prototypes that share a batch evenly, or by the spread of features over a batch."""

from __future__ import annotations

from losscli.aggregation import AllRows, ByClass, CrossProduct, Max, RowIndex
from losscli.domains import NonNegative, Period, Positive, Probability, PrototypeShares, SharedVector, Slope, Vector, Views
from losscli.losses.contrastive import nt_xent
from losscli.numeric.distances import l2_normalize
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero, plain_float
from losscli.numeric.scaling import power_of_two_scale
from losscli.numeric.softmax import neg_log_softmax, softmax
from losscli.numeric.steps import stop_gradient, xlogy
from losscli.registry import Preset, loss

__all__ = ["direct_clr", "frossl", "macl", "msn", "swav", "tico"]


def assignments(scores, iterations):
    """Sinkhorn's iterations on e^scores: each prototype gets the same share of all rows, then each row is a distribution again."""
    for _ in range(iterations):
        scores = -neg_log_softmax(-neg_log_softmax(scores.T).T)
    return softmax(scores)


@loss(
    "contrastive",
    aliases=("SwaVLoss", "swapped_prediction"),
    reference="lightly.loss.SwaVLoss; arXiv:2006.09882",
    units="nats",
    use="self-supervised learning by clusters, without pairs of negatives (SwAV)",
    words=("self-supervised", "clustering", "multi-crop", "sinkhorn"),
    see={
        "dino": "a teacher with a centre in place of Sinkhorn's iterations",
        "high": "(rows, views, prototypes): the scores of each view for each prototype; low are the views that give no assignments",
        "slope": "torch treats the assignments as constants, as SwAV does; exact is the derivative of the value",
    },
)
def swav(
    high: Views,
    low: Views = None,
    *,
    temperature: Positive = 0.1,
    sinkhorn_iterations: Period = 3,
    sinkhorn_epsilon: Positive = 0.05,
    slope: Slope = "exact",
):
    """Mean cross-entropy of each view with the assignments of every other view, which Sinkhorn's iterations share evenly over a batch.

    mean_{v≠i} −q_i · log softmax(s_v / T), q_i from Sinkhorn's iterations on e^(s_i / ε) of all rows; i over the high views

    >>> next(swav(np.array([[[1.0, 0.0], [0.0, 1.0]]])))[0].column
    array([[[1., 0.],
            [0., 1.]]])
    """
    all_high, row = yield AllRows(high, paired=False), RowIndex
    q = np.stack([assignments(all_high[:, v] / sinkhorn_epsilon, sinkhorn_iterations)[row] for v in range(high.shape[1])], 1)
    views = high if low is None else np.concatenate([high, low], 1)
    losses = (q if slope == "exact" else stop_gradient(q)) @ neg_log_softmax(views / temperature).swapaxes(-1, -2)
    different_views = np.eye(*losses.shape[-2:]) == 0
    return np.where(different_views, losses, 0).sum((-2, -1)) / int(different_views.sum())


def power_law(clusters, exponent):
    """The probabilities of clusters whose sizes are those of a power law."""
    u = np.arange(1.0, clusters + 1) ** -exponent
    return u / u.sum()


@loss(
    "contrastive",
    aliases=("MSNLoss", "masked_siamese"),
    reference="lightly.loss.MSNLoss; arXiv:2204.07141",
    units="nats",
    use="a masked view should fall into the same clusters as the whole one (MSN)",
    words=("self-supervised", "clustering", "masked image modeling", "sinkhorn"),
    presets=(Preset(("pmsn", "PMSNLoss"), options={"power_law_exponent": 0.25}),),
    see={
        "pmsn": "the clusters may have the sizes of a power law, k^−power_law_exponent; without one they should be equal",
        "target_distribution": "a share for each prototype, which the clusters should have, in place of a power law",
        "anchors": "(rows, views, features): lightly has the views one after the other",
        "slope": "torch treats the assignments as constants, as MSN does; exact is the derivative of the value",
    },
)
def msn(
    anchors: Views,
    targets: Vector,
    prototypes: SharedVector,
    target_distribution: PrototypeShares = None,
    *,
    temperature: Positive = 0.1,
    target_sharpen_temperature: Positive = 0.25,
    sinkhorn_iterations: Period = 3,
    regularization_weight: NonNegative = 1.0,
    power_law_exponent: NonNegative | None = None,
    slope: Slope = "exact",
):
    """Cross-entropy of the anchors' clusters with the evenly shared ones of the targets, plus a divergence of their mean from uniform.

    mean −q · log p + w KL(p̄ ‖ u), p = softmax(cos(anchor, prototypes) / T), q from Sinkhorn's iterations on the targets' sharpened ones,
    p̄ the mean of p over all rows; with target_distribution u or power_law_exponent a, u ∝ k^−a, w KL(u ‖ p̄)

    >>> next(msn(np.array([[[1.0, 0.0]]]), np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])))[0].column
    array([[-4.24835426e-18, -4.00000000e+01]])
    """
    a, t, c = l2_normalize(anchors), l2_normalize(targets), l2_normalize(prototypes)
    x = a @ c.T / temperature
    sharpened = -neg_log_softmax(t @ c.T / temperature / target_sharpen_temperature)
    everywhere, row = yield AllRows(sharpened, paired=False), RowIndex
    q = assignments(everywhere, sinkhorn_iterations)[row]
    losses = ((q if slope == "exact" else stop_gradient(q))[:, None, :] * neg_log_softmax(x)).sum(-1)
    shares, n = yield ByClass(softmax(x)), np.ones_like(losses)
    mean, clusters = shares / n, shares.shape[-1]
    if power_law_exponent is None and target_distribution is None:
        spread = xlogy(mean, mean).sum() + float(np.log(clusters))
    else:
        u = power_law(clusters, power_law_exponent) if target_distribution is None else target_distribution
        spread = (xlogy(u, u) - xlogy(u, mean)).sum()
    return losses.mean(-1) + regularization_weight * plain_float(spread)


@loss(
    "contrastive",
    aliases=("TiCoLoss", "transformation_invariance_and_covariance_contrast"),
    reference="lightly.loss.TiCoLoss; arXiv:2206.10698",
    units="1",
    use="self-supervised learning from two views, with a running covariance in place of negatives",
    words=("self-supervised", "covariance"),
    see={
        "barlow_twins": "the correlation of the two views",
        "covariance": "the matrix of the steps before, (features, features); without it that of a first step, which is 0",
        "slope": "torch treats the matrix C as a constant; exact is the derivative of the value",
    },
)
def tico(
    z_a: Vector,
    z_b: Vector,
    covariance: SharedVector = None,
    *,
    beta: NonNegative = 0.9,
    rho: NonNegative = 8.0,
    slope: Slope = "exact",
):
    """Angle between two views, plus rho times the mean of aᵀ C a, where C is a running second moment of the embeddings.

    1 − mean a·b + ρ mean aᵀ C a, C = β C₀ + (1 − β) mean a aᵀ; a, b unit vectors, C₀ = covariance or 0

    >>> next(tico(np.array([[3.0, 4.0]]), np.array([[3.0, 4.0]])))[1].column
    array([[0.6, 0.8]])
    """
    a, b = l2_normalize(z_a), l2_normalize(z_b)
    cosines, moments, n = yield (a * b).sum(-1), CrossProduct(a, a), 1
    moments = moments / n
    running = (1 - beta) * (moments if slope == "exact" else stop_gradient(moments))
    running = running if covariance is None else beta * covariance + running
    return 1 - cosines / n + rho * (running * moments).sum()


@loss(
    "contrastive",
    aliases=("FroSSLLoss", "frobenius_norm_ssl"),
    reference="lightly.loss.FroSSLLoss; arXiv:2310.02903",
    units="1",
    use="self-supervised learning from several views, whose features should not be redundant",
    words=("self-supervised", "covariance", "multi-view"),
    see={"barlow_twins": "the correlation of two views", "views": "(rows, views, features)"},
)
def frossl(views: Views, *, invariance_weight: NonNegative = 1.0):
    """Logarithm of the Frobenius norm of each view's matrix of features, plus the squared distances of the views from their mean.

    Σ_v 2 log (‖Z_vᵀ Z_v‖ / D) + w V/N Σ_v ‖Z_v − mean Z‖², the columns of Z_v divided by their lengths over the batch of N rows

    >>> next(frossl(np.array([[[1.0, 2.0], [3.0, 4.0]]])))[0].column
    array([[[1., 2.],
            [3., 4.]]])
    """
    (largest,) = yield (Max(np.abs(views)),)
    z = views / stop_gradient(power_of_two_scale(largest))
    squares = yield tuple(ByClass(z[:, v] ** 2) for v in range(z.shape[1]))
    lengths = explain_zero(np.sqrt(np.stack(list(squares))), "a feature is 0 in all rows of a view")
    z = z / lengths
    spread = ((z - z.mean(1)[:, None]) ** 2).sum((-2, -1))
    distance, n, *products = yield spread, 1, *(CrossProduct(z[:, v], z[:, v]) for v in range(z.shape[1]))
    entropy = sum(np.log((p**2).sum()) for p in products) - 2 * len(products) * float(np.log(z.shape[-1]))
    return entropy + invariance_weight * len(products) * distance / n


@loss(
    "contrastive",
    aliases=("DirectCLRLoss",),
    reference="lightly.loss.DirectCLRLoss; arXiv:2110.09348",
    properties="symmetric",
    units="nats",
    use="contrastive learning without a projector, on the first features of the representation",
    words=("contrastive learning", "self-supervised", "dimensional collapse"),
    see={"nt_xent": "of all features"},
)
def direct_clr(z_a: Vector, z_b: Vector, *, loss_dim: Period = 64, temperature: Positive = 0.5):
    """Cross-entropy of each view's counterpart among all other views as in nt_xent, from the first loss_dim features.

    nt_xent(a₁…a_d, b₁…b_d), d = loss_dim

    >>> next(direct_clr(np.array([[2.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 2.0]]), loss_dim=2))[0].column
    array([[1., 0.]])
    """
    return (yield from nt_xent(z_a[:, : int(loss_dim)], z_b[:, : int(loss_dim)], temperature=temperature))


@loss(
    "contrastive",
    aliases=("MACLLoss", "model_aware_contrastive"),
    reference="lightly.loss.MACLLoss; arXiv:2207.07874",
    properties="symmetric",
    units="nats",
    use="contrastive learning with a temperature that follows how near the views already are",
    words=("contrastive learning", "self-supervised", "adaptive temperature"),
    see={
        "nt_xent": "with a fixed temperature, and without weights",
        "slope": "torch treats the mean cosine and the weights as constants, as MACL does; exact is the derivative of the value",
    },
)
def macl(
    z_a: Vector,
    z_b: Vector,
    *,
    temperature: Positive = 0.1,
    alpha: Probability = 0.5,
    a_0: Probability = 0.0,
    eps: NonNegative = 1e-8,
    slope: Slope = "exact",
):
    """Cross-entropy as in nt_xent, with a temperature that grows with the mean cosine of the views, divided by 1 − its probability.

    −log P / (1 − P + ε), P = e^{s_ij/t} / Σ_{k≠i} e^{s_ik/t}, t = T (1 + α (mean cos(a, b) − A₀)), s the cosine

    >>> next(macl(np.array([[3.0, 4.0]]), np.array([[3.0, 4.0]])))[0]
    array([1.])
    """
    cosines, n = yield (l2_normalize(z_a) * l2_normalize(z_b)).sum(-1), 1
    mean = plain_float(cosines / n if slope == "exact" else stop_gradient(cosines / n))
    nll, _, negatives = yield from nt_xent(z_a, z_b, temperature=temperature * (1 + alpha * (mean - a_0)))
    weight = 1 / (eps - np.expm1(-nll))
    return (weight if slope == "exact" else stop_gradient(weight)) * nll, None, negatives
