"""Losses of several views of one sample, without negatives: the angle between views, and statistics of their features."""

from __future__ import annotations

from losscli.aggregation import AllRows, ByClass, CrossProduct, RowIndex
from losscli.domains import NonNegative, Positive, Slope, Vector, Views
from losscli.losses.contrastive import negative_count
from losscli.losses.embedding import cosine_similarity
from losscli.numeric.distances import l2_normalize, norm
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.scaling import all_true, power_of_two_scale
from losscli.numeric.softmax import neg_log_softmax, softmax
from losscli.numeric.steps import relu, stop_gradient
from losscli.registry import loss

__all__ = ["barlow_twins", "dino", "koleo", "neg_cosine_similarity", "sym_neg_cosine_similarity", "vicreg"]

LARGE_SQUARE = 1e150  # the product of two larger ones may overflow


@loss(
    "contrastive",
    aliases=("NegativeCosineSimilarity", "negative_cosine_similarity"),
    reference="lightly.loss.NegativeCosineSimilarity",
    properties="symmetric",
    units="1",
    use="self-supervised learning without negatives, where a view predicts another (BYOL)",
    see={
        "cosine_distance": "neg_cosine_similarity = cosine_distance − 1",
        "cosine_similarity": "the same with the opposite sign; explains slope",
    },
)
def neg_cosine_similarity(pred: Vector, target: Vector, *, eps: NonNegative = 1e-8, slope: Slope = "exact"):
    """Negative cosine of the angle between two vectors: −1 for the same direction.

    −p·t / (max(‖p‖, ε) max(‖t‖, ε))

    >>> neg_cosine_similarity(np.array([[3.0, 4.0]]), np.array([[2.0, 0.0]]))
    array([-0.6])
    """
    return -cosine_similarity(pred, target, eps=eps, slope=slope)


@loss(
    "contrastive",
    aliases=("SymNegCosineSimilarityLoss", "SymNegCosineSimilarity", "simsiam"),
    reference="lightly.loss.SymNegCosineSimilarityLoss (before 1.6)",
    units="1",
    use="self-supervised learning without negatives, where views predict each other (SimSiam)",
    see={"neg_cosine_similarity": "for one pair", "cosine_similarity": "explains slope"},
)
def sym_neg_cosine_similarity(z0: Vector, p0: Vector, z1: Vector, p1: Vector, *, eps: NonNegative = 1e-8, slope: Slope = "exact"):
    """Negative mean cosine between the prediction of each view and the projection of the other view.

    −½ cos(p₀, z₁) − ½ cos(p₁, z₀); the projections z have a gradient too

    >>> sym_neg_cosine_similarity(np.array([[3.0, 4.0]]), np.array([[3.0, 4.0]]), np.array([[2.0, 0.0]]), np.array([[2.0, 0.0]]))
    array([-0.6])
    """
    return -(cosine_similarity(p0, z1, eps=eps, slope=slope) + cosine_similarity(p1, z0, eps=eps, slope=slope)) / 2


@loss(
    "contrastive",
    aliases=("BarlowTwinsLoss", "barlow"),
    reference="lightly.loss.BarlowTwinsLoss",
    properties="differentiable symmetric",
    units="1",
    use="self-supervised learning without negatives, with wide embeddings",
    see={"vicreg": "uses the variances and covariances of each view instead of the correlation of both"},
)
def barlow_twins(z_a: Vector, z_b: Vector, *, lambda_param: NonNegative = 0.005, eps: Positive = 1e-5):
    """Squared distance of the cross-correlation matrix C of two views from the identity; lambda_param weighs off-diagonal entries.

    Σ_i (C_ii − 1)² + λ Σ_{i≠j} C_ij², C_ij = cov(a_i, b_j) / √((var a_i + ε) (var b_j + ε)), variances over N rows

    >>> next(barlow_twins(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])))[0].column
    array([[1., 2.]])
    """
    sum_a, sum_b, ones = yield ByClass(z_a), ByClass(z_b), ByClass(np.ones_like(z_a))
    a, b, (u, v) = z_a - sum_a / ones, z_b - sum_b / ones, (1.0, 1.0)
    ab, aa, bb = yield CrossProduct(a, b), ByClass(a * a), ByClass(b * b)
    if not (all_true(aa < LARGE_SQUARE) and all_true(bb < LARGE_SQUARE)):
        u, v = (stop_gradient(power_of_two_scale(x)) for x in (yield ByClass(np.abs(a)), ByClass(np.abs(b))))  # type: ignore[assignment]
        ab, aa, bb = yield CrossProduct(a / u, b / v), ByClass((a / u) ** 2), ByClass((b / v) ** 2)
    c = ab / ones / np.sqrt((aa / ones + eps / u / u)[:, None] * (bb / ones + eps / v / v))
    diagonal = np.eye(len(c), dtype=bool)
    return np.where(diagonal, (c - 1) ** 2, lambda_param * c**2).sum()


@loss(
    "contrastive",
    aliases=("VICRegLoss",),
    reference="lightly.loss.VICRegLoss",
    properties="symmetric",
    units="squared embedding units",
    use="self-supervised learning without negatives, with encoders that may be different",
    see={"barlow_twins": "uses the correlation of both views"},
)
def vicreg(
    z_a: Vector,
    z_b: Vector,
    *,
    lambda_param: NonNegative = 25.0,
    mu_param: NonNegative = 25.0,
    nu_param: NonNegative = 1.0,
    eps: Positive = 1e-4,
):
    """Distance of two views, plus penalties for features with a standard deviation below 1 and for correlated features of a view.

    λ mse(a, b) + μ/2 Σ_z mean_i max(0, 1 − √(var z_i + ε)) + ν Σ_z Σ_{i≠j} cov(z_i, z_j)² / D, variances over N − 1

    >>> next(vicreg(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])))[0].column
    array([[1., 2.]])
    """
    sum_a, sum_b, ones, squares = yield ByClass(z_a), ByClass(z_b), ByClass(np.ones_like(z_a)), (z_a - z_b) ** 2
    a, b = z_a - sum_a / ones, z_b - sum_b / ones
    aa, bb = yield CrossProduct(a, a), CrossProduct(b, b)

    def variance_and_covariance(products):
        cov, diagonal = products / explain_zero(ones - 1, "one row has no variance"), np.eye(len(ones), dtype=bool)
        shortfall = relu(1 - np.sqrt((cov * diagonal).sum(-1) + eps)).mean()
        return mu_param / 2 * shortfall + nu_param * np.where(diagonal, 0, cov**2).sum() / len(ones)

    return lambda_param * squares / ones.sum() + variance_and_covariance(aa) + variance_and_covariance(bb)


@loss(
    "contrastive",
    aliases=("KoLeoLoss", "kozachenko_leonenko"),
    reference="lightly.loss.KoLeoLoss",
    units="nats",
    use="a term beside a self-supervised loss, which spreads embeddings evenly, as in DINOv2",
)
def koleo(z_a: Vector, *, p: Positive = 2.0, eps: Positive = 1e-8):
    """Negative log distance of each normalized embedding to its nearest neighbour, so that a batch spreads over the sphere.

    −log (‖z_i − z_nn(i) + ε‖_p + ε), z unit vectors, nn(i) the other row with the largest cosine

    >>> next(koleo(np.array([[3.0, 4.0], [4.0, 3.0]])))[0].column
    array([[0.6, 0.8], [0.8, 0.6]])
    """
    z = l2_normalize(z_a, eps)
    all_z, row = yield AllRows(z), RowIndex
    nearest = np.where(np.arange(len(all_z)) == row[:, None], -2.0, z @ all_z.T).argmax(-1)
    return -np.log(norm(z - all_z[nearest] + eps, p) + eps), None, negative_count(row, all_z)


@loss(
    "contrastive",
    aliases=("DINOLoss",),
    reference="lightly.loss.DINOLoss",
    properties="differentiable",
    units="nats",
    use="self-supervised learning where a student matches its moving-average teacher on crops",
)
def dino(teacher: Views, student: Views, *, teacher_temp: Positive = 0.04, student_temp: Positive = 0.1, center: Vector = 0.0):
    """Mean cross-entropy of each student view with the sharpened, centred output of the teacher for every other view.

    mean_{t≠s} −softmax((teacher_t − c) / T_t) · log softmax(student_s / T_s); each row has several teacher and student views

    >>> dino(np.array([[[0.0, 0.0], [0.0, 0.0]]]), np.array([[[0.0, 0.0], [0.0, 0.0]]]))
    array([0.69314718])
    """
    q = softmax((teacher - center) / teacher_temp)
    cross_entropies = q @ neg_log_softmax(student / student_temp).swapaxes(-1, -2)
    different_views = np.eye(*cross_entropies.shape[-2:]) == 0
    return np.where(different_views, cross_entropies, 0).sum((-2, -1)) / int(different_views.sum())
