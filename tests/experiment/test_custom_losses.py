"""Functions of a user beside built-in losses in one comparison."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import losscli

RNG = np.random.default_rng(3)
T = RNG.normal(size=60)
A, B = T + RNG.normal(size=60), T + RNG.normal(size=60)


def root(pred: np.ndarray, target: np.ndarray) -> float:
    """One number of all rows."""
    return float(np.sqrt(np.mean((pred - target) ** 2)))


@pytest.mark.parametrize("losses", [[root, "mse"], ["mse", root], ["mse", root, "mae"]])
def test_a_function_of_all_rows_takes_no_rows_from_other_losses(losses: list[object]) -> None:
    alone = losscli.compare({"a": A, "b": B}, target=T, losses="mse").results[1]
    found = losscli.compare({"a": A, "b": B}, target=T, losses=losses).results
    both = next(r for r in found if (r.prediction, r.loss) == ("b", "mse"))
    assert both.uncertainty == alone.uncertainty
    assert both.paired is not None and alone.paired is not None
    assert (both.paired.p, both.paired.wins) == (alone.paired.p, alone.paired.wins)


@pytest.mark.parametrize("mode", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("loss", ["DiceLoss", "JaccardLoss", "TverskyLoss", "FocalLoss"])
def test_a_name_whose_option_chooses_the_loss_runs_on_the_command_line(
    loss: str, mode: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from losscli.cli.app import run

    pred = RNG.normal(size=(2, 1 if mode == "binary" else 3, 2, 2))
    target = RNG.integers(0, 3, (2, 2, 2)) if mode == "multiclass" else RNG.integers(0, 2, pred.shape)
    np.savez(tmp_path / "m.npz", p=pred, t=target)
    assert run(["compute", f"smp.{loss}", str(tmp_path / "m.npz"), "-p", "p", "-t", "t", "--mode", mode, "-f", "value"]) == 0
    assert float(capsys.readouterr().out) == losscli.compute(f"smp.{loss}", pred=pred, target=target, mode=mode).value
