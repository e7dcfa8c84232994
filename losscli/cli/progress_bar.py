"""A progress bar on stderr: only on a terminal, and only after the first second."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from losscli.cli.signals import undo_on_failure
from losscli.data.progress import Meter, metered

__all__ = ["progress"]

DELAY = 1.0  # seconds before the bar appears
INTERVAL = 0.1  # seconds between two updates


@contextmanager
def progress(quiet: bool) -> Iterator[None]:
    """Show how much of the data has been read, until the block ends."""
    if quiet or sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    finished = Event()
    with metered() as meter:
        thread = Thread(target=_show, args=(meter, finished), daemon=True)
        thread.start()
        try:
            yield
        finally:
            finished.set()
            thread.join()


def _show(meter: Meter, finished: Event) -> None:
    if finished.wait(DELAY):
        return
    with undo_on_failure(lambda: sys.stderr.write("\r\x1b[2K\x1b[?25h")), _bar() as bar:  # the bar hides the cursor
        task = bar.add_task("", total=None, text="")
        while True:
            done, total, unit = meter.state
            bar.update(task, completed=done, total=total or None, text=_text(done, total, unit, bar.tasks[task].speed))
            if finished.wait(INTERVAL):
                return


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TextColumn("{task.fields[text]}"), TimeRemainingColumn(compact=True)
    return Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)


def _text(done: int, total: int, unit: str, speed: float | None) -> str:
    """88.0 of 196.0 MB, 210.0 MB/s; 1,000 of 5,000 rows."""
    number = (lambda n: f"{n / 1e6:,.1f}") if unit == "bytes" else (lambda n: f"{n:,.0f}")
    word = "MB" if unit == "bytes" else unit
    rate = f", {number(speed)} {word}/s" if speed else ""
    return f"{number(done)} of {number(total)} {word}{rate}"
