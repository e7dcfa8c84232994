"""NPY and NPZ, never unpickled; a large NPY is mapped into memory, so that it is read as it is used, as long as nobody changes it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from losscli.data.mapped import MAPPED, check_before_reading
from losscli.errors import InputError
from losscli.numeric.lazy import np
from losscli.sources.files import Origin, check_held
from losscli.sources.held import Held

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
    try:
        array = _mapped(origin) if origin.path is not None and not origin.gzipped and origin.size() > MAPPED else _alone(origin)
    except InputError:
        raise
    except Exception as error:  # whatever the parser makes of damaged bytes
        raise InputError(f"{origin.label}: not a readable NPY file: {_reason(error)}") from None
    if array.dtype.names:
        return Held(origin.label, {n: _usable(array[n], f"{origin.label}::{n}") for n in array.dtype.names})
    return Held(origin.label, _usable(array, origin.label))


def _alone(origin: Origin) -> Any:
    """The array of a file that is read whole, so that it is of one state of the file."""
    return _to_the_end(io.BytesIO(origin.read()))


def _mapped(origin: Origin) -> Any:
    """The array of a file that is read as it is used. Each time it is looked at whether the file is still the same."""
    origin.check_unchanged()
    array = np.load(origin.path, mmap_mode="r", allow_pickle=False)  # type: ignore[arg-type]
    if origin.size() > array.offset + array.nbytes:
        raise ValueError("more bytes follow its array")
    check_before_reading(array, origin.check_unchanged)
    return array


def _to_the_end(file: IO[bytes]) -> Any:
    """The array of a file that holds nothing else. Its last byte is read too: with it a checksum is looked at."""
    array = np.lib.format.read_array(file, allow_pickle=False)
    if file.read(1):
        raise ValueError("more bytes follow its array")
    return array


class Archive(Mapping[str, Any]):
    """The arrays of an NPZ file, each read when it is asked for, so that one that cannot be read spoils no other."""

    def __init__(self, origin: Origin, names: Mapping[str, str]) -> None:
        self.origin, self.names = origin, names  # and the file of each in the archive
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
        stored, label = self.names[name], f"{self.origin.label}::{name}"
        try:
            if self._zip is None:
                with self.opened():
                    array = self._read(stored, label)
            else:
                array = self._read(stored, label)
            self.origin.check_unchanged()
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"{label}: not readable: {_reason(error)}") from None
        return _usable(array, label)

    def _read(self, stored: str, label: str) -> Any:
        """An array of the open archive."""
        if self._zip is None:
            raise AssertionError("a file that is not open")
        with self._zip.open(stored) as file:
            check_held(self._zip.getinfo(stored).file_size, label, self.origin.most)
            if file.peek(6)[:6] != b"\x93NUMPY":  # type: ignore[attr-defined]
                raise InputError(f"{label} is no array")
            return _to_the_end(file)


def _archive(opened: IO[bytes]) -> Any:
    from zipfile import ZipFile

    return ZipFile(opened)


def read_npz(origin: Origin) -> Held:
    """Arrays by name. Raises InputError."""
    if origin.begins(6) == b"\x93NUMPY":
        return read_npy(origin)
    if origin.gzipped:
        origin = Origin(origin.label, None, origin.read(), origin.most)
    try:
        with origin.open() as opened, _archive(opened) as archive:
            names = {stored.removesuffix(".npy"): stored for stored in archive.namelist()}
            if len(names) < len(archive.namelist()):
                raise ValueError("it holds two arrays of one name")
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{origin.label}: not a readable NPZ file: {_reason(error)}") from None
    return Held(origin.label, Archive(origin, names))


def _reason(error: Exception) -> str:
    said = str(error)
    if "allow_pickle" in said or "Python objects" in said:
        return "it holds Python objects, which are never unpickled"
    return said.partition("\n")[0] or "it ends too early"


def _usable(array: Any, label: str) -> Any:
    if array.dtype.itemsize == 0 and array.size:  # without a byte in the file there can be any number of them
        raise InputError(f"{label} holds {array.dtype}, which is nothing")
    if array.dtype.kind in "SU":
        try:
            return array.astype(str).astype(object)
        except UnicodeDecodeError:
            raise InputError(f"{label} holds bytes that are no text") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{label} holds {array.dtype}, not numbers")
    return array
