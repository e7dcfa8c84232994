"""A column for each role of a loss: from the SOURCE of its option, else from DATA by the role's name or a synonym."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from losscli.data.column_names import CLASS_PREFIXES, in_number_order
from losscli.data.columns import Column
from losscli.data.labels import ClassNames
from losscli.errors import DataWarning, InputError, UsageError
from losscli.registry import Loss
from losscli.sources.class_names import takes_labels, with_class_names
from losscli.sources.inputs import Inputs, names_of
from losscli.sources.selectors import Selection, column_of, contents, whole_table
from losscli.sources.table import Table

__all__ = ["SYNONYMS", "column_names_of_role", "columns_of_roles"]

SYNONYMS = {
    "pred": ("y_pred", "yhat", "y_hat", "prediction", "predictions", "predicted", "preds", "forecast", "forecasts", "fit", "fitted",
             "output", "outputs", "logit", "logits", "score", "scores", "prob", "probs", "probability", "probabilities", "proba",
             "y_prob", "y_proba", "y_score", "log_probs", "log_prob", "p"),
    "target": ("y_true", "y", "y_test", "label", "labels", "label_ids", "actual", "actuals", "true", "truth", "targets",
               "ground_truth", "gt", "obs", "observed", "class", "t"),
    "var": ("variance", "variances", "y_var", "pred_var"),
    "location": ("loc", "mu", "mean"),
    "scale": ("sigma", "std"),
    "benchmark": ("baseline", "naive", "naive2", "y_pred_benchmark"),
    "anchor": ("anchors",),
    "positive": ("positives",),
    "negative": ("negatives",),
    "input1": ("x1", "a"),
    "input2": ("x2", "b"),
    "time": ("duration", "durations", "times", "survival_time", "time_to_event", "event_time"),
    "event": ("events", "event_observed", "event_indicator", "status"),
    "interval": ("idx_duration", "idx_durations", "duration_index"),
    "strata": ("stratum",),
    "z_a": ("za", "view_a", "z1"),
    "z_b": ("zb", "view_b", "z2"),
}  # fmt: skip
_LAST_SYNONYMS = {"pred": ("mu", "mean", "loc")}  # the centre of a distribution, where no column is called a prediction


def columns_of_roles(
    inputs: Inputs,
    loss: Loss,
    sources: Mapping[str, str | Column],
    ignored: float | None = None,
    ignore_flag: str = "--ignore-index",
    of_vectors: Loss | None = None,
) -> dict[str, Column]:
    """The columns of the roles. An optional role may have none.

    `ignored` is the label that is no class; the option `ignore_flag` sets it. `of_vectors` is the loss that the
    name means for rows that are vectors. Raises InputError if DATA has no column or several columns
    for a role, and UsageError if a role has no SOURCE and no SOURCE reads the data on standard input.
    """
    if inputs.classes and not any(takes_labels(loss, role) for role in loss.roles):
        raise UsageError(f"{loss.name} has no labels, so it takes no --classes: this option is for losses such as cross_entropy")
    columns = {role: x if isinstance(x, Column) else inputs.column(x) for role, x in sources.items()}
    table = inputs.data_table
    if table is not None:
        _add_columns_of_data(inputs, table, loss, columns)
    missing = [r.name for r in loss.roles.values() if r.name not in columns and not r.optional]
    flags = " ".join(map(inputs.flag, missing))
    if missing and table is not None:
        raise InputError(f"{table.label} has no column for {' and '.join(missing)}: name it with {flags}; {contents(table)}")
    if missing and inputs.files.stdin_is_unread:
        raise UsageError(f"{loss.name} needs {' and '.join(missing)}: give {flags}; '-' reads standard input")
    inputs.files.doubts |= {d.message: d for d in _doubts_about_first_lines(loss, columns)}
    option_names = ClassNames(inputs.classes, ignored=ignored, flag=ignore_flag)
    labelled = of_vectors if of_vectors is not None and _labels_of_vectors(loss, columns) else loss
    return {role: with_class_names(labelled, role, columns, option_names) for role in columns}


def _labels_of_vectors(loss: Loss, columns: Mapping[str, Column]) -> bool:
    """Whether the rows of the first role are vectors, and a target has one label for each."""

    def is_wide(column: Column | None) -> bool:
        return column is not None and (column.stacked or getattr(column.array, "ndim", 1) > 1)

    return is_wide(columns.get(loss.first)) and not is_wide(columns.get("target"))


def column_names_of_role(inputs: Inputs, role: str) -> list[str] | None:
    """The names of the columns of DATA that belong to a role; None for fewer than two."""
    table = inputs.data_table
    return None if table is None else names_of(table, _by_name(inputs, table, role, False))


# --- the columns of DATA ---------------------------------------------------------------------------------------------------


def _add_columns_of_data(inputs: Inputs, table: Table, loss: Loss, columns: dict[str, Column]) -> None:
    """Add the columns of DATA for the roles that have none yet."""
    for role in loss.roles.values():
        if role.name in columns:
            continue
        if (selection := _boxes(table, loss, role.name, columns) or _by_name(inputs, table, role.name, role.optional)) is not None:
            inputs.data_is_used = True
            columns[role.name] = column_of(table, selection, None)
    missing = [r.name for r in loss.roles.values() if r.name not in columns and not r.optional]
    if not table.names and len(missing) == 1 and not inputs.data_is_used:
        inputs.data_is_used = True  # an array without names belongs to the only missing role
        columns[missing[0]] = whole_table(table)


def _by_name(inputs: Inputs, table: Table, role: str, optional: bool) -> Selection | None:
    """The columns with the name of a role or a configured one, for a required role also a synonym. Raises InputError for several."""
    configured = [_simplified(name) for name in inputs.files.reading.role_names.get(role, ())]
    named = _with_names(table.names, (role,)) or _with_names(table.names, configured)
    if not named and optional:
        return None
    groups: dict[str, tuple[str, ...]] = {}
    if not named:
        tried = (SYNONYMS.get(role, ()), _LAST_SYNONYMS.get(role, ()))
        named = next((found for names in tried if (found := _with_names(table.names, names))), [])
        groups = {} if named else _numbered_columns(table.names, role)
    candidates = named or list(groups)
    if len(candidates) > 1:
        same = len(set(candidates)) == 1
        where = " or ".join(f"::{i}" for i, n in enumerate(table.names) if n in candidates) if same else inputs.flag(role)
        raise InputError(f"{table.label} has more than one column for {role}: {', '.join(candidates)}: choose with {where}")
    if named:
        return Selection((named[0],), False)
    return Selection(groups[candidates[0]], True) if candidates else None


def _boxes(table: Table, loss: Loss, role: str, columns: Mapping[str, Column]) -> Selection | None:
    """The column bbox, the name of boxes in COCO, if this role is the only role of boxes without a column."""
    missing = [r.name for r in loss.roles.values() if r.domain.size == 4 and r.name not in columns]
    named = [n for n in table.names if _simplified(n) == "bbox"]
    return Selection((named[0],), False) if missing == [role] and len(named) == 1 and role not in map(_simplified, table.names) else None


_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DIVIDER = re.compile(r"\s+|-+|_")


def _numbered_columns(names: Sequence[str], role: str) -> dict[str, tuple[str, ...]]:
    """Several columns that form one role, by pattern: logit_0 … logit_9; for predictions also logit_cat, logit_dog."""
    words = frozenset(CLASS_PREFIXES if role == "pred" else ())
    stems = {role, *SYNONYMS.get(role, ()), *words}
    groups: dict[str, list[str]] = {}
    for name in names:
        for divider in reversed(list(_DIVIDER.finditer(name))):  # the longest stem first
            stem, suffix = _simplified(name[: divider.start()]), name[divider.end() :]
            if stem in stems and suffix and (stem in words or _NUMBER.fullmatch(suffix)):
                groups.setdefault(f"{name[: divider.end()]}*", []).append(name)
                break
    return {pattern: in_number_order(group) for pattern, group in groups.items() if len(group) > 1}


def _simplified(name: str) -> str:
    """A name in lower case, with _ for blanks and dashes."""
    name = name.strip().casefold()
    return name if name.isidentifier() else re.sub(r"[\s\-]+", "_", name)


def _with_names(names: Sequence[str], words: Sequence[str]) -> list[str]:
    """The names that equal one of these words after `_simplified`."""
    return [name for name in names if _simplified(name) in words]


# --- first lines -----------------------------------------------------------------------------------------------------------


def _doubts_about_first_lines(loss: Loss, columns: Mapping[str, Column]) -> list[DataWarning]:
    """The warnings about first lines that may be a header or not.

    Another source without a doubt removes the doubt: if the header was guessed wrongly, the numbers of rows differ, which is an error.
    Raises UsageError for a doubt that is an error.
    """
    tables = {r: c.stream for r, c in columns.items() if isinstance(c.stream, Table)}
    doubts = {r: doubt for r, table in tables.items() if (doubt := table.doubt) is not None}
    with_rows = [r for r in columns if not loss.roles[r].domain.shared]
    rows_checked = any(r not in doubts and (r in tables or columns[r].whole().size > 1) for r in with_rows)
    warnings = []
    for role, doubt in doubts.items():
        line = tables[role].first_line
        is_error = line is not None and line.doubt_is_error
        if is_error and not (rows_checked and role in with_rows):
            raise UsageError(doubt.message)
        if is_error or not (rows_checked and role in with_rows):
            warnings.append(doubt)
    return warnings
