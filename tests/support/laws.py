"""A test that runs once for each loss, and the generator of random numbers that belongs to a loss."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest

from losscli.registry import Loss


def law(losses: list[Loss]) -> Any:
    assert losses
    return pytest.mark.parametrize("known", losses, ids=lambda k: k.name)


def seeded(known: Loss) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(known.name.encode()))
