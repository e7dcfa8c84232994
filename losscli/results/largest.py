"""The rows on which two predictions differ most, and the share of their difference that these rows make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from losscli.record import Record

__all__ = ["FewRows", "LargestDifferences", "RowDifference"]


class RowDifference(Record):
    """A row: its number in the file, its id, the losses of the candidate and of the baseline, and the first minus the second."""

    row: int
    value: float
    baseline: float
    difference: float
    id: Any = None

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        id = list(self.id) if isinstance(self.id, tuple) else self.id
        fields = {"row": self.row, "id": id, "value": self.value, "baseline": self.baseline, "difference": self.difference}
        return {k: v for k, v in fields.items() if v is not None}


class FewRows(Record):
    """A few rows make more than half of the difference, and most of its variance. `share` is above 1 if the others have another sign."""

    rows: int
    of: int
    share: float

    def text(self, others: str) -> str:
        """In words; `others` is the difference that the other rows make."""
        noun, verb = ("row", "makes") if self.rows == 1 else ("rows", "make")
        part = "more than all" if self.share > 1 else f"{100 * self.share:.3g} %"
        return f"{self.rows:,} {noun} of {self.of:,} {verb} {part} of the difference, the others {others}"


class LargestDifferences(Record):
    """The rows with the largest differences, largest first, and the share of the difference that they make; None for no difference."""

    rows: Sequence[RowDifference]
    share: float | None
    few: FewRows | None

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        return {"rows": [r.to_dict() for r in self.rows], **({} if self.share is None else {"share": self.share})}
