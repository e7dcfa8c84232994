"""What derivatives are taken with respect to: the roles and the numeric options that `--grad` or `wrt` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.autodiff.sweep import sweep
from losscli.autodiff.tape import Var
from losscli.catalogue.binding import option_named
from losscli.data.blocks import Data
from losscli.domains import Whole
from losscli.engine.job import Job
from losscli.errors import UsageError, suggest
from losscli.numeric.lazy import Array

__all__ = ["differentiable", "in_users_words", "numeric_options", "present_roles"]


def present_roles(job: Job) -> list[str]:
    """The roles that the data have."""
    return [r for r in job.loss.roles if r in job.columns or r in job.shared or r in job.constant]


def differentiable(text: str, job: Job, data: Data) -> list[str]:
    """The roles and options, by our names, that `--grad NAME,NAME` names; `all` are the roles.

    Raises UsageError for one that is missing or has no derivative.
    """
    present = present_roles(job)
    kinds = {r: x.dtype.kind for r, x in job.view(data.first).roles.items()}
    smooth = [r for r in present if kinds.get(r) == "f"]
    names = [job.preset.our_role(n.strip().replace("-", "_")) for n in text.split(",")]
    found = [smooth if n == "all" else [_checked(job, n, present, smooth)] for n in names]
    return list(dict.fromkeys(n for part in found for n in part))


def _checked(job: Job, name: str, present: list[str], smooth: list[str]) -> str:
    if name in smooth:
        return name
    if name in present:
        raise UsageError(f"--grad {name}: {name} holds class indices, which have no derivative")
    option = option_named(job.loss, job.preset, name)
    if option is None or option.name not in job.options:
        options = numeric_options(job)
        has, of_options = [*present, *options], f"; its numeric options: {', '.join(options)}" if options else ""
        raise UsageError(
            f"--grad takes a role or a numeric option of {job.loss.name}, or all: it has no {name!r} here{suggest(name, has)}; "
            f"its roles: {', '.join(present)}{of_options}"
        )
    if option.kind not in ("float", "array") or isinstance(option.domain, Whole):
        raise UsageError(f"--grad {name}: only numbers have derivatives, and {name} takes {option.says or 'true or false'}")
    if not _numeric(job, option.name):
        what = "is computed from the counts of the classes" if job.options[option.name] is not None else "has no value here"
        raise UsageError(f"--grad {name}: {name} {what}, so there is no number to differentiate by: give --{name.replace('_', '-')}")
    if not np.isfinite(np.asarray(job.options[option.name], np.float64)).all():
        raise UsageError(f"--grad {name}: {name} is infinite here, where there is no derivative: give a finite number")
    return option.name


def numeric_options(job: Job) -> list[str]:
    """The options whose values are numbers, by the framework's names of them."""
    return [job.preset.word(n) for n in job.options if _numeric(job, n)]


def _numeric(job: Job, name: str) -> bool:
    """Whether the value of an option is a number, or several."""
    option = job.loss.options[name]
    if option.kind not in ("float", "array") or isinstance(option.domain, Whole):
        return False
    return np.asarray(job.options[name]).dtype.kind in "fi"


def in_users_words(job: Job, gradient: Mapping[str, Array]) -> dict[str, Array]:
    """Derivatives with respect to options under the framework's names of them, and in the units of the framework."""
    return {job.preset.word(n) if n in job.options else n: _converted(job, n, g) for n, g in gradient.items()}


def _converted(job: Job, name: str, g: Array) -> Array:
    conversion = job.preset.converted(job.preset.word(name)) if name in job.options else None
    if conversion is None:
        return g
    theirs: Any = Var(np.asarray(conversion.back(job.options[name])))
    sweep([conversion.to(theirs)], [1.0])
    return g * theirs.grad
