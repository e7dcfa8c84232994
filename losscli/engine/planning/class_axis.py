"""The class axis: --class-axis, else axis 1 as in torch, or the last axis where the shape of the target shows it."""

from __future__ import annotations

from losscli.domains import Domain, LabelIn
from losscli.engine.job import Shape
from losscli.engine.planning.draft import Draft
from losscli.errors import UsageError

__all__ = ["class_axes", "is_soft", "with_classes_last"]


def class_axes(draft: Draft) -> dict[str, int | None]:
    """The class axis of each role, None where it is the last. Roles of the same shape have the same class axis.

    Raises UsageError for a class axis that the loss does not have; warns where the shapes fit two axes.
    """
    requested = _class_axis_option(draft)
    axes: dict[str, int | None] = dict.fromkeys(draft.rows)
    first = next((r for r in draft.rows if _has_axis(draft, r)), None)
    if first is None or not draft.shapes[first]:
        return axes
    axis = _requested_axis(draft, first, requested) if requested is not None else _usual_axis(draft, first)
    for role in draft.rows:
        domain, shape = draft.domain(role), draft.shapes[role]
        if shape == draft.shapes[first] and (_has_axis(draft, role) or is_soft(domain, shape, draft.shapes[first])):
            axes[role] = axis
    return axes


def _has_axis(draft: Draft, role: str) -> bool:
    """Whether a role has an axis of classes, or one of vectors that the framework of the name lets its users choose."""
    domain = draft.domain(role)
    return domain.classes or (domain.ndim == 1 and "class_axis" in draft.preset.general.values())


def _class_axis_option(draft: Draft) -> int | None:
    """The class axis that the user or a framework sets. Raises UsageError where the loss has no classes."""
    requested = draft.work.class_axis
    if any(_has_axis(draft, r) for r in draft.rows):
        return draft.preset.class_axis if requested is None else requested
    if requested is not None and requested != draft.preset.class_axis:
        raise UsageError(f"{draft.loss.name} has no class axis: --class-axis is for losses over classes, such as cross_entropy")
    return None


def _requested_axis(draft: Draft, role: str, requested: int) -> int | None:
    """The class axis that was set, None where it is the last. Raises UsageError where a row does not have it."""
    ndim = len(draft.shapes[role]) + 1
    axis = requested % ndim if -ndim <= requested < ndim else 0
    if axis == 0:
        raise UsageError(f"--class-axis {requested} is no axis of a row of {role}, shape {draft.shape_text(role)}")
    return axis if axis < ndim - 1 else None


def _usual_axis(draft: Draft, role: str) -> int | None:
    """Axis 1, as in torch, unless the shape of the target shows that classes are last (None); a warning where both fit."""
    shape = draft.shapes[role]
    if len(shape) == 1:
        return None
    target = next((draft.shapes[r] for r in draft.rows if isinstance(draft.domain(r), LabelIn)), None)
    second, last = shape[1:] == target, shape[:-1] == target
    if last and not second:
        return None
    if last and second:
        text = draft.shape_text(role)
        draft.warn("W107", f"{role} {text} could have its classes on axis 1 or last: took axis 1; --class-axis -1 takes the last")
    return 1


def with_classes_last(shape: Shape, axis: int | None) -> Shape:
    """The shape of a row with the class axis at the end."""
    return shape if axis is None else (*shape[: axis - 1], *shape[axis:], shape[axis - 1])


def is_soft(domain: Domain, shape: Shape, classes: Shape) -> bool:
    """Whether a label is a probability for each class: its shape is that of the classes."""
    return isinstance(domain, LabelIn) and domain.soft and shape == classes
