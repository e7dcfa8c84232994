"""NPY and NPZ, never unpickled. A large NPY is mapped into memory, so the file must not change while it is used."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

from losscli.data.mapped import MAPPED, check_before_reading
from losscli.errors import InputError
from losscli.numeric.lazy import Array, np
from losscli.sources.document import Document
from losscli.sources.files import InputFile, check_size

if TYPE_CHECKING:
    from zipfile import ZipFile

__all__ = ["Archive", "read_npy", "read_npz"]


def read_npy(file: InputFile) -> Document:
    """One array, or the fields of a structured array. Raises InputError."""
    head = file.head(6)
    if head[:4] == b"PK\x03\x04":
        return read_npz(file)
    file.refuse_empty()
    if head != b"\x93NUMPY":
        raise InputError(f"{file.label} does not begin as an NPY file does")
    try:
        array = _mapped(file) if file.path is not None and not file.gzipped and file.size() > MAPPED else _in_memory(file)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # the parser raises anything over damaged bytes
        raise InputError(f"{file.label}: not a readable NPY file: {_reason(error)}") from None
    if array.dtype.names:
        fields = {n: _checked(array[n], f"{file.label}::{n}") for n in array.dtype.names}
        return Document(file.label, MappingProxyType(fields))  # a dict would be read as values keyed by their names
    return Document(file.label, _checked(array, file.label))


def _in_memory(file: InputFile) -> Array:
    """The array of a file that is read completely, so later changes of the file have no effect."""
    return _only_array(io.BytesIO(file.read()))


def _mapped(file: InputFile) -> Array:
    """The array of a file that is mapped into memory. Each use checks that the file has not changed."""
    file.check_unchanged()
    try:
        array = np.load(file.path, mmap_mode="r", allow_pickle=False)  # type: ignore[arg-type]
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError from None
        raise
    if file.size() > array.offset + array.nbytes:
        raise ValueError("more bytes follow its array")
    check_before_reading(array, file.check_unchanged)
    return array


def _only_array(stored: IO[bytes]) -> Array:
    """The only array of a file. Reading to the last byte also checks the checksum of a packed file."""
    array = np.lib.format.read_array(stored, allow_pickle=False)
    if stored.read(1):
        raise ValueError("more bytes follow its array")
    return array


class Archive(Mapping[str, Any]):
    """The arrays of an NPZ file. Each is read on its first use, so a damaged array does not affect the others."""

    def __init__(self, file: InputFile, members: Mapping[str, str]) -> None:
        self.file, self.members = file, members  # the members of the archive by the names of their arrays
        self._zip: ZipFile | None = None

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Open the archive once for several arrays: opening reads its directory, which has an entry for every array."""
        from zipfile import ZipFile

        with self.file.open() as stored:
            try:
                self._zip = ZipFile(stored)
            except Exception as error:
                raise InputError(f"{self.file.label}: not a readable NPZ file: {_reason(error)}") from None
            try:
                yield
            finally:
                self._zip = None

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def __getitem__(self, name: str) -> Array:
        member, label = self.members[name], f"{self.file.label}::{name}"
        try:
            if self._zip is None:
                with self.opened():
                    array = self._read(member, label)
            else:
                array = self._read(member, label)
            self.file.check_unchanged()
        except (InputError, MemoryError):
            raise
        except Exception as error:
            raise InputError(f"{label}: not readable: {_reason(error)}") from None
        return _checked(array, label)

    def _read(self, member: str, label: str) -> Array:
        """An array of the open archive."""
        if self._zip is None:
            raise AssertionError("the archive is not open")
        with self._zip.open(member) as stored:
            check_size(self._zip.getinfo(member).file_size, label, self.file.max_bytes)
            if stored.peek(6)[:6] != b"\x93NUMPY":  # type: ignore[attr-defined]
                raise InputError(f"{label} is no array")
            return _only_array(stored)


def read_npz(file: InputFile) -> Document:
    """Arrays by name. Raises InputError."""
    from zipfile import ZipFile

    file.refuse_empty()
    if file.head(6) == b"\x93NUMPY":
        return read_npy(file)
    if file.gzipped:
        file = InputFile(file.label, None, file.read(), file.max_bytes)
    try:
        with file.open() as stored, ZipFile(stored) as archive:
            members = {member.removesuffix(".npy"): member for member in archive.namelist()}
            if len(members) < len(archive.namelist()):
                raise ValueError("it holds two arrays with the same name")
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{file.label}: not a readable NPZ file: {_reason(error)}") from None
    return Document(file.label, Archive(file, members))


def _reason(error: Exception) -> str:
    text = str(error)
    if "allow_pickle" in text or "Python objects" in text:
        return "it holds Python objects, which are never unpickled"
    return text.partition("\n")[0] or "it ends too early"


def _checked(array: Array, label: str) -> Array:
    """An array of numbers, or of words as objects. Raises InputError for another type."""
    if array.dtype.itemsize == 0 and array.size:  # its values take no bytes, so a small file can have any number of them
        raise InputError(f"{label} holds {array.dtype}, a type whose values take no bytes")
    if array.dtype.kind in "SU":
        try:
            return array.astype(str).astype(object)
        except UnicodeDecodeError:
            raise InputError(f"{label} holds bytes that are no text") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{label} holds {array.dtype}, not numbers")
    return array
