"""statsmodels: the norms of its robust regression, without a reduction."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "statsmodels.robust.norms",
        shared={"reduction": "none"},
        rows=(row("tukey_biweight", "TukeyBiweight"),),
    ),
)
