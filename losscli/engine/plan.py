"""Everything decided before the first block: a Job."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.catalogue.binding import BoundLoss
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.broadcasting import has_own_rows, in_memory, row_shape, written
from losscli.engine.class_options import fit_class_weights, fit_classes, fit_options
from losscli.engine.job import Job, Shape
from losscli.engine.label_order import warn_of_order
from losscli.engine.label_words import with_words
from losscli.engine.levels import fit_levels
from losscli.engine.sample_weights import fit_weight, one_for_all
from losscli.engine.samples import as_one_sample, has_one_number, is_one_label, is_one_sample, of_numbers
from losscli.engine.shapes import agree_on_rows, agree_on_shapes, dense, full_shape, look_at_axes, warn_of_two_readings
from losscli.engine.work import Work
from losscli.errors import InputError, UsageError, Warned
from losscli.registry import PER, REDUCTIONS, Loss, Preset
from losscli.signature import Role

__all__ = ["BLOCK", "fit_per", "prepare"]

BLOCK = 2**18  # elements of the widest role in a block


def prepare(
    bound: BoundLoss, columns: Mapping[str, Column], work: Work = Work(), *, weight: Column | None = None, name: str = ""
) -> tuple[Job, dict[str, Column]]:
    """The job, and the columns it needs of the data (named `name` + role).

    Raises UsageError for a role that is missing or an option that does not apply, InputError for shapes that do not agree.
    """
    known, preset, options = bound.loss, bound.preset, bound.options
    per, nan, dtype, class_axis, broadcast = work.per, work.nan, work.dtype, work.class_axis, work.broadcast
    missing = [r for r in known.roles.values() if r.name not in columns and not r.may_be_absent(options)]
    if missing:
        raise UsageError(f"{known.name} needs {' and '.join(r.name for r in missing)}: give {_flags(missing)}")
    for option, value, choices in (
        ("--reduction", work.reduction, tuple(REDUCTIONS)),
        ("--per", per, PER),
        ("--nan", nan, ("error", "omit", "propagate")),
    ):
        if value is not None and value not in choices:
            raise UsageError(f"{option} takes {', '.join(choices)}, not {value!r}")
    if known.kind_is_certain:
        _refuse_per(known, per)
    if preset.scalar_loss and has_one_number(columns[known.first]):
        known, options, columns = of_numbers(preset, options, columns)
    reduction = work.reduction or preset.reduction or known.reduction
    options, warnings = _with_format(_with_reduction(known, preset, options, reduction), columns)
    notes: list[str] = []
    shared, rows = _split(known, preset, with_words(known, columns), notes)
    shapes = _row_shapes(rows)
    flat = not any(known.roles[r].domain.ndim or known.roles[r].domain.shared or shape for r, shape in shapes.items())
    averaged = preset.last_axis == "mean" and reduction in ("mean", "sum_over_batch_size") and weight is None
    if flat and is_one_sample(known, bool(preset.last_axis) and not averaged, options, rows[known.first]):
        notes.append(f"{known.first} {full_shape(rows[known.first], ())} taken as one sample")
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
    look_at_axes(job, rows, shapes)
    if not broadcast:
        given, rows = rows, agree_on_rows(job, rows, shapes)
        if job.reduction == "batchmean" or (known.kind == "statistic" and (per or preset.per or known.per) != "all"):
            warn_of_two_readings(job, given, rows)
    agree_on_shapes(job, rows, shapes, class_axis if class_axis is not None else preset.class_axis, broadcast)
    fit_classes(job, rows)
    fit_levels(job, rows)
    warn_of_order(job, rows if weight is None else {**rows, "sample_weight": weight})
    fit_options(job)
    fit_class_weights(job)
    needed = {name + r: c for r, c in rows.items() if r in job.columns}
    if weight is not None:
        weight = one_for_all(weight)
        job.weight = name + "sample_weight"
        needed[job.weight] = weight
        fit_weight(job, weight)
        if preset.weight_note:
            warnings.append(Warned("W127", f"sample_weight weighs elements; {preset.names[0]} {preset.weight_note}"))
    if known.kind_is_certain:
        fit_per(job)
    widest = max((_width(job, role) for role in job.layouts if role), default=1)
    job.block_rows = max(1, BLOCK >> max(widest - 1, 0).bit_length())
    return job, needed


def _refuse_per(known: Loss, per: str | None) -> None:
    """Raise UsageError where a loss cannot be taken along the axes asked for."""
    if per is not None and known.kind != "statistic":
        raise UsageError(f"{known.name} gives a value for each row already: --per is for losses that sum over rows, such as dice or rmse")
    if per is not None and not known.allows_per:
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
            notes.append(f"{role.name} {full_shape(column, row_shape(column))}: one for each row of {known.first}")
        else:
            shared[role.name] = _whole(known, role, in_memory(column).array)
    return shared, rows


def _whole(known: Loss, role: Role, x: Any) -> Any:
    """What all rows share. Raises InputError where it has more axes than the role knows."""
    domain = role.domain
    if domain.own_rows or x.ndim <= 1 + domain.ndim:
        return x
    if not domain.ndim and len(dense(x.shape)) <= 1:
        return x.reshape(-1)
    takes = "(K, D)" if domain.ndim else "(K,)"
    if domain.or_per_row:
        takes = (
            "(K, D) for all rows, or (N, K, D)" if domain.ndim else "(time,), one series for all rows, or (series, time), one for each row"
        )
    raise InputError(f"{known.name}: {role.name} {written(x.shape)} has more axes than it may: give {takes}")


def _row_shapes(rows: Mapping[str, Column]) -> dict[str, Shape]:
    streamed = {r: c for r, c in rows.items() if c.array is None}
    first = Data(streamed).first.columns if streamed else {}
    return {r: (first[r] if c.array is None else c.array).shape[1:] for r, c in rows.items()}
