"""Timings that can be compared: processes and workers, run in turn, so that what disturbs one side disturbs the other."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

__all__ = ["Command", "Failed", "Worker", "in_turn", "loads", "output", "peak_mb", "seconds"]

PAUSE = 0.01  # threads of a pool that has just worked spin on for a moment, on the cores that the other side is about to use


class Failed(Exception):
    """A side that could not be run, and what it said."""


@dataclass(frozen=True)
class Command:
    """A process: its words, the folder it runs in, what it gets in the environment beside ours, and where its output goes."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    stdout: int = subprocess.DEVNULL


def in_turn(sides: Sequence[Callable[[], float]], runs: int) -> list[list[float]]:
    """What each side measures, A B A B …: the n-th numbers of all sides belong together."""
    found: list[list[float]] = [[] for _ in sides]
    for _ in range(runs):
        for side, numbers in zip(sides, found, strict=True):
            time.sleep(PAUSE)
            numbers.append(side())
    return found


def output(command: Command) -> str:
    """What a command prints. Raises Failed. It stands before the measurements: it warms the caches, and its answer is checked."""
    done = subprocess.run(command.argv, cwd=command.cwd, env=_environment(command), capture_output=True, text=True, check=False)
    _check(done.returncode, command, done.stderr)
    return done.stdout.strip()


def seconds(command: Command) -> float:
    """The wall time of the whole process. Raises Failed."""
    begun = time.perf_counter()
    done = subprocess.run(
        command.argv, cwd=command.cwd, env=_environment(command), stdout=command.stdout, stderr=subprocess.DEVNULL, check=False
    )
    taken = time.perf_counter() - begun
    _check(done.returncode, command, "")
    return taken


def loads(python: str, command: Command) -> set[str]:
    """The modules that a command loads, where it is a script of that interpreter or `-m` and a module's name. Raises Failed."""
    words = command.argv[1:] if command.argv[0] == python else command.argv
    argv = (python, "-X", "importtime", *words)
    done = subprocess.run(argv, cwd=command.cwd, env=_environment(command), capture_output=True, text=True, check=False)
    _check(done.returncode, command, done.stderr)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def peak_mb(command: Command) -> float:
    """The largest resident set of the process. Raises Failed.

    It begins with that of this one, which is why nothing here loads NumPy.
    """
    child = subprocess.Popen(command.argv, cwd=command.cwd, env=_environment(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    _check(child.returncode, command, "")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


class Worker:
    """A process that answers a line with a line, and keeps its data and its warm caches in between."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.process = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=_environment(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.communicate()

    def ask(self, line: str) -> str:
        """The answer to a line. Raises Failed where the process ends instead."""
        if self.process.stdin is None or self.process.stdout is None or self.process.stderr is None:
            raise AssertionError("opened without pipes")
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            answer = ""
        else:
            answer = self.process.stdout.readline()
        if not answer:
            said = self.process.stderr.read()
            raise Failed(_last_line(said) or f"{Path(self.command.argv[0]).name} ended without an answer")
        return answer.strip()


def _environment(command: Command) -> dict[str, str]:
    return {**os.environ, **command.env}


def _check(code: int, command: Command, said: str) -> None:
    if code:
        raise Failed(_last_line(said) or f"{Path(command.argv[0]).name} ended with exit code {code}")


def _last_line(said: str) -> str:
    return said.strip().rpartition("\n")[2]
