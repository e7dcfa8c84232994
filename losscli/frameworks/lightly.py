"""Lightly: a mean over the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

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
            row("tico", "TiCoLoss", options={"slope": "torch"}),
        ),
    ),
)

_AT_RANDOM = "it projects on directions that are drawn at random, so that it has no one number; vicreg and barlow_twins have"
REFUSED = {
    "WMSELoss wmse": "it cuts the batch into parts at random, so that it has no one number; vicreg and barlow_twins have",
    "LeJEPALoss lejepa SIGReg VISRegLoss visreg": _AT_RANDOM,
    "CAPILoss capi": "its assignments depend on the batches before; swav has those of one batch",
}
