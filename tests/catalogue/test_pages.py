"""The pages of the documentation at the prompt: topics, codes of warnings, exit codes."""

from __future__ import annotations

import json
import re

import pytest

from losscli.catalogue.pages import page, topics
from losscli.cli.app import run


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["own-losses"], "A loss of your own"),
        (["Own", "Losses"], "A loss of your own"),
        (["W104"], "W104: values that were bounded"),
        (["w104"], "W104: values that were bounded"),
        (["exit", "3"], "Exit code 3: input"),
        (["exit", "code", "3"], "Exit code 3: input"),
    ],
)
def test_the_page_of_words(words: list[str], title: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", *words]) == 0
    assert capsys.readouterr().out.splitlines()[0].lstrip("# ") == title
    assert run(["list", *words, "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["page"]["title"] == title


@pytest.mark.parametrize("words", [["W999"], ["exit", "99"], ["exit"], []])
def test_other_words_name_no_page(words: list[str]) -> None:
    assert page(words) is None


def test_every_page_is_rendered_for_a_terminal() -> None:
    from losscli.render.formats import FORMATS, Style
    from losscli.render.listing import PageReport

    for topic in topics():
        found = page([topic])
        assert found is not None and found.text.startswith("# ")
        drawn = FORMATS["table"].write(PageReport(found), Style(terminal=True, width=50))
        assert isinstance(drawn, str) and "```" not in drawn and "…" not in drawn.replace("…", "", found.text.count("…"))
        code = [line for block in re.findall(r"^```\w+\n(.*?)^```", found.text, re.MULTILINE | re.DOTALL) for line in block.splitlines()]
        assert all(line.rstrip() in drawn for line in code)  # whole, to be copied
        assert all(len(line) <= 50 for line in drawn.splitlines() if line.rstrip() not in code)


def test_a_page_is_read_whole_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    found = page(["gradients"])
    assert found is not None
    for format in ("table", "markdown"):
        assert run(["list", "gradients", "-f", format]) == 0
        assert capsys.readouterr().out == found.text
