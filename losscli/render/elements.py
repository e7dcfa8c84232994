"""Write elements block by block as they are computed, so that memory does not grow with the number of rows.

The bytes are the same with and without polars: polars writes most numbers as Python does, and Python writes the others.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any, Protocol

from losscli.data.blocks import Block
from losscli.errors import InputError, counted
from losscli.numeric.lazy import Array, np
from losscli.render.cells import encoded
from losscli.render.grid import Style
from losscli.render.layouts import LineLayout, csv_layout
from losscli.results.collect import Selection

__all__ = ["ElementWriter", "NpyElements", "RowNames", "TextElements", "fast_lines", "lines", "npy", "plain_lines"]

FAST_FROM = 2**17  # elements that Python writes in the time that importing polars takes; polars is ten times as fast


class ElementWriter(Protocol):
    """Elements in one format. The header is complete only at the end, but its length is fixed after the first block."""

    def header(self) -> bytes: ...

    def of_block(self, block: Block, columns: Mapping[str, Array]) -> bytes | memoryview:
        """The elements of a block: columns of one shape, with the rows first."""
        ...

    def of_selection(self, picked: Selection) -> bytes | memoryview:
        """The losses of some elements, in their order."""
        ...


class RowNames:
    """The columns that identify an element: the id or the number of its row, and its indices within the row.

    Ids are tuples where several columns make an id.
    """

    def __init__(self, ids: Sequence[Any] | None = None, names: Sequence[str] = ("row",)) -> None:
        self.ids = ids
        ends = [""] if len(names) == 1 else [f"_{k}" for k in range(1, len(names) + 1)]
        taken = [name == "loss" or name.startswith("index_") for name in names]  # other columns have these names
        self.names = tuple(f"id{end}" if is_taken else name for name, end, is_taken in zip(names, ends, taken, strict=True))

    def of(self, rows: Array) -> list[Any]:
        """The ids of rows, or their numbers. Raises InputError for a row beyond the ids."""
        if self.ids is None:
            return rows.tolist()
        try:
            return [self.ids[row] for row in rows.tolist()]
        except IndexError:
            raise InputError(f"{','.join(self.names)} names {counted(len(self.ids), 'row')}, but there are more") from None

    def columns(self, rows: Array) -> dict[str, Any]:
        """The numbers of rows as an array, or their ids as a list for each column of ids."""
        if self.ids is None or len(self.names) == 1:
            return {self.names[0]: rows if self.ids is None else self.of(rows)}
        ids = self.of(rows)
        return {name: [x[k] for x in ids] for k, name in enumerate(self.names)}

    def of_block(self, block: Block, inner: tuple[int, ...]) -> dict[str, Any]:
        """Columns for all elements of a block: the ids as a list or the numbers as an array, then an array for each index."""
        rows = np.repeat(block.row_numbers, math.prod(inner))
        indices = np.indices(inner).reshape(len(inner), -1) if inner else ()
        tiled = {f"index_{k}": np.tile(x, block.rows) for k, x in enumerate(indices, 1)}
        return self.columns(rows) | tiled

    def of_selection(self, picked: Selection) -> dict[str, Any]:
        """The same columns for some elements."""
        return self.columns(picked.rows) | {f"index_{k}": x for k, x in enumerate(picked.index.T, 1)}


class TextElements:
    """A line for each element."""

    def __init__(self, layout: Callable[[Sequence[str], Style], LineLayout], names: RowNames | None, style: Style) -> None:
        self._layout_of, self.names, self.style = layout, names, style
        self.layout = layout([*(names.names if names else ()), "loss"], style)  # for a result without elements
        self.count = 0

    def header(self) -> bytes:
        return encoded(self.layout.header)

    def of_block(self, block: Block, columns: Mapping[str, Array]) -> bytes:
        inner = np.shape(next(iter(columns.values())))[1:]
        return self._lines(self.names.of_block(block, inner) if self.names else {}, columns)

    def of_selection(self, picked: Selection) -> bytes:
        losses = np.ma.masked_array(picked.loss, picked.ignored)
        return self._lines(self.names.of_selection(picked) if self.names else {}, {"loss": losses})

    def _lines(self, names: Mapping[str, Any], columns: Mapping[str, Array]) -> bytes:
        table = {**names, **{name: np.asanyarray(x, np.float64).reshape(-1) for name, x in columns.items()}}
        if self.count == 0:
            self.layout = self._layout_of(list(table), self.style)
        self.count += len(table[next(iter(columns))])
        return lines(list(table.values()), self.layout, self.count)


def lines(columns: Sequence[Array | list[Any]], layout: LineLayout, count: int) -> bytes:
    """Columns as lines: numbers are arrays, and words are lists. `count` says how many lines there are until now."""
    fast = layout.number is None and (count >= FAST_FROM or "polars" in sys.modules) and _has_polars()
    return (fast_lines if fast else plain_lines)(columns, layout)


def plain_lines(columns: Sequence[Array | list[Any]], layout: LineLayout) -> bytes:
    """The bytes of `lines`, written by Python."""
    line = layout.separator.join(f"{_escaped(a)}%s{_escaped(b)}" for a, b in layout.around) + "\n"
    return encoded("".join(map(line.__mod__, zip(*(_cells(c, layout) for c in columns), strict=True))))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _cells(column: Array | list[Any], layout: LineLayout) -> Sequence[Any]:
    if isinstance(column, list):
        return layout.words(column)
    if column.dtype.kind != "f":
        return column.tolist()
    numbers = np.ma.getdata(column)
    cells: list[str] = list(map(layout.number or repr, numbers.tolist()))
    if layout.nonfinite != "%s":
        for i in np.flatnonzero(~np.isfinite(numbers)).tolist():
            cells[i] = layout.nonfinite % cells[i]
    if (missing := layout.missing) is not None:
        for i in np.flatnonzero(np.ma.getmaskarray(column)).tolist():
            cells[i] = missing
    return cells


def fast_lines(columns: Sequence[Array | list[Any]], layout: LineLayout) -> bytes:
    """The same bytes, written by polars."""
    import polars as pl

    out = BytesIO()
    cells = {str(k): _series(c, layout) for k, c in enumerate(columns)}
    around = [pl.concat_str(pl.lit(a), str(k), pl.lit(b)).alias(str(k)) for k, (a, b) in enumerate(layout.around) if a + b]
    frame = pl.DataFrame(cells).with_columns(around)
    frame.write_csv(out, include_header=False, separator=layout.separator or ",", quote_style="never")
    return out.getvalue()


def _series(column: Array | list[Any], layout: LineLayout) -> Any:
    """A column for polars. Between the bounds below polars writes a number without an exponent and in the fewest digits, as Python does."""
    import polars as pl

    if isinstance(column, list):
        return pl.Series([encoded(word).decode() for word in layout.words(column)], dtype=pl.String)
    if column.dtype.kind != "f":
        return pl.Series(column)
    numbers = np.ma.getdata(column)
    size = np.abs(numbers)
    odd = np.flatnonzero(~((size >= 1e-4) & (size < 1e15) | (size == 0)) | np.ma.getmaskarray(column))
    texts = pl.Series(numbers).cast(pl.String)
    return texts.scatter(odd, _cells(column[odd], layout)) if odd.size else texts


PROBE = (0.0, -0.0, 0.5, -1.0, 1e-4, 1 / 3, 123456789.12345678, 999999999999999.9)


@cache
def _has_polars() -> bool:
    """Whether polars is installed and writes numbers as Python does."""
    from losscli.sources.delimited.with_polars import polars

    try:
        if polars() is None:
            return False
        layout, columns = csv_layout(["row", "loss"], Style()), [np.arange(len(PROBE)), np.array(PROBE)]
        return fast_lines(columns, layout) == plain_lines(columns, layout)
    except (ImportError, AttributeError, TypeError):
        return False


class NpyElements:
    """The elements as one array. Its header has room for any number of rows."""

    def __init__(self) -> None:
        self.rows, self.inner, self.dtype = 0, (), np.dtype(np.float64)

    def header(self) -> bytes:
        out = BytesIO()
        about = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.rows, *self.inner)}
        np.lib.format.write_array_header_1_0(out, about)
        return out.getvalue()

    def of_block(self, block: Block, columns: Mapping[str, Array]) -> memoryview:
        (values,) = columns.values()
        return self._data(values)

    def of_selection(self, picked: Selection) -> memoryview:
        return self._data(picked.loss)

    def _data(self, values: Array) -> memoryview:
        if self.rows == 0:
            self.inner = values.shape[1:]
            self.dtype = values.dtype if values.dtype == np.float32 else self.dtype
        self.rows += len(values)
        return np.ascontiguousarray(values, self.dtype).data


def npy(values: Array) -> bytes:
    """A complete array as the bytes of an NPY file."""
    out = BytesIO()
    np.save(out, values)
    return out.getvalue()
