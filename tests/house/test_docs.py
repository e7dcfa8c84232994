"""The documentation is true: its console blocks print what they say, its lists are complete, its examples run."""

from __future__ import annotations

import re

import pytest

from losscli import LOSSES
from losscli.errors import ExitCode
from losscli.render.formats import FORMATS
from losscli.sources.formats import FORMATS as INPUTS
from tests import ROOT
from tests.house.test_imports import MODULES
from tests.support import rooms
from tests.support.docs import FILES, blocks, played, run

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", [b for f in FILES for b in blocks(f)], ids=lambda b: b.splitlines()[0][2:60])
def test_console_block(block: str) -> None:
    assert _near(played(block)) == _near(block), "run python -m tests.tools docs"


def _near(text: str) -> str:
    """Numbers to twelve digits: the last ones are those of one machine's exp and log."""
    return re.sub(r"\d+\.\d{12,}(e-?\d+)?", lambda m: f"{float(m[0]):.12g}", text)


def test_readme_lists_every_exit_code_and_format() -> None:
    for code in ExitCode:
        assert f"| {code.value} |" in README
    for name in [*FORMATS, *INPUTS]:
        assert name in README, name


def test_readme_lists_every_warning() -> None:
    code = "".join(f.read_text(encoding="utf-8") for f in (ROOT / "losscli").rglob("*.py"))
    for warning in sorted(set(re.findall(r'"(W\d{3})"', code))):
        assert f"| {warning} |" in README, warning


def test_the_map_lists_every_file() -> None:
    text = rooms.README.read_text(encoding="utf-8")
    assert rooms.written(text) == text, "run python -m tests.tools rooms"
    for module in re.findall(r"`((?:cli|engine|sources|catalogue|results)\.[a-z_]+)`", text):
        assert module in MODULES, module


def test_readme_says_about_how_many_losses_there_are() -> None:
    """A lower bound, so that a new loss changes no document."""
    for file in ("README.md", "CHANGELOG.md"):
        (bound,) = re.findall(r"more than (\d+) losses", (ROOT / file).read_text(encoding="utf-8"), re.IGNORECASE)
        assert int(bound) < len(LOSSES) < int(bound) + 50, file


@pytest.mark.slow
def test_sample_inputs_readme_commands_run() -> None:
    text = (ROOT / "sample_inputs" / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"`(losscli [^`]+)`", text)
    assert len(commands) >= 15
    for command in commands:
        said = run(f"{command} -q")
        assert "(exit" not in said, (command, said)


def test_the_losses_of_ones_own_are_those_of_the_sample() -> None:
    sample = (ROOT / "sample_inputs" / "my_losses.py").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(def asymmetric.*?)```", README, re.DOTALL)
    assert shown in sample


def test_every_sample_is_named_in_its_readme() -> None:
    text = (ROOT / "sample_inputs" / "README.md").read_text(encoding="utf-8")
    for file in (ROOT / "sample_inputs").iterdir():
        assert file.name in text or file.name == "README.md", file.name
