"""yardstick: a mean over the rows, weighted by case_weights; missing values are left out."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Row, Table, row
from losscli.registry import Form, switch

__all__ = ["REFUSED", "TABLES"]

_TINY = 2.0**-1022  # nothing is added to a target of 0, by which yardstick divides


def _row(loss: str, name: str, **differs: Any) -> Row:
    return row(loss, name, f"{name}_vec", **differs)


_BRIER_WEIGHTS = "takes the softmax of the case weights"

TABLES = (
    Table(
        "yardstick",
        rows=(
            _row("mae", "mae"),
            _row("concordance_survival", "concordance_survival", options={"higher": "time", "form": "score"}),
            # One number for each time; .weight_censored is the censoring weight.
            _row(
                "brier_survival_weighted",
                "brier_survival",
                options={"average": "none"},
                reduction="none",
                instead={"time_weight": "censoring_weight has a number for each row and time"},
            ),
            _row("mse", "mse"),
            _row("mean_error", "msd", factor=-1.0),
            _row("rmse", "rmse", per="all"),
            _row("nrmse", "rmse_relative", options={"normalization": "range"}, per="all"),
            _row("mape", "mape", options={"percent": True, "epsilon": _TINY}),
            _row("mean_percentage_error", "mpe", factor=-1.0, options={"percent": True, "epsilon": _TINY}),
            _row("smape", "smape", options={"percent": True, "epsilon": _TINY}),
            _row("r2", "rsq_trad", score="rsq_trad"),
            _row(
                "concordance_correlation",
                "ccc",
                options={"variance": "sample"},
                settings={"bias": switch(options={"variance": "population"}, about="Divide squares by N, not by N − 1.")},
                weight_note="divides squares by 1 − Σ w², of weights w that sum to 1, and not by their sum − 1",
                score="ccc",
            ),
            _row("zero_one", "accuracy", score="accuracy"),
            _row("huber", "huber_loss"),
            _row("charbonnier", "huber_loss_pseudo", options={"form": "pseudo_huber"}, renames={"delta": "c"}),
            # Of two classes the probability of the event, which is 1 in target, is enough.
            _row(
                "multiclass_brier",
                "brier_class",
                options={"scale_by_half": True},
                weight_note=_BRIER_WEIGHTS,
                by_shape={"numbers": Form("brier", {"options": {"scale_by_half": True}})},
            ),
            # Of two classes the probability of the event is enough: what is missing to the label costs 1.
            _row(
                "expected_cost",
                "classification_cost",
                by_shape={"numbers": Form("mae", {"instead": {"costs": "give the probabilities of both classes, as two columns"}})},
            ),
            _row("ranked_probability_score", "ranked_prob_score", options={"normalize": True}, weight_note=_BRIER_WEIGHTS),
            _row("logloss", "mn_log_loss", by_shape={"numbers": Form("bce", {"options": {"clip": 2.0**-52}})}),
        ),
    ),
)

REFUSED = {
    "rpd rpd_vec": "it is larger where it is better: the standard deviation of the truth divided by rmse",
    "rpiq rpiq_vec": "it is larger where it is better: the interquartile range of the truth divided by rmse",
    "gain_capture gain_capture_vec": "it is a metric of an order, which the R package yardstick computes",
    "brier_survival_integrated brier_survival_integrated_vec": "it is the integral by trapezoids of yardstick.brier_survival over time,"
    " divided by the last time, and not by the length of the times as in brier_survival_integrated",
    "gini_coef gini_coef_vec roc_auc_survival royston_survival": "it is a metric of an order, which the R package yardstick computes",
    "iic iic_vec": "it is a correlation times a ratio of errors, larger where it is better; concordance_correlation is a loss of this kind",
    "binary-thresholds helpers": "it is a page of help, and no metric",
}
