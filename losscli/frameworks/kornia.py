"""Kornia: no reduction. Its losses of masks (reduction=None) give a mean over the images, which are rows here."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Setting, times

__all__ = ["REFUSED", "TABLES"]

_AVERAGE = Setting(
    "micro",
    {"micro": {}, "macro": {"options": {"average": "weighted", "average_over": "present"}}},
    "All classes together, or the mean of the classes in the target.",
)
_NO_MAP = {"sum": None, "none": None}
_MASKED = "give the pixels of the mask alone, as images of one line"

TABLES = (
    Table(
        "kornia.losses",
        shared={"reduction": "none"},
        rows=(
            row("charbonnier", "CharbonnierLoss", "charbonnier_loss"),
            row("cauchy", "CauchyLoss", "cauchy_loss"),
            row("geman_mcclure", "GemanMcclureLoss", "geman_mcclure_loss"),
            row("welsch", "WelschLoss", "welsch_loss"),
            row(
                "multiclass_dice",
                "DiceLoss",
                "dice_loss",
                reduction=None,
                options={"eps": 5e-9, "smooth_numerator": False, "average": "micro", "activation": "strict_softmax"},
                renames={"eps": times("eps", 0.5), "weight": "class_weight"},
                settings={"average": _AVERAGE},
                per="row",
            ),
            row(
                "multiclass_dice",
                "TverskyLoss",
                "tversky_loss",
                reduction=None,
                options={"eps": 1e-8, "smooth_numerator": False, "average_over": "present", "activation": "strict_softmax"},
                per="row",
            ),
            # Its mean is over all pixels and classes, also those that are ignored.
            row(
                "class_focal",
                "FocalLoss",
                "focal_loss",
                options={"use_softmax": True, "ignore_in_masks": "pixel"},
                renames={"weight": "class_weight"},
                weighted="elements",
                class_axis=1,
            ),
            row(
                "mixed_focal",
                "BinaryFocalLossWithLogits",
                "binary_focal_loss_with_logits",
                weighted="elements",
                instead={
                    "weight": "give it as the sample weight of each element",
                    "ignore_index": "give those elements the sample weight 0: the mean counts them, as there",
                },
            ),
            row("lovasz_hinge", "LovaszHingeLoss", "lovasz_hinge_loss", reduction=None, signs="target", per="row"),
            row(
                "lovasz_softmax",
                "LovaszSoftmaxLoss",
                "lovasz_softmax_loss",
                reduction=None,
                options={"average_over": "all"},
                renames={"weight": "class_weight"},
                per="row",
            ),
        ),
    ),
    Table(
        "kornia.losses",
        rows=(
            row(
                "ms_ssim_l1",
                "MS_SSIMLoss",
                options={"alpha": 0.025, "compensation": 200.0, "channels": "joint"},
                instead={"K": "--k1 and --k2 take its two numbers"},
            ),
        ),
    ),
    # Images: (1 − SSIM) / 2, with a window of 11 unless you say otherwise, and 1e-12 in the denominator.
    Table(
        "kornia",
        shared={"options": {"eps": 1e-12, "padding": "reflect"}, "renames": {"max_val": "data_range"}, "last_axis": "mean"},
        rows=(
            # Its sum is over the pixels of the map, and none is the map.
            row("ssim", "losses.SSIMLoss", "losses.ssim_loss", options={"form": "half"}, by_reduction=_NO_MAP),
            row("ssim", "losses.SSIM3DLoss", "losses.ssim3d_loss", options={"form": "half", "spatial_dims": 3}, by_reduction=_NO_MAP),
            row("ssim", "metrics.SSIM", "metrics.ssim", options={"form": "score"}),
        ),
    ),
    Table(
        "kornia",
        shared={"renames": {"max_val": "data_range"}, "per": "all"},
        rows=(
            row("psnr", "losses.PSNRLoss", "losses.psnr_loss"),
            row("psnr", "metrics.psnr", options={"form": "score"}),
        ),
    ),
    Table(
        "kornia.losses",
        shared={"reduction": "none"},
        rows=(row("total_variation", "TotalVariation", "total_variation", by_reduction={"mean": None, "sum": None}),),  # of the pixels
    ),
    Table(
        "kornia.losses",
        shared={
            "reduction": "none",
            "options": {"floor": 2.220446049250313e-16},
            "renames": {"num_bins": "bins", "window_radius": "radius"},
            "instead": {"kernel_function": "only MIKernel.xu is available", "input_mask": _MASKED, "target_mask": _MASKED},
        },
        rows=(
            row("mutual_information", "mutual_information_loss_2d"),
            row("mutual_information", "mutual_information_loss_3d", options={"spatial_dims": 3}),
            row("mutual_information", "normalized_mutual_information_loss_2d", options={"normalized": True}),
            row("mutual_information", "normalized_mutual_information_loss_3d", options={"normalized": True, "spatial_dims": 3}),
        ),
    ),
    Table(
        "kornia.losses",
        rows=(
            row("inverse_depth_smoothness", "InverseDepthSmoothnessLoss", "inverse_depth_smoothness_loss"),
            # Its target is (rows, 1, H, W), of class indices.
            row("hausdorff_er", "HausdorffERLoss", "HausdorffERLoss3D", class_axis=1),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "kl_div_loss_2d KLDivLoss2D": "give the pixels of each channel as one row to kl_div_probs --epsilon 0",
    "js_div_loss_2d JSDivLoss2D": "give the pixels of each channel as one row to js_divergence",
    "mutual_information_loss": "give each signal as an image of one line, (rows, 1, N), to kornia.mutual_information_loss_2d",
    "normalized_mutual_information_loss": "give each signal as an image of one line, (rows, 1, N), to"
    " kornia.normalized_mutual_information_loss_2d",
    "MutualInformationLossFromRefSignal NormalizedMutualInformationLossFromRefSignal": (
        "give both images to kornia.mutual_information_loss_2d"
    ),
    "MIKernel": "it is the kernel of mutual information, not a loss: kornia.mutual_information_loss_2d has it",
    "MILossFromRef MILossFromRef2D MILossFromRef3D": "it keeps one of two images: give both to kornia.mutual_information_loss_2d or _3d",
    "NMILossFromRef NMILossFromRef2D NMILossFromRef3D": (
        "it keeps one of two images: give both to kornia.normalized_mutual_information_loss_2d or _3d"
    ),
    "one_hot": "it is a helper, not a loss: the losses here take class indices",
}
