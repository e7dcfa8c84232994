"""Steps that several laws use: numbers that are close, rows of finite loss, and what a loss takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.domains import Whole
from losscli.errors import UsageError
from losscli.numeric.lazy import Array
from losscli.signature import Option
from losscli.testing import samples
from losscli.testing.case import Case

__all__ = [
    "accepted",
    "accepts",
    "assert_close",
    "moved",
    "numeric_options",
    "of_finite_loss",
    "takes_reduction",
    "takes_weights",
    "written",
]


def assert_close(actual: Any, expected: Any, *, rtol: float, atol: float = 0.0, err_msg: str = "") -> None:
    """Assert that numbers are close; nan is close to nothing, so that a loss which is always nan keeps no law."""
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol, equal_nan=False, err_msg=err_msg)


def moved(x: Array, at: tuple[int, ...], by: float) -> Array:
    """A copy in which one number is changed."""
    moved = x.copy()
    moved[at] += by
    return moved


def of_finite_loss(case: Case, rows: int) -> samples.Data:
    """Random rows; those of finite loss, where the loss is infinite for some: for a target that the forecast excludes."""
    rng = case.rng()
    data = case.example(rng, rows)
    if case.loss.kind != "pointwise" or np.isfinite(case.value(data, reduction="none")).all():
        return data
    data = case.example(rng, 40 * rows)
    values = case.value(data, reduction="none")
    finite = np.flatnonzero(np.isfinite(values.reshape(len(values), -1)).all(-1))
    if len(finite) < rows:  # of too few rows: the law fails with what it finds in any
        finite = np.arange(rows)
    return samples.take_rows(case.loss, data, finite[:rows])


def takes_weights(case: Case, data: samples.Data) -> bool:
    """Whether the loss takes sample weights: a function that returns one number for all rows does not."""
    return not isinstance(case.loss, CustomLoss) or accepts(case, data, sample_weight=np.ones(len(data[case.loss.first])))


def takes_reduction(case: Case, data: samples.Data, reduction: str) -> bool:
    """Whether the loss takes a reduction: a statistic, and a function that returns one number for all rows, has no values of elements."""
    if case.loss.kind == "statistic" and reduction == "none":
        return False
    return not isinstance(case.loss, CustomLoss) or accepts(case, data, reduction=reduction)


def accepted(case: Case, data: samples.Data) -> list[str]:
    """The reductions that a function takes."""
    return [r for r in ("none", *case.reductions) if accepts(case, data, reduction=r)]


def accepts(case: Case, data: samples.Data, **settings: Any) -> bool:
    """Whether the loss takes these settings."""
    try:
        case.value(data, **settings)
    except UsageError:
        return False
    return True


def written(settings: Mapping[str, Any]) -> str:
    """Settings as text, for a message."""
    return ", ".join(f"{name}={'an array' if isinstance(x, np.ndarray) else x}" for name, x in settings.items() if x is not None)


def numeric_options(case: Case) -> list[Option]:
    """The options with a finite number, or several."""
    options = [o for o in case.loss.options.values() if o.kind in ("float", "array") and not isinstance(o.domain, Whole)]
    values = {o.name: case.options.get(o.name, o.default) for o in options}
    return [o for o in options if values[o.name] is not None and np.isfinite(np.asarray(values[o.name], np.float64)).all()]
