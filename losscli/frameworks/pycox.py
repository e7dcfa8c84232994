"""pycox: a mean over the events. It takes rows with the same time in the order of its sort, so that the number depends on that order."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "pycox.models.loss",
        rows=(row("cox_ph", "CoxPHLoss", "cox_ph_loss", options={"eps": 1e-7}, empty_mean={"terms": float("nan")}),),
    ),
)
