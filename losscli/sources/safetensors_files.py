"""Safetensors: a JSON header and raw numbers, read without the library of that name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from losscli.data.mapped import MAPPED, check_before_reading
from losscli.errors import InputError
from losscli.numeric.lazy import np
from losscli.sources.files import Origin
from losscli.sources.held import Held
from losscli.sources.json_files import parse_json

__all__ = ["read_safetensors"]

_HEADER = 100_000_000  # bytes, as the format's own reader allows
_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip


class _Tensors(Mapping[str, Any]):
    """The tensors of a file, each made an array when it is asked for."""

    def __init__(self, label: str, data: Any, header: Mapping[str, Any]) -> None:
        self.label, self.data, self.header = label, data, header

    def __iter__(self) -> Iterator[str]:
        return iter(self.header)

    def __len__(self) -> int:
        return len(self.header)

    def __getitem__(self, name: str) -> Any:
        dtype, shape, (begin, end) = (self.header[name][k] for k in ("dtype", "shape", "data_offsets"))
        if dtype not in _TYPES:
            raise InputError(f"{self.label}::{name} holds {dtype}, which is not read here: save it as float32")
        found = self.data[begin:end].view(_TYPES[dtype]).reshape(shape)
        if dtype == "BF16":  # the upper half of a float32
            found = (found.astype(np.uint32) << 16).view(np.float32)
        return found


def read_safetensors(origin: Origin) -> Held:
    """Arrays by name. Raises InputError for a file that is not whole, or whose header does not describe it."""
    if origin.path is not None and not origin.gzipped and origin.size() > MAPPED:
        origin.check_unchanged()
        data: Any = np.memmap(origin.path, np.uint8, "r")
        check_before_reading(data, origin.check_unchanged)
    else:
        data = np.frombuffer(origin.read(), np.uint8)
    length = int.from_bytes(data[:8].tobytes(), "little") if len(data) >= 8 else 0
    if not 2 <= length <= min(len(data) - 8, _HEADER):
        raise InputError(f"{origin.label}: not a whole safetensors file: its header does not fit in it")
    try:
        header = parse_json(data[8 : 8 + length].tobytes().decode(), f"{origin.label}, header")
    except UnicodeDecodeError:
        raise InputError(f"{origin.label}: not a safetensors file: its header is no text") from None
    if not isinstance(header, dict):
        raise InputError(f"{origin.label}: not a safetensors file: its header is no object")
    header.pop("__metadata__", None)
    data = data[8 + length :]
    at = 0
    for name, about in sorted(header.items(), key=lambda item: _begins(item[1])):
        at = _checked(f"{origin.label}::{name}", about, at)
    if at != len(data):
        raise InputError(
            f"{origin.label}: not a whole safetensors file: its header describes {at:,} bytes of numbers, and it has {len(data):,}"
        )
    return Held(origin.label, _Tensors(origin.label, data, header))


def _begins(about: Any) -> Any:
    offsets = about.get("data_offsets") if isinstance(about, dict) else None
    return offsets[0] if isinstance(offsets, list) and offsets and isinstance(offsets[0], int) else -1


def _checked(label: str, about: Any, at: int) -> int:
    """Where a tensor ends that must begin at `at`. Raises InputError where its entry in the header is wrong."""
    try:
        dtype, shape, (begin, end) = about["dtype"], about["shape"], about["data_offsets"]
        whole = all(isinstance(n, int) and n >= 0 for n in (*shape, begin, end))
    except (TypeError, KeyError, ValueError):
        whole = False
    if not whole:
        raise InputError(f"{label}: its entry in the header is damaged")
    size = np.dtype(_TYPES[dtype]).itemsize if dtype in _TYPES else None
    wanted = size
    for n in shape:
        wanted = None if wanted is None else wanted * n
    if begin != at or end < begin or (wanted is not None and end - begin != wanted):
        raise InputError(f"{label}: its entry in the header does not fit its numbers")
    return int(end)
