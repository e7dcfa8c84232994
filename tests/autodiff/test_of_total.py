"""Derivatives of the total of an objective."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import losscli
from losscli.cli.app import run

Run = Callable[..., str]
TWO = "terms:\n  a: {loss: mse, weight: 2}\n  b: {loss: huber, delta: 0.5, weight: 3}\n"
INLINE = ("-p", "1,2,4", "-t", "0,0,1")


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The output of `losscli compute o.yaml` with the text of o.yaml and more options."""
    monkeypatch.chdir(tmp_path)

    def said(text: str, *argv: str) -> str:
        (tmp_path / "o.yaml").write_text(text)
        assert run(["compute", "o.yaml", *argv]) == 0
        return capsys.readouterr().out

    return said


# By hand: 2 · 2 e / 3 of mse, and 3 · ½ / 3 of Huber's loss, whose errors are all above delta; its derivative by delta is mean |e| − delta.
WRITTEN = {
    "pred": (("--grad", "pred", "-f", "csv"), "row,grad_pred\n0,1.8333333333333333\n1,3.1666666666666665\n2,4.5\n"),
    "target": (("--grad", "target", "-f", "value"), "-1.8333333333333333\n-3.1666666666666665\n-4.5\n"),
    "option": (("--grad", "b.delta", "-f", "value"), "4.5\n"),
    "the only term with it": (("--grad", "delta", "-f", "csv"), "grad_delta\n4.5\n"),
    "both": (
        ("--grad", "pred,delta", "-f", "tsv"),
        "row\tgrad_pred\tgrad_delta\n0\t1.8333333333333333\t4.5\n1\t3.1666666666666665\t4.5\n2\t4.5\t4.5\n",
    ),
}


@pytest.mark.parametrize(("argv", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_terms_are_added_with_their_weights(out: Run, argv: tuple[str, ...], expected: str) -> None:
    assert out(TWO, *INLINE, *argv) == expected


def test_a_table_and_a_document_have_them(out: Run) -> None:
    lines = out(TWO, *INLINE, "--grad", "pred,delta").splitlines()
    assert lines[0].split() == ["row", "grad", "pred"] and "grad delta = 4.5" in lines
    document = json.loads(out(TWO, *INLINE, "--grad", "pred,delta", "-f", "json"))
    assert document["gradient"] == {"pred": [pytest.approx(11 / 6), pytest.approx(19 / 6), 4.5], "delta": 4.5}
    many = out(TWO, "-p", ",".join(["1"] * 40), "-t", ",".join(["0"] * 40), "--grad", "pred")
    assert "… 30 more" in many


def test_a_mean_and_an_inner_objective_divide(out: Run, tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text("total: mean\n" + TWO)
    found = out("terms:\n  x: {loss: inner.yaml, weight: 5}\n", *INLINE, "--grad", "pred", "-f", "value")
    np.testing.assert_allclose([*map(float, found.split())], [11 / 6, 19 / 6, 4.5], rtol=1e-15)
    assert float(out("terms:\n  x: {loss: inner.yaml, weight: 5}\n", *INLINE, "--grad", "x.b.delta", "-f", "value")) == 4.5


def test_a_column_is_found_in_all_its_roles_and_rows_with_nan_are_those_of_each_term(out: Run, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b\n1,0\n2,\n4,1\n")
    text = "data: d.csv\nterms:\n  x: {loss: mse, pred: a, target: b, nan: omit}\n  y: {loss: mae, pred: '0,0,0', target: a}\n"
    assert out(text, "--grad", "a", "-f", "csv") == "row,grad_a\n0,1.3333333333333333\n1,0.3333333333333333\n2,3.3333333333333335\n"


def test_the_sum_is_that_of_python(out: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 4)), rng.integers(0, 4, 50)
    np.savez(tmp_path / "d.npz", logits=x, y=y)
    terms = "  a: {loss: cross_entropy, pred: logits, target: y}\n  b: {loss: entropy_min, pred: logits, weight: 0.1, eps: 0}\n"
    text = f"data: d.npz\nterms:\n{terms}"
    assert out(text, "--grad", "logits", "-o", "g.npy") == ""
    expected = losscli.gradient("cross_entropy", pred=x, target=y) + 0.1 * losscli.gradient("entropy_min", pred=x, eps=0)
    np.testing.assert_allclose(np.load(tmp_path / "g.npy"), expected, rtol=1e-13, atol=1e-17)
