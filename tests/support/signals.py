"""End the command by signals at random moments: `python -m tests.tools signals [--count 1000] [--seed 0]`.

Each run starts losscli in one of nine ways, and at a moment between its first millisecond and its last sends SIGINT, SIGTERM or SIGHUP, or
closes the pipe that it writes to. Then nothing may be left but the old output or the whole new one, and at most one line on standard error.

Until Python runs the first line of losscli, a signal ends Python in its own way: SIGINT shows a traceback of Python's start, or of the
import that begins losscli. Such runs are counted; they are no faults.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import IO, NamedTuple

import numpy as np

from tests.support.process import LOSSCLI, environment

OLD = b"the old output\n"
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE")
LIMIT = 60  # seconds until a run counts as hanging
ROWS = 60_000
# Frames that are Python's: its own start, and the import of the package up to the first line of `main`.
BEGINNING = re.compile(r'File "[^"]*(losscli/__init__\.py|losscli/__main__\.py|losscli/version\.py)", line \d+, in <module>')


class Kind(NamedTuple):
    """A way to run losscli: its words, the name of its output file, and the file on its standard input."""

    words: tuple[str, ...]
    output: str = ""
    stdin: str = ""


KINDS = {
    "compute": Kind(("compute", "huber", "d.csv", "-f", "json")),
    "csv": Kind(("compute", "mse", "d.csv", "-r", "none"), "o.csv"),
    "json": Kind(("compute", "mse", "d.csv", "-r", "none"), "o.json"),
    "compare": Kind(("compare", "d.csv", "-l", "mse", "-l", "mae", "-p", "pred", "-p", "other", "-t", "target"), "o.json"),
    "each": Kind(("compute", "mse", "d.csv", "-r", "none", "-f", "csv")),
    "objective": Kind(("compute", "o.yaml"), "o.json"),
    "list": Kind(("list",)),
    "stdin": Kind(("compute", "mse", "-", "-f", "json"), "", "d.csv"),
    "gradient": Kind(("compute", "huber", "d.csv", "-r", "none", "--grad", "pred"), "o.csv"),
}


class Ended(NamedTuple):
    """How a run ended."""

    code: int
    out: bytes
    err: str
    seconds: float


class Shot(NamedTuple):
    """A signal after some seconds."""

    name: str
    after: float


class Range:
    """The folder of the runs: the inputs, the folder of the output, and a folder for temporary files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out, self.temporary = folder, folder / "out", folder / "temporary"
        self.out.mkdir()
        self.temporary.mkdir()
        numbers = np.random.default_rng(0).normal(size=(ROWS, 3))
        np.savetxt(folder / "d.csv", numbers, "%.6f", ",", header="pred,other,target", comments="")
        terms = "terms:\n  a: {loss: mse, pred: pred, target: target}\n  b: {loss: mae, pred: other, target: target}\n"
        (folder / "o.yaml").write_text("data: d.csv\n" + terms, encoding="utf-8")

    def run(self, kind: Kind, shot: Shot | None = None) -> Ended:
        """One run over an old output, with a signal or without."""
        for file in self.out.iterdir():
            file.unlink()
        words = kind.words
        if kind.output:
            (self.out / kind.output).write_bytes(OLD)
            words = (*words, "-o", f"out/{kind.output}")
        env = environment(TMPDIR=str(self.temporary))
        began = time.monotonic()
        with subprocess.Popen(
            [*LOSSCLI, *words],
            cwd=self.folder,
            env=env,
            stdin=subprocess.PIPE if kind.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=default_signals,
        ) as process:
            if kind.stdin:
                Thread(target=_feed, args=(process.stdin, self.folder / kind.stdin), daemon=True).start()
            return self._ended(process, shot, began)

    def _ended(self, process: subprocess.Popen[bytes], shot: Shot | None, began: float) -> Ended:
        assert process.stdout is not None and process.stderr is not None
        if shot is not None and shot.name == "SIGPIPE":
            time.sleep(shot.after)
            process.stdout.close()
            out, err = b"", _read(process.stderr)
        else:
            if shot is not None:
                Thread(target=_send, args=(process, shot), daemon=True).start()
            received: list[bytes] = []
            reader = Thread(target=lambda: received.append(_read(process.stdout)), daemon=True)
            reader.start()
            err = _read(process.stderr)
            reader.join(LIMIT)
            out = b"".join(received)
        try:
            code = process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            code = 999
        return Ended(code, out, err.decode(errors="replace"), time.monotonic() - began)

    def left(self) -> list[str]:
        """The names of all files but the inputs."""
        return sorted(p.name for folder in (self.out, self.temporary) for p in folder.iterdir())

    def written(self, kind: Kind) -> bytes:
        """The output file, as it is now; nothing for a run without one."""
        return (self.out / kind.output).read_bytes() if kind.output else b""


def default_signals() -> None:
    """Let no signal be ignored, as nohup does, which a process inherits."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _feed(stdin: IO[bytes] | None, file: Path) -> None:
    assert stdin is not None
    try:
        with stdin:
            stdin.write(file.read_bytes())
    except OSError:
        pass  # the command has ended


def _send(process: subprocess.Popen[bytes], shot: Shot) -> None:
    time.sleep(shot.after)
    process.send_signal(getattr(signal, shot.name))


def _read(stream: IO[bytes]) -> bytes:
    return stream.read()


# --- what may be and what may not ------------------------------------------------------------------------------------------


def before_losscli(err: str) -> bool:
    """Whether an interrupt came before the first line of `main`: the traceback has no frames of losscli but those that import it."""
    frames = [line for line in err.splitlines() if 'File "' in line and "/losscli/" in line]
    interrupted = "KeyboardInterrupt" in err or "import site" in err or not err
    return interrupted and all(BEGINNING.search(line) for line in frames)


def faults(kind: Kind, shot: Shot, whole: Ended, written: bytes, ended: Ended, found: bytes, left: Sequence[str]) -> list[str]:
    """What is wrong with a run that got a signal, beside a run that got none."""
    wrong = []
    codes = {"SIGINT": (130, -signal.SIGINT, 0), "SIGTERM": (-signal.SIGTERM, 0), "SIGHUP": (-signal.SIGHUP, 0), "SIGPIPE": (0,)}
    early = shot.name == "SIGINT" and before_losscli(ended.err)
    if ended.code not in codes[shot.name] and not (early and ended.code == 1):
        wrong.append(f"exit code {ended.code}")
    if not early and (ended.err.count("\n") > 1 or "Traceback" in ended.err or "Exception ignored" in ended.err):
        wrong.append("more than one line on standard error")
    if list(left) != ([kind.output] if kind.output else []):
        wrong.append(f"left: {', '.join(left) or 'nothing'}")
    if found != written and (found != (OLD if kind.output else b"") or ended.code == 0):
        wrong.append("the output file is neither the old nor the new one")
    if shot.name != "SIGPIPE" and (not whole.out.startswith(ended.out) or (ended.code == 0 and ended.out != whole.out)):
        wrong.append("other bytes on standard output")
    return wrong


def main(argv: Sequence[str] | None = None) -> int:
    """Shoot, and print every fault. Fails if there is any."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools signals", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="signals [1000]")
    parser.add_argument("--seed", type=int, default=0, help="of the moments [0]")
    parser.add_argument("--first", type=float, default=0.0, metavar="SECONDS", help="only moments before this one [all]")
    options = parser.parse_args(argv)
    choose = random.Random(options.seed)
    ends: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="losscli-signals-") as name:
        field = Range(Path(name))
        for kind in KINDS.values():
            field.run(kind)
        wholes = {key: (field.run(kind), field.written(kind)) for key, kind in KINDS.items()}  # the runs before compiled modules
        for number in range(options.count):
            key, signal_name = list(KINDS)[number % len(KINDS)], SIGNALS[number // len(KINDS) % len(SIGNALS)]
            whole, written = wholes[key]
            if whole.code:
                raise SystemExit(f"{key} fails without a signal: {whole.err}")
            shot = Shot(signal_name, choose.uniform(0, options.first or 1.05 * whole.seconds))
            ended = field.run(KINDS[key], shot)
            found = faults(KINDS[key], shot, whole, written, ended, field.written(KINDS[key]), field.left())
            early = shot.name == "SIGINT" and bool(ended.err) and before_losscli(ended.err)
            ends["before losscli" if early else f"{shot.name} {ended.code}"] += 1
            if found:
                wrong += 1
                print(f"{number}: {key}, {shot.name} after {shot.after:.4f} s: {'; '.join(found)}\n{ended.err}", flush=True)
            for file in field.temporary.iterdir():
                file.unlink()
    print(", ".join(f"{n} × {end}" for end, n in sorted(ends.items())))
    print(f"{options.count} signals, {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
