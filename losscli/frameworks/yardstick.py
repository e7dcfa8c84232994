"""yardstick: a mean over the rows, weighted by case_weights; missing values are left out."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Row, Table, row
from losscli.registry import Form

__all__ = ["TABLES"]

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
            _row("mse", "mse"),
            _row("rmse", "rmse", per="all"),
            _row("nrmse", "rmse_relative", options={"normalization": "range"}, per="all"),
            _row("mape", "mape", options={"percent": True, "epsilon": _TINY}),
            _row("smape", "smape", options={"percent": True, "epsilon": _TINY}),
            _row("r2", "rsq_trad", score="rsq_trad"),
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
            _row("ranked_probability_score", "ranked_prob_score", options={"normalize": True}, weight_note=_BRIER_WEIGHTS),
            _row("logloss", "mn_log_loss", by_shape={"numbers": Form("bce", {"options": {"clip": 2.0**-52}})}),
        ),
    ),
)
