"""The words that options and keys allow. The help, the checks, the completion and the messages all use these lists."""

from __future__ import annotations

from losscli.errors import UsageError, suggest
from losscli.record import Record

__all__ = ["ADJUST", "AXES", "COLOR", "DTYPE", "JOIN", "KIND", "NAN", "PER", "REDUCTION", "TOTAL", "Choice"]


class Choice(Record):
    """The words that an option, or a key of a file, allows."""

    words: tuple[str, ...]

    @property
    def metavar(self) -> str:
        """The words as the help shows them: error|omit|propagate."""
        return "|".join(self.words)

    @property
    def takes(self) -> str:
        """The words as a message lists them: error, omit or propagate."""
        return ", ".join(self.words[:-1]) + f" or {self.words[-1]}"

    def check(self, word: object, option: str) -> None:
        """Raise UsageError unless `word` is one of the words. `option` is the name that the user typed: --nan."""
        if word not in self.words:
            raise UsageError(f"{option} takes {self.takes}, not {word!r}{suggest(str(word), self.words)}")

    def beginning_with(self, text: str) -> list[str]:
        """The words that begin with this text, for completion in the shell."""
        return [word for word in self.words if word.startswith(text)]

    def without(self, *words: str) -> Choice:
        """The same choice with some words removed."""
        return Choice(tuple(word for word in self.words if word not in words))


REDUCTION = Choice(("none", "mean", "sum", "batchmean", "sum_over_batch_size"))
# --per -> the axes that are kept: the rows, the axis after them, the last axis.
AXES: dict[str, tuple[int, ...]] = {
    "all": (), "row": (0,), "channel": (1,), "class": (1,), "output": (-1,),
    "row,channel": (0, 1), "row,class": (0, 1), "row,output": (0, -1),
}  # fmt: skip
PER = Choice(tuple(AXES))
NAN = Choice(("error", "omit", "propagate"))
DTYPE = Choice(("float64", "float32"))
JOIN = Choice(("exact", "inner"))
COLOR = Choice(("auto", "always", "never"))
ADJUST = Choice(("holm", "bh", "none"))  # p-values for their number
KIND = Choice(("pointwise", "statistic", "batch"))  # how the rows of the data enter a loss
TOTAL = Choice(("sum", "mean", "none"))  # how the terms of an objective are combined
