"""NPY and NPZ, never unpickled; NPY is mapped into memory, so that a large file is read as it is used."""

from __future__ import annotations

from typing import Any

from losscli.errors import InputError
from losscli.numeric import np
from losscli.sources.nested import Held
from losscli.sources.origin import Origin

__all__ = ["read_npy", "read_npz"]


def read_npy(origin: Origin) -> Held:
    """One array, or the fields of a structured one. Raises InputError."""
    mapped = origin.path is not None and not origin.gzipped
    try:
        array = np.load(origin.path if mapped else origin.open(), mmap_mode="r" if mapped else None, allow_pickle=False)  # type: ignore[arg-type]
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{origin.label}: not a readable NPY file: {_reason(error)}") from None
    if array.dtype.names:
        return Held(origin.label, {n: _usable(array[n], f"{origin.label}::{n}") for n in array.dtype.names})
    return Held(origin.label, _usable(array, origin.label))


def read_npz(origin: Origin) -> Held:
    """Arrays by name. Raises InputError."""
    import zipfile

    try:
        with np.load(origin.open(), allow_pickle=False) as file:
            return Held(origin.label, {n: _usable(file[n], f"{origin.label}::{n}") for n in file.files})
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{origin.label}: not a readable NPZ file: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    said = str(error)
    return "it holds Python objects, which are never unpickled" if "allow_pickle" in said else said or "it ends too early"


def _usable(array: Any, label: str) -> Any:
    if array.dtype.kind in "SU":
        return array.astype(str).astype(object)
    if array.dtype.kind not in "fiub":
        raise InputError(f"{label} holds {array.dtype}, not numbers")
    return array
