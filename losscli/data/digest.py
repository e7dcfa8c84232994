"""Digests of the values that were used, by role: the same for a CSV and for an array of the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from losscli.data.blocks import Data
from losscli.numeric.lazy import Array, np

__all__ = ["digests"]

ROWS = 2**16  # of a block; the digest does not depend on it


def digests(columns: Mapping[str, str], data: Data, shared: Mapping[str, Array]) -> dict[str, str]:
    """The sha256 of the rows of each role, `columns`, and of the roles that all rows share. It takes a pass over the data.

    What is hashed are the numbers as float64, little-endian, row after row, and then the shape of a row; words as UTF-8, each ended by
    a zero byte. Rows that were left out are not hashed.
    """
    hashes = {role: sha256() for role in columns}
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(columns, ())
    for block in data.blocks(ROWS):
        for role, name in columns.items():
            x = block.columns[name]
            hashes[role].update(_bytes(x))
            shapes[role] = x.shape[1:]
    for role, x in shared.items():
        hashes[role] = sha256(_bytes(x))
        shapes[role] = x.shape
    for role, shape in shapes.items():
        hashes[role].update(repr(shape).encode())
    return {role: f"sha256:{h.hexdigest()}" for role, h in hashes.items()}


def _bytes(x: Array) -> bytes:
    if x.dtype.kind in "OUS":
        return "".join(f"{word}\0" for word in x.reshape(-1).tolist()).encode("utf-8", "surrogatepass")
    numbers = np.ascontiguousarray(x, "<f8")
    return np.where(np.isnan(numbers), np.nan, numbers).tobytes()  # one nan for all kinds of nan
