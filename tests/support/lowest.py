"""Run the tests with the lowest version of each dependency that pyproject.toml allows: `python -m tests.tools lowest [PYTEST WORDS]`.

The whole test run uses the newest versions. What the tests themselves need is the newest that goes with the lowest dependencies.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence

from tests import ROOT

HOME = ROOT / ".venv-lowest"
PYTHON = HOME / "bin" / "python"


def lowest() -> list[str]:
    """The lowest versions, as pip takes them: numpy==1.26."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pairs = [re.fullmatch(r"([a-z]+)>=([\d.]+)(,.*)?", dependency) for dependency in project["dependencies"]]
    return [f"{pair[1]}=={pair[2]}" for pair in pairs if pair]


def main(argv: Sequence[str]) -> int:
    """Make the environment anew, and run the tests in it."""
    venv.create(HOME, with_pip=True, clear=True)
    constraints = HOME / "constraints.txt"
    constraints.write_text("\n".join(lowest()) + "\n", encoding="utf-8")
    install = ("pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", str(constraints), "--editable", f"{ROOT}[dev]")
    subprocess.run([str(PYTHON), "-m", *install], check=True)
    print("tests with", ", ".join(lowest()), flush=True)
    return subprocess.run([str(PYTHON), "-m", "pytest", "--numprocesses", "auto", *argv], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
