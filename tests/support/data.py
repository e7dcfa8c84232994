"""Random data for any loss, made from the domains of its roles: a new loss is tested without a line of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.domains import Boxes, Domain, LabelIn, Labelling, LabelList, Range, Sides, Signed, Whole
from losscli.registry import Loss

WIDTH, CLASSES, SHARED, LABELS = 5, 4, 6, 2
EXTREMES = [0.0, 1.0, -1.0, 0.5, 1e-300, -1e-300, 1e-9, 1 - 2.0**-53, 36.7, -36.7, 745.2, -745.2, 1e4, -1e4, 1e8, -1e8, 1e100, -1e100]


def defaults(known: Loss) -> dict[str, Any]:
    return {n: o.default for n, o in known.options.items()}


def example(known: Loss, rng: np.random.Generator, rows: int, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """An array for every role that must be there."""
    chosen = defaults(known) | (options or {})
    return {r.name: _values(r.domain.of(chosen), rng, rows) for r in known.roles.values() if not r.may_be_absent(chosen)}


def _values(domain: Domain, rng: np.random.Generator, rows: int) -> Any:
    n = SHARED if domain.shared else rows
    if isinstance(domain, Boxes):
        corner = rng.uniform(0, 4, (n, 2))
        return np.concatenate([corner, corner + rng.uniform(0.5, 4, (n, 2))], -1)
    if isinstance(domain, Sides):
        return np.concatenate([rng.uniform(0, 4, (n, 2)), rng.uniform(0.5, 4, (n, 2))], -1)
    if isinstance(domain, LabelIn):
        return rng.integers(0, CLASSES, n)
    if isinstance(domain, Signed):
        return rng.choice([-1.0, 1.0], n)
    if isinstance(domain, Labelling):
        return rng.integers(1, CLASSES, (n, LABELS))
    shape = (n, *_vector(domain))
    if isinstance(domain, LabelList):
        return rng.integers(-1, WIDTH, shape)
    if isinstance(domain, Whole):
        if domain.least is None:  # the names of groups, of a few rows each
            return rng.integers(0, max(3, n // 8), shape)
        whole = rng.integers(domain.least or 0, min(domain.most or 9, 9) + 1, shape)
        whole.flat[0] = max(whole.flat[0], 1)  # of flags at least one is set
        return whole
    assert isinstance(domain, Range), f"tests/support/data.py makes nothing for {domain}"
    if domain.least is not None and domain.most is not None:
        return rng.uniform(domain.least, domain.most, shape)
    floor = domain.least if domain.least is not None else domain.above
    if floor is not None and floor > -np.inf:
        return floor + rng.exponential(2.0, shape) + 0.01
    if domain.below is not None and domain.below < np.inf:
        return domain.below - rng.exponential(2.0, shape) - 0.01
    return rng.normal(0, 2, shape)


def _vector(domain: Domain) -> tuple[int, ...]:
    """The axes of one value: as long as those of other roles have to be."""
    if domain.ndim < 2:
        return () if not domain.ndim else (CLASSES if domain.classes else WIDTH,)
    return (WIDTH, CLASSES) if domain.free else (CLASSES, WIDTH)


def extremes(known: Loss, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Every pair of hard values that lie in the domains of two elementwise roles, the others at their first hard value."""
    chosen = defaults(known) | (options or {})
    roles = [r for r in known.roles.values() if not r.may_be_absent(chosen)]
    columns: list[Any] = []
    for r in roles:
        domain = r.domain.of(chosen)
        x = np.array(EXTREMES)
        if isinstance(domain, LabelIn):
            columns.append(np.arange(CLASSES))
        elif isinstance(domain, Signed):
            columns.append(np.array([-1.0, 1.0]))
        elif isinstance(domain, Boxes):
            edges = np.array([0.0, 1e-9, 1.0, 1e8])
            columns.append(np.array([[a, b, c, d] for a in edges for b in edges for c in edges for d in edges if a <= c and b <= d]))
        elif isinstance(domain, Sides):
            edges = np.array([0.0, 1e-9, 1e8])
            columns.append(np.array([[a, b, c, d] for a in edges for b in edges for c in edges for d in edges]))
        elif isinstance(domain, Whole):
            columns.append(_values(domain, np.random.default_rng(0), 8))
        elif domain.ndim:
            x, shape = x[~domain.wrong(x, chosen)], _vector(domain)
            columns.append(np.array([np.roll(np.resize(x[k : k + 3], shape), j, -1) for k in range(0, len(x), 2) for j in range(2)]))
        else:
            columns.append(x[~domain.wrong(x, chosen)])
    if known.kind == "batch":
        rows = max(len(c) for c in columns)
        return {r.name: np.resize(c, (rows, *c.shape[1:])) for r, c in zip(roles, columns, strict=True)}
    index = np.meshgrid(*(np.arange(len(c)) for c in columns), indexing="ij")
    return {r.name: c if r.domain.shared else c[i.reshape(-1)] for r, c, i in zip(roles, columns, index, strict=True)}


def cut(known: Loss, data: dict[str, Any], index: Any) -> dict[str, Any]:
    """The same rows of every role that has rows."""
    return {n: x if known.roles[n].domain.shared else x[index] for n, x in data.items()}


def float_roles(known: Loss, data: dict[str, Any]) -> list[str]:
    """The roles that a derivative can be taken of."""
    return [n for n, x in data.items() if x.dtype.kind == "f" and not isinstance(known.roles[n].domain, Signed)]
