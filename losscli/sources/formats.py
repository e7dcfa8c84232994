"""The table of input formats, and the choice of the format for a file.

Importing this module loads no reader, so that every start of the command can list the formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from losscli.errors import InputError
from losscli.record import EMPTY, Record
from losscli.sources.files import MAX_BYTES, InputFile

if TYPE_CHECKING:
    from losscli.sources.table import Table

__all__ = ["FORMATS", "Reader", "Reading", "format_of", "sniff"]


class Reading(Record):
    """The user's settings for reading files; None if the file decides."""

    format: str | None = None  # the format of files whose suffix names none
    delimiter: str | None = None
    csv_delimiter: str | None = None  # of a CSV, where `delimiter` is None; no error if no CSV is read
    header: bool | None = None
    comment: str | None = None  # the beginning of lines that are comments
    decimal: str | None = None  # the decimal mark
    role_names: Mapping[str, tuple[str, ...]] = EMPTY  # role -> names of columns, which come before the usual synonyms
    max_bytes: int = MAX_BYTES  # the largest line, or document that has to be in memory as a whole; 0 for no limit

    @property
    def of_text(self) -> list[str]:
        """The names of the fields that are only for tables of text and are not None."""
        return [n for n in ("delimiter", "header", "comment", "decimal") if getattr(self, n) is not None]


# --- the readers, each imported when a file needs it -----------------------------------------------------------------------


def _csv(file: InputFile, reading: Reading) -> Table:
    return _delimited(file, reading, (reading.csv_delimiter or ",") if reading.delimiter is None else reading.delimiter)


def _tsv(file: InputFile, reading: Reading) -> Table:
    return _delimited(file, reading, "\t")  # its suffix names the delimiter


_DELIMITERS = {"\\t": "\t", "tab": "\t", "\\s+": " "}  # other spellings of a delimiter on the command line


def _delimited(file: InputFile, reading: Reading, delimiter: str) -> Table:
    from losscli.sources.delimited.table import Delimited

    decimal = "." if reading.decimal is None else reading.decimal
    return Delimited(file, _DELIMITERS.get(delimiter, delimiter), reading.header, reading.comment, decimal)


def _json(file: InputFile, reading: Reading) -> Table:
    from losscli.sources.json_files import read_json

    return read_json(file)


def _json_lines(file: InputFile, reading: Reading) -> Table:
    from losscli.sources.json_files import JsonLines

    return JsonLines(file)


def _yaml(file: InputFile, reading: Reading) -> Table:
    from losscli.sources.yaml_files import read_yaml

    return read_yaml(file)


def _npy(file: InputFile, reading: Reading) -> Table:
    from losscli.sources.numpy_files import read_npy

    return read_npy(file)


def _npz(file: InputFile, reading: Reading) -> Table:
    from losscli.sources.numpy_files import read_npz

    return read_npz(file)


def _safetensors(file: InputFile, reading: Reading) -> Table:
    from losscli.sources.safetensors_files import read_safetensors

    return read_safetensors(file)


def _parquet(file: InputFile, reading: Reading) -> Table:
    from losscli.sources.columnar import read_parquet

    return read_parquet(file)


def _arrow(file: InputFile, reading: Reading) -> Table:
    from losscli.sources.columnar import read_arrow

    return read_arrow(file)


# --- how a file begins -----------------------------------------------------------------------------------------------------

SNIFFED = 2**20  # the number of first bytes that decide about the format


def _with(magic: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(magic)


def _first_line(data: bytes) -> tuple[bytes, bytes]:
    """The first line that is not blank, and the rest."""
    line, _, rest = data.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    return line, rest


def _with_tabs(data: bytes) -> bool:
    line, _ = _first_line(data)
    return b"\t" in line and b"," not in line


def _with_bracket(data: bytes) -> bool:
    return _first_line(data)[0].startswith((b"{", b"["))


def _with_json_line(data: bytes) -> bool:
    """Whether a whole object or list is on the first line, and more lines follow."""
    line, rest = _first_line(data)
    line = line.strip()
    whole = (line.startswith(b"{") and line.endswith(b"}")) or (line.startswith(b"[") and line.endswith(b"]"))
    return whole and bool(rest.strip())


def _with_length_and_object(data: bytes) -> bool:
    """Whether eight bytes of length and a JSON object come first, as in safetensors."""
    return data[8:9] == b"{" and 2 <= int.from_bytes(data[:8], "little") < 2**32


class Reader(Record):
    """One input format: a function that opens a file, the suffixes of the format, and a test of a file's first bytes."""

    read: Callable[[InputFile, Reading], Table]
    suffixes: tuple[str, ...]
    fits: Callable[[bytes], bool]


# If several formats fit the first bytes, the last row of this table is chosen. CSV fits all bytes.
FORMATS: dict[str, Reader] = {
    "csv": Reader(_csv, (".csv",), lambda data: True),
    "tsv": Reader(_tsv, (".tsv",), _with_tabs),
    "json": Reader(_json, (".json",), _with_bracket),
    "jsonl": Reader(_json_lines, (".jsonl", ".ndjson"), _with_json_line),
    "yaml": Reader(_yaml, (".yaml", ".yml"), lambda data: False),  # any text may be YAML
    "npy": Reader(_npy, (".npy",), _with(b"\x93NUMPY")),
    "npz": Reader(_npz, (".npz",), _with(b"PK\x03\x04")),
    "safetensors": Reader(_safetensors, (".safetensors",), _with_length_and_object),
    "parquet": Reader(_parquet, (".parquet",), _with(b"PAR1")),
    "arrow": Reader(_arrow, (".arrow", ".feather", ".ipc"), _with(b"ARROW1")),
}
_SUFFIXES = {suffix: name for name, reader in FORMATS.items() for suffix in reader.suffixes}
_ANY_FORMAT = frozenset({".txt", ".dat", ".data", ".asc"})  # suffixes that name no format


def format_of(file: InputFile, otherwise: str | None) -> str:
    """The name of a file's format: by its suffix, else `otherwise`, else by its first bytes. Raises InputError for another suffix."""
    suffixes = [s.casefold() for s in Path(file.label).suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if otherwise is not None:
        return otherwise
    if not suffix or suffix in _ANY_FORMAT:
        return sniff(file.head(SNIFFED))
    raise InputError(f"{file.label}: {_why_not(suffix, file.label)}")


def sniff(data: bytes) -> str:
    """The name of the format that fits the first bytes of a file."""
    return next(name for name, reader in reversed(FORMATS.items()) if reader.fits(data))


# --- files of other programs -----------------------------------------------------------------------------------------------

_PICKLED = "it holds Python objects, which are never unpickled here; if you trust it, convert it once"
_HDF5, _MATLAB = "HDF5 is not read here; convert it once", "a MATLAB file is not read here; convert it once"
_SHEET = "a spreadsheet is not read here; save its sheet as CSV"
# By suffix: what the file is, the module that reads it, and Python code that saves its arrays.
_CONVERTED = {
    **dict.fromkeys((".pt", ".pth"), (_PICKLED, "torch", "numpy.save('x.npy', torch.load(FILE, map_location='cpu').detach().numpy())")),
    **dict.fromkeys((".pkl", ".pickle"), (_PICKLED, "pickle", "numpy.save('x.npy', pickle.load(open(FILE, 'rb')))")),
    ".joblib": (_PICKLED, "joblib", "numpy.save('x.npy', joblib.load(FILE))"),
    **dict.fromkeys((".h5", ".hdf5"), (_HDF5, "h5py", "numpy.savez('x.npz', **{k: v[()] for k, v in h5py.File(FILE).items()})")),
    ".mat": (_MATLAB, "scipy.io", "numpy.savez('x.npz', **{k: v for k, v in scipy.io.loadmat(FILE).items() if k[0] != '_'})"),
}
_OTHERS = {
    **dict.fromkeys((".xlsx", ".xls", ".ods"), _SHEET),
    **dict.fromkeys((".bz2", ".xz", ".zst", ".lz4", ".zip", ".7z", ".tar", ".tgz"), "only .gz files are unpacked here: unpack it first"),
    ".rds": "an R object is not read here; write it with write.csv(x, 'x.csv', row.names = FALSE)",
}


def _why_not(suffix: str, path: str) -> str:
    """Why a file with this suffix is not read, and what to do instead."""
    if suffix in _OTHERS:
        return _OTHERS[suffix]
    if suffix not in _CONVERTED:
        return f"the suffix {suffix!r} is unknown: set the format with --input-format {'|'.join(FORMATS)}"
    what, module, code = _CONVERTED[suffix]
    shown = path if re.fullmatch(r"[\w./ -]+", path) else "FILE"  # a name with quotes would end the shell command early
    return f"""{what}: python -c "import numpy, {module}; {code.replace("FILE", f"'{shown}'")}\""""
