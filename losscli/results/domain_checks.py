"""Checks of the domains of a job before it runs, each made once for all conventions that have the same domains and columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.data.blocks import Data
from losscli.engine.job import Job
from losscli.engine.validation import OutOfDomain, domain_error, validate
from losscli.errors import InputError

__all__ = ["DomainChecks"]


class DomainChecks:
    """The checks that were made: which role has a value outside its domain, by the domains and the columns."""

    def __init__(self) -> None:
        self._outside: dict[Any, str | None] = {}
        self._arrays: list[Any] = []  # of the keys: they stay in memory, so that no other array gets the same id

    def check(self, job: Job, data: Data) -> None:
        """Raise InputError for values outside the domain of a role."""
        arrays = {r: data.columns[name].array for r, name in job.columns.items()}
        columns = tuple((r, id(x), repr(job.domain(r)), job.layouts[r].shape) for r, x in arrays.items())
        key = columns, job.options.get("ignore_index"), job.preset.signs
        if key not in self._outside:
            self._outside[key] = _role_outside(job, data)
            self._arrays.extend(arrays.values())
        role = self._outside[key]
        if role is not None:
            raise _Refused(job, data, role)


def _role_outside(job: Job, data: Data) -> str | None:
    """The first role with a value outside its domain; None without one."""
    for block in data.blocks(job.block_rows):
        try:
            with np.errstate(all="ignore"):
                validate(job, job.view(block))
        except OutOfDomain as outside:
            return outside.role
    return None


class _Refused(InputError):
    """Values outside a domain. The message, which takes a search for the first of them, is made when it is asked for."""

    def __init__(self, job: Job, data: Data, role: str) -> None:
        super().__init__()
        self.where = job, data, role

    def __str__(self) -> str:
        return str(domain_error(*self.where) or "a value lies outside its domain")
