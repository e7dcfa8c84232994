"""What a result from Python can be turned into: a frame of pandas or polars, HTML for a notebook, text for rich."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from losscli.errors import UsageError, suggest
from losscli.render.grid import Grid, Style

__all__ = ["Shown", "frame_of"]

LIBRARIES = ("pandas", "polars")


class Shown:
    """A result that can be shown, and whose flat table can be a frame."""

    def _grids(self, style: Style) -> list[Grid]:
        """Tables for people."""
        raise NotImplementedError

    def _columns(self) -> Mapping[str, Any]:
        """The columns of the flat table."""
        raise NotImplementedError

    def _shown(self) -> list[Grid]:
        """The tables, and the warnings, which the command writes to stderr."""
        warnings = [f"warning {w.code}: {w.message}" for w in getattr(self, "warnings", ())]
        return [*self._grids(Style()), *([Grid(("",), [], below=warnings)] if warnings else [])]

    @property
    def table(self) -> str:
        """The tables that the command prints."""
        from losscli.render.grid import plain

        return plain(self._shown())

    def __str__(self) -> str:
        return self.table

    def to_frame(self, library: Literal["pandas", "polars"] | None = None) -> Any:
        """The numbers as a data frame, with the columns of `-f csv`: of pandas or polars, the one that is loaded or installed.

        Raises UsageError where neither is installed.
        """
        return frame_of(self._columns(), library)

    def _repr_html_(self) -> str:
        """The tables as HTML, which a notebook shows."""
        from losscli.render.html import html

        return html(self._shown())

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        """The tables, as wide as the console of rich."""
        from losscli.render.grid import rich_text

        yield rich_text(self._shown(), options.max_width)


def frame_of(columns: Mapping[str, Any], library: str | None) -> Any:
    """A data frame of these columns. Raises UsageError for another library, and for one that is not installed."""
    from importlib import import_module

    if library is not None and library not in LIBRARIES:
        raise UsageError(f"to_frame takes 'pandas' or 'polars', not {library!r}{suggest(str(library), LIBRARIES)}")
    wanted = [library] if library else sorted(LIBRARIES, key=lambda name: name not in sys.modules)
    for name in wanted:
        try:
            return import_module(name).DataFrame(dict(columns))
        except ImportError:
            continue
    raise UsageError(f"to_frame needs {' or '.join(wanted)}, and it is not installed: pip install {wanted[0]}; to_dict() needs nothing")


def columns_of_records(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """A flat table by columns."""
    listed = list(rows)
    return {name: [row[k] for row in listed] for k, name in enumerate(names)}
