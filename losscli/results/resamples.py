"""How many resamples are drawn, and with which seed."""

from __future__ import annotations

from losscli.record import Record

__all__ = ["LEAST", "MOST", "Resamples"]

LEAST, MOST = 100, 1_000_000  # resamples: fewer give no ends of an interval, more take too much memory


class Resamples(Record):
    """How many resamples are drawn, and the seed of the generator."""

    count: int
    seed: int = 0
