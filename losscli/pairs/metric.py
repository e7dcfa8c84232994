"""Distances and similarities between the vectors of a batch, as one number: how far two vectors are from each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.numeric.distances import lp_cdist, lp_normalize, snr_distances
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["OF_METRIC", "Metric", "metric_of", "metric_of_miner"]

OF_METRIC = ("distance", "p", "power", "normalize")


class Metric(Record):
    """A distance, or a similarity, between vectors."""

    kind: str
    p: float = 2.0
    power: float = 1.0
    normalize: bool = True

    @property
    def sign(self) -> float:
        """1 for a distance, −1 for a similarity."""
        return -1.0 if self.kind in ("cosine", "dot_product") else 1.0

    def vectors(self, x: Array) -> Array:
        """The vectors that are compared."""
        return lp_normalize(x, self.p) if self.normalize else x

    def far(self, x: Array, y: Array) -> Array:
        """How far the rows of x are from the rows of y: their distances, or their similarities with a minus sign."""
        d = x @ y.T if self.sign < 0 else snr_distances(x, y) if self.kind == "snr" else lp_cdist(x, y, self.p)
        d = d if self.power == 1 else d**self.power
        return d if self.sign > 0 else -d


def metric_of(chosen: Mapping[str, Any]) -> Metric:
    """The metric that the options of a loss choose."""
    kind, p, power, normalize = (chosen[n] for n in OF_METRIC)
    return Metric(kind, p, (2.0 if kind == "lp" else 1.0) if power is None else power, normalize)


def metric_of_miner(chosen: Mapping[str, Any]) -> Metric:
    """The metric by which the miner of the options chooses."""
    return Metric(chosen["miner_distance"] or ("cosine" if chosen["miner"] == "multi_similarity" else "lp"))
