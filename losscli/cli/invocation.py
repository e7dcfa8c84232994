"""One call of the command: the words of its command line, and what is done with the request that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from losscli.record import Record

if TYPE_CHECKING:
    from losscli.cli.request import ComputeRequest
    from losscli.errors import ExitCode

__all__ = ["Invocation"]


class Invocation(Record):
    """The words, and what takes the request instead of `compute`; None for `compute`."""

    words: tuple[str, ...]
    instead: Callable[[ComputeRequest], ExitCode] | None = None
