"""Which columns a word means: a name, a position, a list, a range, a pattern; and which a role takes by itself."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import replace

from losscli.data.column_names import CLASS_PREFIXES, in_number_order, numbered_like, sorted_by_number
from losscli.data.columns import BY_POSITION, Column, Source
from losscli.record import Record
from losscli.sources.table import Table

__all__ = ["SYNONYMS", "Keys", "chosen", "everything", "groups", "holds", "named_alike", "select"]

SYNONYMS = {
    "pred": ("y_pred", "yhat", "y_hat", "prediction", "predictions", "predicted", "preds", "forecast", "forecasts", "fit", "fitted",
             "output", "outputs", "logit", "logits", "score", "scores", "prob", "probs", "probability", "probabilities", "proba",
             "y_prob", "y_proba", "y_score", "log_probs", "log_prob", "p"),
    "target": ("y_true", "y", "y_test", "label", "labels", "label_ids", "actual", "actuals", "true", "truth", "targets",
               "ground_truth", "gt", "obs", "observed", "class", "t"),
    "var": ("variance", "variances", "y_var", "pred_var"),
    "anchor": ("anchors",),
    "positive": ("positives",),
    "negative": ("negatives",),
    "input1": ("x1", "a"),
    "input2": ("x2", "b"),
    "z_a": ("za", "view_a", "z1"),
    "z_b": ("zb", "view_b", "z2"),
}  # fmt: skip


class Keys(Record):
    """Columns of a table, side by side if stacked."""

    names: tuple[str, ...]
    stacked: bool


SHOWN = 60  # characters of a list of columns that is shown whole


def chosen(table: Table, keys: Keys, written: str | None) -> Column:
    """The columns; `written` is what was written for them, None for what a role took by itself."""
    names = _called(table, keys.names)
    if not keys.stacked:
        name = keys.names[0] if written is None else written
        return replace(table.columns(keys.names, False, f"{table.label}::{name}"), names=names)
    whole = _listed(table, keys)
    short = _short(table, keys, whole, written)
    label = f"{table.label}::{written if written is not None and len(written) <= SHOWN else short}"
    listed = Source(f"{table.label}::{whole}", f"{table.label}::{short}")
    return replace(table.columns(keys.names, True, label), names=names, listed=listed)


def everything(table: Table) -> Column:
    """All columns of a table."""
    column = table.all()
    return replace(column, names=_called(table, column.keys))


def _called(table: Table, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that say something of what is in the columns; () for places in a file without a header."""
    placed = not table.names or getattr(table, "header", None) is False or any(n.startswith(BY_POSITION) for n in names)
    return () if placed else names


def _listed(table: Table, keys: Keys) -> str:
    """The names in a list that means these columns: by position where a list has no way to write a name."""
    names = list(keys.names)
    odd = [k for k, n in enumerate(names) if "," in n or n != n.strip() or n.startswith(BY_POSITION)]
    if not odd and table.has(",".join(names)):  # a column is called as the list is
        odd = [0]
    if odd:
        places = {n: i for i, n in reversed(list(enumerate(table.names)))}
        for k in odd:
            at = int(names[k][1:]) if names[k].startswith(BY_POSITION) else places.get(names[k])
            free = () if at is None else (str(i) for i in (at, at - len(table.names)) if not table.has(str(i)))
            names[k] = next(iter(free), names[k])
    return ",".join(names)


def _short(table: Table, keys: Keys, whole: str, written: str | None) -> str:
    """What a table and a message show of many columns: nothing that would mean other columns if it were pasted back."""
    if len(whole) <= SHOWN:
        return whole
    span = f"{keys.names[0]}:{keys.names[-1]}"
    if BY_POSITION not in span and select(table, span) == keys:
        return span
    if written is not None and len(written) <= SHOWN:
        return written
    first, last = whole.partition(",")[0], whole.rpartition(",")[2]
    return f"{first},…,{last} ({len(keys.names):,} columns)"


def select(table: Table, selector: str) -> Keys | None:
    """The columns that a selector means: a name, a place deeper in, a position, a list, a range, a pattern; None for none."""
    if table.has(selector):
        return Keys((selector,), False)
    if re.fullmatch(r"-?\d{1,9}", selector):
        at = int(selector)
        if not -table.width() <= at < table.width():
            return None
        if not table.names:
            return Keys((str(at % table.width()),), False)
        exact = getattr(table, "by_position", None)
        return Keys((exact(at) if exact else table.names[at],), False)
    if "," in selector:
        parts = [select(table, part.strip()) for part in selector.split(",")]
        known = [p for p in parts if p is not None]
        return Keys(tuple(n for p in known for n in p.names), True) if len(known) == len(parts) else None
    first, colon, last = selector.partition(":")
    if colon and table.has(first) and table.has(last):
        return Keys(_range(table.names, first, last), True)
    if any(c in selector for c in "*?["):
        hits = in_number_order(fnmatch.filter(table.names, selector))
        return Keys(hits, True) if hits else None
    return None


def _range(names: Sequence[str], first: str, last: str) -> tuple[str, ...]:
    """From one column to another: by number where these are one name with a number, else as they stand in the file."""
    names = sorted_by_number(numbered_like(names, first, last)) or names
    i, j = names.index(first), names.index(last)
    return tuple(names[i : j + 1] if i <= j else names[j : i + 1][::-1])


_SUFFIX = re.compile(r"-?\d+(\.\d+)?")
_DIVIDER = re.compile(r"\s+|-+|_")


def groups(names: Sequence[str], role: str) -> dict[str, tuple[str, ...]]:
    """Columns that are one role together: logit_0 … logit_9; for predictions also logit_cat, logit_dog."""
    words = frozenset(CLASS_PREFIXES if role == "pred" else ())
    stems = {role, *SYNONYMS.get(role, ()), *words}
    found: dict[str, list[str]] = {}
    for name in names:
        for divider in reversed(list(_DIVIDER.finditer(name))):  # the longest stem first
            stem, suffix = simple(name[: divider.start()]), name[divider.end() :]
            if stem in stems and suffix and (stem in words or _SUFFIX.fullmatch(suffix)):
                found.setdefault(f"{name[: divider.end()]}*", []).append(name)
                break
    return {stem: in_number_order(group) for stem, group in found.items() if len(group) > 1}


def simple(name: str) -> str:
    """A name without what people write differently: case, blanks, dashes."""
    name = name.strip().casefold()
    return name if name.isidentifier() else re.sub(r"[\s\-]+", "_", name)


def named_alike(names: Sequence[str], words: Sequence[str]) -> list[str]:
    """The names that are one of these words, whatever the case, blanks and dashes."""
    return [name for name in names if simple(name) in words]


def holds(table: Table) -> str:
    """What a table has, for a message."""
    if not table.names:
        wide = table.width()
        return f"{table.label} has no names" + (f", but {wide} columns, ::0 to ::{wide - 1}" if wide else "")
    shown = ", ".join(table.names[:15]) + (f", … ({len(table.names)} in all)" if len(table.names) > 15 else "")
    lone = table.names[0] if len(table.names) == 1 else ""
    other = next((d for d in (";", "\t", "|", ":", " ") if d in lone.strip()), "")
    hint = f"; if its fields are divided by {other!r}, say --delimiter {other!r}" if other else ""
    if mark := next((m for m in ("#", "%", "//", "sep=") if getattr(table, "begins", "").startswith(m)), ""):
        hint = f"; if lines that begin with {mark} are comments, say --comment '{mark}'"
    return f"{table.label} has {shown}{hint}"
