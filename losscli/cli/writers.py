"""Callbacks that write elements: all as they are computed, or the largest after all are computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from losscli.cli.atomic import Pending

if TYPE_CHECKING:
    from losscli.data.blocks import Block
    from losscli.engine.job import View
    from losscli.numeric.lazy import Array
    from losscli.render.elements import ElementWriter

__all__ = ["AllElements", "LargestElements"]

PART = 2**16  # elements whose text is made at once: a few MB, still in cache


def _losses(view: View, values: Array | None) -> Mapping[str, Array]:
    return {} if values is None else {"loss": values}


def _masked(values: Array | None, ignored: Array | None) -> Array | None:
    """The losses, masked where the label is ignored: 0 there is no loss that a mean counts."""
    from losscli.numeric.lazy import np

    if values is None or ignored is None or ignored.shape != np.shape(values) or not ignored.any():
        return values
    return np.ma.masked_array(values, ignored)


class AllElements:
    """Writes every element, block by block. `columns` makes the columns of a block; by default only the loss."""

    def __init__(
        self,
        out: Pending,
        elements: ElementWriter,
        columns: Callable[[View, Array | None], Mapping[str, Array]] = _losses,
    ) -> None:
        self.out, self.elements, self.columns, self.begun = out, elements, columns, False

    def __call__(self, block: Block, view: View, values: Array | None, ignored: Array | None) -> None:
        columns = self.columns(view, _masked(values, ignored))
        for part in block.split(max(1, PART // max(1, sum(int(x[:1].size) for x in columns.values())))):
            at = part.start - block.start
            body = self.elements.of_block(part, {name: x[at : at + part.rows] for name, x in columns.items()})
            if not self.begun:
                self.out.write(self.elements.header())
                self.begun = True
            self.out.write(body)

    def end(self) -> None:
        """Write the header again, now that it is complete."""
        self.out.write_first(self.elements.header())


class LargestElements:
    """Keeps the elements with the largest losses, and writes them at the end."""

    def __init__(self, out: Pending, elements: ElementWriter, top: int) -> None:
        from losscli.results.collect import Collector

        self.out, self.elements, self.collector = out, elements, Collector(top=top, summary=False)

    def __call__(self, block: Block, view: View, values: Array, ignored: Array | None) -> None:
        self.collector(block, view, values, ignored)

    def end(self) -> None:
        """Write the header and the elements."""
        largest = self.collector.largest
        body = b"" if largest is None else self.elements.of_selection(largest)
        self.out.write(self.elements.header())  # made after the elements, since it depends on them
        self.out.write(body)
