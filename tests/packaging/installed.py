"""Checks an installed losscli with nothing else: the compiled parts are there, and give the bits that Python and NumPy give.

`python tests/packaging/installed.py`, with the Python that has the wheel.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np

import losscli
from losscli.engine import fused
from losscli.numeric.ordering import order_by
from losscli.sources.delimited import compiled

ROWS = 50_000


def main() -> None:
    """Raises AssertionError where something is not as it should be."""
    said = subprocess.run([sys.executable, "-m", "losscli", "--version"], capture_output=True, text=True, check=True).stdout
    assert "\ncompiled: yes (" in said, said
    rng = np.random.default_rng(0)
    read_as_python_does(rng)
    computed_as_with_numpy(rng)
    sorted_as_by_numpy(rng)
    print(said, end="")


def read_as_python_does(rng: np.random.Generator) -> None:
    """Digits up to 64 bits and powers of ten: the products of 128 bits, which each compiler writes in its own way, give every bit."""
    digits, powers = rng.integers(1, 2**64, ROWS, np.uint64), rng.integers(-135, 70, ROWS)
    words = [f"{d}e{power}" for d, power in zip(digits, powers, strict=True)] + [repr(x) for x in rng.normal(size=ROWS).tolist()]
    found = compiled.csv_columns("".join(f"{word},1\n" for word in words).encode(), b",", 2, [0])
    assert found is not None
    assert np.array_equal(found[0].view(np.int64), np.array([float(word) for word in words]).view(np.int64))


def computed_as_with_numpy(rng: np.random.Generator) -> None:
    """The compiled formulas call NumPy's own loops, at addresses that they find in its objects."""
    columns = {"pred": rng.normal(size=(ROWS, 10)), "target": rng.integers(0, 10, ROWS)}
    for loss, data in (("cross_entropy", columns), ("huber", {role: rng.normal(size=ROWS) for role in ("pred", "target")})):
        found = []
        for fused.AVAILABLE in (True, False):
            found.append((losscli.compute(loss, **data).value, losscli.gradient(loss, **data).tobytes()))
        assert found[0] == found[1], loss
    assert not fused.AVAILABLE


def sorted_as_by_numpy(rng: np.random.Generator) -> None:
    """By a key with many equal values, and then by another."""
    first, second = rng.integers(0, 5, ROWS) * 1.0, rng.normal(size=ROWS)
    assert np.array_equal(order_by(first, second), np.lexsort((second, first)))


if __name__ == "__main__":
    main()
