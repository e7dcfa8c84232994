"""The derivatives as columns next to the losses of the elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from losscli.engine.job import Job, View
from losscli.errors import UsageError
from losscli.numeric.lazy import Array, np
from losscli.render.formats import Format

__all__ = ["gradient_columns"]

Columns = Callable[[View, Array | None], Mapping[str, Array]]


def gradient_columns(job: Job, wrt: Sequence[str], format: Format) -> Columns:
    """A function that makes the columns of a block: the loss, and the derivatives with respect to the roles in `wrt`.

    A format without names gets one array of derivatives. Raises UsageError for derivatives that the format cannot contain.
    """
    roles = [r for r in wrt if r in job.columns]
    if format.numbers_only:
        if len(wrt) != 1 or not roles:
            raise UsageError(f"-f {format.name} holds one array: --grad with one role that has rows, or write json")
        return lambda view, values: {f"grad_{roles[0]}": job.layouts[roles[0]].undo(view.grads[roles[0]])}
    if len(roles) < len(wrt):
        name = next(r for r in wrt if r not in roles)
        name = job.preset.word(name) if name in job.options else name
        raise UsageError(f"--grad {name}: all rows share {name}, so its derivative has no place in rows of {format.name}: write json")
    return lambda view, values: _columns(view, values, roles)


def _columns(view: View, values: Array | None, roles: Sequence[str]) -> dict[str, Array]:
    """The losses, and for each number of a role its derivative: grad_pred, or grad_pred_0, grad_pred_1, …"""
    first = view.grads[roles[0]]
    shape = first.shape[: first.ndim - view.value_axes[roles[0]]] if values is None else np.shape(values)
    columns = {} if values is None else {"loss": values}
    for role in roles:
        g = view.grads[role] + 0.0  # no -0
        g = g.reshape(*g.shape, *(1,) * (len(shape) - g.ndim))
        for place in np.ndindex(g.shape[len(shape) :]):
            columns["_".join(map(str, (f"grad_{role}", *place)))] = np.broadcast_to(g[(..., *place)], shape)
    return columns
