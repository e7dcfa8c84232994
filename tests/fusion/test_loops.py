"""The loops of _tiles.c for which NumPy has no ufunc: their numbers at any strides, and nothing written beyond them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from losscli.engine import fused

if fused.AVAILABLE:
    from losscli.fusion import _tiles
else:
    pytest.skip("_tiles is not compiled here", allow_module_level=True)

LOOP = ctypes.CFUNCTYPE(
    None, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_ssize_t), ctypes.POINTER(ctypes.c_ssize_t), ctypes.c_void_p
)
N = 5
FLAGS = np.array([True, False, True, True, False])
INTS = np.array([0, -1, 2**62, -(2**63), 7])
FLOATS = np.array([0.5, np.nan, -np.inf, 1.0, -0.0])

LOOPS: dict[str, tuple[list[Any], type, Callable[..., Any]]] = {
    "SELECT": ([FLAGS, FLOATS, np.arange(5.0)], np.float64, np.where),
    "COPY": ([INTS], np.int64, lambda x: x),
    "BOOL_TO_DOUBLE": ([FLAGS], np.float64, lambda x: x.astype(np.float64)),
    "BOOL_TO_INT": ([FLAGS], np.int64, lambda x: x.astype(np.int64)),
    "INT_TO_DOUBLE": ([INTS], np.float64, lambda x: x.astype(np.float64)),
    "DOUBLE_OUTSIDE": ([FLOATS, np.zeros(5), np.ones(5)], np.bool_, lambda x, a, b: ~((x >= a) & (x <= b))),
    "INT_OUTSIDE": ([INTS, np.array([0, 0, 0, -(2**63), 7]), np.full(5, 7)], np.bool_, lambda x, a, b: ~((x >= a) & (x <= b))),
}


def laid_out(x: Any, step: int) -> Any:
    """The array with `step` places from one number to the next; for 0 the first number everywhere."""
    if step == 0:
        return np.broadcast_to(x[:1], N)
    room = np.zeros(N * step, x.dtype)
    room[::step] = x
    return room[::step]


@pytest.mark.parametrize("to", [1, 2])
@pytest.mark.parametrize("steps", [(1, 1, 1), (1, 0, 1), (1, 1, 0), (1, 0, 0), (0, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (2, 2, 2)])
@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("n", [0, 1, N])
def test_a_loop_gives_the_numbers_of_numpy_and_writes_nothing_else(name: str, steps: tuple[int, ...], to: int, n: int) -> None:
    given, dtype, formula = LOOPS[name]
    arrays = [laid_out(x, step) for x, step in zip(given, steps, strict=False)]
    before: Any = np.full(2 * N + 4, 1, dtype)
    room = before.copy()
    out = room[2 : 2 + N * to : to]
    addresses = (ctypes.c_void_p * 4)(*[a.ctypes.data for a in (*arrays, out)])
    strides = (ctypes.c_ssize_t * 4)(*[a.strides[0] for a in (*arrays, out)])
    LOOP(getattr(_tiles, name))(addresses, ctypes.byref(ctypes.c_ssize_t(n)), strides, None)
    before[2 : 2 + n * to : to] = formula(*arrays)[:n]
    assert room.tobytes() == before.tobytes()


def test_a_program_keeps_no_buffer() -> None:
    steps, registers, array = bytearray(), bytearray(), bytearray(80)
    for arrays, answer in (((array, array), True), ((), True)):
        assert _tiles.execute(steps, registers, arrays, 10, 5, 1, 5, 0, True) is answer
    with pytest.raises(TypeError, match="bytes-like"):
        _tiles.execute(steps, registers, (array, 1, array), 1, 1, 1, 1, 0, True)
    with pytest.raises(ValueError, match="up to 32 arrays"):
        _tiles.execute(steps, registers, (array,) * 33, 1, 1, 1, 1, 0, True)
    for buffer in (steps, registers, array):
        buffer.append(0)  # BufferError where another holds it


def test_only_a_ufunc_has_loops() -> None:
    for other in (np.sum, 1, "add", np):
        with pytest.raises(TypeError, match="no ufunc"):
            _tiles.loops(other)
    for ufunc in (np.divmod, np.frexp):  # two results
        with pytest.raises(ValueError, match="one result"):
            _tiles.loops(ufunc)
    for of_one in (np.add, np.negative, np.maximum):
        dtypes = [types for types, _, _ in _tiles.loops(of_one)]
        assert len(dtypes) == of_one.ntypes and {len(types) for types in dtypes} == {of_one.nargs}
