"""Every pointwise loss against its own formula in 60 digits, over hard inputs.

Allowed are 4 units in the last place of the true value, and what half a unit in the last place of each input does to it: no formula
in float64 can know its inputs better than that. So a loss that cancels or overflows where the truth does not is caught.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.domains import LabelIn, Signed, Whole
from losscli.numeric import lazy
from losscli.registry import LOSSES, Loss
from losscli.testing.samples import defaults, example, extremes, take_rows
from tests.support.exact import UNARY, exact, lifted

losscli.LOSSES  # noqa: B018 - registers them
# Not a formula of numbers alone: what cannot be run on exact numbers, and why.
EXEMPT = {"ctc": "np.logaddexp.reduce has no exact form; its known values come from every path written out"}
# Differences of what the inputs are first made into: what those round is allowed too.
ROUNDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "negative_binomial_nll": lambda d: np.where(d["target"] > 0, 4 * np.spacing(4.0), 0.0),  # of three log Γ near their minimum
    "student_t_nll": lambda d: 4 * np.spacing(1 + np.abs(np.log(d["scale"]))),
    "asymmetric_multilabel": lambda d: 100 * np.spacing(LOSSES["asymmetric_multilabel"].fn(**d)),  # an exponent between two gammas
    "bhattacharyya": lambda d: np.spacing(1.0),  # the logarithm of a sum that is nearly 1
    "consistency_mse": lambda d: np.spacing(1.0) * (np.spacing(1.0) + np.sqrt(values(LOSSES["consistency_mse"], d))),
    "dft": lambda d: 4 * np.spacing(np.ptp(d["pred"], -1).max(-1))[:, None] * values(LOSSES["dft"], d),  # p = e^−nll
    "discopop": lambda d: 1e-14 * values(LOSSES["discopop"], d),  # e to a sum of hundreds
    "linear_cross_entropy": lambda d: 4 * np.spacing(abs(d["pred"]) @ abs(d["linear_weight"]).T).max(-1),
    "z_loss": lambda d: 8 * np.spacing(1 + np.abs(d["pred"]).max(-1)) * np.sqrt(values(LOSSES["z_loss"], d)),  # near a sum of 1
    "triplet_margin": lambda d: 4 * np.spacing(sum(np.linalg.norm(d[r], axis=-1) for r in d)),
}
# Sums and differences of all roles, each of which rounds as its largest part does.
LINEAR = {"dpo", "dpo_robust", "kto"}
POINTWISE = [k for k in LOSSES.values() if k.kind == "pointwise" and k.name not in EXEMPT]
ROWS = 60


def hard(known: Loss) -> dict[str, Any]:
    """Some of all pairs of hard values, and pairs that nearly agree."""
    rng = np.random.default_rng(zlib.crc32(known.name.encode()))
    pairs = extremes(known)
    rows = len(next(x for n, x in pairs.items() if not known.roles[n].domain.shared))
    some = take_rows(known, pairs, rng.permutation(rows)[:ROWS])
    near = example(known, rng, ROWS)
    names = [n for n, x in near.items() if x.dtype.kind == "f" and not isinstance(known.roles[n].domain, Signed)]
    if len(names) > 1 and near[names[0]].shape == near[names[1]].shape:
        apart = 10.0 ** rng.uniform(-16, -2, near[names[0]].shape)
        inside = known.roles[names[0]].domain.of(defaults(known))
        close = near[names[1]] * (1 + apart)
        near[names[0]] = np.where(inside.wrong(close, defaults(known) | near), near[names[0]], close)
    return {n: x if known.roles[n].domain.shared else np.concatenate([some[n], near[n]]) for n, x in near.items()}


def values(known: Loss, data: dict[str, Any]) -> Any:
    with np.errstate(all="ignore"):
        found = known.fn(**data, **defaults(known))
    return found[0] if isinstance(found, tuple) else found


@pytest.mark.filterwarnings("ignore:.*encountered in cast")  # of exact numbers beyond float64, where NumPy says so
@pytest.mark.parametrize("known", POINTWISE, ids=lambda k: k.name)
def test_losses_are_accurate_to_four_units_in_the_last_place(known: Loss, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in UNARY:
        monkeypatch.setattr(lazy.np, name, lifted(name))
    data = hard(known)
    found = np.asarray(values(known, data), np.float64)
    truth = values(known, {n: exact(x) for n, x in data.items()})
    nearest = np.asarray(truth, np.float64)
    with np.errstate(all="ignore"):
        off = np.abs(np.asarray(exact(found) - truth, np.float64))
    same = (found == nearest) | (np.isnan(found) & np.isnan(nearest))
    rounds = ROUNDS.get(known.name, lambda _: 0.0)(data)
    allowed = rounds + 4 * np.spacing(np.abs(np.where(np.isfinite(nearest), nearest, 0))) + 1e-300
    # What inputs round to only adds to what is allowed, and takes most of the time: of those rows alone that need it.
    bad = rows_with(~same & ~(off <= allowed))
    if len(bad):
        allowed[bad] += rounding(known, take_rows(known, data, bad), truth[bad])
        bad = rows_with(~same & ~(off <= allowed))
    assert not len(bad), f"{len(bad)} rows, such as { ({n: x[bad[0]] for n, x in data.items()}) }: {found[bad[0]]}, truly {truth[bad[0]]}"


def rows_with(wrong: Any) -> Any:
    """The rows in which any value is wrong."""
    return np.flatnonzero(wrong.reshape(len(wrong), -1).any(-1))


def rounding(known: Loss, data: dict[str, Any], truth: Any) -> Any:
    """The change of the exact values when each input moves by half a unit in its last place."""
    total = np.zeros(truth.shape)
    given = {n: exact(x) for n, x in data.items()}
    for name, x in data.items():
        if x.dtype.kind != "f" or isinstance(known.roles[name].domain, Signed | LabelIn | Whole):
            continue
        for k in range(int(np.prod(x.shape[truth.ndim :]))):  # each number of a vector on its own
            half = np.zeros(x.shape)
            size = sum(np.abs(v) for v in data.values()) if known.name in LINEAR else np.abs(x)
            half.reshape(*x.shape[: truth.ndim], -1)[..., k] = np.spacing(size).reshape(*x.shape[: truth.ndim], -1)[..., k] / 2
            moved = values(known, given | {name: given[name] + exact(half)})
            total += np.nan_to_num(np.abs(np.asarray(moved - truth, np.float64)), nan=0.0, posinf=np.inf)
    return total
