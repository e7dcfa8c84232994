"""The help of each loss shows an example that runs, and no option of a loss has the name of a general option."""

from __future__ import annotations

import shlex

import pytest

import losscli
from losscli.cli.app import run
from losscli.cli.loss_options import SHORT, signature_of
from losscli.cli.options import COMPUTE, rows_of
from losscli.registry import LOSSES, OURS, Loss, Preset
from losscli.render.example import command_line

losscli.LOSSES  # noqa: B018 - registers them


EXAMPLES = [(loss, preset) for loss in LOSSES.values() if loss.example for preset in loss.presets]


@pytest.mark.every_loss
@pytest.mark.parametrize(("loss", "preset"), EXAMPLES, ids=[preset.names[0] for _, preset in EXAMPLES])
def test_the_example_of_a_framework_runs(loss: Loss, preset: Preset) -> None:
    """The first of the names that mean the same: its conventions decide which options and numbers it takes."""
    assert run(["compute", preset.names[0], *shlex.split(command_line(loss, SHORT, preset)), "-f", "csv", "-q"]) == 0


@pytest.mark.parametrize("name", list(LOSSES))
def test_the_example_in_the_help_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", name, *shlex.split(command_line(LOSSES[name], SHORT)), "-f", "csv"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("loss,reduction,value")
    assert "internal" not in err


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
    out = " ".join(capsys.readouterr().out.split())
    known = losscli.find(name)
    assert " ".join(known.formula.split())[:60] in out
    assert "Example: losscli compute" in out
