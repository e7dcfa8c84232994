"""uncertainty-calibration, which is imported as calibration: errors of the top class, in bins that are closed on the right."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Row, Table, row
from losscli.registry import Form

__all__ = ["TABLES"]

_NOT_HERE: dict[str, Any] = {"debias": "its estimate draws random numbers"}


def _row(name: str, **options: str) -> Row:
    top, marginal = f"calibration.{name}", f"calibration.{name}.marginal"
    return row(
        "binary_calibration_error",
        name,
        f"utils.{name}",
        options=options,
        by_shape={"vectors": Form("multiclass_calibration_error")},
        by_option={"mode": {"top-label": top, "marginal": marginal}},
    )


TABLES = (
    Table(
        "calibration",
        shared={"renames": {"num_bins": "bins"}, "instead": _NOT_HERE},
        rows=(
            _row("get_ece"),
            _row("get_ece_em", binning="mass"),
            row("classwise_calibration_error", "get_ece.marginal", "utils.get_ece.marginal"),
            row("classwise_calibration_error", "get_ece_em.marginal", "utils.get_ece_em.marginal", options={"binning": "mass"}),
        ),
    ),
)
