"""The help of each loss shows an example that runs, and no option of a loss has the name of a general option."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import losscli
from losscli.catalogue.shell_examples import FILE, shell_example
from losscli.cli.app import run
from losscli.cli.help import BRIEF, compare_help, compute_help, list_help, loss_help, main_help, objective_help
from losscli.cli.loss_options import SHORT, signature_of
from losscli.cli.options import COMPUTE, rows_of
from losscli.registry import LOSSES, OURS, Loss, Preset
from losscli.render.card import LossCardReport
from losscli.render.example import command_line
from losscli.render.grid import Style, drawn
from losscli.render.help import Help, help_text
from tests.support.process import shell

losscli.LOSSES  # noqa: B018 - registers them


EXAMPLES = [(loss, preset) for loss in LOSSES.values() if loss.example for preset in loss.presets]


@pytest.mark.every_loss
@pytest.mark.parametrize(("loss", "preset"), EXAMPLES, ids=[preset.names[0] for _, preset in EXAMPLES])
def test_the_example_of_a_framework_runs(loss: Loss, preset: Preset) -> None:
    """The first of the names that mean the same: its conventions decide which options and numbers it takes."""
    assert run(["compute", preset.names[0], *shlex.split(command_line(loss, SHORT, preset)), "-f", "csv", "-q"]) == 0


@pytest.mark.parametrize("name", list(LOSSES))
def test_the_example_in_the_help_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The card of the loss shows the same command with its result."""
    words = shlex.split(f"losscli compute {name} {command_line(LOSSES[name], SHORT)} -f value")
    assert run(words[1:]) == 0
    out, err = capsys.readouterr()
    assert "internal" not in err
    shown = shell_example(name)
    assert shown is not None and shlex.split(shown.command) == words, "run python -m tests.tools index"
    assert list(map(float, shown.result)) == pytest.approx(list(map(float, out.split())), rel=1e-12, nan_ok=True)


def test_no_example_of_a_card_is_nan() -> None:
    examples = json.loads(FILE.read_text(encoding="utf-8"))
    assert [name for name, (_, *values) in examples.items() if "nan" in values] == []


def test_the_examples_of_cards_are_those_of_our_losses() -> None:
    assert list(json.loads(FILE.read_text(encoding="utf-8"))) == list(LOSSES), "run python -m tests.tools index"


@pytest.mark.parametrize("name", list(LOSSES))
def test_the_signature_of_every_name(name: str) -> None:
    known = LOSSES[name]
    assert not {*known.roles, *known.all_options} & {"data", *(row.name for row in rows_of(COMPUTE))}
    for preset in (OURS, *known.presets):
        options = signature_of(known, preset).parameters
        assert {*known.roles, "reduction", "format"} <= set(options)
        assert set(preset.renames.values()) <= {preset.renames.get(o, o) for o in options}


@pytest.mark.parametrize("name", ["bce", "torch.nn.BCELoss", "keras.losses.Tversky", "nt_xent"])
def test_help_shows_the_formula_as_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", name, "--help"]) == 0
    out = " ".join(capsys.readouterr().out.replace("\\\n", "").split())
    known = losscli.find(name)
    assert " ".join(known.formula.split())[:60] in out
    assert "Example: losscli compute" in out


# --- examples --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("argv", BRIEF, ids=lambda argv: " ".join(argv) or "losscli")
def test_a_command_without_words_shows_three_examples_that_run(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(list(argv)) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", BRIEF[argv]) and max(map(len, err.splitlines())) <= 80
    commands = re.findall(r"^  (.*)$", err, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        words = shlex.split(command)
        assert (shell(command).code if "|" in words else run(words[1:])) == 0, command


@pytest.mark.parametrize("help", [main_help, compute_help, compare_help, list_help])
def test_the_examples_of_a_help_run(help: Callable[[], Help], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder with the data.csv that they name, where the mean squared error of ridge is 4.5."""
    rows = [f"{t},{t + e},{t + 3 * (t % 2)},{t + e}" for t, e in ((t, 0.1 + 0.01 * t) for t in range(40))]
    (tmp_path / "data.csv").write_text("\n".join(["y_true,y_pred,ridge,gbm", *rows]) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    examples = help().examples
    assert len(examples) == 3
    for example in examples:
        assert run([*shlex.split(example)[1:], "-q"]) == 0, example


# --- windows ---------------------------------------------------------------------------------------------------------------

WIDTHS = (80, 50)


def letters(text: str) -> str:
    """The text without blanks and line ends, and without the backslash that continues a command."""
    return re.sub(r"\s", "", re.sub(r" \\$", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("width", WIDTHS)
def test_no_help_is_cut(width: int) -> None:
    """The help of every loss and command has all letters in a narrow window too, and only a word of an example is wider than it."""
    helps = [loss_help(name, loss, OURS) for name, loss in LOSSES.items()]
    for help in [main_help(), compute_help(), compare_help(), list_help(), objective_help("objective.yaml"), *helps]:
        text = help_text(help, width, colour=False)
        assert letters(text) == letters(help_text(help, 10_000, colour=False)), help.usage
        without = help_text(help.but(examples=()), width, colour=False)
        assert max(map(len, without.splitlines())) <= width, help.usage


@pytest.mark.parametrize("width", WIDTHS)
def test_no_card_is_cut(width: int) -> None:
    """Each name of a framework has a line of its own, where the window is wider than the name."""
    style = Style(terminal=True, width=width)
    for loss in LOSSES.values():
        grids = LossCardReport(loss).grids(style)
        text = drawn(grids, style)
        seen = letters(text)
        for grid in grids:
            for cell in {*(cell for row in grid.rows for cell in row[: 1 if grid.narrow else 2]), *grid.below}:
                assert letters(cell) in seen or set(cell.split()) <= set(text.split()), (loss.name, cell)
        first_words = {line.split()[0] for line in text.splitlines() if line.strip() and len(line.rstrip()) <= width}
        assert {name for preset in loss.presets for name in preset.names if len(name) < 0.8 * width} <= first_words, loss.name


def test_colours_of_a_help_are_all_there_is_to_see() -> None:
    for help in (main_help(), compute_help(), loss_help("huber", LOSSES["huber"], OURS)):
        plain, coloured = (help_text(help, 80, colour) for colour in (False, True))
        assert plain != coloured and re.sub(r"\x1b\[\d*m", "", coloured) == plain
