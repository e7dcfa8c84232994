"""LightGBM: its metrics, weighted means over the rows; poisson takes the mean, binary_logloss and multi_logloss probabilities."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_EPSILON = 1.0000000036274937e-15  # its 1e-15 in single precision

TABLES = (
    Table(
        "lightgbm",
        rows=(
            row("mae", "l1", "mean_absolute_error", "mae", "regression_l1"),
            row("mse", "l2", "mean_squared_error", "mse", "regression", "regression_l2"),
            row("rmse", "rmse", "root_mean_squared_error", "l2_root", per="all"),
            row("quantile", "quantile", options={"tau": 0.9}, renames={"alpha": "tau"}),
            row("mape", "mape", "mean_absolute_percentage_error", options={"epsilon": 1.0}),
            row("huber", "huber", options={"delta": 0.9}, renames={"alpha": "delta"}),
            row("poisson_nll", "poisson", options={"log_input": False, "eps": 0.0}),
            row("bce", "binary_logloss", "binary", options={"floor": -34.53877639128682}),
            row("bce", "cross_entropy", "xentropy", options={"floor": -27.631021115928547}),
            row(
                "logloss",
                *("multi_logloss", "multiclass", "softmax", "multiclassova", "multiclass_ova", "ova", "ovr"),
                options={"clip": _EPSILON},
            ),
            row("r2", "r2", score="r2"),
            row("binary_error", "binary_error"),
            # A label that ties with another class is wrong.
            row("top_k_error", "multi_error", options={"k": 1, "ties": "others"}, renames={"multi_error_top_k": "k"}),
            row("fair", "fair", renames={"fair_c": "c"}),
            # Metrics of the mean, which is what predict gives.
            row("gamma_nloglik", "gamma", options={"log_input": False}),
            row("tweedie_nloglik", "tweedie", options={"log_input": False}, renames={"tweedie_variance_power": "power"}),
            row("tweedie_deviance", "gamma_deviance", options={"power": 2.0}, reduction="sum"),
            row(
                "bce_with_logits",
                *("cross_entropy_lambda", "xentlambda"),
                weight_note="raises the probability that nothing happens to the power of the weight",
            ),
        ),
    ),
)

REFUSED = {
    "lambdarank": "LightGBM has only its derivative, and shows ndcg; pairwise_ranking --lambda-weight ndcg is a loss of this kind",
    "rank_xendcg xendcg xe_ndcg xe_ndcg_mart xendcg_mart": "it draws random numbers while a model is trained, and LightGBM shows ndcg;"
    " listnet is a loss of this kind",
    "kullback_leibler kldiv": "it is kl_div_probs of the columns 1 − p and p, for the prediction and the target",
    "auc_mu": "it is a metric of an order, which LightGBM computes",
}
