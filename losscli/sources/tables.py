"""A file as columns, whatever its format: one function for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from losscli.blocks import Column
from losscli.errors import InputError
from losscli.record import Record
from losscli.sources.nested import JsonLines, read_json, read_yaml
from losscli.sources.origin import FIRST, MOST, Origin

__all__ = ["FORMATS", "Reading", "Table", "cells_of", "format_of", "sniff", "texts_of"]


class Table(Protocol):
    """A file that was opened: columns by name, or an array without names."""

    label: str
    names: tuple[str, ...]

    def all(self) -> Column:
        """Everything in it as one array."""

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        """Some of its columns, side by side if stacked."""

    def has(self, name: str) -> bool:
        """Whether a column, or a place deeper in the file, has this name."""

    def width(self) -> int:
        """How many columns can be chosen by position."""

    def texts(self, name: str) -> list[Any]:
        """A column as it is written, for ids. Where there is a quicker way to see whether two are alike, a table has `cells` as well."""


def texts_of(values: Sequence[Any]) -> list[str]:
    """Ids as text; they never go through a float: 007 is not 7.

    But whole numbers that a file holds as floats are these numbers, also where all of a column are written so (1.0, 2.0), as pandas does.
    """
    texts = [str(int(x)) if isinstance(x, float) and x.is_integer() else str(x).strip() for x in values]
    written = all((x.endswith(".0") and x[:-2].removeprefix("-").isdecimal()) or not x for x in texts)
    return [x.removesuffix(".0") for x in texts] if written else texts


def cells_of(table: Table, name: str) -> Iterator[bytes]:
    """A column as it is written, a line for each row, some rows at a time: what is the same here is the same column."""
    if hasattr(table, "cells"):
        yield from table.cells(name)
        return
    texts = texts_of(table.texts(name))
    for part in (texts[:FIRST], texts[FIRST:]):
        if part:
            yield "".join(f"{x}\n" for x in part).encode("utf-8", "surrogatepass")


class Reading(Record):
    """How text is read where its suffix does not say."""

    format: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    comment: str | None = None
    decimal: str | None = None
    most: int = MOST  # bytes of a line, or of a document that is held whole

    @classmethod
    def given(cls, options: Mapping[str, Any]) -> Reading:
        """As the options of a command say it."""
        return cls(format=options["input_format"], most=options["max_bytes"], **{n: options[n] for n in OF_TEXT})

    @property
    def of_text(self) -> list[str]:
        """The options that were given and are for tables of text alone."""
        return [n for n in OF_TEXT if getattr(self, n) is not None]


OF_TEXT = ("delimiter", "header", "comment", "decimal")


_DIVIDERS = {"\\t": "\t", "tab": "\t", "\\s+": " "}


def _csv(delimiter: str) -> Callable[[Origin, Reading], Table]:
    def read(origin: Origin, how: Reading) -> Table:
        from losscli.sources.delimited import Delimited

        chosen = delimiter if how.delimiter is None or delimiter == "\t" else how.delimiter  # a .tsv says what divides its fields
        return Delimited(origin, _DIVIDERS.get(chosen, chosen), how.header, how.comment, "." if how.decimal is None else how.decimal)

    return read


def _npy(origin: Origin, how: Reading) -> Table:
    from losscli.sources.arrays import read_npy

    return read_npy(origin)


def _npz(origin: Origin, how: Reading) -> Table:
    from losscli.sources.arrays import read_npz

    return read_npz(origin)


def _parquet(origin: Origin, how: Reading) -> Table:
    from losscli.sources.columnar import read_parquet

    return read_parquet(origin)


def _safetensors(origin: Origin, how: Reading) -> Table:
    from losscli.sources.tensors import read_safetensors

    return read_safetensors(origin)


def _arrow(origin: Origin, how: Reading) -> Table:
    from losscli.sources.columnar import read_arrow

    return read_arrow(origin)


FORMATS: dict[str, Callable[[Origin, Reading], Table]] = {
    "csv": _csv(","),
    "tsv": _csv("\t"),
    "json": lambda origin, how: read_json(origin),
    "jsonl": lambda origin, how: JsonLines(origin),
    "yaml": lambda origin, how: read_yaml(origin),
    "npy": _npy,
    "npz": _npz,
    "safetensors": _safetensors,
    "parquet": _parquet,
    "arrow": _arrow,
}
_SUFFIXES = {f".{name}": name for name in FORMATS} | {".yml": "yaml", ".ndjson": "jsonl", ".feather": "arrow", ".ipc": "arrow"}
_ANY = frozenset({".txt", ".dat", ".data", ".asc"})  # which may hold anything: the beginning tells
SNIFFED = 2**20  # bytes that tell what a file is


def format_of(origin: Origin, otherwise: str | None) -> str:
    """By the suffix; where that says nothing, what the user says it is; else by how the file begins. Raises InputError."""
    suffixes = [s.casefold() for s in Path(origin.label).suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if suffixes and suffixes[-1] in _SUFFIXES:
        return _SUFFIXES[suffixes[-1]]
    if otherwise is not None:
        return otherwise
    if not suffixes or suffixes[-1] in _ANY:
        return sniff(origin.begins(SNIFFED))
    from losscli.sources.foreign import conversion

    if (said := conversion(suffixes[-1], origin.label)) is not None:
        raise InputError(f"{origin.label}: {said}")
    raise InputError(f"{origin.label}: the suffix {suffixes[-1]!r} is not known: say what it is with --input-format {'|'.join(FORMATS)}")


def sniff(data: bytes) -> str:
    """The format of what has no suffix that tells, by how it begins."""
    if data[:6] == b"\x93NUMPY":
        return "npy"
    if data[:4] == b"PK\x03\x04":
        return "npz"
    if data[:4] == b"PAR1":
        return "parquet"
    if data[:6] == b"ARROW1":
        return "arrow"
    if data[8:9] == b"{" and 2 <= int.from_bytes(data[:8], "little") < 2**32:
        return "safetensors"
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in (b"{", b"["):
        first, _, rest = head.partition(b"\n")
        whole = first.strip()
        closed = (whole.startswith(b"{") and whole.endswith(b"}")) or (whole.startswith(b"[") and whole.endswith(b"]"))
        return "jsonl" if closed and rest.strip() else "json"
    first = head.partition(b"\n")[0]
    return "tsv" if b"\t" in first and b"," not in first else "csv"
