"""properscoring: a score for each forecast."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "properscoring",
        shared={"reduction": "none"},
        rows=(
            row("crps_gaussian", "crps_gaussian"),
            row("crps_ensemble", "crps_ensemble"),
        ),
    ),
)
