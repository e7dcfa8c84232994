"""A bar on stderr for whoever waits: only on a terminal, and only from the second second on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from losscli.cli.signals import undone
from losscli.data.progress import Meter, metered

__all__ = ["progress"]

PATIENCE = 1.0  # seconds without a word
EVERY = 0.1  # seconds


@contextmanager
def progress(quiet: bool) -> Iterator[None]:
    """Show how far the reading is, until the block ends."""
    if quiet or sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    over = Event()
    with metered() as meter:
        thread = Thread(target=_show, args=(meter, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _show(meter: Meter, over: Event) -> None:
    if over.wait(PATIENCE):
        return
    with undone(lambda: sys.stderr.write("\r\x1b[2K\x1b[?25h")), _bar() as bar:  # the bar hides the cursor
        task = bar.add_task("", total=None, said="")
        while True:
            done, total, unit = meter.state
            bar.update(task, completed=done, total=total or None, said=_said(done, total, unit, bar.tasks[task].speed))
            if over.wait(EVERY):
                return


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TextColumn("{task.fields[said]}"), TimeRemainingColumn(compact=True)
    return Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)


def _said(done: int, total: int, unit: str, speed: float | None) -> str:
    """88.0 of 196.0 MB, 210.0 MB/s; 1,000 of 5,000 rows."""
    said = (lambda n: f"{n / 1e6:,.1f}") if unit == "bytes" else (lambda n: f"{n:,.0f}")
    word = "MB" if unit == "bytes" else "rows"
    rate = f", {said(speed)} {word}/s" if speed else ""
    return f"{said(done)} of {said(total)} {word}{rate}"
