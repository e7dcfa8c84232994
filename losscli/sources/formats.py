"""The formats of input, and the reader of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from losscli.errors import InputError
from losscli.record import Record
from losscli.sources.files import MOST, Origin
from losscli.sources.json_files import JsonLines, read_json
from losscli.sources.table import Table
from losscli.sources.yaml_files import read_yaml

__all__ = ["FORMATS", "Reading", "format_of", "sniff"]


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
        from losscli.sources.delimited.table import Delimited

        chosen = delimiter if how.delimiter is None or delimiter == "\t" else how.delimiter  # a .tsv says what divides its fields
        return Delimited(origin, _DIVIDERS.get(chosen, chosen), how.header, how.comment, "." if how.decimal is None else how.decimal)

    return read


def _npy(origin: Origin, how: Reading) -> Table:
    from losscli.sources.numpy_files import read_npy

    return read_npy(origin)


def _npz(origin: Origin, how: Reading) -> Table:
    from losscli.sources.numpy_files import read_npz

    return read_npz(origin)


def _parquet(origin: Origin, how: Reading) -> Table:
    from losscli.sources.columnar import read_parquet

    return read_parquet(origin)


def _safetensors(origin: Origin, how: Reading) -> Table:
    from losscli.sources.safetensors_files import read_safetensors

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
    from losscli.sources.other_formats import conversion

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
