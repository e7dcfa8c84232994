"""Values checked: nothing outside a role's domain comes to a loss, and what is outside is said with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.data.blocks import Data
from losscli.data.labels import counted_from
from losscli.domains import Boxes, Domain, LabelIn, Range, Signed
from losscli.engine.job import Job, View
from losscli.errors import InputError, counted

__all__ = ["OutOfDomain", "explain", "outside", "validate", "validate_weight"]


class OutOfDomain(Exception):
    """A role holds a value outside its domain; `explain` says which."""

    def __init__(self, role: str) -> None:
        self.role = role


def validate(job: Job, view: View) -> None:
    """Raise Outside for the first role with a value outside its domain, or for the weights."""
    context = {**job.options, **view.roles}
    for role, x in view.roles.items():
        domain = job.domain(role)
        if domain.holds(x, context) or (role in job.shared and view.start):
            continue
        if outside(job, domain, x, context).any():
            raise OutOfDomain(role)
    validate_weight(job, view)


def validate_weight(job: Job, view: View) -> None:
    """Raise Outside for sample weights that are none."""
    if view.weight is not None and not _WEIGHTS.holds(view.weight, {}) and outside(job, _WEIGHTS, view.weight, {}).any():
        raise OutOfDomain("")


_WEIGHTS = Range(least=0, below=np.inf)


def outside(job: Job, domain: Domain, x: Any, context: Mapping[str, Any]) -> Any:
    """Which values lie outside a domain, or are missing where they may not be."""
    wrong = domain.wrong(x, context)
    return wrong & ~domain.missing(x) if job.nan == "propagate" else wrong


def explain(job: Job, data: Data, role: str) -> InputError | None:
    """The first value of a role outside its domain, where it stands, how many more there are, and what to do; None for no such value."""
    found: tuple[int, tuple[int, ...], Any] | None = None
    column = data.columns[job.weight or ""] if role == "" else data.columns.get(job.columns.get(role, ""))
    domain = _WEIGHTS if role == "" else job.domain(role)
    more = 0
    shown: Mapping[str, Any] = {}
    labels = UnknownLabels() if isinstance(domain, LabelIn) else None
    for whole in data.blocks(job.block_rows):
        with np.errstate(all="ignore"):
            view = job.view(whole)
        context = {**job.options, **view.roles}
        x: Any = view.weight if role == "" else view.roles[role]
        at = np.argwhere(outside(job, domain, x, context))
        if len(at) and found is None:
            first = tuple(int(i) for i in at[0])
            shown = context
            found = (whole.row(first[0]) if column is not None else first[0], first[1:], x[first])
        more += len(at)
        if labels is not None:
            labels.add(x, outside(job, domain, x, context), context.get("ignore_index"))
        if column is None:
            break  # seen whole by every block
    if found is None:
        return None
    row, element, value = found
    place = (column.row(row) if column is not None else f"row {row}") + (f", element {','.join(map(str, element))}" if element else "")
    source = "" if column is None or column.label in ("inline", role or "sample_weight") else f" = {column.label}"
    rest = f" ({counted(more - 1, 'more value')} like it)" if more > 1 else ""
    hard = isinstance(domain, LabelIn) and not domain.is_soft(shown[role], shown) and np.isfinite(value)
    advice = labels.advice(job, domain.count(shown)) if labels is not None and isinstance(domain, LabelIn) and hard else ""
    return InputError(f"{role or 'sample_weight'}{source}: {place} {_complaint(job, domain, role, value, shown)}{rest}{advice}")


class UnknownLabels:
    """Labels that are no class indices: what to say where they are one label alone, or where the labels count from 1."""

    def __init__(self) -> None:
        self.found: set[float] = set()
        self.lowest = np.inf  # of the labels that are class indices

    def add(self, x: Any, wrong: Any, ignored: Any) -> None:
        """Look at the labels of a block, of which some are wrong."""
        if len(self.found) < 3:
            self.found |= set(np.unique(x[wrong])[:3].tolist())
        known = ~wrong if ignored is None else ~wrong & (x != ignored)
        self.lowest = min(self.lowest, float(np.min(x.astype(np.float64), initial=np.inf, where=known)))

    def advice(self, job: Job, classes: int) -> str:
        """What to say instead, for each way in which the labels may be meant."""
        ignores, left, said = "ignore_index" in job.options, self.found - {classes}, []
        if classes in self.found and self.lowest >= 1:
            said.append(f"if the labels count from 1, say {counted_from(1, classes)}")
        elif self.found == {classes} and ignores:
            said.append(f"if 0 marks what has no class, say --{job.word('ignore_index')} 0 {counted_from(1, classes)}")
        if ignores and len(left) == 1 and np.isfinite(only := left.pop()) and only == np.rint(only):
            said.append(f"if {only:.0f} marks what has no class, say --{job.word('ignore_index')} {only:.0f}")
        return "".join(f"; {s}" for s in said)


# Losses of probabilities, and the same of what people give them instead.
_TAKES_OTHERS = {"bce": "for logits use bce_with_logits", "kl_div_probs": "for log-probabilities use kl_div"}


def _complaint(job: Job, domain: Domain, role: str, value: Any, context: Mapping[str, Any]) -> str:
    if np.isnan(value):
        if isinstance(domain, LabelIn):
            return "has no label (nan or an empty field); --nan omit leaves such rows out"
        return "is nan or empty; --nan omit leaves such rows out, --nan propagate computes with them"
    if np.isinf(value) and not isinstance(domain, LabelIn):
        large = f", or too large for {job.dtype.name}" if job.dtype != np.float64 else ""
        return f"is {value}{large}; --nan propagate computes with it"
    number = repr(value.item()).removesuffix(".0")
    said = f"is {number}, which is not {domain.says}"
    if isinstance(domain, Boxes):
        return said + "; for x, y, width, height say --box-format xywh, with the centre cxcywh"
    if isinstance(domain, LabelIn) and domain.is_soft(context[role], context):
        return f"is {number}, which is no probability of a class: they are 0 or more"
    if isinstance(domain, LabelIn):
        return f"is {number}, but class indices go from 0 to {domain.count(context) - 1}"
    if isinstance(domain, Signed) and value == 0:
        mapping = [p.names[0] for p in job.loss.presets if p.signs == role]
        return said + (f"; {mapping[0]} maps 0 to -1" if mapping else "; write -1 for 0")
    if isinstance(domain, Range) and (domain.least, domain.most) == (0, 1) and role == job.loss.first:  # a label is no logit
        return said + (
            f"; {_TAKES_OTHERS[job.loss.name]}"
            if job.loss.name in _TAKES_OTHERS
            else job.preset.in_words("; --from-logits takes logits")
            if "from_logits" in job.options
            else ""
        )
    return said
