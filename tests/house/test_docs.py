"""The documentation is true: its console blocks print what they say, its lists are complete, its examples run."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from losscli import LOSSES
from losscli.catalogue.index import loss_facts
from losscli.catalogue.pages import topics
from losscli.errors import ExitCode
from losscli.render.formats import FORMATS
from losscli.sources.formats import FORMATS as INPUTS
from tests import ROOT
from tests.house.test_imports import MODULES
from tests.support import man, rooms, website
from tests.support.docs import FILES, PICTURE, PICTURED, blocks, played, run

PAGES = ROOT / "losscli" / "docs"
README, OUTPUT, SOURCES, MESSAGES, OWN = (
    file.read_text(encoding="utf-8")
    for file in (ROOT / "README.md", *(PAGES / f"{name}.md" for name in ("output", "sources", "messages", "own-losses")))
)


@pytest.mark.parametrize("block", [b for f in FILES for b in blocks(f)], ids=lambda b: b.splitlines()[0][2:60])
def test_console_block(block: str) -> None:
    assert _near(played(block)) == _near(block), "run python -m tests.tools docs"


def _near(text: str) -> str:
    """Numbers to twelve digits: the last ones are those of one machine's exp and log."""
    return re.sub(r"\d+\.\d{12,}(e-?\d+)?", lambda m: f"{float(m[0]):.12g}", text)


def test_readme_is_short() -> None:
    lines = README.splitlines()
    assert len(lines) <= 220 and len(README.encode()) <= 12 * 1024
    code = re.findall(r"^```\w+\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    long = [line for block in code for line in block.splitlines() if len(line) > 100]
    assert [line.split()[:3] for line in long] == [["python3", "-m", "venv"]]  # which is copied as one line


def test_every_exit_code_warning_and_format_has_its_place() -> None:
    for code in ExitCode:
        assert f"| {code.value} |" in README
        assert f"\n## Exit code {code.value}: " in MESSAGES
    source = "".join(f.read_text(encoding="utf-8") for f in (ROOT / "losscli").rglob("*.py"))
    for warning in sorted(set(re.findall(r'"(W\d{3})"', source))):
        (title,) = re.findall(rf"^## {warning}: (.*)$", MESSAGES, re.MULTILINE)
        assert f"| {warning} | {title} |" in MESSAGES
    for name in FORMATS:
        assert name in OUTPUT + (PAGES / "gates.md").read_text(encoding="utf-8"), name
    for name in INPUTS:
        assert name in SOURCES, name


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_no_link_is_dead(file: Path) -> None:
    """A link to a file leads to one, and a page that a text names with `losscli list` is there."""
    text = file.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (file.parent / target).exists(), target
    for topic in re.findall(r"More: `losscli list ([a-z-]+)`", text):
        assert (PAGES / f"{topic}.md").exists(), topic


def test_readme_names_every_page() -> None:
    assert sorted(re.findall(r"\]\(losscli/docs/([a-z-]+)\.md\)", README)) == sorted(topics())


def test_the_picture_of_readme_shows_what_the_command_prints() -> None:
    """The colours and the frame are those of some version of Rich; the words are ours."""
    shown = html.unescape("".join(re.findall(r"<text[^>]*>([^<]*)</text>", PICTURE.read_text(encoding="utf-8"))))
    rows = run(PICTURED.replace("--color always", "-q -f csv")).splitlines()[1:]
    values = [float(row.split(",")[3]) for row in rows]
    assert values and all(f"{value:.6g}" in shown for value in values)


def test_the_manual_page_says_what_the_helps_say() -> None:
    assert man.FILE.read_text(encoding="utf-8") == man.page(), "run python -m tests.tools docs"
    assert f'share/man/man1" = ["{man.FILE.relative_to(ROOT).as_posix()}"]' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed here")
def test_man_shows_the_manual_page_without_a_warning() -> None:
    env = os.environ | {"LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"}
    done = subprocess.run(["man", "-l", "--warnings", str(man.FILE)], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("losscli compute LOSS", "--fail-if-worse", "EXIT STATUS", "logit_0:logit_9"):
        assert word in done.stdout


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
    (shown,) = re.findall(r"```python\n(import numpy.*?def asymmetric.*?)```", OWN, re.DOTALL)
    assert shown in sample


def test_every_sample_is_named_in_its_readme() -> None:
    text = (ROOT / "sample_inputs" / "README.md").read_text(encoding="utf-8")
    for file in (ROOT / "sample_inputs").iterdir():
        assert file.name in text or file.name == "README.md", file.name


def test_every_link_of_the_website_leads_to_a_page(tmp_path: Path) -> None:
    website.write(tmp_path)
    pages = list((tmp_path / "docs").rglob("*.md"))
    assert {f"losses/{loss['name']}.md" for loss in loss_facts()} <= {p.relative_to(tmp_path / "docs").as_posix() for p in pages}
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#:\s]+)[)#]", page.read_text(encoding="utf-8"))]
    assert len(links) > len(loss_facts())
    assert not [(page.name, link) for page, link in links if not (page.parent / link).exists()]
