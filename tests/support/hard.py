"""Hard data for any loss, made from the domains of its roles: pairs that nearly agree, one pair that dominates, tiny probabilities."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from losscli.domains import LabelIn, Range, Signed, Whole
from losscli.registry import Loss
from losscli.testing.samples import Data, defaults, example, extremes, take_rows

Options = dict[str, Any]


def forms(known: Loss, apart: dict[str, str]) -> Iterator[Options]:
    """The defaults, and each switch and choice turned once, but for the options in `apart`; and a low temperature."""
    usual = defaults(known)
    yield usual
    for name, option in known.options.items():
        others = [not usual[name]] if isinstance(usual[name], bool) else [c for c in option.choices or () if c != usual[name]]
        for value in others if name != "slope" and not {name, f"{known.name} --{name}"} & apart.keys() else ():
            yield usual | {name: value}
    if "temperature" in usual and known.kind == "batch":
        yield usual | {"temperature": 0.02}


def real_roles(known: Loss, data: Data) -> list[str]:
    """The roles of numbers that can be changed a little."""
    whole = Signed | LabelIn | Whole
    return [n for n, x in data.items() if x.dtype.kind == "f" and not isinstance(known.roles[n].domain, whole)]


class Maker:
    """Makes the data of one loss with its options."""

    def __init__(self, known: Loss, options: Options, rows: int) -> None:
        self.known, self.options, self.rows = known, options, rows
        self.rng = np.random.default_rng(zlib.crc32(known.name.encode()))

    def random(self) -> Data:
        return example(self.known, self.rng, self.rows, self.options)

    def inside(self, role: str, x: Any, data: Data) -> Any:
        """Which numbers are in the domain of a role."""
        return np.isfinite(x) & ~self.known.roles[role].domain.of(self.options).wrong(x, self.options | data)

    def small(self, shape: tuple[int, ...], most: float = -2) -> Any:
        return 10.0 ** self.rng.uniform(-16, most, shape) * self.rng.choice([-1.0, 1.0], shape)

    def changed(self, data: Data, role: str, x: Any) -> Data:
        return data | {role: np.where(self.inside(role, x, data), x, data[role])}

    def close(self, data: Data) -> Data:
        """The first two roles nearly agree; and so do the vectors of rows with the same label."""
        roles = real_roles(self.known, data)
        if len(roles) > 1 and data[roles[0]].shape == data[roles[1]].shape:
            data = self.changed(data, roles[0], data[roles[1]] * (1 + self.small(data[roles[1]].shape)))
        for name, role in self.known.roles.items():
            if isinstance(role.domain, Whole) and role.domain.least is None and data[roles[0]].ndim > 1:
                first = [list(data[name]).index(label) for label in data[name]]
                x = data[roles[0]][first]
                data = data | {roles[0]: x * (1 + self.small(x.shape) * (np.array(first) < np.arange(len(x)))[:, None])}
        return data

    def scaled(self, data: Data, factor: float) -> Data:
        """Large numbers: one logit, or one similarity, dominates the others."""
        for role in real_roles(self.known, data):
            if self.inside(role, data[role] * factor, data).all():
                data = data | {role: data[role] * factor}
        return data

    def tiny(self, data: Data) -> Data:
        """Numbers, and probabilities, down to 1e-300."""
        for role in real_roles(self.known, data):
            data = self.changed(data, role, 10.0 ** self.rng.uniform(-300, 0, data[role].shape))
        return data

    def sharp(self, data: Data) -> Data:
        """Probabilities next to 0 and 1, and targets of 0 and 1."""
        for k, role in enumerate(r for r in real_roles(self.known, data) if self._is_unit(r)):
            ends, near = self.rng.choice([0.0, 1.0], data[role].shape), np.abs(self.small(data[role].shape))
            data = self.changed(data, role, np.abs(ends - (near if k == 0 else 0)))
        return data

    def distributions(self, data: Data) -> Data:
        """Probabilities that sum to 1, nearly the same in both roles."""
        roles = [r for r in real_roles(self.known, data) if self._is_unit(r) and data[r].ndim > 1]
        data = data | {r: data[r] / data[r].sum(-1, keepdims=True) for r in roles}
        if len(roles) > 1 and data[roles[0]].shape == data[roles[1]].shape:
            near = data[roles[1]] * (1 + self.small(data[roles[1]].shape))
            data = self.changed(data, roles[0], near / near.sum(-1, keepdims=True))
        return data

    def minima(self, data: Data) -> Data:
        """The first role is the logarithm of the second: the minimum of losses of a log rate. Half of the rows are near 1 and e."""
        roles = real_roles(self.known, data)
        if len(roles) > 1 and data[roles[0]].shape == data[roles[1]].shape:
            odd = np.arange(self.rows).reshape(-1, *[1] * (data[roles[0]].ndim - 1)) % 2 > 0
            target = np.where(odd, np.e * (1 + self.small(data[roles[1]].shape)), data[roles[1]])
            data = self.changed(data, roles[1], target)
            with np.errstate(all="ignore"):
                data = self.changed(data, roles[0], np.log(data[roles[1]]) * (1 + self.small(data[roles[1]].shape, -1)))
        return data

    def _is_unit(self, role: str) -> bool:
        domain = self.known.roles[role].domain.of(self.options)
        return isinstance(domain, Range) and domain.least == 0 and domain.most == 1

    def extreme(self) -> Data:
        """Some of all pairs of extreme numbers."""
        pairs = extremes(self.known, self.options)
        rows = len(next(x for n, x in pairs.items() if not self.known.roles[n].domain.shared))
        return take_rows(self.known, pairs, self.rng.permutation(rows)[: 2 * self.rows])


KINDS: dict[str, Callable[[Maker], Data]] = {
    "random": Maker.random,
    "close": lambda m: m.close(m.random()),
    "large": lambda m: m.scaled(m.random(), 30.0),
    "large and close": lambda m: m.close(m.scaled(m.random(), 30.0)),
    "tiny": lambda m: m.tiny(m.random()),
    "tiny and close": lambda m: m.close(m.tiny(m.random())),
    "sharp": lambda m: m.sharp(m.random()),
    "distributions": lambda m: m.distributions(m.random()),
    "tiny distributions": lambda m: m.distributions(m.tiny(m.random())),
    "minima": lambda m: m.minima(m.random()),
    "extremes": Maker.extreme,
}


def data_of(known: Loss, options: Options, kind: str, rows: int) -> Data:
    return KINDS[kind](Maker(known, options, rows))
