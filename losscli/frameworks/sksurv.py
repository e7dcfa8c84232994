"""scikit-survival: scores themselves, of risks that are higher for shorter times; censoring up to and at a time counts."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_AT = {"at_event": "at"}
_TOLERANCE = "risks are tied here where they are equal"

TABLES = (
    Table(
        "sksurv.metrics",
        rows=(
            row("concordance_survival", "concordance_index_censored", options={"form": "score"}, instead={"tied_tol": _TOLERANCE}),
            row("brier_survival", "brier_score", options=_AT),
            row("brier_survival_integrated", "integrated_brier_score", options=_AT),
        ),
    ),
)

REFUSED = {
    "concordance_index_ipcw cumulative_dynamic_auc": "it is a metric of an order with weights of censoring, which scikit-survival computes;"
    " concordance_survival counts all pairs the same",
}
