"""The values of the elements, a line each, block by block as they are computed: what was written is not held.

The bytes are the same with polars and without: polars spells most numbers as Python does, and those that it may not are spelled by Python.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, Protocol

from losscli.data.blocks import Block
from losscli.errors import InputError, counted
from losscli.numeric.lazy import np
from losscli.render.cells import encoded, exact, strict
from losscli.render.grid import Style
from losscli.results.collect import Picked, origin

__all__ = ["FORMATS", "Elements", "Keys", "Lines", "Npy", "fast_lines", "npy", "plain_lines"]

FAST_FROM = 2**17  # elements: spelling as many takes Python as long as importing polars, which then spells them ten times as fast


class Elements(Protocol):
    """Elements in a format. The header, known in full only at the end, has the same length from the first block on."""

    def header(self) -> bytes: ...

    def body(self, block: Block, columns: Mapping[str, Any]) -> bytes | memoryview:
        """The values of a block, a column each, all of one shape with the rows first."""

    def chosen(self, picked: Picked) -> bytes | memoryview:
        """Some values in their order, wherever they stand."""


class Keys:
    """What the elements are called: the rows by id or else by number, and numbers for the axes within a row."""

    def __init__(self, ids: Sequence[Any] | None = None, name: str = "row") -> None:
        self.ids = ids
        self.name = "id" if name == "loss" or name.startswith("index_") else name  # so that it is not taken for a column of ours

    def of(self, rows: Any) -> list[Any]:
        """What some rows are called. Raises InputError for rows beyond the ids."""
        if self.ids is None:
            return rows.tolist()
        try:
            return [self.ids[row] for row in rows.tolist()]
        except IndexError:
            raise InputError(f"{self.name} names {counted(len(self.ids), 'row')}, but there are more") from None

    def columns(self, block: Block, inner: tuple[int, ...]) -> dict[str, Any]:
        """A column of numbers, or a list of ids, and the indices, for every value of a block."""
        rows = np.repeat(origin(block), math.prod(inner))
        indices = np.indices(inner).reshape(len(inner), -1) if inner else ()
        return {self.name: rows if self.ids is None else self.of(rows)} | {
            f"index_{k}": np.tile(x, block.rows) for k, x in enumerate(indices, 1)
        }

    def chosen(self, picked: Picked) -> dict[str, Any]:
        """The same for some values."""
        rows = picked.rows if self.ids is None else self.of(picked.rows)
        return {self.name: rows} | {f"index_{k}": x for k, x in enumerate(picked.index.T, 1)}


@dataclass(frozen=True)
class Form:
    """How a format sets the cells on a line: what divides them, what is before each and behind it, how words and numbers are spelled."""

    divider: str
    head: str
    around: Sequence[tuple[str, str]]
    words: Callable[[Sequence[Any]], list[str]]
    unreal: str = "%s"  # nan and the infinities
    number: Callable[[float], str] = repr


class Lines:
    """Elements as text."""

    def __init__(self, form: Callable[[Sequence[str], Style], Form], keys: Keys | None, style: Style) -> None:
        self._form, self.keys, self.style = form, keys, style
        self.form = form([*([keys.name] if keys else []), "loss"], style)  # of no elements
        self.count = 0

    def header(self) -> bytes:
        return encoded(self.form.head)

    def body(self, block: Block, columns: Mapping[str, Any]) -> bytes:
        inner = np.shape(next(iter(columns.values())))[1:]
        return self._lines(self.keys.columns(block, inner) if self.keys else {}, columns)

    def chosen(self, picked: Picked) -> bytes:
        return self._lines(self.keys.chosen(picked) if self.keys else {}, {"loss": picked.loss})

    def _lines(self, keys: Mapping[str, Any], columns: Mapping[str, Any]) -> bytes:
        table = {**keys, **{name: np.asarray(x, np.float64).reshape(-1) for name, x in columns.items()}}
        if self.count == 0:
            self.form = self._form(list(table), self.style)
        self.count += len(table[next(iter(columns))])
        fast = self.form.number is repr and (self.count >= FAST_FROM or "polars" in sys.modules) and _polars() is not None
        return (fast_lines if fast else plain_lines)(list(table.values()), self.form)


def plain_lines(columns: Sequence[Any], form: Form) -> bytes:
    """Columns of numbers, and lists of words, as lines."""
    line = form.divider.join(f"{_escaped(a)}%s{_escaped(b)}" for a, b in form.around) + "\n"
    return encoded("".join(map(line.__mod__, zip(*(_spelled(c, form) for c in columns), strict=True))))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _spelled(column: Any, form: Form) -> Sequence[Any]:
    if isinstance(column, list):
        return form.words(column)
    if column.dtype.kind != "f":
        return column.tolist()
    cells = list(map(form.number, column.tolist()))
    if form.unreal != "%s":
        for i in np.flatnonzero(~np.isfinite(column)).tolist():
            cells[i] = form.unreal % cells[i]
    return cells


def fast_lines(columns: Sequence[Any], form: Form) -> bytes:
    """The same bytes by way of polars."""
    import polars as pl

    out = BytesIO()
    cells = {str(k): pl.Series(_series(c, form)) for k, c in enumerate(columns)}
    around = [pl.concat_str(pl.lit(a), str(k), pl.lit(b)).alias(str(k)) for k, (a, b) in enumerate(form.around) if a + b]
    frame = pl.DataFrame(cells).with_columns(around)
    frame.write_csv(out, include_header=False, separator=form.divider or ",", quote_style="never")
    return out.getvalue()


def _series(column: Any, form: Form) -> Any:
    """Numbers between these bounds are written without an exponent by all, and in the fewest digits that read back to the same."""
    import polars as pl

    if isinstance(column, list):
        return pl.Series([encoded(word).decode() for word in form.words(column)], dtype=pl.String)
    if column.dtype.kind != "f":
        return pl.Series(column)
    size = np.abs(column)
    odd = np.flatnonzero(~((size >= 1e-4) & (size < 1e15) | (size == 0)))
    texts = pl.Series(column).cast(pl.String)
    return texts.scatter(odd, _spelled(column[odd], form)) if odd.size else texts


PROBE = (0.0, -0.0, 0.5, -1.0, 1e-4, 1 / 3, 123456789.12345678, 999999999999999.9)


@cache
def _polars() -> Any:
    """polars, if it is there and spells as it should."""
    try:
        import polars

        form, columns = _csv(["row", "loss"], Style()), [np.arange(len(PROBE)), np.array(PROBE)]
        return polars if fast_lines(columns, form) == plain_lines(columns, form) else None
    except (ImportError, AttributeError, TypeError):
        return None


# --- formats ---------------------------------------------------------------------------------------------------------------


def _delimited(divider: str, names: Sequence[str]) -> Form:
    return Form(divider, divider.join(_quoted(names, divider)) + "\n", [("", "")] * len(names), lambda words: _quoted(words, divider))


def _quoted(words: Sequence[Any], divider: str) -> list[str]:
    """Words as the csv module writes them."""
    import csv
    from types import SimpleNamespace

    lines: list[str] = []
    csv.writer(SimpleNamespace(write=lines.append), delimiter=divider, lineterminator="\n").writerows([exact(w)] for w in words)
    return [line[:-1] for line in lines]


def _csv(names: Sequence[str], style: Style) -> Form:
    return _delimited(",", names)


def _tsv(names: Sequence[str], style: Style) -> Form:
    return _delimited("\t", names)


def _json_word(word: Any) -> str:
    import json

    return json.dumps(strict(word), ensure_ascii=False, allow_nan=False)


def _jsonl(names: Sequence[str], style: Style) -> Form:
    last = len(names) - 1
    around = [(f"{' ' if k else '{'}{_json_word(name)}: ", "}" if k == last else "") for k, name in enumerate(names)]
    return Form(",", "", around, lambda words: list(map(_json_word, words)), unreal='"%s"')


def _value(names: Sequence[str], style: Style) -> Form:
    number: Callable[[float], str] = repr if style.precision is None else f"%.{style.precision}g".__mod__
    return Form("", "", [("", "")], list, number=number)


class Npy:
    """The values as an array; its header is long enough for any number of rows."""

    def __init__(self) -> None:
        self.rows, self.inner, self.dtype = 0, (), np.dtype(np.float64)

    def header(self) -> bytes:
        out = BytesIO()
        about = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.rows, *self.inner)}
        np.lib.format.write_array_header_1_0(out, about)
        return out.getvalue()

    def body(self, block: Block, columns: Mapping[str, Any]) -> memoryview:
        (values,) = columns.values()
        return self._data(values)

    def chosen(self, picked: Picked) -> memoryview:
        return self._data(picked.loss)

    def _data(self, values: Any) -> memoryview:
        if self.rows == 0:
            self.inner = values.shape[1:]
            self.dtype = values.dtype if values.dtype == np.float32 else self.dtype
        self.rows += len(values)
        return np.ascontiguousarray(values, self.dtype).data


def npy(values: Any) -> bytes:
    """An array that is complete already."""
    out = BytesIO()
    np.save(out, values)
    return out.getvalue()


FORMATS: dict[str, Callable[[Keys, Style], Elements]] = {
    "csv": lambda keys, style: Lines(_csv, keys, style),
    "tsv": lambda keys, style: Lines(_tsv, keys, style),
    "jsonl": lambda keys, style: Lines(_jsonl, keys, style),
    "value": lambda keys, style: Lines(_value, None, style),
    "npy": lambda keys, style: Npy(),
}
