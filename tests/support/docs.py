"""Run the console blocks of the documentation. `python -m tests.tools docs` writes their output into README; test_docs compares it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests import ROOT

FILES = (ROOT / "README.md",)
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
    commands = re.findall(r"^\$ (.*(?:\\\n.*)*)$", block, re.MULTILINE)
    return "\n".join(f"$ {c}\n{run(c)}" for c in commands)


def blocks(file: Path) -> list[str]:
    return BLOCK.findall(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    for file in FILES:
        file.write_text(BLOCK.sub(lambda m: played(m[0]), file.read_text(encoding="utf-8")), encoding="utf-8")
