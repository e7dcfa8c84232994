"""MONAI: channels are on axis 1, each image is reduced separately, and 1e-5 is added to numerator and denominator."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import switch, times

__all__ = ["REFUSED", "TABLES"]

_ACTIVATION = {
    "sigmoid": switch(options={"activation": "sigmoid"}, about="Take the sigmoid of pred first."),
    "softmax": switch(options={"activation": "softmax_or_none"}, about="Take the softmax of pred over several channels first."),
}
_ONE_HOT = switch(about="The target is taken by its shape: class indices, or a mask for each class.")

_LONE = {"lone_weight": "ignored"}  # Dice ignores the weight of a single class

# Options of MONAI's losses of masks that some losses here do not have.
_INSTEAD = {
    "softmax": "give softmax(logits) over the channels as pred",
    "include_background": "leave channel 0 out of pred and of target",
    "to_onehot_y": "give target with a channel for each class",
    "batch": "--per channel takes each channel over all images",
}

TABLES = (
    # A value for each image and channel; with batch for each channel. Its sums are twice ours in Dice, and the same in Tversky.
    Table(
        "monai.losses",
        shared={
            "per": "row",
            "class_axis": 1,
            "options": {"activation": "none", "average": "none", "ignore_index": None, "ignore_in_masks": "pixel", "eps": 1e-5} | _LONE,
            "settings": _ACTIVATION | {"to_onehot_y": _ONE_HOT, "batch": switch(per="all", about="All images together.")},
        },
        rows=(
            row(
                "multiclass_dice",
                "DiceLoss",
                "Dice",
                options={"eps": 0.5e-5},
                renames={
                    "weight": "class_weight",
                    "eps": times("eps", 0.5),
                    "smooth_nr": times("smooth_nr", 0.5),
                    "smooth_dr": times("smooth_dr", 0.5),
                },
                settings={"jaccard": switch(options={"alpha": 1.0, "beta": 1.0}, about="The Jaccard index instead of Dice.")},
            ),
            row("multiclass_dice", "TverskyLoss"),
        ),
    ),
    Table(
        "monai.losses",
        shared={"class_axis": 1},
        rows=(
            row(
                "generalized_dice",
                "GeneralizedDiceLoss",
                "generalized_dice",
                per="row",
                settings=_ACTIVATION | {"to_onehot_y": _ONE_HOT, "batch": switch(per="all", about="All images together.")},
            ),
            row("generalized_wasserstein_dice", "GeneralizedWassersteinDiceLoss", "generalized_wasserstein_dice", per="row"),
            row(
                "dice_ce",
                "DiceCELoss",
                "dice_ce",
                options={"softmax": False, "batch": False, "one_channel": "none"} | _LONE,
                renames={"weight": "class_weight"},
                settings={"to_onehot_y": _ONE_HOT},
                by_reduction={"sum": {"within": "sum"}, "none": None},
            ),
            row(
                "multiclass_dice_focal",
                "DiceFocalLoss",
                "dice_focal",
                options={"activation": "none", "average": "none"} | _LONE,
                renames={"weight": "class_weight"},
                per="row",
                settings=_ACTIVATION | {"to_onehot_y": _ONE_HOT, "batch": switch(per="all", about="All images together.")},
                by_reduction={"sum": {"within": "rows"}, "none": None},
            ),
            row(
                "class_focal",
                "FocalLoss",
                options={"ignore_index": None, "ignore_in_masks": "pixel", "count": "pixels"},
                renames={"weight": "class_weight"},
                settings={"to_onehot_y": _ONE_HOT},
                by_reduction={"sum": {"within": "row"}},
            ),
        ),
    ),
    Table(
        "monai.losses",
        shared={"class_axis": 1},
        rows=(
            row(
                "nacl",
                "NACLLoss",
                instead={
                    "classes": "it is the number of channels of pred",
                    "dim": "it is the number of axes of an image",
                    "kernel_ops": "only mean is available",
                    "sigma": "it is for a Gaussian window, and only mean is available",
                },
            ),
        ),
    ),
    # Each channel of each image is reduced separately.
    Table(
        "monai.losses",
        shared={"per": "row,channel", "options": {"eps": 1e-5}},
        rows=(
            row(
                "mcc",
                "MCCLoss",
                renames={"smooth_dr": "eps"},
                instead=_INSTEAD | {"sigmoid": "give sigmoid(logits) as pred"},
            ),
        ),
    ),
    # Two views of a batch, and boxes with corners.
    Table("monai.losses", rows=(row("nt_xent", "ContrastiveLoss"), row("giou", "BoxGIoULoss", "giou", options={"eps": 2.0**-23}))),
    # Shapes of masks: probabilities with a channel axis.
    Table(
        "monai.losses",
        shared={"instead": {n: _INSTEAD[n] for n in ("softmax", "to_onehot_y")} | {"sigmoid": "give sigmoid(logits) as pred"}},
        rows=(
            row(
                "hausdorff_dt",
                "HausdorffDTLoss",
                options={"include_background": False},
                instead={"batch": "masks of one size: the same mean"},
            ),
            row("log_hausdorff_dt", "LogHausdorffDTLoss", options={"include_background": False}),
            row(
                "cl_dice",
                "SoftclDiceLoss",
                options={"channels": "joint"},
                renames={"iter_": "iterations"},
                instead={"include_background": _INSTEAD["include_background"]},
            ),
            row(
                "dice_cl_dice",
                "SoftDiceclDiceLoss",
                options={"channels": "joint"},
                renames={"iter_": "iterations"},
                instead={"include_background": _INSTEAD["include_background"]},
                by_reduction={"sum": {"within": "sum"}, "none": None},  # its none is a table of the images with themselves
            ),
            row("unified_focal", "AsymmetricUnifiedFocalLoss"),
        ),
    ),
    # Fields of displacements: (rows, 2, H, W), or with --spatial-dims 3 (rows, 3, D, H, W).
    Table("monai.losses", rows=(row("bending_energy", "BendingEnergyLoss"), row("diffusion", "DiffusionLoss"))),
    Table(
        "monai.losses",
        rows=(
            row(
                "local_ncc",
                "LocalNormalizedCrossCorrelationLoss",
                options={"spatial_dims": 3},
                instead={"kernel_type": "only rectangular is available"},
            ),
        ),
    ),
    # The sums go over the channels too.
    Table(
        "monai.losses",
        shared={"options": {"channels": "joint"}},
        rows=(
            row(
                "mutual_information",
                "GlobalMutualInformationLoss",
                options={"kernel": "gaussian", "values": "unit", "bins": 23, "smooth_nr": 1e-7, "smooth_dr": 1e-7},
                renames={"num_bins": "bins"},
                instead={"kernel_type": "only gaussian is available"},
            ),
            row(
                "fourier_amplitude",
                "JukeboxLoss",
                instead={"fft_signal_size": "only that of the images is available", "fft_norm": "only ortho is available"},
            ),
        ),
    ),
    # Images: the last axes are spatial; a mean over the channels, then over the images.
    Table(
        "monai",
        shared={"last_axis": "mean", "renames": {"win_size": "window_size", "kernel_sigma": "sigma", "kernel_type": "window"}},
        rows=(
            row("ssim", "losses.SSIMLoss"),
            row("ssim", "metrics.SSIMMetric", options={"form": "score"}),
        ),
    ),
    Table(
        "monai.metrics",
        shared={"options": {"form": "score"}},
        rows=(
            row(
                "ms_ssim",
                "MultiScaleSSIMMetric",
                options={"channels": "joint"},
                renames={"kernel_size": "window_size", "kernel_sigma": "sigma", "kernel_type": "window", "weights": "scale_weights"},
            ),
            row("psnr", "PSNRMetric", renames={"max_val": "data_range"}, per="row"),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "BarlowTwinsLoss": "it divides by standard deviations over N - 1 rows and by N, so that a view with itself is not 0; barlow_twins is"
    " as in the paper",
    "GeneralizedDiceFocalLoss generalized_dice_focal": "it is monai.GeneralizedDiceLoss plus monai.FocalLoss: write an objective",
    "MaskedDiceLoss MaskedLoss": "multiply pred (after its activation) and target by the mask, then use monai.DiceLoss",
    "PerceptualLoss": "it needs a trained network",
    "AdversarialLoss PatchAdversarialLoss": "it is mse, bce_with_logits or a hinge with one label for all",
    "MultiScaleLoss": "it filters the images first; mse or ssim of the filtered images is the rest of it",
    "DeepSupervisionLoss": "it is a weighted sum of another loss at several sizes: write an objective",
    "SURELoss": "it needs the operator of the model, and draws random numbers",
    "annotations": "it is a feature of Python in its file, and no loss",
    "AUCMLoss": "it has three parameters that are trained",
}
