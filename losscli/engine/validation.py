"""Validation: a loss receives only values inside their domains. The error says which value is wrong, where it is and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.catalogue.given import GivenLoss
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.data.labels import classes_option
from losscli.domains import Boxes, Decided, Domain, LabelIn, Range, Signed
from losscli.domains.series import NameOfSeries
from losscli.engine.job import Job, View
from losscli.errors import FOR_SCORES, InputError, counted
from losscli.forms import FORMS, flag_of
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.registry import Loss

__all__ = ["OutOfDomain", "domain_error", "outside", "validate", "validate_weight"]

WEIGHT = ""  # the role of the sample weights
_WEIGHTS = Range(least=0, below=np.inf)


class OutOfDomain(Exception):
    """A role, or the sample weights (""), holds a value outside its domain; `domain_error` finds the value."""

    def __init__(self, role: str) -> None:
        self.role = role


def validate(job: Job, view: View) -> None:
    """Raise OutOfDomain for the first role with a value outside its domain, or for the sample weights."""
    context = {**job.options, **view.roles}
    for role, x in view.roles.items():
        domain = job.domain(role)
        if domain.holds(x, context) or (role in job.shared and view.start):
            continue
        if outside(job, domain, x, context).any():
            raise OutOfDomain(role)
    validate_weight(job, view)


def validate_weight(job: Job, view: View) -> None:
    """Raise OutOfDomain for sample weights that are negative or not finite."""
    if view.weight is not None and not _WEIGHTS.holds(view.weight, {}) and outside(job, _WEIGHTS, view.weight, {}).any():
        raise OutOfDomain(WEIGHT)


def outside(job: Job, domain: Domain, x: Any, context: Mapping[str, Any]) -> Any:
    """Which values of an array (or of a traced one) lie outside a domain. Missing values do, but not with --nan propagate."""
    wrong = domain.wrong(x, context)
    return wrong & ~domain.missing(x) if job.nan == "propagate" else wrong


class WrongValue(Record):
    """A value outside its domain, and its place."""

    row: int  # in its file
    element: tuple[int, ...]  # in its row
    value: Any
    context: Mapping[str, Any]  # the options and the roles of its block


def domain_error(job: Job, data: Data, role: str) -> InputError | None:
    """The error for the first value of a role outside its domain: its place, how many more there are, and what to do.

    None where no value lies outside. The data is read again.
    """
    column = data.columns[job.weight or ""] if role == WEIGHT else data.columns.get(job.columns.get(role, ""))
    domain = _WEIGHTS if role == WEIGHT else job.domain(role)
    first: WrongValue | None = None
    labels, count = UnknownLabels(), 0
    for block in data.blocks(job.block_rows):
        with np.errstate(all="ignore"):
            view = job.view(block)
        context = {**job.options, **view.roles}
        x: Any = view.weight if role == WEIGHT else view.roles[role]
        wrong = outside(job, domain, x, context)
        at = np.argwhere(wrong)
        count += len(at)
        if len(at) and first is None:
            row, *element = map(int, at[0])
            first = WrongValue(row if column is None else block.row(row), tuple(element), x[row, *element], context)
        if isinstance(domain, LabelIn):
            labels.add(x, wrong, context.get("ignore_index"))
        if column is None:
            break  # every block has the same array of a role that all rows share
    if first is None:
        return None
    more = f" ({counted(count - 1, 'more value')} like it)" if count > 1 else ""
    hard = isinstance(domain, LabelIn) and not domain.is_soft(first.context[role], first.context) and np.isfinite(first.value)
    advice = labels.advice(job, domain.count(first.context)) if isinstance(domain, LabelIn) and hard else ""
    return InputError(f"{_place(role, column, first)} {_complaint(job, domain, role, first, column)}{more}{advice}")


def _place(role: str, column: Column | None, wrong: WrongValue) -> str:
    """'pred = a.csv::p: row 3 (line 5), element 0,1'."""
    name = role or "sample_weight"
    source = "" if column is None or column.label in ("inline", name) else f" = {column.label}"
    row = f"row {wrong.row}" if column is None else column.describe_row(wrong.row)
    element = f", element {','.join(map(str, wrong.element))}" if wrong.element else ""
    return f"{name}{source}: {row}{element}"


class UnknownLabels:
    """Labels that are not class indices, collected for advice: they may count from 1, or one of them may mean 'no class'."""

    def __init__(self) -> None:
        self.unknown: set[float] = set()  # some of the labels that are not class indices
        self.lowest = np.inf  # of the labels that are class indices

    def add(self, x: Array, wrong: Array, ignored: Any) -> None:
        """Add the labels of a block, some of which are wrong."""
        if len(self.unknown) < 3:
            self.unknown |= set(np.unique(x[wrong])[:3].tolist())
        indices = ~wrong if ignored is None else ~wrong & (x != ignored)
        self.lowest = min(self.lowest, float(np.min(x.astype(np.float64), initial=np.inf, where=indices)))

    def advice(self, job: Job, classes: int) -> str:
        """The option to give for each possible meaning of the labels."""
        if classes == 1:
            return "; with one number a row for two classes bce_with_logits takes a logit, bce a probability"
        ignores, others, advice = "ignore_index" in job.options, self.unknown - {classes}, []
        if classes in self.unknown and self.lowest >= 1:
            advice.append(f"if the labels count from 1, use {classes_option(1, classes)}")
        elif self.unknown == {classes} and ignores:
            advice.append(f"if 0 means no class, use --{job.word('ignore_index')} 0 {classes_option(1, classes)}")
        if ignores and len(others) == 1 and np.isfinite(only := others.pop()) and only == np.rint(only):
            advice.append(f"if {only:.0f} means no class, use --{job.word('ignore_index')} {only:.0f}")
        return "".join(f"; {a}" for a in advice)


def _complaint(job: Job, domain: Domain, role: str, wrong: WrongValue, column: Column | None) -> str:
    """What is wrong with a value, and what to do."""
    value, context = wrong.value, wrong.context
    if np.isnan(value):
        if isinstance(domain, LabelIn):
            return "has no label (nan or an empty field); --nan omit leaves such rows out"
        propagates = ", --nan propagate computes with them" if domain.missing(np.array(value)) else ""
        if role in job.shared:
            return "is nan or empty, and all rows share this role: --nan omit has no row to leave out, so delete it"
        return f"is nan or empty; --nan omit leaves such rows out{propagates}"
    if np.isinf(value) and domain.missing(np.array(value)):
        large = f", or too large for {job.dtype.name}" if job.dtype != np.float64 else ""
        return f"is {value}{large}; --nan propagate computes with it"
    number = repr(value.item()).removesuffix(".0")
    if isinstance(domain, NameOfSeries) and value == np.rint(value):
        name = number if column is None or column.labels is None else column.labels.names.classes[int(value)]
        return f"is {name}, a series without a history: it is not in {domain.names}"
    if isinstance(domain, Decided):
        ratings = "; for ratings name them, --classes 0.5,1,1.5,…" if value == 0.5 else ""
        return f"is {number}, which is a score or a probability, beside a label: {FOR_SCORES}{ratings}"
    if isinstance(domain, LabelIn):
        if domain.is_soft(context[role], context):
            return f"is {number}, which is no probability of a class: they are 0 or more"
        return f"is {number}, but class indices go from 0 to {domain.count(context) - 1}"
    return f"is {number}, which is not {domain.says}{_other_loss(job, domain, role, value)}"


def _other_loss(job: Job, domain: Domain, role: str, value: Any) -> str:
    """The option or the loss for which the value is right; '' where there is none."""
    if isinstance(domain, Boxes):
        return "; for x, y, width, height (COCO) use --box-format xywh, for the centre, width, height (YOLO) cxcywh"
    if isinstance(domain, Signed) and value == 0:
        mapping = [p.names[0] for p in job.loss.presets if p.signs == role]
        return f"; {mapping[0]} maps 0 to -1" if mapping else "; write -1 for 0"
    if not isinstance(domain, Range) or (domain.least, domain.most) != (0, 1):
        return ""
    if "activation" in job.options and role == job.loss.first:
        softmax = "softmax_or_none" if "softmax" in job.preset.settings else "softmax"
        return f"; {job.preset.flag('activation', 'sigmoid')} or {job.preset.flag('activation', softmax)} takes logits"
    if value == -1 and role != job.loss.first:
        return "; where labels are -1 and 1, write 0 for -1"
    return job.preset.in_words(_other_form(job.loss, role, value))


def _other_form(loss: Loss, role: str, value: Any) -> str:
    """The options that say in which form a role is given where it holds no probabilities; '' for a role that has none, such as labels."""
    if isinstance(loss, GivenLoss) and (said := next((n for n, x in loss.forms.items() if x.role == role), "")):
        return f"; {flag_of(said)} takes {FORMS[loss.forms[said].form]}"
    names = {said.form: n for n, said in loss.form_options.items() if said.role == role}
    if role == loss.first and "from_logits" in loss.options:
        names = {"logits": "from_logits", **names}
    if role != loss.first and value == np.rint(value):
        return ""  # it may be the index of a class
    names = {form: n for form, n in names.items() if form != "probs" and (form != "log_probs" or value < 0)}
    hints = [f"{flag_of(n)}{'' if i else ' takes'} {FORMS[form]}" for i, (form, n) in enumerate(names.items())]
    return f"; {', '.join(hints)}" if hints else ""
