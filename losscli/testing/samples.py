"""Random data for any loss, made from the domains of its roles. So a new loss needs no test code of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.domains import (
    BinPlaces,
    Boxes,
    Domain,
    DurationLogits,
    Fields,
    IntervalIn,
    LabelIn,
    Labelling,
    LabelList,
    OfClasses,
    OfPoints,
    OfVectors,
    PaddedLabels,
    Points,
    Range,
    RotatedBoxes,
    Sides,
    Signed,
    Spanning,
    Whole,
)
from losscli.errors import UsageError
from losscli.numeric.lazy import Array
from losscli.registry import Loss

__all__ = ["CLASSES", "EXTREMES", "defaults", "example", "extremes", "float_roles", "take_rows"]

WIDTH, CLASSES, SHARED, LABELS = 5, 4, 6, 2  # numbers in a vector, classes, rows of a shared role, labels in a sequence
EXTREMES = (0.0, 1.0, -1.0, 0.5, 1e-300, -1e-300, 1e-9, 1 - 2.0**-53, 36.7, -36.7, 745.2, -745.2, 1e4, -1e4, 1e8, -1e8, 1e100, -1e100)

Data = dict[str, Array]


def defaults(loss: Loss) -> dict[str, Any]:
    """The default of every option."""
    return {name: option.default for name, option in loss.options.items()}


def example(loss: Loss, rng: np.random.Generator, rows: int, options: Mapping[str, Any] | None = None) -> Data:
    """A random array for every role that must be given, each in its domain."""
    chosen = defaults(loss) | dict(options or {})
    return {r.name: _values(r.domain.of(chosen), rng, rows) for r in loss.roles.values() if not r.may_be_absent(chosen)}


def _values(domain: Domain, rng: np.random.Generator, rows: int) -> Array:
    n = SHARED if domain.shared else rows
    if isinstance(domain, OfClasses):
        return rng.uniform(0.1, 1, (CLASSES, CLASSES))
    if isinstance(domain, Boxes | Sides | RotatedBoxes):
        return _boxes(domain, rng, (n, WIDTH)[: domain.ndim])
    if isinstance(domain, PaddedLabels):
        return rng.integers(-1, CLASSES - 1, (n, WIDTH))
    if isinstance(domain, BinPlaces):
        return rng.uniform(0, WIDTH - 1, n)
    if isinstance(domain, LabelIn):
        return rng.integers(0, CLASSES, (n, CLASSES) if domain.ndim else n)  # where a row has several labels, as many as vectors
    if isinstance(domain, Signed):
        return rng.choice([-1.0, 1.0], n)
    if isinstance(domain, Labelling):
        return rng.integers(1, CLASSES - domain.lattice, (n, LABELS))  # the blank is 0, or in a lattice perhaps the last class
    shape = (n, *_vector(domain))
    if isinstance(domain, LabelList):
        return rng.integers(-1, WIDTH, shape)
    if isinstance(domain, IntervalIn):
        return rng.integers(0, CLASSES, n)
    if isinstance(domain, Whole):
        return _whole_numbers(domain, rng, shape)
    if domain.takes_words:  # labels
        return rng.integers(-2, 3, shape).astype(float)
    if isinstance(domain, Range):
        return _real_numbers(domain, rng, shape)
    raise UsageError(f"there are no random data for the domain {type(domain).__name__}: give data=, a function of a generator and the rows")


def _boxes(domain: Domain, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    point, size = rng.uniform(0, 4, (*shape, 2)), rng.uniform(0.5, 4, (*shape, 2))
    if isinstance(domain, Boxes):
        return np.concatenate([point, point + size], -1)
    return np.concatenate([point, size, rng.uniform(-1, 1, (*shape, 1))], -1)[..., : domain.size]


def _whole_numbers(domain: Whole, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    if domain.least is None:  # the names of groups, of a few rows each
        return rng.integers(0, max(3, shape[0] // 8), shape)
    numbers = rng.integers(int(domain.least), int(min(domain.most or 9, 9)) + 1, shape)
    numbers.flat[0] = max(numbers.flat[0], 1)  # at least one flag is set
    return numbers


def _real_numbers(domain: Range, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    if domain.least is not None and domain.most is not None:
        return rng.uniform(domain.least, domain.most, shape)
    floor = domain.least if domain.least is not None else domain.above
    ceiling = domain.most if domain.most is not None else domain.below
    if floor is not None and ceiling is not None and floor > -np.inf and ceiling < np.inf:
        return rng.uniform(floor, ceiling, shape)
    if floor is not None and floor > -np.inf:
        return floor + rng.exponential(2.0, shape) + 0.01
    if domain.below is not None and domain.below < np.inf:
        return domain.below - rng.exponential(2.0, shape) - 0.01
    return rng.normal(0, 2, shape)


def _vector(domain: Domain) -> tuple[int, ...]:
    """The shape of one value, which fits those of other roles."""
    if isinstance(domain, Points):
        return WIDTH, 2
    if isinstance(domain, DurationLogits):
        return 2, WIDTH, WIDTH
    if isinstance(domain, OfVectors):
        return (CLASSES,)
    if isinstance(domain, Fields):
        return domain.ndim - 1, *(WIDTH,) * (domain.ndim - 1)
    if isinstance(domain, Spanning):
        return WIDTH + 2, WIDTH
    if domain.ndim < 2:
        return () if not domain.ndim else (CLASSES if domain.classes else domain.size or WIDTH,)
    return (2,) * (domain.ndim - 2) + ((WIDTH, CLASSES) if domain.free else (CLASSES, WIDTH))


def extremes(loss: Loss, options: Mapping[str, Any] | None = None) -> Data:
    """Every combination of extreme values in the domains of the roles."""
    chosen = defaults(loss) | dict(options or {})
    roles = [r for r in loss.roles.values() if not r.may_be_absent(chosen)]
    columns = [_hard_values(r.domain.of(chosen), chosen) for r in roles]
    if loss.kind == "batch":
        rows = max(len(c) for c in columns)
        return {r.name: np.resize(c, (rows, *c.shape[1:])) for r, c in zip(roles, columns, strict=True)}
    index = np.meshgrid(*(np.arange(len(c)) for c in columns), indexing="ij")
    return {r.name: c if r.domain.shared else c[i.reshape(-1)] for r, c, i in zip(roles, columns, index, strict=True)}


def _hard_values(domain: Domain, options: Mapping[str, Any]) -> Array:
    if isinstance(domain, LabelIn):
        return np.array([np.roll(np.arange(CLASSES), k) for k in range(CLASSES)]) if domain.ndim else np.arange(CLASSES)
    if isinstance(domain, Signed):
        return np.array([-1.0, 1.0])
    if isinstance(domain, Boxes | Sides) and domain.ndim > 1:  # few lists: they are combined with those of other roles
        boxes = _hard_values(domain.but(ndim=1), options)
        return np.array([np.roll(np.resize(boxes, (WIDTH, 4)), k, 0) for k in range(2)])
    if isinstance(domain, Boxes):
        corners = (0.0, 1e-9, 1.0, 1e8)
        return np.array([[a, b, c, d] for a in corners for b in corners for c in corners for d in corners if a <= c and b <= d])
    if isinstance(domain, Sides):
        edges = (0.0, 1e-9, 1e8)
        return np.array([[a, b, c, d] for a in edges for b in edges for c in edges for d in edges])
    if isinstance(domain, OfClasses):
        return 1 - np.eye(CLASSES)
    if isinstance(domain, RotatedBoxes):
        lengths = (1e-9, 1.0, 1e8)
        return np.array([[x, -x, w, h, a] for x in (0.0, 1e8) for w in lengths for h in lengths for a in (0.0, 1.0)])
    if isinstance(domain, BinPlaces):
        return np.array([0.0, 1e-9, 0.5, WIDTH - 1])
    if isinstance(domain, Whole | Spanning | OfPoints) or domain.takes_words:
        return _values(domain, np.random.default_rng(0), 8)
    hard = np.array(EXTREMES)
    inside = hard[~domain.wrong(hard, options)]
    if not domain.ndim:
        return inside
    shape = _vector(domain)
    return np.array([np.roll(np.resize(inside[k : k + 3], shape), j, -1) for k in range(0, len(inside), 2) for j in range(2)])


def take_rows(loss: Loss, data: Data, index: Any) -> Data:
    """The same rows of every role that has rows; a shared role stays whole."""
    return {name: x if loss.roles[name].domain.shared else x[index] for name, x in data.items()}


def float_roles(loss: Loss, data: Data) -> list[str]:
    """The roles that a derivative can be taken with respect to: those of numbers that are no labels."""
    domains = {name: loss.roles[name].domain for name, x in data.items() if x.dtype.kind == "f"}
    return [name for name, domain in domains.items() if not (isinstance(domain, Signed) or domain.takes_words)]
