"""The template of losscli/losses/README.md works unchanged in a copy of the package: a function in its family, a row in its table."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

GUIDE = (ROOT / "losscli" / "losses" / "README.md").read_text(encoding="utf-8")
NAME = "cubed_epsilon_insensitive"
TESTS = ("test_known_values.py", "test_laws.py", "test_accuracy.py", "test_help.py")


def template(language: str) -> str:
    """The first code block of a language in the guide."""
    block = re.search(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert block, f"losses/README.md has no block of {language}"
    return block[1]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and its tests to which the template is added."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("losscli", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for file, language in (("losses/robust.py", "python"), ("vectors/robust.yaml", "yaml")):
        path = folder / "losscli" / file
        path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{template(language)}", encoding="utf-8")
    python(folder, "-m", "tests.tools", "index")
    return folder


def python(folder: Path, *argv: str) -> str:
    """The output of Python in the copy, whose package is first on the path."""
    env = os.environ | {"PYTHONPATH": str(folder), "PYTHONUTF8": "1"}
    done = subprocess.run([sys.executable, *argv], cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_command_computes_the_added_loss(copy: Path) -> None:
    assert python(copy, "-m", "losscli", "compute", NAME, "-p", "3,0", "-t", "1,0.25", "--epsilon", "0.5", "-f", "value") == "1.6875\n"


def test_list_shows_the_added_loss_with_its_known_values(copy: Path) -> None:
    card = json.loads(python(copy, "-m", "losscli", "list", "cubed_eps_insensitive", "-f", "json"))
    assert NAME in json.dumps(card)
    document = json.loads(python(copy, "-m", "losscli", "list", NAME, "--vectors", "-f", "json"))
    assert [vector["value"] for vector in document["vectors"]] == [[3.375, 0.0]]


def test_the_generator_writes_the_same_row(copy: Path) -> None:
    """The row is the same, except for the version of mpmath."""
    table = copy / "row.yaml"
    by_hand = [line for line in template("yaml").splitlines() if not re.match(r"  (version|expected|gradient):", line)]
    table.write_text("\n".join(by_hand) + "\n", encoding="utf-8")
    python(copy, "-m", "tests.tools", "exact", str(table))
    written = re.sub(r"mpmath [\d.]+", "mpmath 1.4.1", table.read_text(encoding="utf-8"))
    assert written.lstrip() == template("yaml")


def test_the_added_loss_passes_every_test_of_a_loss(copy: Path) -> None:
    files = [str(next((copy / "tests").rglob(name))) for name in TESTS]
    said = python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", NAME, *files, "losscli/losses/robust.py")
    assert "failed" not in said and "[100%]" in said
