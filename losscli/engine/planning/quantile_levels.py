"""The levels of quantiles, read from the names of columns: q0.1, q0.5, q0.9, or p10, p50, p90."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from losscli.data.column_names import NumberedNames, numbered_names
from losscli.data.columns import Column
from losscli.engine.planning.draft import Draft
from losscli.errors import UsageError
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.signature import Option

__all__ = ["fit_levels"]


class NamedLevels(Record):
    """The levels in the names of some columns."""

    levels: tuple[float, ...]
    tolerances: tuple[float, ...]  # the largest difference of a given level from each: a name may be rounded
    doubtful: bool  # read as per cent, but the names do not show that


def fit_levels(draft: Draft) -> None:
    """Read levels that are not given from the names of the columns, with a note; compare given levels with the names.

    A warning says where they differ. Raises UsageError where they are the same levels in another order.
    """
    for option in draft.loss.options.values():
        roles = () if option.domain is None else option.domain.named_by
        columns = [draft.rows[r] for r in roles if r in draft.rows and draft.rows[r].names]
        if not columns or len(columns) < len(roles):
            continue
        named = _levels_in_names(columns)
        names = [n for c in columns for n in c.names]
        if named is not None and (columns[0].stacked or option.kind != "array"):
            _fit(draft, option, names, named)
        elif named is None and columns[0].stacked and draft.options[option.name] is None:
            _spread_evenly(draft, option, names)


def _fit(draft: Draft, option: Option, columns: Sequence[str], named: NamedLevels) -> None:
    """Set an option to the levels in the names of columns, or compare them with the levels that are given."""
    given, word = draft.options[option.name], draft.word(option.name)
    names, levels = _listed(columns), _listed(named.levels)
    if given is None:
        draft.options[option.name] = np.array(named.levels)
        draft.notes.append(f"{word} {levels}: read from the names of the columns {names}")
        if named.doubtful:
            draft.warn(
                "W114", f"the columns {names} are read as per cent, levels {levels}: if that is wrong, give the levels with --{word}"
            )
        return
    numbers = np.broadcast_to(given, (np.size(given) if np.ndim(given) else len(named.levels),))
    if len(numbers) != len(named.levels) or _agree(numbers, named):
        return  # `check_class_options` refuses another number of levels than of columns
    if np.ndim(given) and np.allclose(np.sort(numbers), np.sort(named.levels), rtol=0, atol=max(named.tolerances)):
        raise UsageError(
            f"{draft.loss.name}: {word} {_listed(numbers)} are not in the order of the columns {names}: leave --{word} out, or say {levels}"
        )
    used = _listed(numbers if np.ndim(given) else numbers[:1])
    draft.warn("W114", f"{word} {used} is not what the names of the columns say ({names}): should it be {levels}?")


def _spread_evenly(draft: Draft, option: Option, names: Sequence[str]) -> None:
    """Spread levels evenly where neither the user nor a name gives them; warn where the names have numbers that are no positions."""
    levels = np.arange(1, len(names) + 1) / (len(names) + 1)
    draft.options[option.name] = levels
    word = draft.word(option.name)
    note = f"{word} {_listed(levels)}: spread evenly, as none are given"
    draft.notes.append(note)
    numbered = numbered_names(names)
    if numbered is not None and not _are_positions(numbered):
        draft.warn("W114", f"{note}, and the names of the columns ({_listed(names)}) give none: give them with --{word}")


def _agree(numbers: Array, named: NamedLevels) -> bool:
    return bool((np.abs(numbers - np.array(named.levels)) <= np.array(named.tolerances)).all())


# --- levels in names ------------------------------------------------------------------------------------------------------------


def _levels_in_names(columns: Sequence[Column]) -> NamedLevels | None:
    """The levels in the names of columns: of one column, of several stacked ones, or of the two ends of an interval."""
    first = columns[0].names[0]
    if len(columns) == 2:
        second = columns[1].names[0]
        return _outside_coverage(first, second) or _outside_levels(_level_of_one(first), _level_of_one(second))
    return _levels_of_several(columns[0].names) if columns[0].stacked else _level_of_one(first)


_END = r"(?:.*[^a-z])?(lo|low|lower|hi|high|upper)[\W_]*(\d+(?:\.\d+)?)%?"


def _outside_coverage(lower: str, upper: str) -> NamedLevels | None:
    """The share outside an interval, where the names of its ends say the share inside: 0.2 for lo-80 and hi-80."""
    below, above = (re.fullmatch(_END, name, re.IGNORECASE) for name in (lower, upper))
    if below is None or above is None or below[2] != above[2] or not 0 < float(below[2]) < 100:
        return None
    scale = 1 if float(below[2]) < 1 else 100
    return NamedLevels((1 - float(below[2]) / scale,), (_tolerance(below[2]) / scale,), False)


def _outside_levels(lower: NamedLevels | None, upper: NamedLevels | None) -> NamedLevels | None:
    """The share outside an interval, where the names of its ends say their levels: 0.2 for q0.1 and q0.9."""
    if lower is None or upper is None:
        return None
    return NamedLevels((1 - upper.levels[0] + lower.levels[0],), (lower.tolerances[0] + upper.tolerances[0],), lower.doubtful)


def _levels_of_several(names: Sequence[str]) -> NamedLevels | None:
    """The levels of columns that differ in one number; None for positions (1, 2, 3) and for numbers that are no levels."""
    named = numbered_names(names)
    if named is None or _are_positions(named):
        return None
    texts = [f"0.{text}" for text in named.texts] if named.after_point else named.texts
    if all(0 <= x <= 1 for x in named.shares):
        return NamedLevels(named.shares, tuple(map(_tolerance, texts)), False)
    if all(0 <= x <= 100 for x in named.numbers):
        plain = max(named.numbers) >= 10 and (re.fullmatch(_PERCENT, names[0][: named.start], re.IGNORECASE) is not None or "%" in names[0])
        return NamedLevels(tuple(x / 100 for x in named.numbers), tuple(_tolerance(text) / 100 for text in texts), not plain)
    return None


_PERCENT = r"(.*[^a-z])?(q|p|quantile|pct|perc|percentile)[\W_]*"  # the text before a number of per cent


def _level_of_one(name: str) -> NamedLevels | None:
    """The level in the name of one column: q0.9, p90."""
    if named := re.search(r"(?<!\d)0?\.\d+(?!.*\d)", name):
        return NamedLevels((float(named[0]),), (_tolerance(named[0]),), False)
    if named := re.fullmatch(r"(?:.*_)?(?:q|p|quantile|pct|percentile)[_-]?(\d\d)", name, re.IGNORECASE):
        return NamedLevels((int(named[1]) / 100,), (_tolerance(named[1]) / 100,), True)
    return None


def _are_positions(named: NumberedNames) -> bool:
    """Whether the numbers are 1, 2, 3, or 0, 1, 2."""
    n = len(named.numbers)
    return sorted(named.numbers) in ([*range(n)], [*range(1, n + 1)])


def _tolerance(text: str) -> float:
    """How far a level may be from its text: half a unit of the last of two or more decimals, since 0.33 may be ⅓; 0.1 is exact."""
    decimals = len(text.partition(".")[2])
    return 0.5000001 * 10.0**-decimals if decimals > 1 and text.replace(".", "").isdecimal() else 1e-9


def _listed(items: Iterable[str | float]) -> str:
    texts = [x if isinstance(x, str) else f"{x:.12g}" for x in items]
    return ", ".join(texts if len(texts) <= 12 else [*texts[:6], "…", *texts[-5:]])
