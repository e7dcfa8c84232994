"""Planning: make a Job from a loss, its columns and the user's choices, before the first block is computed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from losscli.catalogue.binding import BoundLoss
from losscli.choices import NAN, PER, REDUCTION
from losscli.data.columns import Column
from losscli.domains import Images, Whole
from losscli.engine.job import Job, as_integers
from losscli.engine.planning.axes import check_per, keeping_axes
from losscli.engine.planning.classes import check_class_options, fit_classes, warn_of_order, with_words_as_classes
from losscli.engine.planning.column_shapes import column_shape, has_own_rows, in_memory, row_shape, shape_text, without_ones
from losscli.engine.planning.draft import Draft
from losscli.engine.planning.framework_arrays import in_our_axes, masks_all, with_changed_numbers, with_general_options
from losscli.engine.planning.framework_labels import with_our_labels
from losscli.engine.planning.item_weights import with_item_weights
from losscli.engine.planning.quantile_levels import fit_levels
from losscli.engine.planning.role_numbers import with_default_roles, with_made_roles
from losscli.engine.planning.row_options import with_options_as_roles
from losscli.engine.planning.sample_weights import fit_weight
from losscli.engine.planning.samples import form_of_shape, is_one_soft_label, take_as_one_sample
from losscli.engine.planning.shapes import agree_on_shapes, check_axes, drop_idle_axes
from losscli.engine.work import Work
from losscli.errors import InputError, UsageError
from losscli.numeric.lazy import Array
from losscli.registry import Loss
from losscli.signature import Role

__all__ = ["BLOCK", "prepare"]

BLOCK = 2**18  # elements of the widest role in a block


def prepare(
    bound: BoundLoss, columns: Mapping[str, Column], work: Work = Work(), *, weight: Column | None = None, name: str = ""
) -> tuple[Job, dict[str, Column]]:
    """The job, and the columns of the data that it needs, named `name` + role.

    Raises UsageError for a missing role and for an option that does not apply, InputError for shapes that do not match.
    """
    columns = with_default_roles(bound, columns)
    _check_roles(bound, columns)
    columns = with_made_roles(bound, columns)
    _check_choices(bound.loss, work)
    bound, columns = form_of_shape(bound, columns)
    given, (bound, columns) = bound.options, with_options_as_roles(bound, columns)
    work, weight = with_general_options(bound, columns, work, weight)
    columns, weight = with_item_weights(bound, with_changed_numbers(bound, columns), weight)
    draft = Draft(bound.loss, bound.preset, bound.options, work, weight)
    draft.notes += bound.notes
    as_given = {**bound.general, **{n: v for n, v in given.items() if n not in bound.options}}
    draft.given_options = {n: f"shape {shape_text(v.shape)}" if np.ndim(v) else v for n, v in as_given.items()}
    _settle_options(draft, columns)
    columns = with_our_labels(draft, in_our_axes(draft, columns, bound.general), bound.general)
    _divide_roles(draft, with_words_as_classes(draft.loss, columns))
    _settle_shapes(draft)
    fit_classes(draft)
    fit_levels(draft)
    warn_of_order(draft)
    check_class_options(draft)
    fit_weight(draft)
    return _job(draft, name).but(masked=masks_all(bound)), _needed(draft, name)


# --- roles and options ----------------------------------------------------------------------------------------------------------


def _check_roles(bound: BoundLoss, columns: Mapping[str, Column]) -> None:
    """Raise UsageError where a role is missing, and for one that the framework's name does not take."""
    if refused := [r for r in columns if r in bound.preset.instead]:
        raise UsageError(f"{bound.preset.names[0]} takes no {refused[0]}: {bound.preset.instead[refused[0]]}")
    missing = [r for r in bound.loss.roles.values() if r.name not in columns and not r.may_be_absent(bound.options)]
    missing += [r for r in bound.loss.roles.values() if r.domain.only_with in columns and r.name not in columns]
    if missing:
        flags = " ".join(f"--{r.name.replace('_', '-')} SOURCE" for r in missing)
        raise UsageError(f"{bound.loss.name} needs {' and '.join(r.name for r in missing)}: give {flags}")
    _check_needs(bound, columns)


def _check_needs(bound: BoundLoss, columns: Mapping[str, Column]) -> None:
    """Raise UsageError for an option that has no effect without a role that is not given."""
    for option in bound.loss.options.values():
        needs, default = option.needs, bound.preset.options.get(option.name, option.default)
        if needs is None or needs.name not in bound.loss.roles or needs.name in columns:
            continue
        value = bound.options[option.name]
        if value and not np.array_equal(value, default):
            said = f"--{bound.preset.word(option.name).replace('_', '-')} needs {needs.says}: it has no effect here"
            raise UsageError(f"{bound.loss.name}: {said}")


def _check_choices(loss: Loss, work: Work) -> None:
    """Raise UsageError for a choice that does not exist, and for --per where the loss does not take it."""
    for choice, option, value in ((REDUCTION, "--reduction", work.reduction), (PER, "--per", work.per), (NAN, "--nan", work.nan)):
        if value is not None:
            choice.check(value, option)
    if loss.kind_is_certain:
        check_per(loss, work.per)


def _settle_options(draft: Draft, columns: Mapping[str, Column]) -> None:
    """Set the options that depend on the reduction or on the names of columns."""
    _apply_reduction(draft)
    _apply_box_format(draft, columns)


def _apply_reduction(draft: Draft) -> None:
    """Set the options that a reduction implies under a framework's name. Raises UsageError where the framework has no such reduction."""
    loss, preset, reduction = draft.loss, draft.preset, draft.reduction
    implied = loss.implied_reduction(draft.options)
    if implied and reduction not in (implied, "none"):
        raise UsageError(f"{loss.name}: with these options the result is -r {implied}: leave out -r {reduction}")
    options = preset.by_reduction.get(reduction, {})
    if options is None:
        known = [r for r in REDUCTION.words if preset.by_reduction.get(r, {}) is not None and r in ("mean", "sum")]
        has = ", ".join(known) or preset.reduction
        one_number = loss.kind == "statistic" and preset.by_reduction.get("sum", {}) is None  # ours has no other reduction either
        ours = "" if one_number else f"; {loss.name} -r {reduction} is ours, a number a row"
        raise UsageError(f"{preset.names[0]} takes -r {has} here, not {reduction}{ours}")
    draft.options |= {n: v for n, v in options.items() if draft.options[n] == loss.options[n].default}


def _apply_box_format(draft: Draft, columns: Mapping[str, Column]) -> None:
    """Read boxes as corners where no format is given; warn where a file has COCO's name for x, y, width, height."""
    if "box_format" not in draft.options or draft.options["box_format"] is not None:
        return
    draft.options["box_format"] = "xyxy"
    coco = [r for r, c in columns.items() if re.split(r"::|\.", c.label)[-1].casefold() == "bbox"]
    if coco:
        draft.warn(
            "W128",
            f"{' and '.join(coco)}: bbox is read as corners, x1, y1, x2, y2; COCO's bbox is x, y, width, height: --box-format xywh"
            " (xyxy says that they are corners)",
        )


# --- shared roles and roles with rows -------------------------------------------------------------------------------------------


def _divide_roles(draft: Draft, columns: Mapping[str, Column]) -> None:
    """Divide the roles into shared roles, which are the same for all rows, and roles with a part for each row."""
    first = draft.loss.first
    for role in draft.loss.roles.values():
        if role.name not in columns:
            continue
        column = _with_row_axis(draft, role, columns)
        if not role.domain.shared:
            draft.rows[role.name] = column
        elif has_own_rows(role.domain, column):
            draft.rows[role.name] = column
            shape = shape_text(column_shape(column, row_shape(column)))
            draft.notes.append(f"{role.name} {shape}: one for each row of {first}")
        else:
            x = _shared_array(draft.loss, role, in_memory(column).whole())
            draft.shared[role.name] = as_integers(x) if isinstance(role.domain, Whole) else np.ascontiguousarray(x, draft.work.dtype)


def _with_row_axis(draft: Draft, role: Role, columns: Mapping[str, Column]) -> Column:
    """The column of a role, whose array gets an axis of rows if it has none. A single vector is one row of a role of vectors."""
    column, domain = columns[role.name], draft.domain(role.name)
    if column.array is None:
        return column
    x = np.asarray(column.array)
    if x.ndim == 0:
        x = x.reshape(1)
    if domain.ndim and x.shape == (0,):
        x = x.reshape(0, *(domain.size or 0,) * domain.ndim)  # [] has no rows; it is not one empty row
    elif isinstance(domain, Images):
        x = _images(draft, role.name, x)
    elif (domain.ndim and x.ndim == domain.ndim) or is_one_soft_label(draft.loss, draft.preset, role, x, columns):
        x = x[None]
    return column if x is column.array else column.but(array=x)


def _images(draft: Draft, role: str, x: Array) -> Array:
    """Images with an axis of rows, and one of channels where an image has its channels; a note where an axis is added."""
    domain, dims = draft.domain(role), int(draft.options.get("spatial_dims", 2))
    if not dims <= x.ndim <= domain.ndim:
        return x
    shaped = x[:, None] if x.ndim > dims else x.reshape((1,) * (1 + domain.ndim - dims) + x.shape)
    draft.notes.append(f"{role} {shape_text(x.shape)} is read as {shape_text(shaped.shape)}")
    return shaped


def _shared_array(loss: Loss, role: Role, x: Array) -> Array:
    """The array of a shared role. Raises InputError where it has more axes than the role takes."""
    domain = role.domain
    if domain.own_rows or x.ndim <= 1 + domain.ndim:
        return x
    if not domain.ndim and len(without_ones(x.shape)) <= 1:
        return x.reshape(-1)
    takes = "(K, D)" if domain.ndim else "(K,)"
    if domain.or_per_row and domain.ndim:
        takes = "(K, D) for all rows, or (N, K, D)"
    elif domain.or_per_row:
        takes = "(time,), one series for all rows, or (series, time), one for each row"
    raise InputError(f"{loss.name}: {role.name} {shape_text(x.shape)} has too many axes: give {takes}")


def _settle_shapes(draft: Draft) -> None:
    """Set the shapes of the rows of all roles. Raises InputError where they do not match."""
    draft.measure_rows()
    take_as_one_sample(draft)
    check_axes(draft)
    if not draft.work.broadcast:
        drop_idle_axes(draft)
    agree_on_shapes(draft)


# --- the job --------------------------------------------------------------------------------------------------------------------


def _job(draft: Draft, name: str) -> Job:
    """The finished draft as a Job. Raises UsageError where the loss does not take the user's --per."""
    job = Job(
        loss=draft.loss,
        preset=draft.preset,
        options=draft.options,
        reduction=draft.reduction,
        per=(),
        requested_per=draft.work.per,
        columns={r: name + r for r in draft.rows if r not in draft.constant},
        layouts=draft.layouts if draft.weight_layout is None else {**draft.layouts, "": draft.weight_layout},
        shared=draft.shared,
        constant=draft.constant,
        weight=None if draft.weight is None else name + "sample_weight",
        nan=draft.work.nan,
        dtype=np.dtype(draft.work.dtype),
        block_rows=_block_rows(draft),
        given_options=draft.given_options,
        notes=tuple(draft.notes),
        warnings=tuple(draft.warnings),
        moved=draft.moved,
    )
    return keeping_axes(job) if draft.loss.kind_is_certain else job


def _needed(draft: Draft, name: str) -> dict[str, Column]:
    """The columns of the data that the job needs, by their names there."""
    weight = {} if draft.weight is None else {name + "sample_weight": draft.weight}
    return {name + r: c for r, c in draft.rows.items() if r not in draft.constant} | weight


def _block_rows(draft: Draft) -> int:
    """The rows of a block, a power of two, so that the widest role has at most BLOCK elements; a paired role counts all its pairs."""
    widest = 1
    for role, layout in draft.layouts.items():
        pairs = layout.shape[-1] if draft.domain(role).paired else 1
        widest = max(widest, int(np.prod(layout.shape)) * pairs)
    return max(1, BLOCK >> max(widest - 1, 0).bit_length())
