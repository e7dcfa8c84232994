"""What people hand over as numbers: lists, arrays, masked arrays and tensors, as arrays of NumPy; and arrays lent to read."""

from __future__ import annotations

from typing import Any

from losscli.errors import UsageError
from losscli.numeric.lazy import np

__all__ = ["as_array", "is_masked", "masked_to_nan", "read_only"]

_WRITEABLE = 0x400  # NPY_ARRAY_WRITEABLE
_NUMBER = (bool, int, float, complex, str, type(None))


def as_array(name: str, x: Any) -> Any:
    """x as an array. What is masked is missing, so it is nan; a tensor is taken without its derivative, and bfloat16 as float32.

    Raises UsageError for what makes no array; `name` is what the user calls it.
    """
    try:
        return _array(x)
    except Exception as error:  # whatever another library says of its own arrays
        said = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"{name} is of type {type(x).__name__}, which makes no array of numbers: {said}") from error


def _array(x: Any) -> Any:
    if hasattr(x, "detach"):  # torch
        x = x.detach().cpu()
        x = x.float() if "bfloat16" in str(x.dtype) or "float8" in str(x.dtype) else x
    if isinstance(x, list | tuple) and not _plain(x):
        return np.stack([_array(v) for v in x])  # an array among them may have a mask
    if is_masked(x):
        return masked_to_nan(x)
    found = np.asarray(x)
    if found.dtype.kind == "V" and not found.dtype.names:  # bfloat16 and float8 of jax
        return found.astype(np.float32)
    if found.dtype.kind == "O" and hasattr(x, "to_numpy"):  # pandas' columns that have a mask
        return x.to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def _plain(x: Any) -> bool:
    """Whether a list, as deep as it goes, holds nothing but numbers and words."""
    kinds = set(map(type, x))
    if all(issubclass(k, _NUMBER) or issubclass(k, np.generic) for k in kinds):
        return True
    return kinds <= {list, tuple} and all(map(_plain, x))


def is_masked(x: Any) -> bool:
    """Whether x is an array of np.ma with a value that is masked."""
    return hasattr(x, "mask") and isinstance(x, np.ma.MaskedArray) and bool(np.any(np.ma.getmaskarray(x)))


def masked_to_nan(x: Any) -> Any:
    """A masked array as floats, with nan for what is masked."""
    return x.astype(np.result_type(x.dtype, np.float32) if x.dtype.kind == "f" else np.float64).filled(np.nan)


def read_only(x: Any) -> Any:
    """The same array, which nobody can write to."""
    if type(x) is not np.ndarray or not x.flags.num & _WRITEABLE:  # of what broadcast_arrays gives, .writeable cannot be read in silence
        return x
    x = x.view()
    x.flags.writeable = False
    return x
