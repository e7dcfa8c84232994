"""torchsurv: a mean over the different times of events, which is a mean over the events where no two have the same time."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_PARAMS = "give its two columns as pred and --log-shape"
_COX = {"ties": "efron", "mean_over": "times"}

TABLES = (
    Table(
        "torchsurv.loss.cox",
        rows=(
            row(
                "cox_ph",
                "neg_partial_log_likelihood",
                options=_COX,
                renames={"ties_method": "ties"},
                empty_mean={"terms": 0.0, "rows": 0.0},
            ),
        ),
    ),
    Table(
        "torchsurv.loss.survival",
        rows=(
            row(
                "hazard_nll",
                "neg_log_likelihood",
                options={"most": 1e10, "without_events": "nothing"},
                renames={"eval_time": "times"},
                role_words={"log_hz": "pred"},
                empty_mean={"terms": 0.0},
            ),
        ),
    ),
    Table("torchsurv.loss.weibull", rows=(row("survival_nll", "neg_log_likelihood_weibull", instead={"log_params": _PARAMS}),)),
    Table(
        "torchsurv.metrics",
        rows=(
            row(
                "brier_survival_weighted",
                "brier_score.BrierScore",
                renames={"new_time": "times", "weight_new_time": "time_weight"},
                role_words={"weight": "censoring_weight"},
                options={"average": "none"},
                reduction="none",
            ),
            row(
                "concordance_survival",
                "cindex.ConcordanceIndex",
                options={"form": "score"},
                instead={
                    "tied_tol": "risks are tied here where they are equal",
                    "weight": "all pairs count the same here",
                    "tmax": "set the event to 0 from tmax on: that is the same",
                },
            ),
        ),
    ),
)

REFUSED = {
    "Momentum": "it keeps the outputs of earlier batches, and calls another loss with them: name that one",
    "Auc": "it is a metric of an order, which torchsurv computes",
    "baseline_survival_function survival_function survival_function_cox survival_function_weibull log_hazard": (
        "it predicts from a model that was fitted, and is no loss; torchsurv.BrierScore scores survival curves"
    ),
}
