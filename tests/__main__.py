"""`python3 -m tests`: every check, in a virtual environment of its own, on a machine with only Python and pip."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-test"
CHECKS = (
    ("ruff", "format", "--check", "--quiet", "."),
    ("ruff", "check", "--quiet", "."),
    ("mypy",),
    ("pytest",),
)


def main() -> int:
    """Install what the checks need, run all of them, and fail if any does."""
    scripts = HOME / ("Scripts" if os.name == "nt" else "bin")
    if not (scripts / "python").exists() and not (scripts / "python.exe").exists():
        venv.create(HOME, with_pip=True)
    install = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", f"{ROOT}[dev]"]
    subprocess.run(install, check=True)
    failed = [check[0] for check in CHECKS if subprocess.run([scripts / "python", "-m", *check], cwd=ROOT, check=False).returncode]
    if failed:
        print("failed:", ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
