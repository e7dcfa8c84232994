"""Parquet and Arrow files, whose columns have types. Polars (the `fast` extra) reads them in chunks of rows."""

from __future__ import annotations

import glob
import io
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from losscli.data.columns import Column
from losscli.errors import InputError
from losscli.numeric.lazy import Array, np
from losscli.sources.delimited.headers import refuse_index
from losscli.sources.delimited.with_polars import failures, missing_room, polars, silent
from losscli.sources.files import FIRST_ROWS, InputFile
from losscli.sources.table import Table

__all__ = ["Columnar", "read_arrow", "read_parquet"]

ROWS = 2**19  # the largest chunk, which polars decodes on several cores; chunks of wide rows are smaller
MAX_MEMORY = 2**25  # bytes of rows in memory


def read_parquet(file: InputFile) -> Columnar:
    """The columns of a Parquet file. Raises InputError."""
    return Columnar(file, "Parquet", lambda pl, source: pl.scan_parquet(source))


def read_arrow(file: InputFile) -> Columnar:
    """The columns of an Arrow file (Feather is one) or stream. Raises InputError."""
    file.refuse_empty()
    if file.head(6) == b"ARROW1":
        return Columnar(file, "Arrow", lambda pl, source: pl.scan_ipc(source))
    with file.open() as stored:
        if not _ends_with_marker(stored):
            raise InputError(f"{file.label}: not a readable Arrow file: it is cut short, or no Arrow stream (its end marker is missing)")
    return Columnar(file, "Arrow", lambda pl, source: pl.read_ipc_stream(source).lazy())


def _ends_with_marker(stored: IO[bytes]) -> bool:
    """Whether a stream ends with its end marker, after its last message. Polars reads a stream without one as a shorter stream."""
    import struct

    try:
        while True:
            (size,) = struct.unpack("<I", stored.read(4))
            if size == 2**32 - 1:  # a marker in front of the size
                (size,) = struct.unpack("<I", stored.read(4))
            if size == 0:
                return not stored.read(1)
            body = _body_length(stored.read(size))
            if body < 0:
                return False
            stored.seek(body, io.SEEK_CUR)
    except struct.error:
        return False


def _body_length(message: bytes) -> int:
    """bodyLength, the fourth field of a message, which is a flatbuffer table."""
    from struct import unpack_from

    (table,) = unpack_from("<I", message, 0)
    (back,) = unpack_from("<i", message, table)
    size, place = unpack_from("<H", message, table - back)[0], table - back + 4 + 2 * 3
    field = unpack_from("<H", message, place)[0] if size > 4 + 2 * 3 else 0
    return int(unpack_from("<q", message, table + field)[0]) if field else 0


class Columnar(Table):
    """A table whose columns have types. `scan` returns the lazy frame of polars for a path or a buffer."""

    def __init__(self, file: InputFile, kind: str, scan: Callable[[Any, Any], Any]) -> None:
        self.label, self.kind = file.label, kind
        pl = polars()
        if pl is None and (missing := missing_room()):
            raise InputError(
                f"{self.label}: polars, which reads {kind}, needs {missing}: raise the limit, or convert the file to csv or npy"
            )
        if pl is None:
            raise InputError(f"{self.label} needs the fast extra: pip install 'losscli[fast]'")
        file.refuse_empty()
        self.file = file
        source = io.BytesIO(file.read()) if file.path is None or file.gzipped or glob.has_magic(self.label) else file.path
        self._table = self._read(lambda: scan(pl, source))
        self._types = dict(self._read(self._table.collect_schema))
        self.names = tuple(self._types)

    def _unreadable(self, error: BaseException) -> InputError:
        return InputError(f"{self.label}: not a readable {self.kind} file: {str(error).partition(chr(10))[0]}")

    def width(self) -> int:
        return len(self.names)

    def has(self, name: str) -> bool:
        return name in self._types

    def all(self) -> Column:
        """The only column, or all of them side by side. Raises UsageError if one is an index."""
        refuse_index(self.names, self.label)
        return self.columns(self.names, len(self.names) > 1, self.label)

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        for name in names:
            self._check(name, self._types[name])
        return Column(label, stream=self, keys=tuple(names), stacked=stacked)

    def _check(self, name: str, kind: Any) -> None:
        """Raise InputError for a column that holds neither numbers nor words, nor lists of them."""
        pl = polars()
        inner = kind
        while isinstance(inner, pl.List | pl.Array):
            inner = inner.inner
        no_number = isinstance(inner, pl.String | pl.Categorical | pl.Enum | pl.Null | pl.Boolean)
        if inner.is_temporal():
            raise InputError(f"{self.label}::{name} holds {kind}: dates and times are not numbers; only --id takes them")
        if not (no_number or inner.is_numeric()):
            raise InputError(f"{self.label}::{name} holds {kind}, not numbers: cast it to Float64 before it is written")

    def check_unchanged(self) -> None:
        self.file.check_unchanged()

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Array]]:
        table, start, rows = self._table.select(list(dict.fromkeys(keys))), 0, FIRST_ROWS
        while len(frame := self._read(table.slice(start, rows).collect)):
            chunk, n = {k: self._array(frame[k]) for k in keys}, len(frame)
            del frame
            yield chunk
            start += n
            most = MAX_MEMORY * n // max(sum(x.nbytes for x in chunk.values()), 1)
            rows = max(FIRST_ROWS, 2 ** (min(ROWS, most).bit_length() - 1))
            rows -= start % rows  # chunks end where groups of rows do, whose sizes are powers of two or a multiple: no group is read twice
            del chunk

    def _read(self, read: Callable[[], Any]) -> Any:
        """Call a function of polars on the unchanged file, without its messages. Raises InputError."""
        self.file.check_unchanged()
        try:
            with silent():
                result = read()
        except failures() as error:
            raise self._unreadable(error) from None
        self.file.check_unchanged()
        return result

    def _array(self, series: Any) -> Array:
        """Numbers, null as nan; words as objects; lists of one length as one axis more. Raises InputError for ragged lists."""
        pl = polars()
        if isinstance(series.dtype, pl.List | pl.Array):
            return self._vectors(series)
        if isinstance(series.dtype, pl.String | pl.Categorical | pl.Enum):
            return np.array(series.cast(pl.String).fill_null("").to_list(), object)
        plain = (pl.Boolean, pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Float32, pl.Float64)
        if series.dtype.is_decimal():
            series = series.cast(pl.String)  # the digits are read like any text, so they are rounded only once
        if series.null_count() or series.dtype not in plain:
            series = series.cast(pl.Float64)
        return series.to_numpy()

    def _vectors(self, series: Any) -> Array:
        """Lists of one length as an array with one axis more. Raises InputError for ragged lists."""
        pl = polars()
        if isinstance(series.dtype, pl.Array):
            series = series.arr.to_list()
        sizes = series.list.len().unique().to_list()
        if len(sizes) != 1 or sizes[0] is None:
            lengths = ", ".join("null" if n is None else str(n) for n in sorted(sizes, key=lambda n: -1 if n is None else n)[:5])
            raise InputError(f"{self.label}::{series.name} is ragged: its lists have lengths {lengths}")
        if sizes[0] == 0:
            return np.zeros((len(series), 0))
        flat = self._array(series.explode())
        return flat.reshape(len(series), sizes[0], *flat.shape[1:])

    def texts(self, name: str) -> list[Any]:
        return list(self._read(self._table.select(name).collect)[name].to_list())

    def cells(self, name: str) -> Iterator[bytes]:
        """A column as bytes, written by polars in a tenth of the time that a list takes."""
        frame = self._read(self._table.select(name).collect)
        if frame.schema[name].is_nested() or not len(frame):
            yield "".join(f"{x}\n" for x in frame[name].to_list()).encode()
        else:
            yield frame.write_csv(include_header=False, quote_style="never").encode()
