"""Safetensors: a JSON header and raw numbers, read without the safetensors library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from losscli.data.mapped import MAPPED, check_before_reading
from losscli.errors import InputError
from losscli.numeric.lazy import Array, np
from losscli.sources.document import Document
from losscli.sources.files import InputFile
from losscli.sources.json_files import parse_json

__all__ = ["read_safetensors"]

_MAX_HEADER = 100_000_000  # bytes, as the format's own reader allows
_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip


class _Tensors(Mapping[str, Any]):
    """The tensors of a file by name, each made an array when it is used. `data` holds the bytes after the header."""

    def __init__(self, label: str, data: Array, header: Mapping[str, Any]) -> None:
        self.label, self.data, self.header = label, data, header

    def __iter__(self) -> Iterator[str]:
        return iter(self.header)

    def __len__(self) -> int:
        return len(self.header)

    def __getitem__(self, name: str) -> Array:
        dtype, shape, (start, end) = (self.header[name][k] for k in ("dtype", "shape", "data_offsets"))
        if dtype not in _TYPES:
            raise InputError(f"{self.label}::{name} holds {dtype}, which losscli does not read: save it as float32")
        array = self.data[start:end].view(_TYPES[dtype]).reshape(shape)
        if dtype == "BF16":  # the upper half of a float32
            array = (array.astype(np.uint32) << 16).view(np.float32)
        return array


def read_safetensors(file: InputFile) -> Document:
    """Arrays by name. Raises InputError for a file that is cut short, or whose header does not describe it."""
    data = _bytes(file)
    if not len(data):
        raise InputError(f"{file.label} is empty")
    length = int.from_bytes(data[:8].tobytes(), "little") if len(data) >= 8 else 0
    if not 2 <= length <= min(len(data) - 8, _MAX_HEADER):
        raise InputError(f"{file.label}: not a whole safetensors file: its header does not fit in it")
    try:
        header = parse_json(data[8 : 8 + length].tobytes().decode(), f"{file.label}, header")
    except UnicodeDecodeError:
        raise InputError(f"{file.label}: not a safetensors file: its header is no text") from None
    if not isinstance(header, dict):
        raise InputError(f"{file.label}: not a safetensors file: its header is no object")
    header.pop("__metadata__", None)
    data = data[8 + length :]
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: _start(item[1])):
        end = _checked_end(f"{file.label}::{name}", entry, end)
    if end != len(data):
        raise InputError(
            f"{file.label}: not a whole safetensors file: its header describes {end:,} bytes of numbers, and it has {len(data):,}"
        )
    return Document(file.label, _Tensors(file.label, data, header))


def _bytes(file: InputFile) -> Array:
    """The bytes of a file; a large one is mapped into memory."""
    if file.path is None or file.gzipped or file.size() <= MAPPED:
        return np.frombuffer(file.read(), np.uint8)
    file.check_unchanged()
    data = np.memmap(file.path, np.uint8, "r")
    check_before_reading(data, file.check_unchanged)
    return data


def _start(entry: Any) -> int:
    """Where the bytes of a tensor start; -1 for a damaged entry of the header."""
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    return offsets[0] if isinstance(offsets, list) and offsets and isinstance(offsets[0], int) else -1


def _checked_end(label: str, entry: Any, expected_start: int) -> int:
    """Where the bytes of a tensor end. Raises InputError where its entry is damaged or does not fit its numbers."""
    try:
        dtype, shape, (start, end) = entry["dtype"], list(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        dtype, shape, start, end = None, [], -1, -1
    if not isinstance(dtype, str) or not all(isinstance(n, int) and n >= 0 for n in (*shape, start, end)):
        raise InputError(f"{label}: its entry in the header is damaged")
    size = np.dtype(_TYPES[dtype]).itemsize if dtype in _TYPES else None
    for n in shape:
        size = None if size is None else size * n
    if start != expected_start or end < start or (size is not None and end - start != size):
        raise InputError(f"{label}: its entry in the header does not fit its numbers")
    return int(end)
