"""Completion in real shells: bash, zsh and fish run at a terminal, a line is typed with a tab, and the screen is read.

`python -m tests.tools completion [SHELL …]` runs it. A shell that is not installed is named, and is no failure.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests import ROOT

# What is typed before the tab, and what the screen must show then.
CASES = {
    "losscli comp": "compute",
    "losscli compute cauch": "cauchy",
    "losscli compute TORCH.nn.Hub": "torch.nn.HuberLoss",
    "losscli compute mse file.csv -p y_p": "y_pred",
    "losscli compute mse file.csv -p y": "y_true",  # one of two
    "losscli compute mse -p file.csv::y_p": "file.csv::y_pred",
    "losscli compute mse file.csv -p ::y_p": "::y_pred",
    "losscli compute huber --del": "--delta",
    "losscli compute mse -f js": "jsonl",
    "losscli compare -l hube": "huber",
    "losscli compare -l huber:de": "huber:delta=1",
    "losscli compare file.csv -l mse -p mine=y_p": "mine=y_pred",
    "losscli list --task segm": "segmentation",
    "losscli list conv": "conventions",
    "losscli list W10": "W104",
    "losscli compute mse fil": "file.csv",  # the shell's own completion of files
}
START = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        'PS1="$ "; eval "$(_LOSSCLI_COMPLETE=source_bash losscli)"; bind "set bell-style none"',
    ),
    "zsh": (["zsh", "-f", "-i"], 'PS1="$ "; autoload -U compinit; compinit -u -D; eval "$(_LOSSCLI_COMPLETE=source_zsh losscli)"'),
    "fish": (["fish", "--no-config", "-i"], "function fish_prompt; echo '$ '; end; _LOSSCLI_COMPLETE=source_fish losscli | source"),
}
ANSI = re.compile(r"\x1b(\[[0-9;?<=>]*[a-zA-Z]|\][^\x07\x1b]*(\x07|\x1b\\)|[=>()][AB0]?)|\r")


class Shell:
    """A shell at a terminal of its own."""

    def __init__(self, name: str, folder: str) -> None:
        argv, first = START[name]
        python = f'exec {sys.executable} -m losscli "$@"\n'
        command = Path(folder, "bin", "losscli")
        command.parent.mkdir()
        command.write_text(f"#!/bin/sh\n{python}", encoding="utf-8")
        command.chmod(0o755)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("LOSSCLI_", "_LOSSCLI"))}
        environment |= {
            "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
            "HOME": folder,
        }
        process, self.end = pty.fork()
        if process == 0:
            os.chdir(folder)
            os.execvpe(argv[0], argv, environment)
        self.read(4)
        self.type(f"{first}\n", 6)

    def type(self, text: str, seconds: float) -> str:
        """What the screen shows until nothing more comes."""
        os.write(self.end, text.encode())
        return self.read(seconds)

    def read(self, seconds: float) -> str:
        """All that comes until it is quiet for a second, at most this long; questions about the terminal are answered."""
        received, until, quiet = b"", time.monotonic() + seconds, 2.5
        while time.monotonic() < until:
            if not select.select([self.end], [], [], quiet)[0]:
                break
            try:
                piece = os.read(self.end, 65536)
            except OSError:
                break
            received += piece
            if b"\x1b[c" in piece or b"\x1b[0c" in piece:
                os.write(self.end, b"\x1b[?6c")
        return ANSI.sub("", received.decode(errors="replace"))


def failures(name: str) -> list[str]:
    """The lines after whose tab the screen of this shell does not show what it must."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "file.csv").write_text("y_true,y_pred\n1,2\n", encoding="utf-8")
        shell = Shell(name, folder)
        failed = []
        for typed, shown in CASES.items():
            screen = shell.type(f"{typed}\t", 12)
            if shown not in screen:  # there are several, which more tabs list
                screen += shell.type("\t\t", 12)
            if shown not in screen:
                failed.append(f"{name}: {typed}<TAB> shows no {shown}: {screen[-300:]!r}")
            shell.type("\x03", 3)
        os.close(shell.end)
        return failed


def main(names: list[str]) -> int:
    failed = []
    for name in names or START:
        if shutil.which(START[name][0][0]) is None:
            print(f"{name}: skipped, it is not installed here")
            continue
        wrong = failures(name)
        failed += wrong
        print("\n".join(wrong) or f"{name}: {len(CASES)} lines are completed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
