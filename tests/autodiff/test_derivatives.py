"""Derivatives on the command line: next to the losses, checked with finite differences, and compared with those of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.autodiff import rules
from losscli.autodiff.finite_differences import slopes
from losscli.catalogue.binding import bind
from losscli.cli.app import run
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine import plan
from losscli.engine.passes import run as evaluate
from losscli.engine.plan import prepare
from losscli.registry import LOSSES, OURS, Loss
from losscli.results.checks import ArrayCheck
from losscli.testing.samples import example, float_roles

losscli.LOSSES  # noqa: B018 - registers them
PAIR = ("-p", "2.5,0,2,8", "-t", "3,-0.5,2,7")
LOGITS = ("compute", "cross_entropy", "-p", "[[2,0.5,1],[0.1,1.2,2.1]]", "-t", "0,2")


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = run([*argv])
    return code, *capsys.readouterr()


# By hand: the derivative of Huber's loss is the error, at most 1 of size, over the number of elements.
WRITTEN = {
    "csv": (("--grad", "pred", "-f", "csv"), "row,loss,grad_pred\n0,0.125,-0.125\n1,0.125,0.125\n2,0.0,0.0\n3,0.5,0.25\n"),
    "sum": (("--grad", "pred", "-f", "csv", "-r", "sum"), "row,loss,grad_pred\n0,0.125,-0.5\n1,0.125,0.5\n2,0.0,0.0\n3,0.5,1.0\n"),
    "weights": (
        ("--grad", "pred", "-f", "csv", "-r", "sum", "-w", "2,1,1,0"),
        "row,loss,grad_pred\n0,0.25,-1.0\n1,0.125,0.5\n2,0.0,0.0\n3,0.0,0.0\n",
    ),
    "tsv": (
        ("--grad", "target", "-f", "tsv", "-r", "none"),
        "row\tloss\tgrad_target\n0\t0.125\t0.5\n1\t0.125\t-0.5\n2\t0.0\t0.0\n3\t0.5\t-1.0\n",
    ),
    "jsonl": (
        ("--grad", "all", "-f", "jsonl", "-r", "sum"),
        '{"row": 0, "loss": 0.125, "grad_pred": -0.5, "grad_target": 0.5}\n'
        '{"row": 1, "loss": 0.125, "grad_pred": 0.5, "grad_target": -0.5}\n'
        '{"row": 2, "loss": 0.0, "grad_pred": 0.0, "grad_target": 0.0}\n{"row": 3, "loss": 0.5, "grad_pred": 1.0, "grad_target": -1.0}\n',
    ),
    "value": (("--grad", "pred", "-f", "value"), "-0.125\n0.125\n0.0\n0.25\n"),
}


@pytest.mark.parametrize(("more", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_derivatives_in_each_format(capsys: pytest.CaptureFixture[str], more: tuple[str, ...], expected: str) -> None:
    assert said(capsys, "compute", "huber", *PAIR, *more) == (0, expected, "")


def test_the_table_has_the_derivatives_after_the_loss(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "compute", "huber", *PAIR, "--grad", "all", "--rows", "2", "--top", "1")
    lines = out.splitlines()
    assert lines[0].split() == ["row", "pred", "target", "loss", "grad", "pred", "grad", "target"]
    assert lines[1].split() == ["0", "2.5", "3", "0.125", "-0.125", "0.125"]
    assert out.split("the largest")[1].splitlines()[2].split() == ["3", "8", "7", "0.5", "0.25", "-0.25"]


def test_a_statistic_shows_derivatives_without_losses(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "compute", "rmse", "-p", "4,0", "-t", "0,0", "--grad", "pred", "-f", "csv")
    names, *rows = out.splitlines()
    assert names == "row,grad_pred" and [float(r.split(",")[1]) for r in rows] == pytest.approx([2**-0.5, 0])
    assert "loss" not in said(capsys, "compute", "rmse", "-p", "4,0", "-t", "0,0", "--grad", "pred")[1].splitlines()[0]


def test_derivatives_of_a_vector_have_a_column_for_each_number(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, *LOGITS, "--grad", "pred", "-f", "csv")
    names, *rows = out.splitlines()
    assert names == "row,loss,grad_pred_0,grad_pred_1,grad_pred_2"
    found = np.array([list(map(float, r.split(",")[2:])) for r in rows])
    x = np.array([[2, 0.5, 1], [0.1, 1.2, 2.1]])
    p = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    np.testing.assert_allclose(found, (p - np.eye(3)[[0, 2]]) / 2, rtol=1e-12)


def test_json_and_npy_have_derivatives_in_the_shape_of_the_role(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = said(capsys, *LOGITS, "--grad", "all", "-f", "json")
    found = json.loads(out)["gradient"]
    assert list(found) == ["pred"]
    expected = losscli.gradient("cross_entropy", pred=[[2, 0.5, 1], [0.1, 1.2, 2.1]], target=[0, 2])
    assert np.array_equal(found["pred"], expected)
    assert said(capsys, *LOGITS, "--grad", "pred", "-o", str(tmp_path / "g.npy")) == (0, "", "")
    assert np.array_equal(np.load(tmp_path / "g.npy"), expected)


def test_derivatives_have_the_class_axis_of_the_input(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 3, 4)), rng.integers(0, 3, (2, 4))
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    argv = ("compute", "cross_entropy", "-p", str(tmp_path / "x.npy"), "-t", str(tmp_path / "y.npy"), "--grad", "pred")
    expected = losscli.gradient("cross_entropy", pred=x, target=y)
    assert np.array_equal(json.loads(said(capsys, *argv, "-f", "json")[1])["gradient"]["pred"], expected)
    assert said(capsys, *argv, "-o", str(tmp_path / "g.npy"))[0] == 0
    assert np.array_equal(np.load(tmp_path / "g.npy"), expected)


def test_without_rows_the_columns_still_have_names(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert said(capsys, "compute", "mse", "-p", "[]", "-t", "[]", "--grad", "all", "-f", "csv", "-q")[:2] == (
        0,
        "row,loss,grad_pred,grad_target\n",
    )
    assert said(capsys, "compute", "rmse", "-p", "[]", "-t", "[]", "--grad", "pred", "-f", "csv", "-q")[:2] == (0, "row,grad_pred\n")
    assert run(["compute", "mse", "-p", "[]", "-t", "[]", "--grad", "pred", "-q", "-o", str(tmp_path / "g.npy")]) == 0
    assert np.load(tmp_path / "g.npy").shape == (0,)


def test_omitted_rows_have_no_derivatives(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "compute", "mse", "-p", "1,nan,4", "-t", "0,0,0", "--nan", "omit", "--grad", "pred", "-f", "csv")
    assert out == "row,loss,grad_pred\n0,1.0,1.0\n2,16.0,4.0\n"
    _, out, _ = said(capsys, "compute", "mse", "-p", "1,nan,4", "-t", "0,0,0", "--nan", "omit", "--grad", "pred", "-f", "json")
    assert (json.loads(out)["gradient"], json.loads(out)["gradient_rows"]) == ({"pred": [1.0, 4.0]}, [0, 2])


def test_derivatives_of_a_shared_role_are_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("compute", "info_nce", "--anchor", "[[1,0]]", "--positive", "[[1,0]]", "--negative", "[[0,1]]", "--grad", "all")
    lines = said(capsys, *argv)[1].splitlines()
    assert any(line.startswith("grad negative = [") for line in lines) and not any(line.startswith("grad anchor") for line in lines)


def test_derivatives_in_float32(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("compute", "mse", "-p", "1,2,3", "-t", "1,2,4", "--dtype", "float32", "--grad", "pred")
    assert said(capsys, *argv, "-f", "value")[1].split()[2] == repr(float(np.float32(-2 / 3)))
    assert json.loads(said(capsys, *argv, "-f", "json")[1])["gradient"]["pred"][2] == float(np.float32(-2 / 3))


def test_the_output_does_not_depend_on_blocks_and_threads(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    file = tmp_path / "d.csv"
    rows = rng.normal(size=(500, 2)).tolist()
    file.write_text("pred,target\n" + "".join(f"{a!r},{b!r}\n" for a, b in rows), encoding="utf-8")
    outputs = set()
    monkeypatch.setattr(plan, "BLOCK", 64)
    for threads in ("1", "2", "3"):
        outputs.add(said(capsys, "compute", "smooth_l1", str(file), "--grad", "all", "-f", "csv", "--threads", threads))
    assert len(outputs) == 1 and outputs.pop()[1].count("\n") == 501


# --- differences -----------------------------------------------------------------------------------------------------------

SOME = ("mse", "huber", "bce", "cross_entropy", "rmse", "tversky", "triplet_margin", "nt_xent", "info_nce", "gaussian_nll", "weighted_mape")


def outcome_of(known: Loss, data: dict[str, Any]) -> tuple[Any, Data]:
    job, columns = prepare(bind(known, OURS, {}), {r: Column(r, x) for r, x in data.items()})
    whole = Data(columns)
    return evaluate([job], whole)[0], whole


@pytest.mark.parametrize("known", [LOSSES[n] for n in SOME if n in LOSSES], ids=lambda k: k.name)
def test_finite_differences_agree_with_the_tape(known: Loss) -> None:
    data = example(known, np.random.default_rng(3), 7)
    outcome, whole = outcome_of(known, data)
    for role in float_roles(known, data):
        expected = losscli.gradient(known.name, **data, wrt=role)
        parts = [s for *_, s in slopes(outcome, whole, role)]
        found = np.concatenate([s.central for s in parts]).reshape(expected.shape)
        near = np.concatenate([s.near(expected.reshape(s.central.shape), 1e-6, 1e-12) for s in parts]) if len(parts) == 1 else None
        assert near is None or near.all(), role
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9, err_msg=role)


def test_a_wrong_derivative_is_found(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = said(capsys, "compute", "log_cosh", *PAIR, "--gradcheck", "-f", "value")
    assert code == 0 and err.count("gradcheck passed: grad") == 2
    right = rules.UFUNCS[np.subtract]
    monkeypatch.setitem(rules.UFUNCS, np.subtract, (lambda g, o, x, y: g * 1.001, right[1]))
    code, _, err = said(capsys, "compute", "log_cosh", *PAIR, "--gradcheck", "-f", "value")
    first, second = err.splitlines()
    assert code == 1 and first.startswith("gradcheck failed: grad pred: 3 of 4 numbers do not agree with central differences (rtol 1e-06")
    assert "row 3 is " in first and "differences " in first and second.startswith("gradcheck passed: grad target: 4 numbers")


@pytest.mark.parametrize("words", ["mae -p 1,2,3 -t 1,5,0", "huber -p 1,2,3 -t 2,5,3", "bce -p 0.001,0.5,0.999999 -t 0,1,1"])
def test_gradcheck_passes_at_kinks_and_bounds(capsys: pytest.CaptureFixture[str], words: str) -> None:
    assert said(capsys, "compute", *words.split(), "--grad", "pred", "--gradcheck", "-f", "csv")[0] == 0


OWN = """
import numpy as np

def bent(pred, target):
    return np.sinc(pred - target)

def worst(pred, target):
    return float(np.max(np.abs(pred - target) ** 3))
"""


def test_finite_differences_replace_missing_derivatives(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN, encoding="utf-8")
    _, out, _ = said(capsys, "compute", f"{file}::bent", "-p", "0.5,1", "-t", "0,0", "--grad", "pred", "-r", "sum", "-f", "json")
    found = json.loads(out)
    assert found["gradient"]["pred"] == pytest.approx([-4 / np.pi, -1], rel=1e-9)  # (cos πx - sinc x) / x
    assert found["notes"] == [f"derivatives by central differences: {file}:5: bent: NoDerivative: no derivative is known for np.sinc"]
    _, out, _ = said(capsys, "compute", f"{file}::worst", "-p", "1,2", "-t", "0,0", "--grad", "pred", "-f", "json")
    assert json.loads(out)["gradient"]["pred"] == pytest.approx([0, 12], rel=1e-9)


LATE = """
import numpy as np

def late(pred, target):
    e = abs(pred - target)
    return np.where(pred > 5, np.sinc(pred), e) if (pred > 5).any() else e
"""


@pytest.mark.parametrize(("at", "code"), [(99, 3), (0, 0)])
def test_no_row_is_written_twice_where_a_later_block_has_no_derivative(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, code: int
) -> None:
    monkeypatch.setattr(plan, "BLOCK", 4)
    (tmp_path / "own.py").write_text(LATE, encoding="utf-8")
    x = np.zeros(100)
    x[at] = 9
    np.save(tmp_path / "x.npy", x)
    file = str(tmp_path / "x.npy")
    got = said(capsys, "compute", f"{tmp_path / 'own.py'}::late", "-p", file, "-t", file, "--grad", "pred", "-f", "csv", "--threads", "1")
    assert got[0] == code and got[1].count("\n") == (0 if code else 101)
    assert ("no derivative is known for np.sinc" in got[2]) is bool(code)


# --- someone else's --------------------------------------------------------------------------------------------------------


def npy(tmp_path: Path, x: Any) -> str:
    np.save(tmp_path / "theirs.npy", np.asarray(x))
    return str(tmp_path / "theirs.npy")


def test_expect_compares_gradients(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    argv = ("compute", "huber", *PAIR, "--grad", "pred", "-f", "value", "--expect")
    code, _, err = said(capsys, *argv, npy(tmp_path, [-0.125, 0.125, 0, 0.25]))
    assert code == 0 and err.startswith("gate passed: grad pred: 4 numbers agree with what is expected (rtol 1e-06, atol 1e-12)")
    code, _, err = said(capsys, *argv, npy(tmp_path, [-0.125, 0.5, 0, np.nan]))
    assert code == 1
    assert err == (
        "gate failed: grad pred: 2 of 4 numbers do not agree with what is expected (rtol 1e-06, atol 1e-12): "
        "row 3 is 0.25, expected nan; row 1 is 0.125, expected 0.5\n"
    )


def test_expect_compares_values(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    argv = ("compute", "huber", *PAIR, "-r", "none", "-f", "json", "--expect")
    code, out, _ = said(capsys, *argv, npy(tmp_path, [0.125, 0.125, 0, 0.5000001]))
    assert (code, json.loads(out)["gate"]["passed"]) == (0, True)
    code, out, _ = said(capsys, *argv, npy(tmp_path, [0.125, 0.125, 1, 0.5]))
    (check,) = json.loads(out)["gate"]["checks"]
    assert (code, check["failed"], check["worst"]) == (1, 1, [{"row": 2, "ours": 0.0, "expected": 1.0}])


def test_expect_compares_values_and_gradients_of_one_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", values=[0.125, 0.125, 0, 0.5], grad_pred=[-0.5, 0.5, 0, 1], grad_target=[0.5, -0.5, 0, 1.0])
    argv = ("compute", "huber", *PAIR, "-r", "none", "--grad", "all", "-f", "csv", "--expect", str(tmp_path / "t.npz"))
    code, _, err = said(capsys, *argv)
    assert code == 1 and [line.split(":")[0] + line.split(":")[1] for line in err.splitlines()] == [
        "gate passed loss", "gate passed grad pred", "gate failed grad target",
    ]  # fmt: skip


def test_expect_takes_a_result_of_losscli(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    argv = ("compute", "huber", *PAIR, "--grad", "all")
    assert run([*argv, "-o", str(tmp_path / "r.json")]) == 0
    code, _, err = said(capsys, *argv, "-f", "csv", "--expect", str(tmp_path / "r.json"))
    assert code == 0 and err.count("gate passed: grad") == 2


def test_expect_takes_one_number_and_inline_numbers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert said(capsys, "compute", "mse", "-p", "3", "-t", "1", "-r", "none", "-f", "value", "--expect", npy(tmp_path, 4.0))[0] == 0
    argv = ("compute", "mse", "-p", "1,2", "-t", "1,3", "-r", "none", "-f", "value", "--expect")
    assert [said(capsys, *argv, numbers)[0] for numbers in ("0,1", "0,2")] == [0, 1]


def test_a_check_without_numbers_fails() -> None:
    assert not ArrayCheck("expect", "loss", 1e-6, 1e-12).passed


def test_the_worst_differences_come_first_for_any_blocks() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(size=(2, 300))
    found = []
    for size in (1, 7, 300):
        a = ArrayCheck("expect", "x", 1e-6, 0.0)
        for at in range(0, 300, size):
            a.add(np.arange(at, min(at + size, 300)), ours[at : at + size], theirs[at : at + size])
        found.append(a.to_dict())
    assert found[0] == found[1] == found[2]
    order = np.argsort(-np.abs(ours - theirs) / np.abs(theirs))[:5]
    assert [w["row"] for w in found[0]["worst"]] == order.tolist() and found[0]["failed"] == 300


def test_no_file_is_written_if_a_late_row_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "d.csv"
    file.write_text("pred,target\n" + "1,2\n" * 1000 + "1,nan\n", encoding="utf-8")
    code, out, err = said(capsys, "compute", "mse", str(file), "--grad", "pred", "-f", "csv", "-o", str(tmp_path / "o.csv"))
    assert (code, out) == (3, "") and "row 1000" in err and sorted(p.name for p in tmp_path.iterdir()) == ["d.csv"]


def test_derivatives_of_large_input_take_little_memory(tmp_path: Path) -> None:
    """Each block is written at once: only the derivatives of one block are kept."""
    from losscli.autodiff.backward import differentiate

    x = np.zeros(10 * plan.BLOCK)
    outcome, data = outcome_of(LOSSES["mse"], {"pred": x, "target": x})
    seen: list[int] = []
    differentiate(outcome, data, ["pred"], lambda block, view, values, ignored: seen.append(len(view.grads["pred"])), threads=1)
    assert seen == [plan.BLOCK] * 10
