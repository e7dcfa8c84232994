"""SciPy: its functions of an error, as ours."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "scipy.special",
        rows=(row("charbonnier", "pseudo_huber", options={"form": "pseudo_huber"}, renames={"delta": "c"}),),
    ),
)
