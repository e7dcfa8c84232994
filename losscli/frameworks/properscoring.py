"""properscoring: a score for each forecast."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

TABLES = (
    Table(
        "properscoring",
        shared={"reduction": "none"},
        rows=(
            row("crps_gaussian", "crps_gaussian"),
            row("crps_ensemble", "crps_ensemble", instead={"weights": "the members have the same weight here"}),
            row("brier", "brier_score"),
        ),
    ),
)

REFUSED = {
    "threshold_brier_score": "it is brier_score of the share of members above the threshold and of whether the observation is above it",
    "crps_quadrature": "it integrates a distribution function that you give; losscli list crps has closed forms",
}
