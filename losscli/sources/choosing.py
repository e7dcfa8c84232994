"""Which columns a word means: a name, a position, a list, a range, a pattern; and which a role takes by itself."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

from losscli.blocks import Column
from losscli.record import Record
from losscli.sources.tables import Table

__all__ = ["SYNONYMS", "Keys", "chosen", "groups", "holds", "natural", "select", "simple", "suffixes"]

SYNONYMS = {
    "pred": ("y_pred", "yhat", "y_hat", "prediction", "predictions", "predicted", "output", "outputs", "logit", "logits", "score",
             "scores", "prob", "probs", "probability", "probabilities", "proba", "y_prob", "y_score", "log_probs", "log_prob", "p"),
    "target": ("y_true", "y", "label", "labels", "actual", "actuals", "truth", "targets", "ground_truth", "class", "t"),
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


def chosen(table: Table, keys: Keys, written: str | None) -> Column:
    """The columns, under the name that was written for them."""
    said = written if written is not None else _span(keys.names)
    return table.columns(keys.names, keys.stacked, f"{table.label}::{said}")


def _span(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]}:{names[-1]}"


def select(table: Table, selector: str) -> Keys | None:
    """The columns that a selector means: a name, a place deeper in, a position, a list, a range, a pattern; None for none."""
    if table.has(selector):
        return Keys((selector,), False)
    if re.fullmatch(r"-?\d+", selector):
        at = int(selector)
        if not -table.width() <= at < table.width():
            return None
        if not table.names:
            return Keys((str(at),), False)
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
        hits = sorted(fnmatch.filter(table.names, selector), key=natural)
        return Keys(tuple(hits), True) if hits else None
    return None


def _range(names: Sequence[str], first: str, last: str) -> tuple[str, ...]:
    """From one column to another: by number where both are one name with a number, else as they stand in the file."""
    stem = re.sub(r"\d+$", "", first)
    if stem == re.sub(r"\d+$", "", last) and stem != first and stem != last:
        lo, hi = int(first[len(stem) :]), int(last[len(stem) :])
        inside = {n: int(n[len(stem) :]) for n in names if re.fullmatch(re.escape(stem) + r"\d+", n)}
        return tuple(sorted((n for n, k in inside.items() if min(lo, hi) <= k <= max(lo, hi)), key=lambda n: inside[n], reverse=lo > hi))
    a, b = names.index(first), names.index(last)
    return tuple(names[a : b + 1] if a <= b else names[b : a + 1][::-1])


def natural(name: str) -> list[tuple[int, int, str]]:
    """prediction_2 before prediction_10."""
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


_OF_CLASSES = ("logits", "logit", "log_probs", "log_prob", "logprob", "probs", "prob", "proba")


def groups(names: Sequence[str], role: str) -> dict[str, tuple[str, ...]]:
    """Columns that are one role together: logit_0 … logit_9; for predictions also logit_cat, logit_dog."""
    found: dict[str, list[str]] = {}
    for name in names:
        for stem in sorted((role, *SYNONYMS.get(role, ()), *(_OF_CLASSES if role == "pred" else ())), key=len, reverse=True):
            suffix = simple(name).removeprefix(f"{stem}_")
            if suffix != simple(name) and suffix and (suffix.isdecimal() or (role == "pred" and stem in _OF_CLASSES)):
                found.setdefault(f"{name[: len(name) - len(suffix)]}*", []).append(name)
                break
    return {stem: tuple(sorted(group, key=natural)) for stem, group in found.items() if len(group) > 1}


def simple(name: str) -> str:
    """A name without what people write differently: case, blanks, dashes."""
    return re.sub(r"[\s\-]+", "_", name.strip().casefold())


def suffixes(names: Sequence[str]) -> tuple[str, ...]:
    """What tells the names apart: logit_cat, logit_dog are cat and dog; logit_new_york stays new_york."""
    for stem in _OF_CLASSES:
        if all(simple(n).startswith(f"{stem}_") for n in names):
            return tuple(n[len(stem) + 1 :] for n in names)
    stem = names[0][: names[0].rfind("_") + 1]
    if all(re.fullmatch(r".*?\d+", n) for n in names):
        stem = re.sub(r"\d+$", "", names[0])
    return tuple(n[len(stem) :] for n in names) if all(n.startswith(stem) for n in names) else tuple(names)


def holds(table: Table) -> str:
    """What a table has, for a message."""
    if not table.names:
        wide = table.width()
        return f"{table.label} has no names" + (f", but {wide} columns, ::0 to ::{wide - 1}" if wide else "")
    shown = ", ".join(table.names[:15]) + (f", … ({len(table.names)} in all)" if len(table.names) > 15 else "")
    lone = table.names[0] if len(table.names) == 1 else ""
    other = next((d for d in (";", "\t", "|", " ") if d in lone.strip()), "")
    hint = f"; if its fields are divided by {other!r}, say --delimiter {other!r}" if other else ""
    if (mark := next((m for m in ("#", "%", "//", "sep=") if table.names[0].startswith(m)), "")) and hasattr(table, "header"):
        hint = f"; if lines that begin with {mark} are comments, say --comment '{mark}'"
    return f"{table.label} has {shown}{hint}"
