"""Losses of several patches, or several objects, of each image: a student's against a teacher's, or those of two views."""

from __future__ import annotations

from typing import Annotated, Any

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import Needs, NonNegative, OfPoints, OfVectors, Positive, Range, Samples, Slope, Vector
from losscli.domains.values import INF
from losscli.losses.embedding import cosine_distance
from losscli.numeric.distances import l2_normalize
from losscli.numeric.lazy import np
from losscli.numeric.scaling import power_of_two_scale
from losscli.numeric.softmax import neg_log_softmax, softmax
from losscli.numeric.steps import stop_gradient
from losscli.registry import Preset, loss

__all__ = ["detcon", "ibot", "patch_kernel_alignment"]

_PATCHES: dict[str, Any] = {"ndim": 1, "free": True, "thing": "vector", "over": "student", "least": 0, "most": 1}
Masked = Annotated[Any, OfPoints(**_PATCHES, use="that say which are masked")]
LeftOut = Annotated[Any, OfPoints(**_PATCHES, use="that say which are left out")]
Patches = Annotated[Any, Range(ndim=2, free=True, above=-INF, below=INF)]
_NAMES: dict[str, Any] = {
    "ndim": 1,
    "takes_words": True,
    "free": True,
    "thing": "object",
    "use": "that name them",
    "above": -INF,
    "below": INF,
}
ObjectNames = Annotated[Any, OfVectors(**_NAMES, over="pred_view0")]
TargetView0 = Annotated[Any, Range(ndim=2, only_with="target_view1", above=-INF, below=INF)]
TargetView1 = Annotated[Any, Range(ndim=2, only_with="target_view0", above=-INF, below=INF)]


@loss(
    "contrastive",
    aliases=("IBOTPatchLoss", "ibot_patch", "masked_patch_distillation"),
    reference="lightly.loss.IBOTPatchLoss; arXiv:2111.07832",
    units="nats",
    use="a student should tell the teacher's output for patches that it does not see (iBOT, DINOv2)",
    words=("self-supervised", "masked image modeling", "self-distillation"),
    presets=(Preset(("ibot_plus_plus", "IBOTPlusPlusPatchLoss"), options={"visible_loss_weight": 1.0}),),
    see={
        "dino": "of whole images",
        "ibot_plus_plus": "visible patches count, too",
        "teacher": "(rows, patches, features) of all patches, with a mask of 1 for each masked one; lightly takes the masked ones alone",
        "center": "the moving mean of the teacher's outputs, which is 0 in the first step",
    },
)
def ibot(
    teacher: Samples,
    student: Samples,
    mask: Masked = None,
    *,
    teacher_temp: Positive = 0.04,
    student_temp: Positive = 0.1,
    center: Vector = 0.0,
    visible_loss_weight: Annotated[NonNegative, Needs("mask", noted=True)] = 0.0,
):
    """Mean cross-entropy of the student's patches with the sharpened, centred output of the teacher, over the masked patches of an image.

    mean_masked h + w mean_visible h, h = −softmax((teacher − c) / T_t) · log softmax(student / T_s); without a mask the mean over all

    >>> ibot(np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), np.array([[1, 0]]))[0]
    array([0.69314718])
    """
    h = (softmax((teacher - center) / teacher_temp) * neg_log_softmax(student / student_temp)).sum(-1)
    if mask is None:
        return h.mean(-1)
    masked, visible = ((h * m).sum(-1) / np.maximum(m.sum(-1), 1) for m in (mask, 1 - mask))
    counts = mask.sum(-1) if visible_loss_weight == 0 else np.ones(mask.shape[:-1], h.dtype)
    return masked + visible_loss_weight * visible, None, counts


@loss(
    "contrastive",
    aliases=("PatchKernelAlignmentLoss", "patch_cka"),
    reference="lightly.loss.PatchKernelAlignmentLoss",
    units="1",
    use="patches of a student should be as similar to each other as those of a teacher are",
    words=("self-supervised", "distillation", "centered kernel alignment", "cka"),
    see={
        "excluded": "1 for a patch that is left out, which is True in the mask of lightly; an image with one patch or none does not count",
        "eps": "the least norm of a kernel",
        "slope": "torch treats the teacher as a constant, as lightly does; exact is the derivative of the value",
    },
)
def patch_kernel_alignment(
    student: Patches, teacher: Patches, excluded: LeftOut = None, *, eps: NonNegative = 1e-3, slope: Slope = "exact"
):  # fmt: skip
    """1 − the alignment of two kernels of the patches of an image: whether the same patches are similar for student and teacher.

    1 − ⟨K_s, K_t⟩ / (max(‖K_s‖, ε) max(‖K_t‖, ε)), K = X Xᵀ of the patches minus their mean

    >>> patch_kernel_alignment(np.array([[[1.0], [2.0], [4.0]]]), np.array([[[2.0], [4.0], [8.0]]]))[0]
    array([0.])
    """
    kept = np.ones(student.shape[:-1], student.dtype) if excluded is None else (1 - excluded).astype(student.dtype)
    n = kept.sum(-1)

    def kernel(x):
        x = (x - (x * kept[..., None]).sum(-2)[..., None, :] / np.maximum(n, 1)[..., None, None]) * kept[..., None]
        large = np.maximum(power_of_two_scale(stop_gradient(np.abs(x)).max((-2, -1))), 1)  # where squares may overflow; 1 below ε
        x = x / large[..., None, None]
        return (x @ x.swapaxes(-1, -2)).reshape(*n.shape, -1)

    k_t = kernel(teacher)
    weight = (n >= 2).astype(student.dtype)
    return weight * cosine_distance(kernel(student), k_t if slope == "exact" else stop_gradient(k_t), eps=eps), weight


@loss(
    "contrastive",
    aliases=("DetConBLoss", "DetConSLoss", "detection_contrastive"),
    reference="lightly.loss.DetConBLoss; arXiv:2103.10957",
    units="nats",
    use="self-supervised learning of objects: the same mask in two views of an image should agree",
    words=("self-supervised", "contrastive learning", "segmentation masks", "object detection"),
    see={
        "nt_xent": "of whole images",
        "pred_view0": "(rows, objects, features): the pooled features of each mask",
        "mask_view0": "(rows, objects): the name of each mask, which is the same in both views",
        "target_view0": "from another network (DetConB); without it the targets are the predictions (DetConS)",
    },
)
def detcon(
    pred_view0: Samples,
    pred_view1: Samples,
    mask_view0: ObjectNames,
    mask_view1: ObjectNames,
    target_view0: TargetView0 = None,
    target_view1: TargetView1 = None,
    *,
    temperature: Positive = 0.1,
):
    """Cross-entropy of each object with the same one in the other view of its image, among all objects of both views of a batch.

    −1/(a P) Σ_same log softmax(cos(o, other objects) / T), P objects with its name in the other view and a in its own; of both views

    >>> next(detcon(np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.array([[0]]), np.array([[0]])))[0].column
    array([[[1.]]])
    """
    p = [l2_normalize(x) for x in (pred_view0, pred_view1)]
    t = [q if x is None else l2_normalize(x) for q, x in zip(p, (target_view0, target_view1), strict=True)]
    all_0, all_1, row = yield AllRows(t[0]), AllRows(t[1]), RowIndex
    own = (np.arange(len(all_0)) == row[:, None])[:, None, :, None]
    losses, positives = zip(*(
        _object_nll(q / temperature, others, same, own, ids, other_ids)
        for q, others, same, ids, other_ids in ((p[0], all_1, all_0, mask_view0, mask_view1), (p[1], all_0, all_1, mask_view1, mask_view0))
    ), strict=True)  # fmt: skip
    return losses[0] + losses[1], None, positives[0] + positives[1]


def _object_nll(q, others, same, own, ids, other_ids):
    """The loss of each object of a view, and how many objects of the other view are the same one."""
    is_same, in_own_view = ((ids[:, :, None] == x[:, None, :]) for x in (other_ids, ids))
    to_others, to_same = ((q @ x.reshape(-1, x.shape[-1]).T).reshape(*q.shape[:2], *x.shape[:2]) for x in (others, same))
    logits = np.concatenate([to_others, np.where(own & in_own_view[:, :, None, :], -np.inf, to_same)], 2)
    nll = neg_log_softmax(logits.reshape(*q.shape[:2], -1)).reshape(logits.shape)[:, :, : len(others)]
    positives = is_same.sum(-1)
    found = np.where(own & is_same[:, :, None, :], nll, 0).sum((-2, -1))
    return found / (np.maximum(positives, 1) * in_own_view.sum(-1)).astype(q.dtype), positives
