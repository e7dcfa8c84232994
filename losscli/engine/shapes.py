"""Shapes made to agree, or refused: class axes go last, idle axes away, and nothing is broadcast that was not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from losscli.data.columns import Column
from losscli.domains import Domain, LabelIn
from losscli.engine.broadcasting import TABLE, full, height, written
from losscli.engine.broadcasting import broadcast as repeated
from losscli.engine.job import Job, Layout, Shape
from losscli.engine.samples import numbers_hint
from losscli.errors import InputError, UsageError, Warned, counted

__all__ = ["agree_on_rows", "agree_on_shapes", "dense", "full_shape", "look_at_axes", "shared_classes", "warn_of_two_readings"]


def look_at_axes(job: Job, rows: Mapping[str, Column], shapes: Mapping[str, Shape]) -> None:
    """Raise InputError for axes in another order than ours, and warn where both orders fit."""
    first = job.loss.first
    for role in rows:
        if job.loss.roles[role].domain.shared and not job.loss.roles[role].domain.ndim:
            series, numbers = rows[role].array, rows[first].array
            shape = full_shape(rows[role], shapes[role])
            if series is not None and numbers is not None and (many := len(series)) != (n := len(numbers)):
                turn = ": transpose it" if shapes[role] == (n,) else ""
                raise InputError(
                    f"{job.loss.name}: {role} {shape} has {counted(many, 'row')}, a series each, but {first} has "
                    f"{counted(n, 'row')}{turn or '; one series for all is (time,)'}"
                )
    role = job.preset.swapped_axes
    if role and len(shapes[role]) == 2:
        time = shapes[role][0]
        n, *others = (height(c, time + 1) for c in (rows[role], *(c for r, c in rows.items() if r != role)))
        name = job.preset.names[0]
        order = f"{role} {full_shape(rows[role], shapes[role])}: rows come first here, (N, T, C), and not time, (T, N, C), as in {name}"
        if time == n > 1:
            job.warnings.append(Warned("W127", f"{order}; its shape fits both: transpose it if time is first"))
        elif n != time and others and all(labels == time for labels in others):
            raise InputError(f"{order}: transpose it")


def agree_on_rows(job: Job, rows: dict[str, Column], shapes: dict[str, Shape]) -> dict[str, Column]:
    """Arrays whose whole shapes differ by axes of length one take the first role's shape; the shapes are brought up to date."""
    first = rows.get(job.loss.first)
    if first is None or first.array is None or any(r.domain.ndim for r in job.loss.roles.values()):
        return rows
    out = dict(rows)
    for role, column in rows.items():
        if column.array is None or len(column.array) == len(first.array) or job.loss.roles[role].domain.shared:
            continue
        if dense(column.array.shape) == dense(first.array.shape):
            out[role] = replace(column, array=column.array.reshape(first.array.shape))
            job.notes.append(f"{role} {written(column.array.shape)} taken as {written(first.array.shape)}")
            shapes[role] = shapes[job.loss.first]
    return out


def warn_of_two_readings(job: Job, given: Mapping[str, Column], rows: Mapping[str, Column]) -> None:
    """Where a mean over rows or channels depends on which of two shapes holds."""
    first = job.loss.first
    for role, column in rows.items():
        if column is not given[role]:
            was, shape = written(given[role].array.shape), written(column.array.shape)
            said = f"{first} {shape} and {role} {was} are taken as {shape}; {job.loss.name} depends on which are rows: give both one shape"
            job.warnings.append(Warned("W127", said))


def dense(shape: Shape) -> Shape:
    """A shape without its axes of length one."""
    return tuple(n for n in shape if n != 1)


def agree_on_shapes(job: Job, rows: dict[str, Column], shapes: dict[str, Shape], class_axis: int | None, broadcast: bool) -> None:
    """Give every role its layout, or raise InputError: what is left of a row without a role's own axes is the same for all roles."""
    known = job.loss
    domains = {r: known.roles[r].domain for r in rows}
    vectors = [r for r in rows if domains[r].ndim]
    if empty := next(
        (r for r in rows if 0 in shapes[r][domains[r].shared :]), None
    ):  # a row may have none of the vectors it is held against
        raise InputError(f"{known.name}: the rows of {empty} hold no numbers: its shape is {full_shape(rows[empty], shapes[empty])}")
    if class_axis is not None and not any(d.classes for d in domains.values()):
        if class_axis != job.preset.class_axis:
            raise UsageError(f"{known.name} has no class axis: --class-axis is for losses over classes, such as cross_entropy")
        class_axis = None
    moved = _class_axes(job, rows, shapes, class_axis)
    wanted = {r: _at_end(shapes[r], moved[r]) for r in rows}
    if vectors:
        first = vectors[0]
        value = _lead(job, first, rows, wanted[first])
        if value and known.kind == "batch" and not domains[first].classes:
            raise InputError(
                f"{known.name}: a row of {first} must be one vector, but its shape is {full_shape(rows[first], shapes[first])}"
            )
        for role in vectors:
            if _lead(job, role, rows, wanted[role]) != value or not _alike(domains[first], domains[role], wanted[first], wanted[role]):
                raise _disagree(job, first, role, rows, shapes)
        for role in rows:
            classes = shared_classes(job, role)
            if role not in vectors and not classes and (moved[role] is not None or _is_soft(domains[role], shapes[role], shapes[first])):
                wanted[role] = wanted[first]
            elif classes and _is_soft(domains[role], shapes[role], (*value, *classes)):
                wanted[role] = shapes[role]
            elif role not in vectors:
                wanted[role] = _fit(job, role, first, value, rows, shapes)
    else:
        own = {r for r in rows if domains[r].shared}  # of each row its own, whatever the shape of a value
        first, value = known.first, _repeat(job, rows, shapes, own) if broadcast else shapes[known.first]
        if known.kind == "batch" and known.task != "own" and value:  # its rows are compared with each other, so each has one number
            if dense(value):
                raise InputError(f"{known.name}: {first} needs one number for each row, but its shape is {full_shape(rows[first], value)}")
            value = ()
        for role in rows:
            wanted[role] = shapes[role] if role in own else _fit(job, role, first, value, rows, shapes)
    for role, x in job.shared.items():
        domain = known.roles[role].domain
        if domain.rows_of and len(x) != (rows_of := len(job.shared[domain.rows_of])):
            raise InputError(f"{known.name}: {role} has {counted(len(x), 'number')}, but {domain.rows_of} has {counted(rows_of, 'row')}")
        if domain.ndim and vectors and not _alike(domains[first], domain, wanted[first], x.shape[1:]):
            raise InputError(
                f"{known.name}: {role} {written(x.shape)} and {first} {full_shape(rows[first], shapes[first])} do not go together: "
                "their vectors must be of one length"
            )
    for role in rows:
        job.layouts[role] = Layout(moved[role], wanted[role], shapes[role])
    for role in job.constant:
        job.columns.pop(role)


def _lead(job: Job, role: str, rows: Mapping[str, Column], shape: Shape) -> Shape:
    """What of a row's shape stands before the axes that belong to the role."""
    domain = job.loss.roles[role].domain
    ndim = domain.ndim + domain.shared  # a role that could be shared, but has vectors of its own for each row
    if len(shape) < ndim:
        what = "classes" if domain.classes else "vectors" if domain.ndim == 2 else "numbers"
        has = "one number a row" if not shape else "vectors"
        raise InputError(
            f"{job.loss.name}: {role} needs rows of {what}, but {rows[role].label} has {has}, shape {full_shape(rows[role], shape)}"
            + (numbers_hint(job.loss) if not shape else "")
        )
    if domain.size is not None and shape[-1] != domain.size:
        raise InputError(f"{job.loss.name}: {role} needs {domain.size} numbers a row, but has shape {full_shape(rows[role], shape)}")
    return shape[: len(shape) - ndim]


def _alike(a: Domain, b: Domain, x: Shape, y: Shape) -> bool:
    """Whether the vectors of two roles are as long as each other, where they have to be."""
    own = 1 if a.ragged and b.ragged else min(a.ndim, b.ndim)
    return a.free or b.free or x[len(x) - own :] == y[len(y) - own :]


def _is_soft(domain: Domain, shape: Shape, over: Shape) -> bool:
    return isinstance(domain, LabelIn) and domain.soft and shape == over


def shared_classes(job: Job, role: str) -> Shape:
    """How many classes a label has where a shared role says so (the rows of a matrix that makes logits), else nothing."""
    domain = job.loss.roles[role].domain
    return (job.shared[domain.over].shape[domain.axis],) if isinstance(domain, LabelIn) and domain.over in job.shared else ()


def _class_axes(job: Job, rows: Mapping[str, Column], shapes: Mapping[str, Shape], asked: int | None) -> dict[str, int | None]:
    """For each role the axis that counts classes, where it is not the last; roles that share its shape share the axis."""
    moved: dict[str, int | None] = dict.fromkeys(rows)
    first = next((r for r in rows if job.loss.roles[r].domain.classes), None)
    if first is None or not shapes[first]:
        return moved
    axis = _class_axis(job, first, rows, shapes, asked)
    for role in rows:
        domain = job.loss.roles[role].domain
        if shapes[role] == shapes[first] and (domain.classes or _is_soft(domain, shapes[role], shapes[first])):
            moved[role] = axis
    return moved


def _at_end(shape: Shape, axis: int | None) -> Shape:
    return shape if axis is None else (*shape[: axis - 1], *shape[axis:], shape[axis - 1])


def _class_axis(job: Job, role: str, rows: Mapping[str, Column], shapes: Mapping[str, Shape], asked: int | None) -> int | None:
    """The axis that counts classes, where it is not the last: 1, as torch has it, unless it is asked for or the target says otherwise."""
    shape = shapes[role]
    ndim = len(shape) + 1
    if asked is not None:
        axis = asked % ndim if -ndim <= asked < ndim else 0
        if axis == 0:
            raise UsageError(f"--class-axis {asked} is no axis of a row of {role}, shape {full_shape(rows[role], shape)}")
        return axis if axis < ndim - 1 else None
    if ndim == 2:
        return None
    target = next((shapes[r] for r in rows if isinstance(job.loss.roles[r].domain, LabelIn)), None)
    second, last = shape[1:] == target, shape[:-1] == target
    if last and not second:
        return None
    if last and second:
        job.warnings.append(
            Warned(
                "W107",
                f"{role} {full_shape(rows[role], shape)} could have its classes on axis 1 or last: took 1; --class-axis -1 is the other",
            )
        )
    return 1


def _fit(job: Job, role: str, first: str, value: Shape, rows: Mapping[str, Column], shapes: Mapping[str, Shape]) -> Shape:
    """The shape of a row of an elementwise role, which must be that of a value."""
    given = shapes[role]
    if role in job.constant:
        return value
    if given == value:
        return value
    if dense(given) == dense(value):
        job.notes.append(f"{role} {full_shape(rows[role], given)} taken as {full_shape(rows[role], value)}")
        return value
    raise _disagree(job, first, role, rows, shapes)


def _repeat(job: Job, rows: dict[str, Column], shapes: dict[str, Shape], own: set[str]) -> Shape:
    """NumPy's rule over all roles but those of each row's own."""
    others, theirs = {r: c for r, c in rows.items() if r not in own}, {r: s for r, s in shapes.items() if r not in own}
    value = repeated(job, others, theirs)
    rows.update(others)
    shapes.update(theirs)
    return value


def full_shape(column: Column, row: Shape) -> str:
    """The shape of a column with its rows, as NumPy writes it."""
    return written(full(column, row))


def _disagree(job: Job, first: str, role: str, rows: Mapping[str, Column], shapes: Mapping[str, Shape]) -> InputError:
    a, b = shapes[first], shapes[role]
    said = f"{job.loss.name}: {first} {full_shape(rows[first], a)} and {role} {full_shape(rows[role], b)} do not go together"
    x, y = rows[first].array, rows[role].array
    if job.loss.roles[first].domain.classes and not job.loss.roles[role].domain.ndim:
        fix = f"{role} needs one label for each row of {first}, or a probability for each class"
    elif x is not None and y is not None and x.shape == y.shape[::-1]:
        fix = "transpose one of them"
    elif any(r.domain.ndim for r in job.loss.roles.values()):
        fix = "their rows must hold vectors of one length" if job.loss.roles[role].domain.ndim else f"{role} needs one number for each row"
    elif not a or not b:
        fix = _fix_of_column(rows, shapes, *((first, role) if a else (role, first)))
        if a and (other := f"multiclass_{job.loss.name}") in job.loss.see:
            fix = f"{other} takes one number for each class; or choose one column of {first} ({rows[first].label})"
    else:
        fix = "give both the same shape" + (", or say --broadcast" if _broadcasts(rows[first], a, rows[role], b) else "")
    return InputError(f"{said}: {fix}")


def _fix_of_column(rows: Mapping[str, Column], shapes: Mapping[str, Shape], wide: str, flat: str) -> str:
    """What to do with one number a row beside several: no way on may lead to another number than is meant."""
    x, y = rows[wide].array, rows[flat].array
    choose = f"choose one column of {wide} ({rows[wide].label})"
    if x is not None and y is not None and len(x) != len(y):
        repeat = len(y) in (1, shapes[wide][-1])
        return f"{flat} needs {counted(len(x), 'number')}, one a row" + (
            f"; --broadcast repeats it for every row of {wide}" if repeat else ""
        )
    column = written((len(y) if y is not None else "rows", *(1,) * len(shapes[wide])))
    return f"{choose}, or, for one number of {flat} a row, give it as {column}{TABLE} and say --broadcast"


def _broadcasts(a: Column, x: Shape, b: Column, y: Shape) -> bool:
    """Whether NumPy would let two columns go together."""
    try:
        np.broadcast_shapes(*((1 if c.array is None else len(c.array), *s) for c, s in ((a, x), (b, y))))
    except ValueError:
        return False
    return True
