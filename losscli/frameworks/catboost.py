"""CatBoost: weighted means over the objects; a classifier's loss takes raw scores."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY
from losscli.registry import Form

__all__ = ["REFUSED", "TABLES"]

_RAW = {"from_logits": True}
_AFT = "CatBoost shows how far a time is from its bounds; the likelihood that it minimises is aft, with dist and scale"
_HIGHEST = Form("top_k_error", {"options": {"k": 1, "ties": "first"}})

TABLES = (
    Table(
        "catboost",
        rows=(
            # MAE and Quantile subtract 10⁻⁶ from each absolute error, their delta.
            row("epsilon_insensitive", "MAE", options={"epsilon": 1e-6}, renames={"delta": "epsilon"}),
            row("rmse", "RMSE", per="all"),
            row("r2", "R2", score="R2"),
            row("mape", "MAPE", options={"epsilon": 1.0}),
            row("msle", "MSLE"),
            row("smape", "SMAPE", options={"epsilon": TINY, "percent": True}),
            row("median_ae", "MedianAbsoluteError", weights_ignored=True),
            row("num_errors", "NumErrors"),
            row("log_cosh", "LogCosh"),
            row("multi_rmse", "MultiRMSE"),
            row("multi_quantile", "MultiQuantile", renames={"alpha": "quantiles"}),
            row("quantile", "Quantile", options={"epsilon": 1e-6}, renames={"alpha": "tau", "delta": "epsilon"}),
            row("expectile", "Expectile", renames={"alpha": "tau"}),
            row("huber", "Huber"),
            row("lq", "Lq"),
            row("fair", "FairLoss", "Fair", renames={"smoothness": "c"}),
            row("log_lin_quantile", "LogLinQuantile", renames={"alpha": "tau"}),
            row("poisson_nll", "Poisson"),
            row("tweedie_nloglik", "Tweedie", renames={"variance_power": "power"}),
            row("focal", "Focal", renames={"focal_alpha": "alpha", "focal_gamma": "gamma"}),
            row("hinge", "HingeLoss", signs="target"),
            row("bce_with_logits", "Logloss", "CrossEntropy", "MultiLogloss", "MultiCrossEntropy", "MultiClassOneVsAll"),
            row("brier", "BrierScore", options=_RAW),
            row("cross_entropy", "MultiClass"),
            row("cox_ph", "Cox", reduction="sum", weights_ignored=True),
            row("aft_distance", "SurvivalAft", instead={"dist": _AFT, "scale": _AFT}),
            row("ranknet", "PairLogit", "PairLogitPairwise"),
            row("pairwise_ranking", "PairAccuracy", options={"form": "zero_one"}, score="PairAccuracy"),
            # A row is a query, with -1 as the relevance of padding.
            row("query_rmse", "QueryRMSE"),
            row("query_softmax", "QuerySoftMax", instead={"lambda_reg": "it is for the second derivatives of training alone"}),
            row("query_cross_entropy", "QueryCrossEntropy"),
            row("query_quantile", "GroupQuantile", options={"epsilon": 1e-6}, renames={"alpha": "tau", "delta": "epsilon"}),
            # The first column of its predictions is mu, the second one the logarithm of sigma.
            row("normal_nll", "RMSEWithUncertainty", options={"log_sigma": True}),
            # Of raw scores: a class is decided by a score above 0, or by the highest one.
            row("binary_error", "HammingLoss", options=_RAW, by_shape={"vectors": _HIGHEST, "flags": Form("binary_error")}),
            row("binary_error", "ZeroOneLoss", options=_RAW, by_shape={"vectors": _HIGHEST}),
            row("binary_error", "Accuracy", options=_RAW, by_shape={"vectors": _HIGHEST}, score="Accuracy"),
        ),
    ),
)

_METRIC = "it is a metric of an order, which CatBoost computes (catboost.utils.eval_metric)"
_RANDOM = "its pairs or scores are drawn at random while a model is trained; CatBoost shows "
REFUSED = {
    "YetiRank YetiRankPairwise": _RANDOM + "PFound for it."
    " pairwise_ranking, with the weights of Yeti, is its loss for scores with the noise added",
    "StochasticRank StochasticFilter": _RANDOM + "the metric that is its option",
    "LambdaMart": "it is only a derivative; CatBoost shows a metric for it. pairwise_ranking --lambda-weight ndcg is a loss of this kind",
    "MultiRMSEWithMissingValues": "it counts the known values of each output; leave out rows with missing values and use MultiRMSE",
    "Combination": "a file of losses with weights is one here: losscli compute objective.yaml",
    "LogLikelihoodOfPrediction": "it is measured from the likelihood of the mean of the labels; Logloss is the loss in it",
    "BalancedErrorRate": "it is 1 minus the balanced accuracy, which scikit-learn computes (sklearn.metrics.balanced_accuracy_score)",
    "CtrFactor": "it is the number of positive labels divided by the sum of the probabilities, and no loss",
    "PFound NDCG DCG FilteredDCG AverageGain PrecisionAt RecallAt MAP ERR MRR QueryAUC QueryAverage": _METRIC,
    "NormalizedGini TotalF1 WKappa PRAUC": "it is a metric, which CatBoost computes (catboost.utils.eval_metric)",
    "UserPerObjMetric UserQuerywiseMetric UserDefined": "a loss of yours is a function in a file: losscli compute FILE.py::FUNCTION",
}
