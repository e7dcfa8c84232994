"""Domains of series that are told by a name: each row names one of the series of a history."""

from __future__ import annotations

from losscli.domains.values import Context, Whole
from losscli.numeric.lazy import Array, np

__all__ = ["NameOfSeries"]


class NameOfSeries(Whole):
    """The name of a series for each row: one of those in the role `names`."""

    names: str = "history_series"

    @property
    def says(self) -> str:
        return f"a whole number or a word that is in {self.names}"

    def holds(self, x: Array, context: Context) -> bool:
        return super().holds(x, context) and not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) | ~np.isin(x, context[self.names])
