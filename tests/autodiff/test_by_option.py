"""Derivatives with respect to options: of one number, and of a number for each class."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import losscli
from losscli.autodiff.tape import NoDerivative
from losscli.cli.app import run
from losscli.errors import UsageError

PAIR = ("-p", "2.5,0,2,8", "-t", "3,-0.5,2,5")


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = run([*argv])
    return code, *capsys.readouterr()


# By hand: above delta, the derivative of Huber's loss by delta is |e| − delta, here 2 for one element of four.
WRITTEN = {
    "csv": (("-f", "csv"), "loss,reduction,value,denominator,rows,grad_delta\nhuber,mean,0.6875,4.0,4,0.5\n"),
    "sum": (("-f", "csv", "-r", "sum"), "loss,reduction,value,denominator,rows,grad_delta\nhuber,sum,2.75,,4,2.0\n"),
    "weights": (("-f", "value", "-w", "1,1,1,5"), "1.25\n"),
    "value": (("-f", "value"), "0.5\n"),
}


@pytest.mark.parametrize(("more", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_derivatives_in_each_format(capsys: pytest.CaptureFixture[str], more: tuple[str, ...], expected: str) -> None:
    assert said(capsys, "compute", "huber", *PAIR, "--grad", "delta", *more) == (0, expected, "")


def test_a_table_and_a_document_have_them(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = said(capsys, "compute", "huber", *PAIR, "--grad", "delta,pred")[1].splitlines()
    assert "grad delta = 0.5" in lines and lines[0].split() == ["row", "pred", "target", "loss", "grad", "pred"]
    document = json.loads(said(capsys, "compute", "huber", *PAIR, "--grad", "delta,pred", "-f", "json")[1])
    assert document["gradient"] == {"pred": [-0.125, 0.125, 0.0, 0.25], "delta": 0.5}
    assert said(capsys, "compute", "huber", *PAIR, "--grad", "delta", "-o", str(tmp_path / "g.npy"))[0] == 0
    assert np.load(tmp_path / "g.npy") == 0.5


def test_they_are_checked_and_expected(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    argv = ("compute", "huber", *PAIR, "--grad", "delta", "-f", "value")
    code, _, err = said(capsys, *argv, "--gradcheck")
    assert code == 0 and err.startswith("gradcheck passed: grad delta: 1 number")
    assert said(capsys, "compute", "huber", "-p", "1,2,5", "-t", "0,0,0", "--grad", "delta", "--gradcheck", "-q")[0] == 0  # 1 is a corner
    (tmp_path / "g.json").write_text('{"gradient": {"delta": 0.25}}')
    code, _, err = said(capsys, *argv, "--expect", str(tmp_path / "g.json"))
    assert code == 1 and "grad delta: 1 of 1 number" in err


def test_a_number_for_each_class_has_a_derivative_for_each() -> None:
    # By hand: with losses l of the classes, the mean is Σ w l / Σ w, whose derivative by w_c is (l_c − mean) / Σ w.
    log_p = np.log([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
    w = np.array([1.0, 3.0, 2.0])
    losses = np.log([2.0, 2.0])
    mean = (losses * w[:2]).sum() / 4
    found = losscli.gradient("nll", pred=log_p, target=[0, 1], class_weight=w, wrt="class_weight")
    np.testing.assert_allclose(found, [*(losses - mean) / 4, 0], atol=1e-15)
    unequal = losscli.gradient("nll", pred=log_p, target=[0, 2], class_weight=w, wrt="class_weight")
    mean = (np.log(2) + 2 * np.log(4)) / 3
    np.testing.assert_allclose(unequal, [(np.log(2) - mean) / 3, 0, (np.log(4) - mean) / 3], rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "data", "option", "value"),
    [
        ("weight_decay", {"weights": [3.0, -1.0]}, "weight_decay", 0.2),
        ("monai.losses.DiceLoss", {"pred": [[0.2, 0.9]], "target": [[0.0, 1.0]]}, "smooth_nr", 0.3),
        ("trl.GRPOTrainer.grpo", {"logp": [[-1.0]], "old_logp": [[-1.9]], "advantage": [[1.0]]}, "epsilon_high", 1.3),
        ("torch.nn.HuberLoss", {"pred": [1.0, 5.0], "target": [0.0, 0.0]}, "delta", 1.5),
    ],
)
def test_a_framework_s_option_has_the_derivative_in_its_own_units(name: str, data: dict[str, object], option: str, value: float) -> None:
    def at(x: float) -> float:
        return float(losscli.compute(name, **data, **{option: x}).value)

    found = losscli.gradient(name, **data, **{option: value}, wrt=option)
    assert found == pytest.approx((at(value + 1e-6) - at(value - 1e-6)) / 2e-6, rel=1e-7) and found


def test_a_formula_without_a_derivative_has_differences_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("compute", "cross_entropy", "-p", "[[1,2],[0,3]]", "-t", "0,1", "--grad", "label_smoothing")
    document = json.loads(said(capsys, *argv, "-f", "json")[1])
    assert document["notes"] == ["derivatives by central differences: a branch of the formula depends on whether a number is 0"]
    # By hand: with the share s of a uniform target, the loss of a row changes by s times the mean loss of the classes minus its own.
    losses = np.log(np.exp([[1, 2], [0, 3]]).sum(-1, keepdims=True)) - [[1, 2], [0, 3]]
    assert document["gradient"]["label_smoothing"] == pytest.approx((losses.mean(-1) - losses[[0, 1], [0, 1]]).mean(), rel=1e-9)
    with pytest.raises(NoDerivative, match="whether a number is 0"):
        losscli.gradient("cross_entropy", pred=[[1.0, 2.0]], target=[0], wrt="label_smoothing")


def test_functions_of_a_user_have_them(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text("import numpy as np\ndef f(pred, target, *, scale=2.0):\n    return np.abs(pred - target) ** scale\n")
    found = said(capsys, "compute", f"{tmp_path}/f.py::f", "-p", "3,1", "-t", "0,0", "--grad", "scale", "-f", "value")[1]
    assert float(found) == pytest.approx(9 * np.log(3) / 2, rel=1e-14)


def test_they_are_the_same_for_any_blocks() -> None:
    rng = np.random.default_rng(0)
    pred, target = rng.normal(0, 3, (2, 200_000))
    found = {
        losscli.gradient("huber", pred=pred, target=target, wrt="delta", threads=threads, chunk=chunk)
        for threads, chunk in ((1, None), (2, 1000))
    }
    assert len(found) == 1
    assert found.pop() == pytest.approx(np.maximum(np.abs(pred - target) - 1, 0).mean(), rel=1e-13)


def test_what_has_no_derivative_is_refused() -> None:
    with pytest.raises(UsageError, match="only numbers have derivatives, and from_logits takes true or false"):
        losscli.gradient("focal_tversky", pred=[0.5], target=[1.0], wrt="from_logits")


def test_no_derivative_of_an_infinite_option_or_where_it_diverges() -> None:
    with pytest.raises(UsageError, match="alpha is infinite here"):
        losscli.gradient("barron", pred=[1.0], target=[0.0], alpha=-np.inf, wrt="alpha")
    with pytest.raises(UsageError, match="at alpha 2 the derivative of barron by alpha is infinite"):
        losscli.gradient("barron", pred=[1.0], target=[0.0], alpha=2.0, wrt="alpha")


def test_padding_has_no_part_in_a_derivative() -> None:
    padded = losscli.gradient("query_softmax", pred=[[0.5, -1.0, 3.0]], target=[[1.0, 0.0, -1.0]], beta=0.5, wrt="beta")
    # By hand: log(1 + e^(−1.5 β)), whose derivative by β is −1.5 / (1 + e^(1.5 β)).
    assert padded == pytest.approx(-1.5 / (1 + np.exp(0.75)), rel=1e-14)


@pytest.mark.parametrize("name", ["ssim", "uqi"])
def test_the_width_of_a_window_has_differences(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(0)
    for file in ("a.npy", "b.npy"):
        np.save(tmp_path / file, rng.random((1, 16, 16)))
    argv = ("compute", name, "-p", str(tmp_path / "a.npy"), "-t", str(tmp_path / "b.npy"))

    def at(sigma: float) -> float:
        return float(said(capsys, *argv, "--sigma", repr(sigma), "--window-size", "11", "-f", "value")[1])

    code, out, _ = said(capsys, *argv, "--sigma", "1.5", "--window-size", "11", "--grad", "sigma", "-f", "json")
    document = json.loads(out)
    assert code == 0 and document["gradient"]["sigma"] == pytest.approx((at(1.5 + 1e-5) - at(1.5 - 1e-5)) / 2e-5, rel=1e-5)
    assert "a step of the formula takes plain numbers" in document["notes"][-1]
