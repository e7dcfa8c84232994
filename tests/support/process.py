"""The command in a process of its own, at the end of a pipe or at a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

LOSSCLI = [sys.executable, "-m", "losscli"]


def environment(**more: str) -> dict[str, str]:
    """Ours, without what a developer's terminal says of colours and alphabets, without Python's settings, and with compiled modules."""
    plain = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM")
    kept = {k: v for k, v in os.environ.items() if k not in plain and (not k.startswith("PYTHON") or k == "PYTHONPATH")}
    return kept | {"LC_ALL": "C.UTF-8", "TERM": "xterm", "LOSSCLI_PAGER": "cat"} | more


class Said(NamedTuple):
    code: int
    out: str
    err: str


def losscli(*argv: str, cwd: Path | None = None, env: dict[str, str] | None = None, **more: Any) -> Said:
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | more
    done = subprocess.run([*LOSSCLI, *argv], cwd=cwd, env=env or environment(), timeout=20, check=False, **pipes)
    return Said(done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode())


@cache
def piped(*argv: str) -> Said:
    return losscli(*argv)


def shell(command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Said:
    """A line of bash, in which losscli is this one; its code is that of losscli, wherever in the pipe it stands."""
    line = f'losscli() {{ "{sys.executable}" -m losscli "$@"; }}; set -o pipefail; {command}'
    done = subprocess.run(["bash", "-c", line], cwd=cwd, env=env or environment(), capture_output=True, timeout=20, check=False)
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def terminal(columns: int, *argv: str, cwd: Path | None = None, env: dict[str, str] | None = None, errors: bool = False) -> Said:
    """What a terminal of so many columns receives; stderr beside it, or with `errors` in the terminal too."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    stderr = theirs if errors else subprocess.PIPE
    process = subprocess.Popen([*LOSSCLI, *argv], stdin=theirs, stdout=theirs, stderr=stderr, cwd=cwd, env=env or environment())
    os.close(theirs)
    received = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        received += piece
    err = process.communicate(timeout=20)[1] or b""
    os.close(ours)
    return Said(process.returncode, received.decode().replace("\r\n", "\n"), err.decode())


def one_line(said: Said, code: int, *says: str) -> None:
    """An error as a user should see it."""
    assert said.code == code, said.err
    assert said.err.startswith("error: ") and said.err.count("\n") == 1, said.err
    for word in says:
        assert word in said.err
