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
            row("crps_gaussian", "crps_normal"),
            row("energy_score", "es_ensemble", "energy_score"),
        ),
    ),
)
