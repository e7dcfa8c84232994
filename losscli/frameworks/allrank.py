"""allRank: a mean over the lists."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "allrank.models.losses",
        rows=(
            row("listnet", "listNet", "listNet.listNet"),
            row("listmle", "listMLE", "listMLE.listMLE", weighted="elements"),
            row("ranknet", "rankNet", "rankNet.rankNet"),
            row("ranknet", "rankNet_weightByGTDiff", "rankNet.rankNet_weightByGTDiff", options={"weight_by_diff": True}),
            row("ranknet", "rankNet_weightByGTDiff_pow", "rankNet.rankNet_weightByGTDiff_pow", options={"weight_by_diff_powed": True}),
            row("lambdarank", "lambdaLoss", "lambdaLoss.lambdaLoss", options={"weighing_scheme": "none"}),
            row("approx_ndcg", "approxNDCGLoss", "approxNDCG.approxNDCGLoss", weighted="elements"),
        ),
    ),
)
