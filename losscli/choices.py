"""The words that can be chosen from: each list stands here once, for the help, the checks, the completion and the messages."""

from __future__ import annotations

from typing import Any

from losscli.errors import UsageError, suggest
from losscli.record import Record

__all__ = ["AXES", "COLOR", "DTYPE", "KIND", "NAN", "PER", "REDUCTION", "TOTAL", "Choice"]


class Choice(Record):
    """The words that an option, or a key of a file, takes."""

    words: tuple[str, ...]

    @property
    def metavar(self) -> str:
        """How the help shows it: error|omit|propagate."""
        return "|".join(self.words)

    @property
    def takes(self) -> str:
        """How a message lists it: error, omit or propagate."""
        return ", ".join(self.words[:-1]) + f" or {self.words[-1]}"

    def check(self, word: Any, option: str) -> None:
        """Raise UsageError for another word; `option` is what the user calls it: --nan."""
        if word not in self.words:
            raise UsageError(f"{option} takes {self.takes}, not {word!r}{suggest(str(word), self.words)}")

    def beginning_with(self, text: str) -> list[str]:
        """The words that the shell offers behind this text."""
        return [word for word in self.words if word.startswith(text)]

    def without(self, *words: str) -> Choice:
        return Choice(tuple(word for word in self.words if word not in words))


REDUCTION = Choice(("none", "mean", "sum", "batchmean", "sum_over_batch_size"))
AXES: dict[str, tuple[int, ...]] = {"all": (), "row": (0,), "channel": (1,), "row,channel": (0, 1)}  # --per -> the axes that stay
PER = Choice(tuple(AXES))
NAN = Choice(("error", "omit", "propagate"))
DTYPE = Choice(("float64", "float32"))
COLOR = Choice(("auto", "always", "never"))
KIND = Choice(("pointwise", "statistic", "batch"))  # how the rows of the data enter a loss
TOTAL = Choice(("sum", "mean", "none"))  # what the terms of an objective add up to
