"""Run the console blocks of the documentation, and draw the picture of a terminal in README.

`python -m tests.tools docs` writes the output into README and the pages; test_docs compares it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from tests import ROOT
from tests.support.man import FILE as MANUAL
from tests.support.man import page as manual

FILES = (ROOT / "README.md", *sorted((ROOT / "losscli" / "docs").glob("*.md")))
PICTURE = ROOT / "losscli" / "docs" / "terminal.svg"
PICTURED = "losscli compare sample_inputs/breast_cancer.csv -l bce -l brier -p logistic -p forest --color always"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def run(command: str) -> str:
    """What a command prints to a pipe, both streams, and its exit code where that is not 0."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "NO_COLOR", "GITHUB_STEP_SUMMARY")} | {
        "PATH": path,
        "PYTHONUTF8": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout + (f"(exit {done.returncode})\n" if done.returncode else "")


def played(block: str) -> str:
    """A block with what its commands print now."""
    commands = re.findall(r"^\$ ((?:.*\\\n)*.*)$", block, re.MULTILINE)
    return "\n".join(f"$ {c}\n{run(c)}" for c in commands)


def blocks(file: Path) -> list[str]:
    return BLOCK.findall(file.read_text(encoding="utf-8"))


def drawn() -> str:
    """The picture of a terminal after the command of README."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=StringIO(), record=True, width=118, force_terminal=True)
    console.print(Text.assemble(("$ ", "green"), PICTURED.removesuffix(" --color always")))
    console.print(Text.from_ansi(run(PICTURED)), soft_wrap=False)
    return console.export_svg(title="losscli", unique_id="terminal")


if __name__ == "__main__":
    for file in FILES:
        file.write_text(BLOCK.sub(lambda m: played(m[0]), file.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(drawn(), encoding="utf-8")
    MANUAL.write_text(manual(), encoding="utf-8")
