"""lifelines: the concordance itself, of predictions that are higher for longer times."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (Table("lifelines.utils", rows=(row("concordance_survival", "concordance_index", options={"higher": "time", "form": "score"}),)),)
