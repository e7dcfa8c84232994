"""scoringrules: a score for each forecast."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "scoringrules",
        shared={"reduction": "none"},
        rows=(
            row("interval_score", "interval_score"),
            row("quantile", "quantile_score", renames={"alpha": "tau"}),
            row("crps_gaussian", "crps_normal"),
            row("crps_ensemble", "crps_ensemble", instead={"estimator": "--fair is its fair and pwm; nrg, qd and int give the default"}),
            row("energy_score", "es_ensemble", "energy_score", instead={"estimator": "only nrg is available"}),
            row("brier", "brier_score"),
            row("bce", "log_score", options={"floor": -1e100}),
            row("laplace_nll", "logs_laplace"),
            row("student_t_nll", "logs_t"),
            row("negative_binomial_nll", "logs_negbinom", instead={"prob": "give the mean, total_count (1 − prob) / prob, as pred"}),
        ),
    ),
)
