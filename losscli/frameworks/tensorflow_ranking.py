"""TensorFlow Ranking: a mean over the lists, of which those without a relevant item count as 0."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Table, row
from losscli.presets import Setting
from losscli.registry import Converted

__all__ = ["REFUSED", "SHORT", "TABLES"]

SHORT = {"tfr.": "tensorflow_ranking."}

_STEEPNESS = {"temperature": Converted.make("alpha", lambda x: 1 / x, lambda x: 1 / x, "1 divided by")}
_NO_WEIGHTS = {"lambda_weight": "it has no effect there"}
_P_LIST_MLE = Setting(
    "none",
    {"none": {}, "p_list_mle": {"options": {"places": "paper"}}},
    "The weights of the places: none, or those of create_p_list_mle_lambda_weight for the number of columns.",
)
_EM = {"slope": "em"}
_LISTS: dict[str, Any] = {"item_weights": "lists"}
_ITEMS: dict[str, Any] = {"item_weights": "values"}
_GAINS: dict[str, Any] = {"item_weights": "gains"}

TABLES = (
    Table(
        "tensorflow_ranking.keras.losses",
        shared={"reduction": "sum_over_batch_size", "weighted": "elements", "empty_mean": {"terms": 0.0}},
        rows=(
            row("ranking_softmax", "SoftmaxLoss", **_GAINS),
            row("calibrated_softmax", "CalibratedSoftmaxLoss", **_GAINS),
            row("unique_softmax", "UniqueSoftmaxLoss", instead=_NO_WEIGHTS, **_LISTS),
            row(
                "p_listmle",
                "ListMLELoss",
                options={"places": "equal", "normalize": False, "padding": "counted"},
                settings={"lambda_weight": _P_LIST_MLE},
                **_LISTS,
            ),
            row("approx_ndcg", "ApproxNDCGLoss", options={"alpha": 10.0, "eps": 0.0}, renames=_STEEPNESS, instead=_NO_WEIGHTS, **_LISTS),
            row("approx_mrr", "ApproxMRRLoss", options={"alpha": 10.0}, renames=_STEEPNESS, instead=_NO_WEIGHTS, **_LISTS),
            # Their values are for the items, of which also those without a less relevant one and padding are counted.
            row("pairwise_ranking", "PairwiseLogisticLoss", **_ITEMS),
            row("pairwise_ranking", "PairwiseHingeLoss", options={"form": "hinge"}, **_ITEMS),
            row("pairwise_ranking", "PairwiseSoftZeroOneLoss", options={"form": "soft_zero_one"}, **_ITEMS),
            row("pairwise_mse", "PairwiseMSELoss", **_ITEMS),
            row("click_em", "ClickEMLoss", options=_EM),
            row("mixture_em", "MixtureEMLoss", options=_EM, instead=_NO_WEIGHTS | {"temperature": "version 0.5.5 ignores it"}, **_LISTS),
            row("ordinal_levels", "OrdinalLoss", general={"ordinal_size": "count"}),
            row("item_cross_entropy", "SigmoidCrossEntropyLoss", instead={"temperature": "divide the scores by it"}),
            row("item_squared_error", "MeanSquaredLoss"),
        ),
    ),
)

REFUSED = {
    "GumbelApproxNDCGLoss": "it adds random numbers to the scores; for numbers that you draw it is ApproxNDCGLoss of"
    " log_softmax(scores + noise)",
    "YetiLogisticLoss": "it adds random numbers to the scores; for numbers that you draw it is PairwiseLogisticLoss of"
    " log_softmax(scores + noise) with --lambda-weight yeti_dcg",
    "CoupledRankDistilLoss": "it draws random orders from the teacher's scores; for an order that you draw it is ListMLELoss, with"
    " the order as target (the largest number is the first item)",
}
