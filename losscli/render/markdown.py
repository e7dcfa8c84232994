"""Markdown on a terminal, without loss of text in a narrow window: cells are folded, and lines of code stay whole, to be copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from rich.markdown import CodeBlock, Markdown, MarkdownElement, TableElement
from rich.text import Text

__all__ = ["Page"]


class _Code(CodeBlock):
    """Lines that the terminal wraps by itself, so that they can be copied."""

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        yield Text(str(self.text).rstrip(), style="cyan", no_wrap=True, overflow="ignore")


class _Table(TableElement):
    """Cells that are folded and not cut."""

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        for table in super().__rich_console__(console, options):
            for column in getattr(table, "columns", ()):
                column.overflow = "fold"
            yield table


class Page(Markdown):
    """A page of the documentation."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "fence": _Code, "code_block": _Code, "table_open": _Table}
