"""torchsurv: a mean over the different times of events, which is a mean over the events where no two have the same time."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

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
    Table("torchsurv.loss.weibull", rows=(row("survival_nll", "neg_log_likelihood_weibull", instead={"log_params": _PARAMS}),)),
)
