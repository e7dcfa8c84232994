"""Jobs in child processes, a few at a time: each ends by itself, by its limit of processor time, or by the clock."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

__all__ = ["CRASHED", "Ended", "run_all"]

Job = TypeVar("Job")
LATE = -signal.SIGALRM  # what a job is said to have ended by when the clock ran out
CRASHED = 3  # the exit code after an exception that no test was told of


@dataclass(frozen=True)
class Ended(Generic[Job]):
    """A job that has ended: its exit code (negative: a signal), and what it has written to its report."""

    job: Job
    code: int
    report: bytes

    @property
    def is_late(self) -> bool:
        return self.code in (LATE, -signal.SIGPROF, -signal.SIGXCPU)


@dataclass
class _Running(Generic[Job]):
    job: Job
    folder: Path
    until: float


def run_all(jobs: Iterable[Job], workers: int, work: Callable[[Job, Path], int], limit: Callable[[Job], float]) -> Iterator[Ended[Job]]:
    """Run `work(job, folder)` in a fork for each job, and yield them as they end. Its result is the exit code.

    `folder` is a folder of its own, which is removed. What it writes to folder/"report" is in the result. `limit` is in seconds by
    the clock.
    """
    waiting, running = iter(jobs), dict[int, _Running[Job]]()
    more = True
    try:
        while more or running:
            while more and len(running) < workers:
                try:
                    job = next(waiting)
                except StopIteration:
                    more = False
                    break
                folder = Path(tempfile.mkdtemp(prefix="mutant-"))
                running[_fork(job, folder, work)] = _Running(job, folder, time.monotonic() + limit(job))
            yield from _ended(running)
            time.sleep(0.01)
    finally:
        for pid, one in running.items():
            _kill(pid)
            os.waitpid(pid, 0)
            shutil.rmtree(one.folder, ignore_errors=True)


def _fork(job: Job, folder: Path, work: Callable[[Job, Path], int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = CRASHED
    try:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        code = work(job, folder)
    except BaseException:
        (folder / "report").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def _ended(running: dict[int, _Running[Job]]) -> Iterator[Ended[Job]]:
    for pid, one in list(running.items()):
        done, status = os.waitpid(pid, os.WNOHANG)
        late = not done and time.monotonic() > one.until
        if not done and not late:
            continue
        _kill(pid)  # and what it has started
        if late:
            os.waitpid(pid, 0)
        del running[pid]
        report = one.folder / "report"
        content = report.read_bytes() if report.exists() else b""
        shutil.rmtree(one.folder, ignore_errors=True)
        yield Ended(one.job, LATE if late else os.waitstatus_to_exitcode(status), content)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
