"""netcal: its calibration errors, in bins that are closed on the left; of two classes the probability of the second."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Row, Table, row
from losscli.registry import Form

__all__ = ["TABLES"]


def _row(name: str, **options: str) -> Row:
    by_shape = {"vectors": Form("multiclass_calibration_error")}
    return row("binary_calibration_error", name, f"confidence.{name}", options=options, by_shape=by_shape)


_NOT_HERE: dict[str, Any] = {
    "equal_intervals": "its quantiles are other bins; adaptive_ece has bins of equal mass",
    "sample_threshold": "it is 1",
    "detection": "give the confidences alone",
}

TABLES = (
    Table(
        "netcal.metrics",
        shared={"options": {"bins": 10, "closed": "left", "edges": "steps"}, "instead": _NOT_HERE},
        rows=(_row("ECE"), _row("MCE", norm="max"), _row("ACE", norm="average")),
    ),
)
