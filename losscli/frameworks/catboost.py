"""CatBoost: weighted means over the objects; a classifier's loss takes raw scores."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY
from losscli.registry import Form

__all__ = ["TABLES"]

_RAW = {"from_logits": True}
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
            row("median_ae", "MedianAbsoluteError"),
            row("quantile", "Quantile", renames={"alpha": "tau"}),
            row("expectile", "Expectile", renames={"alpha": "tau"}),
            row("huber", "Huber"),
            row("lq", "Lq"),
            row("fair", "FairLoss", "Fair", renames={"smoothness": "c"}),
            row("log_lin_quantile", "LogLinQuantile", renames={"alpha": "tau"}),
            row("poisson_nll", "Poisson"),
            row("tweedie_nloglik", "Tweedie", renames={"variance_power": "power"}),
            row("focal", "Focal", renames={"focal_alpha": "alpha", "focal_gamma": "gamma"}),
            row("hinge", "HingeLoss", signs="target"),
            row("bce_with_logits", "Logloss", "CrossEntropy", "MultiLogloss", "MultiCrossEntropy"),
            row("cross_entropy", "MultiClass"),
            # A row is a query, with -1 as the relevance of padding.
            row("query_rmse", "QueryRMSE"),
            row("query_softmax", "QuerySoftMax", instead={"lambda_reg": "it is for the second derivatives of training alone"}),
            # Of raw scores: a class is decided by a score above 0, or by the highest one.
            row("binary_error", "HammingLoss", options=_RAW, by_shape={"vectors": _HIGHEST, "flags": Form("binary_error")}),
            row("binary_error", "ZeroOneLoss", options=_RAW, by_shape={"vectors": _HIGHEST}),
        ),
    ),
)
