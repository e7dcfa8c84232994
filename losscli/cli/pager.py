"""A long list on a terminal is shown by a pager: that of LOSSCLI_PAGER or PAGER, or less."""

from __future__ import annotations

import os
import shlex
import sys

from losscli.render.grid import width_of

__all__ = ["paged"]


def paged(text: str) -> bool:
    """Show the text in a pager. False, and nothing is shown, if it fits on the screen, or if there is no pager or no terminal."""
    command = _pager()
    if not command or not _terminals() or _fits(text):
        return False
    import signal
    import subprocess

    environment = {"LESS": "FRX", **os.environ}  # colours as they are, and the text stays on the screen
    try:
        pager = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)  # noqa: S603 - the user's own
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pager
    try:
        pager.communicate(text.encode(errors="replace"))  # a pager that ends early is no error
    finally:
        signal.signal(signal.SIGINT, before)
    return pager.returncode not in (126, 127)


def _pager() -> list[str]:
    """The words of the command; none for an empty variable, or cat."""
    for name in ("LOSSCLI_PAGER", "PAGER"):
        if (value := os.environ.get(name)) is not None:
            words = shlex.split(value)
            return [] if words == ["cat"] else words
    return ["less"]


def _terminals() -> bool:
    """Whether a person is at both ends: a pager reads keys."""
    ends = (sys.stdin, sys.stdout)
    return all(end is not None and end.isatty() for end in ends) and os.environ.get("TERM", "dumb") != "dumb" and os.name != "nt"


def _fits(text: str) -> bool:
    """Whether the text and the next prompt fit on the screen."""
    import re
    import shutil

    window = shutil.get_terminal_size()
    lines = (re.sub(r"\x1b\[[0-9;]*m", "", line) for line in text.splitlines())
    return sum(-(-max(width_of(line), 1) // window.columns) for line in lines) < window.lines
