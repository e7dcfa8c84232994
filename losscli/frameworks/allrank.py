"""allRank: a mean over the lists."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_DRAWS = "the stochastic form draws random numbers"
_RANDOM = {"stochastic": _DRAWS, "n_samples": _DRAWS, "beta": _DRAWS, "log_scores": _DRAWS}
_POWERED = {"powered_relevancies": "without it allRank divides by the best DCG of other gains; the value with the right one is neuralNDCG"}

TABLES = (
    Table(
        "allrank.models.losses",
        rows=(
            row("listnet", "listNet", "listNet.listNet"),
            row("listnet", "binary_listNet", "binary_listNet.binary_listNet", options={"binary": True}),
            row("listmle", "listMLE", "listMLE.listMLE", weighted="elements"),
            row("ranknet", "rankNet", "rankNet.rankNet"),
            row("ranknet", "rankNet_weightByGTDiff", "rankNet.rankNet_weightByGTDiff", options={"weight_by_diff": True}),
            row("ranknet", "rankNet_weightByGTDiff_pow", "rankNet.rankNet_weightByGTDiff_pow", options={"weight_by_diff_powed": True}),
            row("lambdarank", "lambdaLoss", "lambdaLoss.lambdaLoss", options={"weighing_scheme": "none"}),
            row("approx_ndcg", "approxNDCGLoss", "approxNDCG.approxNDCGLoss", weighted="elements"),
            row(
                "ordinal_levels",
                *("ordinal", "ordinal.ordinal"),
                options={"from_probs": True, "floor": -100.0},
                general={"n": "count"},
            ),
            row("neural_ndcg", "neuralNDCG", "neuralNDCG.neuralNDCG", instead=_RANDOM),
            row("neural_ndcg", "neuralNDCG_transposed", "neuralNDCG.neuralNDCG_transposed", instead=_RANDOM | _POWERED),
            row("pointwise_rmse", "pointwise_rmse", "pointwise.pointwise_rmse"),
        ),
    ),
)

REFUSED = {
    "bce": "it is a sum over the items of a list and a mean over the lists: losscli compute bce -r sum, divided by the number of lists",
    "with_ordinals": "it is a helper that makes ordinal labels, not a loss: allrank.ordinal is the loss of them",
}
