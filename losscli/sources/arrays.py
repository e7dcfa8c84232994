"""NPY and NPZ, never unpickled; NPY is mapped into memory, so that a large file is read as it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from losscli.errors import InputError
from losscli.numeric import np
from losscli.sources.nested import Held
from losscli.sources.origin import Origin

if TYPE_CHECKING:
    from zipfile import ZipFile

__all__ = ["Archive", "read_npy", "read_npz"]


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


class Archive(Mapping[str, Any]):
    """The arrays of an NPZ file, each read when it is asked for, so that one that cannot be read spoils no other."""

    def __init__(self, origin: Origin, names: list[str]) -> None:
        self.origin, self.names = origin, dict.fromkeys(names)
        self._zip: ZipFile | None = None

    @contextmanager
    def opened(self) -> Iterator[None]:
        """The file is opened once for all that is read meanwhile: its list of names is as long as there are arrays."""
        from zipfile import ZipFile

        with self.origin.open() as file:
            try:
                self._zip = ZipFile(file)
            except Exception as error:
                raise InputError(f"{self.origin.label}: not a readable NPZ file: {_reason(error)}") from None
            try:
                yield
            finally:
                self._zip = None

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        label = f"{self.origin.label}::{name}"
        try:
            if self._zip is None:
                with self.opened():
                    array = self._read(name)
            else:
                array = self._read(name)
        except Exception as error:
            raise InputError(f"{label}: not readable: {_reason(error)}") from None
        if array is None:
            raise InputError(f"{label} is no array")
        return _usable(array, label)

    def _read(self, name: str) -> Any:
        """An array, or None where it is none."""
        if self._zip is None:
            raise AssertionError("a file that is not open")
        member = f"{name}.npy" if f"{name}.npy" in self._zip.NameToInfo else name
        with self._zip.open(member) as file:
            if file.read(len(np.lib.format.MAGIC_PREFIX)) != np.lib.format.MAGIC_PREFIX:
                return None
        with self._zip.open(member) as file:
            return np.lib.format.read_array(file, allow_pickle=False)


def read_npz(origin: Origin) -> Held:
    """Arrays by name. Raises InputError."""
    if origin.begins(6) == b"\x93NUMPY":
        return read_npy(origin)
    try:
        with origin.open() as opened, np.load(opened, allow_pickle=False) as file:
            names = list(file.files)
    except Exception as error:
        raise InputError(f"{origin.label}: not a readable NPZ file: {_reason(error)}") from None
    return Held(origin.label, Archive(origin, names))


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
