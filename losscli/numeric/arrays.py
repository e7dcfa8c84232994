"""Conversion of lists, masked arrays and tensors to NumPy arrays, and read-only views."""

from __future__ import annotations

from typing import Any

from losscli.errors import UsageError
from losscli.numeric.lazy import Array, np

__all__ = ["as_array", "is_masked", "masked_to_nan", "read_only"]

_WRITEABLE = 0x400  # NPY_ARRAY_WRITEABLE
_SCALARS = (bool, int, float, complex, str, type(None))


def as_array(name: str, x: Any) -> Array:
    """Convert x to an array. Masked numbers become nan, a tensor loses its gradient, and bfloat16 becomes float32.

    Raises UsageError for what cannot be converted; the message calls it `name`.
    """
    try:
        return _to_array(x)
    except Exception as error:  # other libraries raise errors of any type
        message = " ".join(str(error).split())[:300] or type(error).__name__
        raise UsageError(f"{name} is of type {type(x).__name__}, which cannot be converted to an array of numbers: {message}") from error


def _to_array(x: Any) -> Array:
    if hasattr(x, "detach"):  # torch: from any device, without its gradient
        x = x.detach().cpu()
        x = x.to_dense() if getattr(x, "is_sparse", False) else x
        x = x.float() if "bfloat16" in str(x.dtype) or "float8" in str(x.dtype) else x
    elif hasattr(x, "__cuda_array_interface__") and hasattr(x, "get"):  # cupy refuses to leave the GPU unless it is asked to
        x = x.get()
    elif hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
        return np.from_dlpack(x)
    if isinstance(x, list | tuple) and not _is_nested_scalars(x):
        return np.stack([_to_array(v) for v in x])  # an array inside the list may have a mask
    if is_masked(x):
        return masked_to_nan(x)
    array = np.asarray(x)
    if array.dtype.kind == "V" and not array.dtype.names:  # bfloat16 and float8 of jax
        return array.astype(np.float32)
    to_numpy = getattr(x, "to_numpy", None)
    if array.dtype.kind == "O" and to_numpy is not None:  # pandas: a nullable column
        return to_numpy(dtype=np.float64, na_value=np.nan)
    return array


def _is_nested_scalars(x: Any) -> bool:
    """Whether a list, at any depth, contains only numbers and words."""
    types = set(map(type, x))
    if all(issubclass(k, _SCALARS) or issubclass(k, np.generic) for k in types):
        return True
    return types <= {list, tuple} and all(map(_is_nested_scalars, x))


def is_masked(x: Any) -> bool:
    """Whether x is an array of np.ma in which at least one number is masked."""
    return hasattr(x, "mask") and isinstance(x, np.ma.MaskedArray) and bool(np.any(np.ma.getmaskarray(x)))


def masked_to_nan(x: Any) -> Array:
    """A masked array as an array of floats with nan in place of masked numbers."""
    return x.astype(np.result_type(x.dtype, np.float32) if x.dtype.kind == "f" else np.float64).filled(np.nan)


def read_only(x: Any) -> Any:
    """A read-only view of the array x; anything else unchanged."""
    if type(x) is not np.ndarray or not x.flags.num & _WRITEABLE:  # .writeable warns for the result of broadcast_arrays, .num does not
        return x
    x = x.view()
    x.flags.writeable = False
    return x
