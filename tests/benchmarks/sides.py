"""How each side is started: losscli as installed, with and without its extra, and the scripts of the peers."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.measure import Command

__all__ = ["Setup"]


@dataclass(frozen=True)
class Setup:
    """The interpreters and what they have, the folder of the data, and how much to run."""

    python: str
    base_python: str | None
    peers: str
    versions: Mapping[str, Mapping[str, str]]
    folder: Path
    runs: int
    full: bool
    threads: int

    def ours(self, *words: str, env: Mapping[str, str] | None = None, stdout: int = subprocess.DEVNULL) -> Command:
        """The command, as installed beside --python."""
        return Command((*_installed(self.python), *words), self.folder, env or {}, stdout)

    def base(self, *words: str) -> Command:
        """The command with the base packages only."""
        if self.base_python:
            return Command((*_installed(self.base_python), *words), self.folder)
        return self.script(self.python, "without_polars", peers.WITHOUT_POLARS, *words)

    def script(
        self, python: str, name: str, code: str, *words: str, env: Mapping[str, str] | None = None, stdout: int = subprocess.DEVNULL
    ) -> Command:
        """A script file in the folder of the data."""
        file = self.folder / f"{name}.py"
        file.write_text(code, encoding="utf-8")
        return Command((python, str(file), *words), self.folder, env or {}, stdout)

    def awk(self, program: str, *words: str) -> Command:
        """A program of awk, on fields with commas between them."""
        return Command(("awk", "-F,", program, *words), self.folder, {"LC_ALL": "C"})

    def has(self, package: str) -> bool:
        """Whether the peers' interpreter has it; awk is the shell's."""
        return package in self.versions["peers"]


def _installed(python: str) -> tuple[str, ...]:
    command = Path(python).parent / "losscli"
    return (str(command),) if command.exists() else (python, "-m", "losscli")
