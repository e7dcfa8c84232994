"""XGBoost: its metrics, weighted means over the rows, and objectives by their names with a dot: xgboost.reg.squarederror."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY

__all__ = ["REFUSED", "TABLES"]

_AFT = {"aft_loss_distribution": "dist", "aft_loss_distribution_scale": "scale"}

TABLES = (
    Table(
        "xgboost",
        rows=(
            row("rmse", "rmse", per="all"),
            row("mae", "mae"),
            row("rmsle", "rmsle", per="all"),
            row("mape", "mape", options={"epsilon": TINY}),
            row("charbonnier", "mphe", "reg.pseudohubererror", options={"form": "pseudo_huber"}, renames={"huber_slope": "c"}),
            row("bce", "logloss", options={"clip": 1e-16}),
            row("logloss", "mlogloss", options={"clip": 1e-16}),
            row("binary_error", "error", renames={"t": "threshold"}),
            row("top_k_error", "merror", options={"k": 1, "ties": "first"}),
            row("poisson_count_nll", "poisson-nloglik"),
            row("tweedie_deviance", "gamma-deviance", options={"power": 2.0}),
            row("gamma_nloglik", "gamma-nloglik", options={"log_input": False}),
            row("tweedie_nloglik", "tweedie-nloglik", options={"log_input": False}, renames={"tweedie_variance_power": "power"}),
            row("quantile", "quantile", "reg.quantileerror", renames={"quantile_alpha": "tau"}),
            # Objectives: the value whose derivative a tree is fitted to.
            row("half_squared_error", "reg.squarederror"),
            row("mae", "reg.absoluteerror"),
            row("msle", "reg.squaredlogerror", factor=0.5),
            row("gamma_nloglik", "reg.gamma"),
            row("tweedie_nloglik", "reg.tweedie", renames={"tweedie_variance_power": "power"}),
            row("bce_with_logits", "reg.logistic", "binary.logistic", "binary.logitraw"),
            row("hinge", "binary.hinge", signs="target"),
            row("poisson_nll", "count.poisson"),
            row("cross_entropy", "multi.softmax", "multi.softprob"),
            row("cox_ph", "survival.cox", weight_note="multiplies the derivative of each row by its weight"),
            row("cox_ph", "cox_nloglik", weights_ignored=True),
            row("aft", "survival.aft", "aft_nloglik", options={"floor": 1e-12}, renames=_AFT),
        ),
    ),
)

_DERIVATIVE = "XGBoost has only its derivative, of pairs that it draws, and shows "
REFUSED = {
    "pairwise ndcg": _DERIVATIVE + "ndcg; pairwise_ranking, for ndcg with --lambda-weight ndcg, is a loss of this kind",
    "map": _DERIVATIVE + "map; pairwise_ranking is a loss of this kind",
    "pre auc aucpr": "it is a metric of an order, which XGBoost computes",
    "interval-regression-accuracy": "it is the share of the rows whose predicted time lies within its bounds; aft_distance is 0 there",
}
