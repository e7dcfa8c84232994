"""Curves of losses: the loss of one number over the residual, the margin, the probability or the prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.catalogue.binding import BoundLoss
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.domains import Domain, Range
from losscli.engine.passes import run
from losscli.engine.plan import prepare
from losscli.engine.work import Work
from losscli.errors import LossError, UsageError
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.results.collect import Collector

__all__ = ["Curve", "Curves", "curves"]

HALF = 120  # points on each side of the middle
REACH = 3.0  # of the axis, where no option of a loss asks for more
# The axes on which a loss can be drawn, with the target.
_AXES = {
    "residual": ("the residual", "residual: pred - target"),
    "margin": ("the margin", "margin: pred, for target 1"),
    "probability": ("the probability", "pred: the probability of target 1"),
    "pred": ("the prediction", "pred, for target 1"),
}


class Curve(Record):
    """One loss, and its value at each point of the axis; nan where it has none."""

    text: str  # as the user wrote it: huber:delta=2
    loss: str
    params: Mapping[str, Any]
    units: str
    values: Array


class Curves(Record):
    """The curves of several losses on one axis."""

    axis: str  # residual, margin, probability or pred
    target: float
    x: Array
    curves: Sequence[Curve]

    @property
    def axis_label(self) -> str:
        """What the axis shows."""
        return _AXES[self.axis][1]

    @property
    def over(self) -> str:
        """What the axis is called in a sentence."""
        return _AXES[self.axis][0]

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        lines = [
            {
                "text": c.text,
                "loss": c.loss,
                "params": {k: v.tolist() if hasattr(v, "tolist") else v for k, v in c.params.items()},
                "values": c.values.tolist(),
            }
            for c in self.curves
        ]
        return {"axis": self.axis, "target": self.target, "x": self.x.tolist(), "lines": lines}


def curves(losses: Mapping[str, BoundLoss]) -> Curves:
    """The curves of losses by the texts that name them.

    Raises UsageError for a loss that is no curve over one number, and for losses that share no axis.
    """
    axes = {text: _axis(text, bound) for text, bound in losses.items()}
    kinds = set(axes.values())
    if kinds == {"residual", "pred"}:  # a loss that depends on the residual alone has a curve over pred too
        kinds = {"pred"}
    if len(kinds) > 1:
        named = "; ".join(f"{text} is drawn over {_AXES[axis][0]}" for text, axis in axes.items())
        raise UsageError(f"these losses share no axis: {named}")
    (axis,) = kinds
    target = 0.0 if axis == "residual" else 1.0
    x = _points(axis, target, losses)
    drawn = [Curve(text, bound.loss.name, bound.options, bound.loss.units, _values(bound, x, target)) for text, bound in losses.items()]
    return Curves(axis, target, x, drawn)


# --- the axis --------------------------------------------------------------------------------------------------------------


def _axis(text: str, bound: BoundLoss) -> str:
    """The axis of a loss. Raises UsageError for a loss that has no curve."""
    loss, options = bound.loss, bound.options
    roles = [r.name for r in loss.roles.values() if not r.may_be_absent(options)]
    if roles != ["pred", "target"]:
        raise UsageError(f"{text} has no curve: it takes {', '.join(roles)}, and curves are drawn of losses of pred and target")
    pred, target = (loss.roles[r].domain.of(options) for r in roles)
    if loss.kind != "pointwise" or pred.ndim or target.ndim or (target.pair is None and not isinstance(target, Range)):
        why = "it has no value for each row" if loss.kind == "statistic" else "its value depends on more than one number of pred"
        raise UsageError(f"{text} has no curve: {why}")
    if target.pair is not None:
        return "probability" if pred.pair == (0.0, 1.0) else "margin"
    at = np.array([-1.0, -0.5, 0.5, 2.0])
    try:
        shifted = [_values(bound, at + shift, shift) for shift in (0.0, 1.0, 7.0)]
    except LossError:  # a number outside a domain: it takes no residual
        return "pred"
    same = all(np.allclose(shifted[0], other, rtol=1e-9, atol=1e-12) for other in shifted[1:])
    return "residual" if same else "pred"


def _points(axis: str, target: float, losses: Mapping[str, BoundLoss]) -> Array:
    """Points with equal steps in the domains of all losses, with the middle of the axis among them."""
    steps = np.arange(-HALF, HALF + 1) / HALF
    if axis == "probability":
        return 0.5 + steps[1:-1] / 2
    reach = REACH
    if axis == "residual":
        scales = [o for bound in losses.values() for o in bound.options.values() if isinstance(o, float) and o < np.inf]
        reach = max([reach, *(2 * scale for scale in scales)])
    x = target * (axis == "pred") + reach * steps
    for bound in losses.values():
        x = x[~_domain(bound).wrong(x, bound.options)]
    return x


def _domain(bound: BoundLoss) -> Domain:
    return bound.loss.roles["pred"].domain.of(bound.options)


# --- the values ------------------------------------------------------------------------------------------------------------


def _values(bound: BoundLoss, x: Array, target: float) -> Array:
    """The loss at each point."""
    columns = {"pred": Column("pred", x), "target": Column("target", np.full(x.shape, target))}
    job, needed = prepare(bound, columns, Work(reduction="none"))
    collector = Collector(values=True, summary=False)
    run([job], Data(needed), threads=1, callbacks=[collector])
    return collector.values()
