"""Weights of the items of lists, as TensorFlow Ranking takes them: each of its losses makes something else of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.catalogue.binding import BoundLoss
from losscli.data.columns import Column
from losscli.engine.planning.column_shapes import in_memory
from losscli.errors import UsageError
from losscli.numeric.lazy import Array

__all__ = ["with_item_weights"]


def with_item_weights(bound: BoundLoss, columns: Mapping[str, Column], weight: Column | None) -> tuple[Mapping[str, Column], Column | None]:
    """The columns and the sample weights, where the weights of items are weights of lists, or factors of the relevances.

    Raises UsageError for weights of items beside relevances that are no longer proportional to those that were given.
    """
    if weight is None or bound.preset.item_weights not in ("lists", "gains"):
        return columns, weight
    w, t = in_memory(weight).whole(), in_memory(columns["target"]).whole()
    if bound.preset.item_weights == "gains":
        if w.shape != t.shape or t.ndim < 2:
            return columns, weight
        if bound.options.get("lambda_weight") == "ndcg":
            raise UsageError(f"{bound.preset.names[0]} takes weights of items with --lambda-weight none or dcg, not ndcg")
        return {**columns, "target": in_memory(columns["target"]).but(array=np.where(t > 0, t * w, t))}, None
    share = _of_lists(w, np.where(t >= 0, t, 0.0))
    return columns, weight if share is None else in_memory(weight).but(array=share)


def _of_lists(w: Array, relevance: Array) -> Array | None:
    """The mean weight of the items of each list by their relevances, 0 for a list without a relevant item; None for other shapes."""
    if relevance.ndim != 2 or w.shape not in (relevance.shape, relevance.shape[:1], (len(relevance), 1), ()):
        return None
    total = relevance.sum(-1)
    weighted = ((w[:, None] if w.ndim == 1 else w) * relevance).sum(-1)
    return np.where(total > 0, weighted / np.where(total > 0, total, 1.0), 0.0)
