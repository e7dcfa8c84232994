"""Levels of quantiles that stand in the names of columns: q0.1, q0.5, q0.9, or p10, p50, p90."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.data.column_names import NumberedNames, numbered_names
from losscli.data.columns import Column
from losscli.engine.job import Job
from losscli.errors import UsageError, Warned
from losscli.record import Record
from losscli.signature import Option

__all__ = ["fit_levels"]


class Said(Record):
    """The levels in the names of some columns, and how far a number may be from each that is written with fewer digits."""

    levels: tuple[float, ...]
    near: tuple[float, ...]
    doubtful: bool  # per cent, of columns whose names do not say so


def fit_levels(job: Job, columns: Mapping[str, Column]) -> None:
    """Levels that are not given are those that the columns are called by, and a note says so; those that are given must agree with them.

    Raises UsageError where they are the same in another order.
    """
    for option in job.loss.options.values():
        roles = () if option.domain is None else option.domain.named_by
        found = [columns[r] for r in roles if r in columns and columns[r].names]
        if not found or len(found) < len(roles):
            continue
        if len(found) == 2:
            said = _around(*(c.names[0] for c in found)) or _between(*(_of_column(c.names[0]) for c in found))
        else:
            said = _of_columns(found[0].names) if found[0].stacked else _of_column(found[0].names[0])
        names = [n for c in found for n in c.names]
        if said is not None and (found[0].stacked or option.kind != "array"):
            _fit(job, option, names, said)
        elif said is None and found[0].stacked and job.options[option.name] is None:
            _spread(job, option, names)


_END = re.compile(r"(?:.*[^a-z])?(lo|low|lower|hi|high|upper)[\W_]*(\d+(?:\.\d+)?)%?", re.IGNORECASE)


def _around(lower: str, upper: str) -> Said | None:
    """What an interval leaves out whose two ends are called by the share that it covers: lo-80, hi-80."""
    below, above = _END.fullmatch(lower), _END.fullmatch(upper)
    if below is None or above is None or below[2] != above[2] or not 0 < float(below[2]) < 100:
        return None
    scale = 1 if float(below[2]) < 1 else 100
    return Said((1 - float(below[2]) / scale,), (_near(below[2]) / scale,), False)


def _between(lower: Said | None, upper: Said | None) -> Said | None:
    """What an interval between two levels leaves out."""
    if lower is None or upper is None:
        return None
    return Said((1 - upper.levels[0] + lower.levels[0],), (lower.near[0] + upper.near[0],), lower.doubtful)


def _spread(job: Job, option: Option, names: Sequence[str]) -> None:
    """Levels that nothing says are spread evenly; a warning where the names have numbers that say something else."""
    levels = np.arange(1, len(names) + 1) / (len(names) + 1)
    job.options[option.name] = levels
    said = f"{job.word(option.name)} {_listed(levels)}: spread evenly, as none are given"
    job.notes.append(said)
    found = numbered_names(names)
    if found is not None and not _are_places(found):
        job.warnings.append(
            Warned("W114", f"{said}, and the names of the columns ({_listed(names)}) say none: name them with --{job.word(option.name)}")
        )


def _are_places(found: NumberedNames) -> bool:
    """1, 2, 3, or 0, 1, 2."""
    n = len(found.numbers)
    return sorted(found.numbers) in ([*range(n)], [*range(1, n + 1)])


def _fit(job: Job, option: Option, columns: Sequence[str], said: Said) -> None:
    given, word = job.options[option.name], job.word(option.name)
    names, levels = _listed(columns), _listed(said.levels)
    if given is None:
        job.options[option.name] = np.array(said.levels)
        job.notes.append(f"{word} {levels}: read from the names of the columns {names}")
        if said.doubtful:
            job.warnings.append(
                Warned("W114", f"the columns {names} are taken for per cent, as levels {levels}: if not, say which with --{word}")
            )
        return
    numbers = np.broadcast_to(given, (np.size(given) if np.ndim(given) else len(said.levels),))
    if len(numbers) != len(said.levels) or _agree(numbers, said):
        return  # another number of levels than of columns is refused elsewhere
    if np.ndim(given) and np.allclose(np.sort(numbers), np.sort(said.levels), rtol=0, atol=max(said.near)):
        raise UsageError(
            f"{job.loss.name}: {word} {_listed(numbers)} are not in the order of the columns {names}: leave --{word} out, or say {levels}"
        )
    used = _listed(numbers if np.ndim(given) else numbers[:1])
    job.warnings.append(Warned("W114", f"{word} {used} is not what the names of the columns say ({names}): should it be {levels}?"))


def _agree(numbers: Any, said: Said) -> bool:
    return bool((np.abs(numbers - np.array(said.levels)) <= np.array(said.near)).all())


def _of_columns(names: Sequence[str]) -> Said | None:
    """The levels of columns that differ in one number; None where these are places (1, 2, 3) or no levels."""
    found = numbered_names(names)
    if found is None or _are_places(found):
        return None
    written = [f"0.{w}" for w in found.written] if found.pointed else found.written
    if all(0 <= x <= 1 for x in found.shares):
        return Said(found.shares, tuple(map(_near, written)), False)
    if all(0 <= x <= 100 for x in found.numbers):
        plain = max(found.numbers) >= 10 and (_PERCENT.fullmatch(names[0][: found.start]) is not None or "%" in names[0])
        return Said(tuple(x / 100 for x in found.numbers), tuple(_near(w) / 100 for w in written), not plain)
    return None


_PERCENT = re.compile(r"(.*[^a-z])?(q|p|quantile|pct|perc|percentile)[\W_]*", re.IGNORECASE)  # stands before a number of per cent


def _of_column(name: str) -> Said | None:
    """The level of one column: q0.9, p90."""
    if found := re.search(r"(?<!\d)0?\.\d+(?!.*\d)", name):
        return Said((float(found[0]),), (_near(found[0]),), False)
    if found := re.fullmatch(r"(?:.*_)?(?:q|p|quantile|pct|percentile)[_-]?(\d\d)", name, re.IGNORECASE):
        return Said((int(found[1]) / 100,), (_near(found[1]) / 100,), True)
    return None


def _near(written: str) -> float:
    """How far a level may be from what is written for it: 0.33 may be ⅓, and 0.1 is 0.1."""
    decimals = len(written.partition(".")[2])
    return 0.5000001 * 10.0**-decimals if decimals > 1 and written.replace(".", "").isdecimal() else 1e-9


def _listed(items: Iterable[Any]) -> str:
    said = [x if isinstance(x, str) else f"{x:.12g}" for x in items]
    return ", ".join(said if len(said) <= 12 else [*said[:6], "…", *said[-5:]])
