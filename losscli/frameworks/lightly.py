"""Lightly: a mean over the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_CENTER = {
    "output_dim": "it is the number of features",
    "center_mode": "only mean is available",
    "center_momentum": "the centre does not move here: give that of the steps before as center",
}
_NO_TARGETS = dict.fromkeys(("target_view0", "target_view1"), "its targets are the predictions; DetConBLoss has others")
_ONE_PROCESS = {"gather_distributed": "all rows are in one place"}
TABLES = (
    Table(
        "lightly.loss",
        rows=(
            row("nt_xent", "NTXentLoss"),
            row("dcl", "DCLLoss"),
            row("dclw", "DCLWLoss", options={"slope": "torch"}),
            row("neg_cosine_similarity", "NegativeCosineSimilarity", options={"slope": "torch"}),
            row("sym_neg_cosine_similarity", "SymNegCosineSimilarityLoss", options={"slope": "torch"}),
            row("barlow_twins", "BarlowTwinsLoss"),
            row("vicreg", "VICRegLoss"),
            row("koleo", "KoLeoLoss"),
            row("dino", "DINOLoss"),
            row("direct_clr", "DirectCLRLoss"),
            row("frossl", "FroSSLLoss"),
            row("macl", "MACLLoss", options={"slope": "torch"}, renames={"A_0": "a_0"}),
            row("msn", "MSNLoss", options={"slope": "torch"}),
            row("msn", "PMSNLoss", options={"slope": "torch", "power_law_exponent": 0.25}),
            row("swav", "SwaVLoss", options={"slope": "torch"}),
            row(
                "msn",
                "PMSNCustomLoss",
                options={"slope": "torch"},
                instead={"power_law_exponent": "give the shares as target_distribution; PMSNLoss has a power law"},
            ),
            row("emp_ssl", "EMPSSLLoss"),
            row("mmcr", "MMCRLoss"),
            row("ibot", "IBOTPatchLoss", instead=_CENTER | {"visible_loss_weight": "it has none; IBOTPlusPlusPatchLoss does"}),
            row("ibot", "IBOTPlusPlusPatchLoss", options={"visible_loss_weight": 1.0}, instead=_CENTER),
            row(
                "patch_kernel_alignment",
                "PatchKernelAlignmentLoss",
                options={"slope": "torch"},
                instead={
                    "mask": "give it as excluded: 1 for each patch that is left out",
                    "max_tokens": "it draws patches at random, so that it has no one number: name those that are left out as excluded",
                },
            ),
            row("detcon", "DetConBLoss", instead=_ONE_PROCESS),
            row("detcon", "DetConSLoss", instead=_NO_TARGETS | _ONE_PROCESS),
            row("tico", "TiCoLoss", options={"slope": "torch"}),
        ),
    ),
)

_AT_RANDOM = "it projects on directions that are drawn at random, so that it has no one number; vicreg and barlow_twins have"
REFUSED = {
    "WMSELoss wmse": "it cuts the batch into parts at random, so that it has no one number; vicreg and barlow_twins have",
    "LeJEPALoss lejepa SIGReg VISRegLoss visreg": _AT_RANDOM,
    "VICRegLLoss": (
        "it matches the patches of lists of crops of two sizes by nearest neighbours, in features and in places, which is not available;"
        " vicreg --nu-param 0.5 is its global part for two crops, and its loss of the matched patches of each rank"
    ),
    "CAPILoss capi": "its assignments depend on the batches before; swav has those of one batch",
    "VISRegLossComponents": "it holds the parts of VISRegLoss, which draws directions at random; vicreg has one number",
    "Whitening2d": "it is a layer that whitens features, not a loss; barlow_twins and vicreg are losses of correlated features",
    "roi_resample_to_grid": "it is a helper that resamples masks, not a loss: give the masks to detcon",
}
