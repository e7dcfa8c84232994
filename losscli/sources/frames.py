"""Frames in memory as tables: pandas, polars, pyarrow and others, mappings of columns, records. None of them is imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from losscli.data.columns import BY_POSITION, Column
from losscli.errors import InputError, UsageError
from losscli.numeric.arrays import as_array
from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.sources.delimited.headers import refuse_index
from losscli.sources.delimited.with_polars import polars
from losscli.sources.document import Document, to_array
from losscli.sources.table import Table

__all__ = ["frame_columns", "is_frame", "table_in_memory"]


class Columns(Record):
    """The columns of a frame: their names, and what gives the column at a position."""

    names: Sequence[Any]
    at: Callable[[int], Any]


def is_frame(x: Any) -> bool:
    """Whether x has columns with names: a frame, a mapping of columns, a structured array, or a list of records."""
    return (isinstance(x, list | tuple) and bool(x) and isinstance(x[0], Mapping)) or _columns(x) is not None or _is_foreign(x)


def frame_columns(x: Any) -> dict[str, Any]:
    """The columns of a frame by their names, as the frame gives them. Raises UsageError for two with the same name."""
    columns = _columns_of("the frame", x)
    found = {str(name): columns.at(i) for i, name in enumerate(columns.names)}
    if len(found) < len(columns.names):
        raise UsageError(f"two columns of the frame have the same name: {', '.join(map(str, columns.names))}")
    return found


def table_in_memory(label: str, x: Any) -> Table:
    """The table of a frame or of records. Raises UsageError for what has no columns with names."""
    if isinstance(x, list | tuple) and x and isinstance(x[0], Mapping):
        return Document(label, list(x))
    return Frame(label, _columns_of(label, x), getattr(x, "index", None))


# --- the columns of a frame ------------------------------------------------------------------------------------------------


def _columns_of(label: str, x: Any) -> Columns:
    """The columns of a frame. Raises UsageError for what has none."""
    columns = _columns(x)
    if columns is None and _is_foreign(x):
        columns = _columns(_converted(label, x))
    if columns is None:
        shape = f" of shape {x.shape}" if hasattr(x, "shape") else ""
        raise UsageError(
            f"{label} takes columns with names: a frame of pandas, polars or pyarrow, a dict of columns, or the name of a file; not"
            f" {type(x).__name__}{shape}"
        )
    return columns


def _columns(x: Any) -> Columns | None:
    """The columns of a frame, by what the frame can do; None for what is no frame, and for one that another package has to read."""
    if isinstance(x, type):
        return None
    if hasattr(x, "collect_schema") and hasattr(x, "collect"):  # polars: a lazy frame
        x = x.collect()
    elif hasattr(x, "read_all") and hasattr(x, "schema"):  # pyarrow: a stream of batches
        x = x.read_all()
    if isinstance(x, Mapping):
        return Columns(list(x), lambda i: x[list(x)[i]])
    if names := getattr(getattr(x, "dtype", None), "names", None):  # NumPy: a structured array
        return Columns(names, lambda i: x[names[i]])
    if hasattr(x, "column_names") and callable(getattr(x, "column", None)):  # pyarrow
        return Columns(list(x.column_names), lambda i: x.column(i))
    if hasattr(x, "columns") and hasattr(x, "iloc"):  # pandas, and packages with its interface
        return Columns(list(x.columns), lambda i: x.iloc[:, i])
    if hasattr(x, "columns") and hasattr(x, "get_column"):  # polars
        return Columns(list(x.columns), lambda i: x.get_column(x.columns[i]))
    if isinstance(getattr(x, "column_names", None), list) and hasattr(x, "__getitem__"):  # a data set of Hugging Face
        return Columns(x.column_names, lambda i: x[x.column_names[i]])
    return None


def _is_foreign(x: Any) -> bool:
    """Whether x has one of the two protocols by which frames are exchanged. The columns of a frame have the second too."""
    if isinstance(x, type):
        return False
    return hasattr(x, "__dataframe__") or (hasattr(x, "__arrow_c_stream__") and hasattr(x, "columns"))


def _converted(label: str, x: Any) -> Any:
    """A frame of another package, read by pyarrow, polars or pandas. Raises UsageError where none of them is installed."""
    arrow, pl, pd = _module("pyarrow"), polars(), _module("pandas")
    try:
        if hasattr(x, "__arrow_c_stream__") and (arrow or pl):
            return arrow.table(x) if arrow else pl.DataFrame(x)
        if hasattr(x, "__dataframe__") and (arrow or pl or pd):
            if arrow is not None:
                return _module("pyarrow.interchange").from_dataframe(x)
            return pl.from_dataframe(x) if pl else pd.api.interchange.from_dataframe(x)
    except Exception as error:  # other packages raise errors of any type
        raise UsageError(f"{label} is of type {type(x).__name__}, which cannot be read as a frame: {error}") from error
    raise UsageError(f"{label} is of type {type(x).__name__}, which needs polars or pyarrow to be read: pip install polars")


def _module(name: str) -> Any:
    """A module; None where it is not installed."""
    from importlib import import_module

    try:
        return sys.modules.get(name) or import_module(name)
    except ImportError:
        return None


# --- the frame as a table --------------------------------------------------------------------------------------------------


class Frame(Table):
    """Columns in memory. Each is converted when it is first used. The index of pandas is a column for ids if it has a name."""

    def __init__(self, label: str, columns: Columns, index: Any = None) -> None:
        self.label, self._columns = label, columns
        self.names = tuple(map(str, columns.names))
        self._index = {
            str(name): index.get_level_values(i)
            for i, name in enumerate(getattr(index, "names", None) or ())
            if name is not None and str(name) not in self.names
        }
        self._arrays: dict[str, Array] = {}

    @cached_property
    def _positions(self) -> dict[str, list[int]]:
        """The positions of the columns with each name."""
        positions: dict[str, list[int]] = {}
        for i, name in enumerate(self.names):
            positions.setdefault(name, []).append(i)
        return positions

    def width(self) -> int:
        return len(self.names)

    def has(self, name: str) -> bool:
        return name in self._positions or name in self._index

    def key_at(self, position: int) -> str:
        name = self.names[position]
        return name if len(self._positions[name]) == 1 else f"{BY_POSITION}{position % len(self.names)}"

    def all(self) -> Column:
        """The only column, or all of them side by side. Raises UsageError where one is an index, InputError for none."""
        if not self.names:
            raise InputError(f"{self.label} has no columns")
        refuse_index(self.names, self.label)
        return self.columns(self.names, len(self.names) > 1, self.label)

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        arrays = [self._array(n) for n in names]
        if not stacked:
            return Column(label, arrays[0], keys=tuple(names))
        if len({a.shape for a in arrays}) > 1:
            sizes = ", ".join(f"{n} {a.shape}" for n, a in zip(names, arrays, strict=True))
            raise InputError(f"{label}: these do not have the same shape: {sizes}")
        return Column(label, np.stack(arrays, -1), keys=tuple(names), stacked=True)

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Array]]:
        yield {k: np.atleast_1d(self._array(k)) for k in keys}

    def texts(self, name: str) -> list[Any]:
        """The cells as ids: whole numbers stay whole."""
        column = self._given(name)
        x = np.asarray(column) if hasattr(column, "__array__") or not isinstance(column, list | tuple) else np.array(column, object)
        cells = list(map(str, column)) if x.dtype.kind in "mM" else x.tolist()
        return [None if type(c).__name__ in ("NAType", "NaTType") else c for c in cells]

    def _given(self, name: str) -> Any:
        """A column as the frame has it. Raises InputError for a name that several columns have."""
        if name.startswith(BY_POSITION):
            return self._columns.at(int(name.removeprefix(BY_POSITION)))
        at = self._positions.get(name, ())
        if len(at) > 1:
            positions = " or ".join(f"::{i}" for i in at[:5])
            raise InputError(f"{self.label} has {len(at)} columns called {name!r}: choose one by its position, {positions}")
        return self._columns.at(at[0]) if at else self._index[name]

    def _array(self, name: str) -> Array:
        if name not in self._arrays:
            label = f"{self.label}::{name.replace(BY_POSITION, '::').removeprefix('::')}"
            self._arrays[name] = _cells(label, self._given(name))
        return self._arrays[name]


def _cells(label: str, column: Any) -> Array:
    """Numbers, a missing one as nan; words as objects; lists of one length as one axis more. Raises InputError for other cells."""
    if hasattr(column, "to_numpy"):  # a column of a frame may have words and missing values, which `as_array` refuses
        try:
            x = np.asarray(column)
        except Exception as error:  # other packages raise errors of any type
            raise InputError(f"{label} cannot be read: {error}") from error
    else:
        x = as_array(label, column)
    if x.dtype.kind in "mM":
        raise InputError(f"{label} holds dates or times ({x.dtype}), which are no numbers; only id takes them")
    if x.dtype.kind in "fiub":
        return x
    if x.dtype.kind not in "OUT":
        raise InputError(f"{label} holds {x.dtype}, not numbers")
    return to_array(_plain(label, x), label)


def _plain(label: str, x: Any) -> Any:
    """Nested lists of floats, words and None. Raises InputError for other objects."""
    if x is None or isinstance(x, float | int | str):
        return x
    if isinstance(x, np.ndarray):
        return [_plain(label, v) for v in x.tolist()]
    if isinstance(x, list | tuple):
        return [_plain(label, v) for v in x]
    if type(x).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(x, "__float__") and not hasattr(x, "__array__"):  # Decimal, Fraction
        return float(x)
    if hasattr(x, "__array__"):
        return _plain(label, as_array(label, x))
    raise InputError(f"{label} holds a value of type {type(x).__name__}, which is no number")
