"""XGBoost: its metrics, weighted means over the rows, and objectives by their names with a dot: xgboost.reg.squarederror."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY

__all__ = ["TABLES"]

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
            row("cox_ph", "survival.cox", "cox_nloglik"),
            row("aft", "survival.aft", "aft_nloglik", options={"floor": 1e-12}, renames=_AFT),
        ),
    ),
)
