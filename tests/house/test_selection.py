"""`python -m tests WORD` runs the tests that belong to a word, or prints one message that says what is wrong with the word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import losscli
from losscli.errors import UsageError
from tests import PACKAGE, ROOT
from tests.__main__ import complaint, main, stages
from tests.support.folders import selection
from tests.support.selection import FEW, concerns, names_of_losses, spread

FILES = [file for file in PACKAGE.rglob("*") if file.suffix in (".py", ".c", ".json", ".yaml")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_every_file_of_the_package_has_tests(file: Path) -> None:
    chosen = selection(file)
    assert chosen
    if chosen[0] == "--of-family":
        assert names_of_losses([], chosen[1:])
    else:
        assert all((ROOT / path).exists() for path in chosen), chosen


@pytest.mark.parametrize(
    ("file", "chosen"),
    [
        ("losscli/engine/plan.py", ["tests/engine"]),
        ("losscli/losses/regression.py", ["--of-family", "regression"]),
        ("losscli/vectors/regression.yaml", ["--of-family", "regression"]),
        ("losscli/catalogue/index.json", ["tests/catalogue"]),
        ("tests/engine", [str(ROOT / "tests/engine")]),
        ("tests/support/docs.py", ["tests"]),
        ("tests/catalogue/names.yaml", [str(ROOT / "tests/catalogue")]),
        ("losscli/losses/README.md", ["tests/house"]),
        ("README.md", ["tests/house"]),
        (".", ["tests"]),
    ],
)
def test_the_tests_of_a_file(file: str, chosen: list[str]) -> None:
    assert selection(ROOT / file)[: len(chosen)] == chosen


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([""], "an empty word is no loss, file or folder"),
        (["--fast"], "no option '--fast': there are --quick and --help"),
        (["losscli/engine/plans.py"], "no file or folder 'losscli/engine/plans.py'"),
    ],
)
def test_a_wrong_word_is_one_message(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaint(words) == message
    assert (main(words), capsys.readouterr().err) == (2, f"error: {message}\n")


def test_the_help_names_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(form in out for form in ("--quick", "huber", "losscli/engine/plan.py", "tests/engine"))


def test_types_are_checked_in_a_whole_run_only() -> None:
    names = [[name for name, _ in stages(quick, [], losses)] for quick, losses in ((False, []), (True, []), (False, ["mse"]))]
    assert names == [["format", "lint", "types", "tests"], ["format", "lint", "tests"], ["format", "lint", "tests of losses"]]


def test_a_family_does_not_narrow_the_tests_of_other_files() -> None:
    chosen = stages(False, [str(ROOT / "losscli/engine/plan.py"), str(ROOT / "losscli/losses/regression.py")], ["focal"])
    first, second = ([*command] for name, (command,) in chosen if name.startswith("tests"))
    assert "tests/engine" in first and "--of-family" not in first
    assert second[1:] == ["--of-family", "regression", "--of-loss", "focal"]


def test_a_loss_has_the_tests_that_name_it() -> None:
    names = names_of_losses(["torch.nn.HuberLoss"], [])
    assert {"huber", "torch.nn.HuberLoss"} <= set(names)
    cases: list[Any] = [losscli.find("huber"), "huber", "losscli compute huber -p 1 -t 2", ("x", ["huber"]), {"loss": "huber"}]
    assert all(concerns(case, names) for case in cases)
    others: list[Any] = [losscli.find("mse"), "pseudo_huber", {"loss": "mse", "note": "not huber"}, 3, None]
    assert not any(concerns(case, names) for case in others)


def test_a_name_that_no_loss_has_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean huber"):
        names_of_losses(["hubr"], [])


@pytest.mark.parametrize("size", [0, 1, FEW, FEW + 1, 1000])
def test_a_quick_run_takes_cases_that_are_far_apart(size: int) -> None:
    places = list(spread(size))
    assert places == sorted({*places}) and len(places) == min(size, FEW)
    assert not size or (places[0], places[-1]) == (0, size - 1)
