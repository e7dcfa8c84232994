"""Callbacks that write elements as they are computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from losscli.data.blocks import Block
    from losscli.engine.job import View
    from losscli.render.elements import ElementWriter
from losscli.cli.atomic import Pending

__all__ = ["Chosen", "Written"]

PART = 2**16  # elements whose text is made at once: a few MB, still in cache


class Written:
    """A watcher that writes the values of the elements, or the columns that are made of a block and its values, as they come."""

    def __init__(
        self,
        out: Pending,
        elements: ElementWriter,
        columns: Callable[[View, Any], Mapping[str, Any]] = lambda view, values: {"loss": values},
    ) -> None:
        self.out, self.elements, self.columns, self.begun = out, elements, columns, False

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        columns = self.columns(view, values)
        for part in block.split(max(1, PART // max(1, sum(x[:1].size for x in columns.values())))):
            at = part.start - block.start
            body = self.elements.of_block(part, {name: x[at : at + part.rows] for name, x in columns.items()})
            if not self.begun:
                self.out.write(self.elements.header())
                self.begun = True
            self.out.write(body)

    def end(self) -> None:
        self.out.write_first(self.elements.header())


class Chosen:
    """A watcher that writes the largest values, when all have come by."""

    def __init__(self, out: Pending, elements: ElementWriter, top: int) -> None:
        from losscli.results.collect import Collector

        self.out, self.elements, self.seen = out, elements, Collector(top=top, summary=False)

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        self.seen(block, view, values, ignored)

    def end(self) -> None:
        largest = self.seen.largest
        body = b"" if largest is None else self.elements.of_selection(largest)
        self.out.write(self.elements.header())  # known in full now
        self.out.write(body)
