"""`python3 -m tests`: every check, in a virtual environment of its own, on a machine with only Python, pip and a network."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-test"
CHECKS = {
    "format": ("ruff", "format", "--check", "--quiet", "."),
    "lint": ("ruff", "check", "--quiet", "."),
    "types": ("mypy",),
    "tests": ("pytest", "--numprocesses", "auto"),
}


def main() -> int:
    """Install what the checks need, run all of them, and fail if any does."""
    scripts = HOME / ("Scripts" if os.name == "nt" else "bin")
    if not (scripts / "python").exists() and not (scripts / "python.exe").exists():
        venv.create(HOME, with_pip=True)
    install = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", f"{ROOT}[dev]"]
    _timed("install", install, check=True)
    failed = [name for name, check in CHECKS.items() if _timed(name, [str(scripts / "python"), "-m", *check], check=False)]
    if failed:
        print("failed:", ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


def _timed(name: str, command: list[str], *, check: bool) -> int:
    """The exit code of one stage, whose name is shown as it begins, and its time as it ends."""
    print(f"{name} …", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, check=check).returncode
    print(f"{name}: {'failed' if code else 'passed'} after {time.monotonic() - began:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
