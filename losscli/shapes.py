"""Shapes made to agree, or refused: class axes go last, idle axes away, and nothing is broadcast that was not asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.balance import Balanced
from losscli.blocks import Column, Data
from losscli.broadcasting import TABLE, full, has_own_rows, height, in_memory, row_shape, written
from losscli.broadcasting import broadcast as repeated
from losscli.domains import Domain, LabelIn
from losscli.errors import InputError, UsageError, Warned, counted
from losscli.job import Job, Layout, Shape
from losscli.labels import with_words
from losscli.levels import fit_levels
from losscli.order import warn_of_order
from losscli.registry import OURS, PER, REDUCTIONS, Loss, Preset, Role
from losscli.samples import as_one_sample, has_one_number, is_one_label, is_one_sample, numbers_hint, of_numbers

__all__ = ["BLOCK", "fit_per", "one_for_all", "prepare"]

BLOCK = 2**18  # elements of the widest role in a block


def prepare(
    known: Loss,
    options: Mapping[str, Any],
    columns: Mapping[str, Column],
    *,
    preset: Preset = OURS,
    weight: Column | None = None,
    reduction: str | None = None,
    per: str | None = None,
    nan: str = "error",
    dtype: Any = np.float64,
    class_axis: int | None = None,
    broadcast: bool = False,
    name: str = "",
) -> tuple[Job, dict[str, Column]]:
    """The job, and the columns it needs of the data (named `name` + role).

    Raises UsageError for a role that is missing or an option that does not apply, InputError for shapes that do not agree.
    """
    missing = [r for r in known.roles.values() if r.name not in columns and not r.may_be_absent(options)]
    if missing:
        raise UsageError(f"{known.name} needs {' and '.join(r.name for r in missing)}: give {_flags(missing)}")
    for option, value, choices in (
        ("--reduction", reduction, tuple(REDUCTIONS)),
        ("--per", per, PER),
        ("--nan", nan, ("error", "omit", "propagate")),
    ):
        if value is not None and value not in choices:
            raise UsageError(f"{option} takes {', '.join(choices)}, not {value!r}")
    if known.settled:
        _refuse_per(known, per)
    if preset.of_numbers and has_one_number(columns[known.first]):
        known, options, columns = of_numbers(preset, options, columns)
    reduction = reduction or preset.reduction or known.reduction
    options, warnings = _with_format(_with_reduction(known, preset, options, reduction), columns)
    notes: list[str] = []
    shared, rows = _split(known, preset, with_words(known, columns), notes)
    shapes = _row_shapes(rows)
    flat = not any(known.roles[r].domain.ndim or known.roles[r].domain.shared or shape for r, shape in shapes.items())
    averaged = preset.last_axis == "mean" and reduction in ("mean", "sum_over_batch_size") and weight is None
    if flat and is_one_sample(known, bool(preset.last_axis) and not averaged, options, rows[known.first]):
        notes.append(f"{known.first} {_full(rows[known.first], ())} taken as one sample")
        weight = as_one_sample(preset.names[0] if preset.last_axis else "", rows, weight)
        shapes = _row_shapes(rows)
    job = Job(
        loss=known,
        preset=preset,
        options=dict(options),
        reduction=reduction,
        per=(),
        asked_per=per,
        columns={r: name + r for r in rows},
        layouts={},
        shared={r: np.ascontiguousarray(x, dtype) for r, x in shared.items()},
        constant={},
        weight=None,
        nan=nan,
        dtype=np.dtype(dtype),
        block_rows=1,
        notes=notes,
        warnings=warnings,
    )
    _look_at_axes(job, rows, shapes)
    if not broadcast:
        given, rows = rows, _agree_on_rows(job, rows, shapes)
        if job.reduction == "batchmean" or (known.kind == "statistic" and (per or preset.per or known.per) != "all"):
            _warn_of_two_readings(job, given, rows)
    _agree_on_shapes(job, rows, shapes, class_axis if class_axis is not None else preset.class_axis, broadcast)
    _fit_classes(job, rows)
    fit_levels(job, rows)
    warn_of_order(job, rows if weight is None else {**rows, "sample_weight": weight})
    _fit_options(job)
    _fit_balanced(job)
    needed = {name + r: c for r, c in rows.items() if r in job.columns}
    if weight is not None:
        weight = one_for_all(weight)
        job.weight = name + "sample_weight"
        needed[job.weight] = weight
        _fit_weight(job, weight)
        if preset.unweighted:
            warnings.append(Warned("W127", f"sample_weight weighs elements; {preset.names[0]} {preset.unweighted}"))
    if known.settled:
        fit_per(job)
    widest = max((_width(job, role) for role in job.layouts if role), default=1)
    job.block_rows = max(1, BLOCK >> max(widest - 1, 0).bit_length())
    return job, needed


def _refuse_per(known: Loss, per: str | None) -> None:
    """Raise UsageError where a loss cannot be taken along the axes asked for."""
    if per is not None and known.kind != "statistic":
        raise UsageError(f"{known.name} gives a value for each row already: --per is for losses that sum over rows, such as dice or rmse")
    if per is not None and not known.divides:
        raise UsageError(f"{known.name} is a number over all rows and features: it takes no --per")
    if per is not None and "channel" in per and known.roles[known.first].domain.classes:
        raise UsageError(f"{known.name} is a number over all its classes: --per takes all or row")


def fit_per(job: Job) -> None:
    """The axes that a statistic keeps. Raises UsageError where the loss has none to keep."""
    known = job.loss
    _refuse_per(known, job.asked_per)
    own = known.roles[known.first].domain.ndim
    first_shape = job.layouts[known.first].shape[: len(job.layouts[known.first].shape) - own]
    own_series = [r for r in job.columns if known.roles[r].domain.shared and not known.roles[r].domain.ndim]
    if own_series and known.kind == "statistic" and job.asked_per in ("all", "channel"):
        raise UsageError(
            f"{own_series[0]} has a row for each row of {known.first}, so {known.name} is a number a row: leave out --per {job.asked_per}"
        )
    asked = PER[job.asked_per or job.preset.per or ("row" if own_series and known.per == "all" else known.per)]
    job.per = tuple(a for a in asked if a == 0 or first_shape) if known.kind == "statistic" else ()
    if known.kind == "statistic" and 0 not in job.per and job.reduction in ("batchmean", "sum_over_batch_size") and not job.preset.names:
        raise UsageError(f"{known.name} is one number over all rows: -r {job.reduction} needs --per row")


def _width(job: Job, role: str) -> int:
    """How many numbers of a row of a role a block has to hold at once."""
    shape = job.layouts[role].shape
    return int(np.prod(shape)) * (shape[-1] if job.loss.roles[role].domain.paired else 1)


def _flags(roles: list[Role]) -> str:
    return " ".join(f"--{r.name.replace('_', '-')} SOURCE" for r in roles)


def _with_reduction(known: Loss, preset: Preset, options: Mapping[str, Any], reduction: str) -> Mapping[str, Any]:
    """The options, with what a reduction means under a framework's name."""
    sets = preset.by_reduction.get(reduction, {})
    if sets is None:
        has = ", ".join(r for r in REDUCTIONS if preset.by_reduction.get(r, {}) is not None and r in ("mean", "sum"))
        raise UsageError(f"{preset.names[0]} takes -r {has} here, not {reduction}; {known.name} -r {reduction} is ours, a number a row")
    return {**options, **{n: v for n, v in sets.items() if options[n] == known.options[n].default}}


def _with_format(options: Mapping[str, Any], columns: Mapping[str, Column]) -> tuple[Mapping[str, Any], list[Warned]]:
    """The options with boxes that are corners unless it is said, and a warning where a file uses COCO's name for x, y, width, height."""
    if "box_format" not in options or options["box_format"] is not None:
        return options, []
    coco = [r for r, c in columns.items() if re.split(r"::|\.", c.label)[-1].casefold() == "bbox"]
    said = (
        f"{' and '.join(coco)}: bbox is taken as corners, x1, y1, x2, y2; COCO's bbox is x, y, width, height: --box-format xywh"
        " (xyxy says that they are corners)"
    )
    return {**options, "box_format": "xyxy"}, [Warned("W128", said)] if coco else []


def _split(known: Loss, preset: Preset, columns: Mapping[str, Column], notes: list[str]) -> tuple[dict[str, Any], dict[str, Column]]:
    """What all rows see whole, and what has rows. A one-dimensional array for a vector role is one row."""
    shared, rows = {}, {}
    for role in known.roles.values():
        column = columns.get(role.name)
        if column is None:
            continue
        if column.array is not None:
            x = np.asarray(column.array)
            if x.ndim == 0:
                x = x.reshape(1)
            if role.domain.ndim and x.shape == (0,):
                x = x.reshape(0, *(role.domain.size or 0,) * role.domain.ndim)  # [] holds no rows, and not one row of nothing
            elif (role.domain.ndim and x.ndim == role.domain.ndim) or is_one_label(known, preset, role, x, columns):
                x = x[None]
            column = replace(column, array=x)
        if not role.domain.shared:
            rows[role.name] = column
        elif has_own_rows(role.domain, column):
            rows[role.name] = column
            notes.append(f"{role.name} {_full(column, row_shape(column))}: one for each row of {known.first}")
        else:
            shared[role.name] = _whole(known, role, in_memory(column).array)
    return shared, rows


def _whole(known: Loss, role: Role, x: Any) -> Any:
    """What all rows share. Raises InputError where it has more axes than the role knows."""
    domain = role.domain
    if domain.whole or x.ndim <= 1 + domain.ndim:
        return x
    if not domain.ndim and len(_dense(x.shape)) <= 1:
        return x.reshape(-1)
    takes = "(K, D)" if domain.ndim else "(K,)"
    if domain.each:
        takes = (
            "(K, D) for all rows, or (N, K, D)" if domain.ndim else "(time,), one series for all rows, or (series, time), one for each row"
        )
    raise InputError(f"{known.name}: {role.name} {written(x.shape)} has more axes than it may: give {takes}")


def _row_shapes(rows: Mapping[str, Column]) -> dict[str, Shape]:
    streamed = {r: c for r, c in rows.items() if c.array is None}
    first = Data(streamed).first.columns if streamed else {}
    return {r: (first[r] if c.array is None else c.array).shape[1:] for r, c in rows.items()}


def _look_at_axes(job: Job, rows: Mapping[str, Column], shapes: Mapping[str, Shape]) -> None:
    """Raise InputError for axes in another order than ours, and warn where both orders fit."""
    first = job.loss.first
    for role in rows:
        if job.loss.roles[role].domain.shared and not job.loss.roles[role].domain.ndim:
            series, numbers = rows[role].array, rows[first].array
            if series is not None and numbers is not None and (many := len(series)) != (n := len(numbers)):
                turn = ": transpose it" if shapes[role] == (n,) else ""
                raise InputError(
                    f"{job.loss.name}: {role} {_full(rows[role], shapes[role])} has {counted(many, 'row')}, a series each, but {first} has "
                    f"{counted(n, 'row')}{turn or '; one series for all is (time,)'}"
                )
    role = job.preset.turned
    if role and len(shapes[role]) == 2:
        time = shapes[role][0]
        n, *others = (height(c, time + 1) for c in (rows[role], *(c for r, c in rows.items() if r != role)))
        name = job.preset.names[0]
        order = f"{role} {_full(rows[role], shapes[role])}: rows come first here, (N, T, C), and not time, (T, N, C), as in {name}"
        if time == n > 1:
            job.warnings.append(Warned("W127", f"{order}; its shape fits both: transpose it if time is first"))
        elif n != time and others and all(labels == time for labels in others):
            raise InputError(f"{order}: transpose it")


def _agree_on_rows(job: Job, rows: dict[str, Column], shapes: dict[str, Shape]) -> dict[str, Column]:
    """Arrays whose whole shapes differ by axes of length one take the first role's shape; the shapes are brought up to date."""
    first = rows.get(job.loss.first)
    if first is None or first.array is None or any(r.domain.ndim for r in job.loss.roles.values()):
        return rows
    out = dict(rows)
    for role, column in rows.items():
        if column.array is None or len(column.array) == len(first.array) or job.loss.roles[role].domain.shared:
            continue
        if _dense(column.array.shape) == _dense(first.array.shape):
            out[role] = replace(column, array=column.array.reshape(first.array.shape))
            job.notes.append(f"{role} {written(column.array.shape)} taken as {written(first.array.shape)}")
            shapes[role] = shapes[job.loss.first]
    return out


def _warn_of_two_readings(job: Job, given: Mapping[str, Column], rows: Mapping[str, Column]) -> None:
    """Where a mean over rows or channels depends on which of two shapes holds."""
    first = job.loss.first
    for role, column in rows.items():
        if column is not given[role]:
            was, shape = written(given[role].array.shape), written(column.array.shape)
            said = f"{first} {shape} and {role} {was} are taken as {shape}; {job.loss.name} depends on which are rows: give both one shape"
            job.warnings.append(Warned("W127", said))


def _dense(shape: Shape) -> Shape:
    return tuple(n for n in shape if n != 1)


def _agree_on_shapes(job: Job, rows: dict[str, Column], shapes: dict[str, Shape], class_axis: int | None, broadcast: bool) -> None:
    """Give every role its layout, or raise InputError: what is left of a row without a role's own axes is the same for all roles."""
    known = job.loss
    domains = {r: known.roles[r].domain for r in rows}
    vectors = [r for r in rows if domains[r].ndim]
    if empty := next(
        (r for r in rows if 0 in shapes[r][domains[r].shared :]), None
    ):  # a row may have none of the vectors it is held against
        raise InputError(f"{known.name}: the rows of {empty} hold no numbers: its shape is {_full(rows[empty], shapes[empty])}")
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
            raise InputError(f"{known.name}: a row of {first} must be one vector, but its shape is {_full(rows[first], shapes[first])}")
        for role in vectors:
            if _lead(job, role, rows, wanted[role]) != value or not _alike(domains[first], domains[role], wanted[first], wanted[role]):
                raise _disagree(job, first, role, rows, shapes)
        for role in rows:
            classes = _shared_classes(job, role)
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
            if _dense(value):
                raise InputError(f"{known.name}: {first} needs one number for each row, but its shape is {_full(rows[first], value)}")
            value = ()
        for role in rows:
            wanted[role] = shapes[role] if role in own else _fit(job, role, first, value, rows, shapes)
    for role, x in job.shared.items():
        domain = known.roles[role].domain
        if domain.rows_of and len(x) != (rows_of := len(job.shared[domain.rows_of])):
            raise InputError(f"{known.name}: {role} has {counted(len(x), 'number')}, but {domain.rows_of} has {counted(rows_of, 'row')}")
        if domain.ndim and vectors and not _alike(domains[first], domain, wanted[first], x.shape[1:]):
            raise InputError(
                f"{known.name}: {role} {written(x.shape)} and {first} {_full(rows[first], shapes[first])} do not go together: "
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
            f"{job.loss.name}: {role} needs rows of {what}, but {rows[role].label} has {has}, shape {_full(rows[role], shape)}"
            + (numbers_hint(job.loss) if not shape else "")
        )
    if domain.size is not None and shape[-1] != domain.size:
        raise InputError(f"{job.loss.name}: {role} needs {domain.size} numbers a row, but has shape {_full(rows[role], shape)}")
    return shape[: len(shape) - ndim]


def _alike(a: Domain, b: Domain, x: Shape, y: Shape) -> bool:
    """Whether the vectors of two roles are as long as each other, where they have to be."""
    own = 1 if a.ragged and b.ragged else min(a.ndim, b.ndim)
    return a.free or b.free or x[len(x) - own :] == y[len(y) - own :]


def _is_soft(domain: Domain, shape: Shape, over: Shape) -> bool:
    return isinstance(domain, LabelIn) and domain.soft and shape == over


def _shared_classes(job: Job, role: str) -> Shape:
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
            raise UsageError(f"--class-axis {asked} is no axis of a row of {role}, shape {_full(rows[role], shape)}")
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
                "W107", f"{role} {_full(rows[role], shape)} could have its classes on axis 1 or last: took 1; --class-axis -1 is the other"
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
    if _dense(given) == _dense(value):
        job.notes.append(f"{role} {_full(rows[role], given)} taken as {_full(rows[role], value)}")
        return value
    raise _disagree(job, first, role, rows, shapes)


def _repeat(job: Job, rows: dict[str, Column], shapes: dict[str, Shape], own: set[str]) -> Shape:
    """NumPy's rule over all roles but those of each row's own."""
    others, theirs = {r: c for r, c in rows.items() if r not in own}, {r: s for r, s in shapes.items() if r not in own}
    value = repeated(job, others, theirs)
    rows.update(others)
    shapes.update(theirs)
    return value


def _full(column: Column, row: Shape) -> str:
    return written(full(column, row))


def _disagree(job: Job, first: str, role: str, rows: Mapping[str, Column], shapes: Mapping[str, Shape]) -> InputError:
    a, b = shapes[first], shapes[role]
    said = f"{job.loss.name}: {first} {_full(rows[first], a)} and {role} {_full(rows[role], b)} do not go together"
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


def _fit_options(job: Job) -> None:
    """Options of one number a class have as many as there are classes."""
    shape, counted_by = job.layouts[job.loss.first].shape, f"the last axis of {job.loss.first}"
    for role in job.loss.roles.values():
        if isinstance(role.domain, LabelIn) and (classes := _shared_classes(job, role.name)):
            shape, counted_by = classes, role.domain.over
    for option in job.loss.options.values():
        value = job.options[option.name]
        if option.kind != "array" or option.domain is None or np.ndim(value) == 0:
            continue
        try:
            fits = np.broadcast_shapes(value.shape, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            what = f"{value.size} numbers" if value.ndim == 1 else f"shape {written(value.shape)}"
            raise UsageError(
                f"{job.loss.name}: {job.preset.word(option.name)} has {what}, but {counted_by} has {shape[-1] if shape else 1}"
            )


def _fit_balanced(job: Job) -> None:
    """Class weights are made from a count for each class, or from labels that are class indices."""
    how, labels, first = job.options.get(job.loss.weighs), job.loss.labels, job.layouts[job.loss.first].shape
    if not isinstance(how, Balanced):
        return
    if how.counts is None and labels is not None and len(job.layouts[labels.name].shape) == len(first):
        raise UsageError(
            f"{job.loss.name}: {job.loss.weighs} balanced counts class indices, but {labels.name} holds a probability for each class: "
            "give class_counts"
        )
    shared = () if labels is None else _shared_classes(job, labels.name)
    classes = (*first, *shared)[-1] if (*first, *shared) else 1
    if how.counts is not None and np.shape(how.counts) != (classes,):
        raise UsageError(f"{job.loss.name}: class_counts needs {counted(classes, 'number')}, one for each class, not {np.size(how.counts)}")


def _fit_classes(job: Job, rows: Mapping[str, Column]) -> None:
    """As many class names as there are classes; the ignored label by its index."""
    for role, column in rows.items():
        domain = job.loss.roles[role].domain
        if column.classes and isinstance(domain, LabelIn) and domain.over in job.layouts:
            classes = job.layouts[domain.over].shape[-1]
            if len(column.classes) != classes:
                raise InputError(f"--classes names {len(column.classes)}, but {domain.over} has {counted(classes, 'column')}")
        if column.labels is not None and column.labels.ignored != column.labels.given:
            job.given["ignore_index"], job.options["ignore_index"] = column.labels.given, column.labels.ignored


def one_for_all(weight: Column) -> Column:
    """One number is one weight for all rows: an array without axes, which has as many rows as the others."""
    x = weight.array
    if x is None or not (np.ndim(x) == 0 or (weight.label == "inline" and np.shape(x) == (1,))):
        return weight
    one = np.asarray(weight.values([np.reshape(x, 1)], 0), np.float64)[0]
    if not 0 <= one < np.inf:
        raise InputError(f"sample_weight is {one:g}: one number is the weight of every row, and has to be 0 or more")
    return replace(weight, array=one.reshape(()))


def _warn_of_repeated_weights(job: Job, column: Column, values: Shape) -> None:
    """Where weights have fewer axes than the losses Keras multiplies as NumPy does, from the last axis: what fits so weighs no rows."""
    given = row_shape(column)
    axes = len(given) + 1
    if job.preset.last_axis != "mean" or axes > len(values) or np.ndim(column.array if column.array is not None else [0]) == 0:
        return
    last, n = values[len(values) - axes :], height(column, max(values) + 1)
    if n == 1 or (axes == len(values) and last[-1] == 1) or any(a not in (1, b) for a, b in zip((n, *given), last, strict=True)):
        return
    full, wanted = written((n, *given)), written((n, *given, *(1,) * (len(values) + 1 - axes)))
    keras = f"{job.preset.names[0]} has it along the last axes of the losses {_full(column, values)}"
    job.warnings.append(Warned("W127", f"sample_weight {full} weighs rows, but {keras}: {wanted} weighs rows in both"))


def _fit_weight(job: Job, column: Column) -> None:
    """Sample weights have the shape of the values or of their leading axes."""
    shape = job.layouts[job.loss.first].shape
    values = shape[: len(shape) - job.loss.roles[job.loss.first].domain.ndim]
    if job.preset.last_axis:
        values = values[:-1]  # which is reduced before the weights come in
    given = row_shape(column)
    _warn_of_repeated_weights(job, column, values)
    for k in range(len(values), -1, -1):
        if given == values[:k]:
            job.layouts[""] = Layout(None, given, given)
            return
    for k in range(len(values), -1, -1):
        if _dense(given) == _dense(values[:k]):
            job.layouts[""] = Layout(None, values[:k], given)
            return
    raise InputError(f"sample_weight {_full(column, given)} fits neither the values {written(('rows', *values))} nor their leading axes")
