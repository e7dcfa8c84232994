"""NPY and NPZ, never unpickled; NPY is mapped into memory, so that a large file is read as it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from losscli.errors import InputError
from losscli.numeric import np
from losscli.sources.nested import Held
from losscli.sources.origin import Origin

__all__ = ["read_npy", "read_npz"]


def read_npy(origin: Origin) -> Held:
    """One array, or the fields of a structured one. Raises InputError."""
    begins = origin.begins(6)
    if begins[:4] == b"PK\x03\x04":
        return read_npz(origin)
    if begins != b"\x93NUMPY":
        raise InputError(f"{origin.label} does not begin as an NPY file does")
    mapped = origin.path is not None and not origin.gzipped
    try:
        if mapped:
            array = np.load(origin.path, mmap_mode="r", allow_pickle=False)  # type: ignore[arg-type]
        else:
            with origin.open() as file:
                array = np.load(file, allow_pickle=False)
    except Exception as error:  # whatever the parser makes of damaged bytes
        raise InputError(f"{origin.label}: not a readable NPY file: {_reason(error)}") from None
    if array.dtype.names:
        return Held(origin.label, {n: _usable(array[n], f"{origin.label}::{n}") for n in array.dtype.names})
    return Held(origin.label, _usable(array, origin.label))


class _Members(Mapping[str, Any]):
    """The arrays of an NPZ file, each read when it is asked for, so that one that cannot be read spoils no other."""

    def __init__(self, origin: Origin, names: list[str]) -> None:
        self.origin, self.names = origin, names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        label = f"{self.origin.label}::{name}"
        try:
            with self.origin.open() as opened, np.load(opened, allow_pickle=False) as file:
                array = file[name]
        except Exception as error:
            raise InputError(f"{label}: not readable: {_reason(error)}") from None
        if not hasattr(array, "dtype"):
            raise InputError(f"{label} is no array")
        return _usable(array, label)


def read_npz(origin: Origin) -> Held:
    """Arrays by name. Raises InputError."""
    if origin.begins(6) == b"\x93NUMPY":
        return read_npy(origin)
    try:
        with origin.open() as opened, np.load(opened, allow_pickle=False) as file:
            names = list(file.files)
    except Exception as error:
        raise InputError(f"{origin.label}: not a readable NPZ file: {_reason(error)}") from None
    return Held(origin.label, _Members(origin, names))


def _reason(error: Exception) -> str:
    said = str(error)
    if "allow_pickle" in said or "Python objects" in said:
        return "it holds Python objects, which are never unpickled"
    return said.partition("\n")[0] or "it ends too early"


def _usable(array: Any, label: str) -> Any:
    if array.dtype.kind in "SU":
        try:
            return array.astype(str).astype(object)
        except UnicodeDecodeError:
            raise InputError(f"{label} holds bytes that are no text") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{label} holds {array.dtype}, not numbers")
    return array
