"""A case: one loss under test, with its call, its data and its properties."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from losscli.api.compute import compute, gradient
from losscli.choices import REDUCTION
from losscli.engine import passes, plan
from losscli.errors import UsageError, shape_or_type
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.registry import Loss
from losscli.results.result import Result
from losscli.testing import samples

__all__ = ["Case", "Skipped", "elements_of_rows", "same_bits", "small_blocks"]


class Skipped(Exception):
    """A law turns out not to apply to a loss, when the loss is called. The text is the reason."""


class Case(Record):
    """A loss, the options of its calls, and the source of its data."""

    loss: Loss
    call: str | Callable[..., Any]  # the argument of `losscli.compute`
    options: Mapping[str, Any]
    properties: frozenset[str]
    # makes data with a number of rows; None: the data are made from the domains of the roles
    make: Callable[[np.random.Generator, int], Mapping[str, Any]] | None = None

    def rng(self) -> np.random.Generator:
        """A random generator, whose seed depends only on the name of the loss."""
        return np.random.default_rng(zlib.crc32(self.loss.name.encode()))

    def example(self, rng: np.random.Generator, rows: int) -> samples.Data:
        """Data with this number of rows."""
        if self.make is None:
            return samples.example(self.loss, rng, rows, self.options)
        data = self.make(rng, rows)
        if not isinstance(data, Mapping):
            raise UsageError(f"data(rng, rows) has to return an array for each role, {{'pred': …}}, not {shape_or_type(data)}")
        return {name: np.asarray(x) for name, x in data.items()}

    def result(self, data: Mapping[str, Any], **settings: Any) -> Result:
        """The result of `losscli.compute`; `settings` override the options of the case."""
        return compute(self.call, **{**self.options, **data, **settings})

    def value(self, data: Mapping[str, Any], **settings: Any) -> Any:
        """The reduced value, or the values of the elements."""
        result = self.result(data, **settings)
        return result.value if result.values is None else result.values

    def gradient(self, data: Mapping[str, Any], **settings: Any) -> Array:
        """The result of `losscli.gradient`."""
        return gradient(self.call, **{**self.options, **data, **settings})

    @property
    def reductions(self) -> tuple[str, ...]:
        """The reductions of the loss to one number."""
        return ("mean",) if self.loss.kind == "statistic" else tuple(r for r in REDUCTION.words if r != "none")


@contextmanager
def small_blocks(elements: int) -> Iterator[None]:
    """Use blocks of this number of elements, so that a few rows make several blocks; each is computed with a kernel where possible."""
    with patch.object(plan, "BLOCK", elements), patch.object(passes, "SMALL", 1):
        yield


def elements_of_rows(case: Case, data: samples.Data, rows: int) -> int:
    """The elements of a block that holds this many rows of the data, a power of two; a paired role counts all its pairs."""
    widest, chosen = 1, {**samples.defaults(case.loss), **case.options}
    for name, role in case.loss.roles.items():
        domain, x = role.domain.of(chosen), data.get(name)
        if x is not None and x.ndim > 1 and not domain.shared:
            widest = max(widest, math.prod(x.shape[1:]) * (x.shape[-1] if domain.paired else 1))
    return rows << (widest - 1).bit_length()


def same_bits(a: Any, b: Any) -> bool:
    """Whether two numbers or arrays are equal to the last bit."""
    return np.asarray(a).tobytes() == np.asarray(b).tobytes()
