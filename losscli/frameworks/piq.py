"""piq: scores of images and their losses; a mean over the channels, then over the images."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_SCALES = {"scales": "only 3 is available"}
_KERNEL = {"kernel_size": "window_size", "kernel_sigma": "sigma"}

TABLES = (
    # The shorter side is brought near 256 pixels first, unless --no-downsample says otherwise.
    Table(
        "piq",
        shared={"options": {"downsample": True}, "renames": _KERNEL, "last_axis": "mean"},
        rows=(
            row("ssim", "SSIMLoss", "ssim.SSIMLoss", by_reduction={"sum": None}),  # its sum is 1 − Σ SSIM
            row("ssim", "ssim", "ssim.ssim", options={"form": "score"}),
        ),
    ),
    Table(
        "piq",
        shared={"options": {"odd": "repeat"}, "renames": _KERNEL, "last_axis": "mean"},
        rows=(
            row("ms_ssim", "MultiScaleSSIMLoss", "ms_ssim.MultiScaleSSIMLoss", by_reduction={"sum": None}),
            row("ms_ssim", "multi_scale_ssim", "ms_ssim.multi_scale_ssim", options={"form": "score"}),
        ),
    ),
    Table(
        "piq",
        rows=(
            row("gmsd", "GMSDLoss", "gmsd", "gmsd.GMSDLoss", "gmsd.gmsd"),
            row("mdsi", "MDSILoss", "mdsi", "mdsi.MDSILoss", "mdsi.mdsi"),
            row("fsim", "FSIMLoss", "fsim.FSIMLoss", options={"median": "lower"}, by_reduction={"sum": None}),
            row("fsim", "fsim", "fsim.fsim", options={"median": "lower", "form": "score"}),
            row("haarpsi", "HaarPSILoss", "haarpsi.HaarPSILoss", instead=_SCALES, by_reduction={"sum": None}),
            row("haarpsi", "haarpsi", "haarpsi.haarpsi", options={"form": "score"}, instead=_SCALES),
        ),
    ),
    Table(
        "piq",
        shared={"options": {"luminance": True, "eps": 1e-8, "ratio_eps": 1e-8}, "last_axis": "mean"},
        rows=(
            row("vif", "VIFLoss", "vif.VIFLoss", options={"form": "bounded"}, by_reduction={"sum": None}),
            row("vif", "vif_p", "vif.vif_p", options={"form": "score"}),
        ),
    ),
    Table(
        "piq",
        rows=(
            row("psnr", "psnr", "psnr.psnr", options={"form": "score", "eps": 1e-8}, per="row"),
            row(
                "total_variation",
                "TVLoss",
                "total_variation",
                "tv.TVLoss",
                "tv.total_variation",
                options={"norm": "l2", "channels": "joint"},
                renames={"norm_type": "norm"},
            ),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "SRSIMLoss srsim VSILoss vsi DSSLoss dss InformationWeightedSSIMLoss information_weighted_ssim"
    " MultiScaleGMSDLoss multi_scale_gmsd": "piq computes it; fsim, gmsd, haarpsi, mdsi, vif, ssim and ms_ssim are available here",
    "LPIPS PieAPP DISTS ContentLoss StyleLoss FID KID IS GS MSID PR CLIPIQA BRISQUELoss brisque": (
        "it needs a trained network or model; piq computes it"
    ),
}
