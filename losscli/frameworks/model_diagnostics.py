"""model_diagnostics: the parts of a mean score, of which the miscalibration is a loss."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

_NAMES = ("decompose.miscalibration", "decompose")

TABLES = (
    Table(
        "model_diagnostics.scoring",
        rows=(
            row(
                "corp_miscalibration",
                *_NAMES,
                instead={
                    "scoring_function": "--score brier is SquaredError, --score log is LogLoss",
                    "functional": "it is the mean",
                    "level": "the functional mean has no level",
                },
            ),
        ),
    ),
)
