"""torchtune: a sum divided by the number of tokens that are not ignored; its recipes shift the labels before."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (Table("torchtune.modules.loss", rows=(row("causal_lm", "CEWithChunkedOutputLoss", options={"shift": False}),)),)
