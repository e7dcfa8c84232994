"""Domains of boxes, of points, and of places on bins."""

from __future__ import annotations

from losscli.domains.values import ByOption, Context, Range
from losscli.errors import InputError, UsageError, counted
from losscli.numeric.lazy import Array, np

__all__ = ["AnyBoxes", "BinPlaces", "Boxes", "OfPoints", "OfVectors", "Points", "RotatedBoxes", "Sides", "Spanning"]


def _check_number(x: Array, over: str, context: Context) -> None:
    """Raise InputError where a row has another number of boxes than the role `over` has vectors, or labels."""
    if over and over in context and x.ndim > 1:
        of = context[over].shape[-2 if over == "pred" else -1]
        if x.shape[-2] != of:
            boxes = "1 box" if x.shape[-2] == 1 else f"{x.shape[-2]} boxes"
            each = counted(of, "prediction" if over == "pred" else "label")
            raise InputError(f"a row has {boxes}, but {each} in {over}: give one box for each")


class Boxes(Range):
    """Corners of boxes: x1, y1, x2, y2 with x1 <= x2 and y1 <= y2. A list of boxes has as many as the role `over` says."""

    over: str = ""

    @property
    def says(self) -> str:
        return "x1, y1, x2, y2 with x1 ≤ x2 and y1 ≤ y2"

    def holds(self, x: Array, context: Context) -> bool:
        _check_number(x, self.over, context)
        return super().holds(x, context) and bool((x[..., :2] <= x[..., 2:]).all())

    def wrong(self, x: Array, context: Context) -> Array:
        reversed_ = x[..., :2] > x[..., 2:]
        return super().wrong(x, context) | np.concatenate([reversed_, reversed_], -1)


class Sides(Range):
    """Boxes as a corner or the centre, then width and height, both 0 or more. A list of boxes is as in Boxes."""

    over: str = ""

    @property
    def says(self) -> str:
        return "a width or a height of 0 or more"

    def holds(self, x: Array, context: Context) -> bool:
        _check_number(x, self.over, context)
        return super().holds(x, context) and bool((x[..., 2:] >= 0).all())

    def wrong(self, x: Array, context: Context) -> Array:
        negative = x[..., 2:] < 0
        return super().wrong(x, context) | np.concatenate([np.zeros(negative.shape, bool), negative], -1)


class AnyBoxes(ByOption):
    """Boxes in the format of the option box_format. A loss gets them as corners."""


class RotatedBoxes(Range):
    """Rotated boxes: the centre, width and height above 0, and an angle in radians."""

    @property
    def says(self) -> str:
        return "x, y, width, height, angle, with width and height above 0"

    def holds(self, x: Array, context: Context) -> bool:
        return super().holds(x, context) and bool((x[..., 2:4] > 0).all())

    def wrong(self, x: Array, context: Context) -> Array:
        outside = super().wrong(x, context)
        outside[..., 2:4] |= ~(x[..., 2:4] > 0)
        return outside


class Points(Range):
    """Points of a row, (points, 2). Raises UsageError where the option sigmas has another number of points."""

    def wrong(self, x: Array, context: Context) -> Array:
        sigmas = context.get("sigmas")
        if sigmas is not None and np.size(sigmas) not in (1, x.shape[-2]):
            raise UsageError(f"sigmas has {np.size(sigmas)} numbers, but a row has {counted(x.shape[-2], 'point')}: give one for each")
        return super().wrong(x, context)

    def holds(self, x: Array, context: Context) -> bool:
        return not self.wrong(x, context).any()


class OfPoints(Range):
    """A number for each point, or each member of an ensemble, of the role `over`."""

    over: str = "pred"
    axis: int = -2  # that counts them
    thing: str = "point"
    use: str = "that say which are visible"

    def wrong(self, x: Array, context: Context) -> Array:
        if x.shape[-1] != context[self.over].shape[self.axis]:
            points = counted(context[self.over].shape[self.axis], self.thing)
            raise InputError(f"a row has {points}, but {counted(x.shape[-1], 'number')} {self.use}: give one for each")
        return super().wrong(x, context)

    def holds(self, x: Array, context: Context) -> bool:
        return not self.wrong(x, context).any()


class OfVectors(OfPoints):
    """A number for each of several vectors, of which each row of the role `over` has as many as other roles."""


class Spanning(Range):
    """Ensembles of vectors with more members than entries: fewer have no covariance that can be inverted."""

    def wrong(self, x: Array, context: Context) -> Array:
        members, entries = x.shape[-2:]
        if members <= entries:
            few = f"{counted(members, 'member')} of {counted(entries, 'number')} {'has' if members == 1 else 'have'}"
            raise InputError(f"pred: {few} no covariance that can be inverted: give more members than numbers, (rows, members, numbers)")
        return super().wrong(x, context)

    def holds(self, x: Array, context: Context) -> bool:
        return not self.wrong(x, context).any()


class BinPlaces(Range):
    """Places on the bins of the role `over`, from 0 to their number − 1; any place with the option clamp, which bounds them."""

    over: str = "pred"

    @property
    def says(self) -> str:
        return f"from 0 to the number of bins of {self.over} − 1"

    def holds(self, x: Array, context: Context) -> bool:
        return super().holds(x, context) and not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        outside = super().wrong(x, context)
        return outside if context["clamp"] is not None else outside | (x < 0) | (x > context[self.over].shape[-1] - 1)
