"""A comparison gives the same bits as compute, for any other losses and predictions in it, in one pass over the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.cli.app import run
from losscli.engine.plan import BLOCK
from losscli.sources.delimited.table import Delimited


def document(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    assert run([*argv, "-f", "json", "-q"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """More rows than a block has of the widest loss, so that jobs with blocks of different sizes share a pass."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = BLOCK // 4 + 7
    np.savez("d.npz", a=rng.normal(size=(rows, 10)), b=rng.normal(size=(rows, 10)), target=rng.integers(0, 10, rows))
    np.savez("e.npz", p=rng.normal(size=2 * BLOCK + 5), q=rng.normal(size=2 * BLOCK + 5), target=rng.normal(size=2 * BLOCK + 5))
    return tmp_path


def test_the_bits_of_compute(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(
        capsys, "compare", "d.npz", "-l", "cross_entropy", "-l", "multi_margin:margin=0.5", "-p", "a", "-p", "b", "-t", "target"
    )
    for r in found["results"]:
        name, _, option = r["loss"].partition(":")
        options = ["--margin", "0.5"] if option else []
        alone = document(capsys, "compute", name, "d.npz", "-p", r["prediction"], "-t", "target", *options)
        assert alone["value"] == r["value"]
    found = document(capsys, "compare", "e.npz", "-l", "mse", "-l", "rmse", "-l", "log_cosh", "-p", "p", "-p", "q", "-t", "target")
    for r in found["results"]:
        assert document(capsys, "compute", r["loss"], "e.npz", "-p", r["prediction"], "-t", "target")["value"] == r["value"]


def test_differences_and_ratios(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "compare", "e.npz", "-l", "mae", "-p", "p", "-p", "q", "-t", "target", "--baseline", "q")
    p, q = found["results"]
    assert (q["difference"], q["ratio"]) == (0.0, 1.0)
    assert (p["difference"], p["ratio"]) == (p["value"] - q["value"], p["value"] / q["value"])
    assert [r["best"] for r in (p, q)] == [p["value"] <= q["value"], q["value"] <= p["value"]]


def test_a_file_is_read_once_a_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two losses of two predictions: once to see the shapes of each job, and once for all of them together."""
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("p,q,target\n" + "".join(f"{i},{i + 1},{i + 2}\n" for i in range(50)))
    whole = 0
    chunks = Delimited.chunks

    def counted(self: Delimited, keys: Any) -> Any:
        nonlocal whole
        yield from chunks(self, keys)
        whole += 1  # only where it was read to its end

    monkeypatch.setattr(Delimited, "chunks", counted)
    document(capsys, "compare", "d.csv", "-l", "mse", "-l", "mae", "-p", "p", "-p", "q", "-t", "target")
    assert whole == 1
