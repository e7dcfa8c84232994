"""Whether a stream gets colours: on a terminal, unless --color or the environment (NO_COLOR, FORCE_COLOR, TERM) says otherwise."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import IO

from losscli.choices import COLOR

__all__ = ["choose_color", "chosen_color", "wants_colour"]

_chosen = ["auto"]  # the --color of this command; an error can be printed before Typer has read it


def wants_colour(stream: IO[str] | None, color: str = "auto") -> bool:
    """Whether to write colours to the stream. `color` is the value of --color."""
    if color != "auto":
        return color == "always"
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream is not None and stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def choose_color(argv: Sequence[str]) -> None:
    """Keep the value of --color on this command line, for the lines on standard error."""
    values = [*(a.partition("=")[2] for a in argv if a.startswith("--color=")), *(b for a, b in pairwise(argv) if a == "--color"), "auto"]
    _chosen[0] = values[0] if values[0] in COLOR.words else "auto"


def chosen_color() -> str:
    """The value of --color: auto, always or never."""
    return _chosen[0]
