"""Derivatives of the total of an objective."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import losscli
from losscli.autodiff import rules
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


def _checked(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, *argv: str) -> tuple[int, str, list[str]]:
    """The exit code, standard output and the lines of the checks."""
    (tmp_path / "o.yaml").write_text(text)
    code = run(["compute", "o.yaml", *argv])
    out, err = capsys.readouterr()
    return code, out, err.splitlines()


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, list[str]]]:
    monkeypatch.chdir(tmp_path)
    return lambda *argv: _checked(tmp_path, capsys, *argv)


GOOD = {
    "every column": (TWO, ["grad pred", "grad target"], INLINE),
    "names": (TWO, ["grad pred", "grad b.delta"], (*INLINE, "--grad", "pred,b.delta")),
    "kinks and a negative weight": ("terms:\n  a: {loss: mae}\n  b: {loss: mse, weight: -2}\n", ["grad pred"], ("-p", "1,2", "-t", "1,0")),
    "several columns of one role": (
        "terms:\n  a: {loss: mse, pred: '1,2', target: '0,0'}\n  b: {loss: mae, pred: '3,4', target: '0,0'}\n",
        ["grad pred", "grad target", "grad b.pred"],
        (),
    ),
    "a statistic, and one number for all rows": (
        "terms:\n  a: {loss: rmse, weight: 3}\n  b: {loss: bce_with_logits, weight: 0.5, pos_weight: 2}\n",
        ["grad pred", "grad pos_weight"],
        ("-p", "0.2,0.5", "-t", "1,0", "--grad", "pred,pos_weight"),
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_right_derivatives_pass(check: Callable[..., tuple[int, str, list[str]]], case: str) -> None:
    text, names, argv = GOOD[case]
    code, _, lines = check(text, *argv)  # no check without being asked
    assert code == 0 and not any("gradcheck" in line for line in lines)
    code, _, lines = check(text, *argv, "--gradcheck")
    assert code == 0
    passed = [line.split(": ")[1] for line in lines if line.startswith("gradcheck passed: ")]
    assert passed[: len(names)] == names


def test_the_term_with_a_wrong_derivative_is_named(
    check: Callable[..., tuple[int, str, list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (right,) = rules.UFUNCS[np.cosh]
    monkeypatch.setitem(rules.UFUNCS, np.cosh, (lambda *a: 1.001 * right(*a),))
    (tmp_path / "f.py").write_text("import numpy as np\n\ndef f(pred, target):\n    return np.cosh(pred - target)\n")
    code, out, lines = check(
        "terms:\n  a: {loss: mae, weight: 9}\n  b: {loss: f.py::f, weight: 2}\n", *INLINE, "--gradcheck", "--allow-code", "-f", "json"
    )
    assert code == 1
    assert lines[0].startswith("gradcheck failed: grad pred: 3 of 3 numbers do not agree with central differences (rtol 1e-06, atol 1e-12)")
    assert lines[0].endswith("; of the terms, b is furthest apart")
    assert [c["term"] for c in json.loads(out)["gate"]["checks"]] == ["b", "b"]


def test_a_total_of_nothing_fails(check: Callable[..., tuple[int, str, list[str]]]) -> None:
    code, _, lines = check("terms:\n  a: {loss: mse, sample_weight: '0,0'}\n", "-p", "1,2", "-t", "0,0", "--gradcheck")
    assert code == 1 and any(line == "gradcheck failed: grad pred: the loss is computed from nothing" for line in lines)
