"""Run the checks of losscli: `python3 -m tests`. Nothing but Python, pip and a network is needed.

    python3 -m tests                           everything: format, lint, types, tests
    python3 -m tests --quick                   format, lint, and a few cases of each table of tests: about a minute
    python3 -m tests huber                     all that concerns one loss, in seconds; an alias or a framework's name will do
    python3 -m tests losscli/engine/plan.py    the tests of a file's room; for a family of losses, the tests of its losses
    python3 -m tests tests/engine              the tests of a file or a folder

The checks run in a virtual environment of their own, .venv-test. It is made when it is missing, and brought up to date when
pyproject.toml or a C file has changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from tests import ROOT
from tests.support.folders import selection

HOME = ROOT / ".venv-test"
PYTHON = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
Stage = tuple[str, list[tuple[str, ...]]]  # a name, and commands that run beside each other
FORMAT: Stage = ("format", [("ruff", "format", "--check", "--quiet", ".")])
LINT: Stage = ("lint", [("ruff", "check", "--quiet", ".")])
TYPES: Stage = ("types", [("basedpyright", "--pythonpath", str(PYTHON)), ("mypy", "--cache-dir", str(HOME / "mypy"))])
PARALLEL = ("--numprocesses", "auto", "--dist", "worksteal")


def main(argv: Sequence[str]) -> int:
    """Install what the checks need, run them, and fail if any does."""
    if {"-h", "--help"} & {*argv}:
        print((__doc__ or "").strip())
        return 0
    quick, words = "--quick" in argv, [word for word in argv if word != "--quick"]
    if wrong := complaint(words):
        print(f"error: {wrong}", file=sys.stderr)
        return 2
    install()
    files = [word for word in words if is_path(word)]
    losses = [word for word in words if word not in files]
    if losses and _run(("tests.support.selection", *losses)):
        return 2
    failed = [name for name, commands in stages(quick, files, losses) if not passes(name, commands)]
    if failed:
        print("failed:", ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


def complaint(words: Sequence[str]) -> str | None:
    """What is wrong with the words, as far as it can be known before anything is installed."""
    for word in words:
        if not word:
            return "an empty word is no loss, file or folder"
        if word.startswith("-"):
            return f"no option '{word}': there are --quick and --help"
        if is_path(word) and not Path(word).exists():
            return f"no file or folder '{word}'"
    return None


def is_path(word: str) -> bool:
    """Whether a word means a file or a folder, and not the name of a loss."""
    return os.sep in word or Path(word).suffix in (".py", ".c", ".md", ".yaml", ".json", ".toml") or Path(word).exists()


def stages(quick: bool, files: Sequence[str], losses: Sequence[str]) -> list[Stage]:
    """The checks that were chosen. Types are checked in a whole run only: they are those of all files together."""
    extra = ["--quick"] if quick else []
    if not files and not losses:
        tests: Stage = ("tests", [("pytest", *PARALLEL, *extra)])
        return [FORMAT, LINT, tests] if quick else [FORMAT, LINT, TYPES, tests]
    chosen = [selection(Path(file)) for file in files]
    folders = dict.fromkeys(word for words in chosen if not words[0].startswith("--") for word in words)
    of_losses = [word for words in chosen if words[0].startswith("--") for word in words]
    of_losses += [word for loss in losses for word in ("--of-loss", loss)]
    found = [FORMAT, LINT]
    if folders:
        found.append(("tests", [("pytest", *PARALLEL, *extra, *folders)]))
    if of_losses:  # a few hundred tests take less time than more processes take to start
        found.append(("tests of losses", [("pytest", *extra, *of_losses)]))
    return found


def install() -> None:
    """Make the environment, or bring it up to date. What was installed last is noted in it."""
    fresh = hashlib.sha256(b"".join(file.read_bytes() for file in [ROOT / "pyproject.toml", *sorted((ROOT / "losscli").rglob("*.[ch]"))]))
    note = HOME / "installed"
    if PYTHON.exists() and note.exists() and note.read_text(encoding="utf-8") == fresh.hexdigest():
        return
    began = _begin("install")
    if not PYTHON.exists():
        venv.create(HOME, with_pip=True)
    # Most of the modules are never imported: to compile all of them takes a third of the time.
    _run(("pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--editable", f"{ROOT}[dev]"), check=True)
    note.write_text(fresh.hexdigest(), encoding="utf-8")
    _end("install", began, True)


def passes(name: str, commands: Sequence[tuple[str, ...]]) -> bool:
    """Whether all commands of a stage succeed. They run beside each other: the last shows its output at once, the others at their end."""
    began = _begin(name)
    *beside, last = commands
    running = [
        subprocess.Popen(_command(c), cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for c in beside
    ]
    codes = [_run(last)]
    for process in running:
        out, _ = process.communicate()
        if process.returncode:
            print(out.decode(), end="", flush=True)
        codes.append(process.returncode)
    _end(name, began, not any(codes))
    return not any(codes)


def _run(command: tuple[str, ...], *, check: bool = False) -> int:
    return subprocess.run(_command(command), cwd=ROOT, env=_environment(), check=check).returncode


def _command(command: tuple[str, ...]) -> list[str]:
    return [str(PYTHON), "-m", *command]


def _environment() -> dict[str, str]:
    """Ours, but that compiled modules are kept: hundreds of tests start the command in a process of its own."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _begin(name: str) -> float:
    print(f"{name} …", flush=True)
    return time.monotonic()


def _end(name: str, began: float, passed: bool) -> None:
    print(f"{name}: {'passed' if passed else 'failed'} after {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
