"""Gates against an earlier result: which results are refused, how rows are paired, and that the numbers are those of scipy."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

import losscli
from losscli.cli.app import run
from losscli.results.earlier import Earlier
from losscli.results.noninferiority import Allowance, Margins
from losscli.results.result import Result
from tests import SAMPLES

DONE, FAILED, USAGE, INPUT = 0, 1, 2, 3
CSV = str(SAMPLES / "diabetes.csv")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A command, run in a folder of its own: its exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    def call(*argv: str) -> tuple[int, str, str]:
        code = run(list(argv))
        return (code, *capsys.readouterr())

    return call


def gate(out: str) -> Any:
    return json.loads(out)["gate"]


def columns(*names: str) -> list[np.ndarray]:
    header = Path(CSV).read_text().splitlines()[0].split(",")
    return [np.loadtxt(CSV, delimiter=",", skiprows=1, usecols=header.index(name)) for name in names]


# --- the same loss, or none ------------------------------------------------------------------------------------------------

A = ("-p", "1,2.5", "-t", "1,2")
ROWS2 = ("-p", "[[1,2]]", "-t", "[[1,3]]")
# what the earlier result is of, what runs now, and the difference that is named
OTHER: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "loss": (("mae", *A), ("mse", *A), "is of mae, not mse"),
    "option": (("huber", *A), ("huber", *A, "--delta", "2"), "is of huber with delta 1.0, not 2.0"),
    "reduction": (("mae", *A, "-r", "sum"), ("mae", *A), "is of mae with reduction sum, not mean"),
    "denominator": (("mae", *A, "-w", "1,1"), ("mae", *A), "is of mae over its weights, not over its elements"),
    "dtype": (("mae", *A, "--dtype", "float32"), ("mae", *A), "is of mae with dtype float32, not float64"),
    "axes": (("rmse", *ROWS2, "--per", "all"), ("rmse", *ROWS2), "is of rmse with per all, not channel"),
    "convention": (
        ("keras.losses.MeanSquaredError", *ROWS2, "-r", "sum"), ("mse", *ROWS2, "-r", "sum"),
        "is of keras.losses.MeanSquaredError, not mse",
    ),
    "an objective": (("mae", *A), ("o.yaml",), "is of mae, not of an objective"),
    "another objective": (("p.yaml",), ("o.yaml",), "is of the terms b, not a"),
    "no objective": (("o.yaml",), ("mae", *A), "is of the objective o.yaml, not mae"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize(("before", "now", "why"), OTHER.values(), ids=OTHER)
def test_a_result_of_another_loss_is_refused(said: Any, before: tuple[str, ...], now: tuple[str, ...], why: str, suffix: str) -> None:
    for name in "ab":
        Path(f"{'o' if name == 'a' else 'p'}.yaml").write_text(f"terms: {{{name}: {{loss: mae, pred: [1], target: [3]}}}}")
    assert said("compute", *before, "-o", f"r.{suffix}")[0] == DONE
    code, out, err = said("compute", *now, "--baseline", f"r.{suffix}", "--fail-if-worse-point", "1e9", "-f", "value")
    assert (code, out, err) == (INPUT, "", f"error: --baseline: r.{suffix} {why}\n")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (("mae", *A), ("l1", *A)),
        (("torch.nn.L1Loss", *A), ("mae", *A)),
        (("o.yaml",), ("o.yaml",)),
        (("mae", *A), ("mae", "-p", "1", "-t", "1.25")),
    ],
)
def test_the_same_loss_is_compared(said: Any, before: tuple[str, ...], now: tuple[str, ...]) -> None:
    Path("o.yaml").write_text("terms: {a: {loss: mae, pred: [1], target: [3]}}")
    said("compute", *before, "-o", "r.json")
    assert said("compute", *now, "--baseline", "r.json", "--fail-if-worse-point", "0", "-f", "value")[0] == DONE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("-l huber:delta=2", "is of huber with delta 1.0, not 2.0"),
        ("-l mae --dtype float32", "is of huber, not mae"),
        ("-l huber --dtype float32", "is of huber with dtype float64, not float32"),
        ("-l huber -r sum", "is of huber with reduction mean, not sum"),
    ],
)
def test_a_comparison_of_another_loss_is_refused(said: Any, text: str, why: str) -> None:
    assert said("compare", CSV, "-l", "huber", "-p", "ridge", "-t", "y_true", "-o", "r.json")[0] == DONE
    code, _, err = said("compare", CSV, *text.split(), "-p", "ridge", "-t", "y_true", "--against", "r.json", "--fail-if-worse-point", "1e9")
    assert (code, err) == (INPUT, f"error: --against: r.json {why}\n")


def test_each_prediction_is_compared_with_itself_then(said: Any) -> None:
    both = ("compare", CSV, "-l", "mae", "-l", "o.yaml", "-t", "y_true")
    Path("o.yaml").write_text("terms: {a: {loss: rmse}}")
    said(*both, "-p", "ridge", "-p", "gbm", "-o", "r.json")
    code, out, _ = said(*both, "-p", "gbm=ridge", "-p", "ridge=gbm", "--against", "r.json", "--fail-if-worse-point", "0", "-f", "json")
    assert code == FAILED
    checks = gate(out)["checks"]
    assert [(c["prediction"], c["loss"], c["passed"]) for c in checks] == [
        ("gbm", "mae", True), ("gbm", "o.yaml", True), ("ridge", "mae", False), ("ridge", "o.yaml", False),
    ]  # fmt: skip


def test_a_comparison_of_one_prediction_is_the_baseline_of_any(said: Any) -> None:
    said("compare", CSV, "-l", "mae", "-t", "y_true", "-p", "ridge", "-o", "r.json")
    assert (
        said("compute", "mae", CSV, "-t", "y_true", "-p", "gbm", "--baseline", "r.json", "--fail-if-worse-point", "1%", "-f", "value")[0]
        == DONE
    )
    assert (
        said("compare", CSV, "-l", "l1", "-t", "y_true", "-p", "gbm", "--against", "r.json", "--fail-if-worse-point", "0.1%")[0] == FAILED
    )


# --- pairs of rows ---------------------------------------------------------------------------------------------------------


def paired(said: Any, *argv: str) -> Any:
    code, out, err = said("compute", "mae", *argv, "--baseline", "r.json", "-f", "json")
    assert code in (DONE, FAILED), err
    return gate(out)["checks"][0]


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_the_paired_test_is_that_of_scipy(said: Any, suffix: str) -> None:
    said("compute", "mae", CSV, "-p", "ridge", "-t", "y_true", "-r", "none", "-o", f"r.{suffix}")
    code, out, _ = said(
        "compute", "mae", CSV, "-p", "gbm", "-t", "y_true", "--baseline", f"r.{suffix}", "--fail-if-worse", "3", "-f", "json"
    )
    target, ridge, gbm = columns("y_true", "ridge", "gbm")
    x, y = abs(gbm - target), abs(ridge - target)
    (check,) = gate(out)["checks"]
    assert check["high"] == pytest.approx(stats.ttest_rel(x, y, alternative="less").confidence_interval(0.95).high, rel=1e-9)
    assert check["low"] == pytest.approx(stats.ttest_rel(x, y, alternative="greater").confidence_interval(0.95).low, rel=1e-9)
    assert (check["difference"], check["df"]) == (pytest.approx((x - y).mean(), rel=1e-9), 109)
    assert (code, check["outcome"], check["pairing"]) == (DONE, "pass", "paired by row")


def test_rows_are_paired_by_id_in_any_order(said: Any) -> None:
    header, *rows = Path(CSV).read_text().splitlines()
    Path("mixed.csv").write_text("\n".join([header, *np.random.default_rng(0).permutation(rows)]))
    said("compute", "mae", CSV, "-p", "ridge", "-t", "y_true", "-r", "none", "--id", "id", "-o", "r.json")
    plain = paired(said, CSV, "-p", "gbm", "-t", "y_true", "--id", "id", "--fail-if-worse", "0")
    mixed = paired(said, "mixed.csv", "-p", "gbm", "-t", "y_true", "--id", "id", "--fail-if-worse", "0")
    assert plain["pairing"] == mixed["pairing"] == "paired by id"
    assert mixed["se"] == pytest.approx(plain["se"], rel=1e-12) and mixed["high"] == pytest.approx(plain["high"], rel=1e-12)
    Path("fewer.csv").write_text("\n".join([header, *rows[:-2]]))
    code, _, err = said(
        "compute", "mae", "fewer.csv", "-p", "gbm", "-t", "y_true", "--id", "id", "--baseline", "r.json", "--fail-if-worse", "0"
    )
    assert code == INPUT and "this file has 2 rows that the data does not have (" in err
    Path("other.csv").write_text("\n".join([header, *rows[:-1], rows[-1].replace("p", "q")]))
    code, _, err = said(
        "compute", "mae", "other.csv", "-p", "gbm", "-t", "y_true", "--id", "id", "--baseline", "r.json", "--fail-if-worse", "0"
    )
    assert code == INPUT and re.search(r"the data has 1 row that this file does not have \(q", err)


def test_ids_in_one_of_the_two_pair_nothing(said: Any) -> None:
    said("compute", "mae", CSV, "-p", "ridge", "-t", "y_true", "-r", "none", "-o", "r.json")
    assert paired(said, CSV, "-p", "gbm", "-t", "y_true", "--id", "id", "--fail-if-worse", "0")["pairing"] == "paired by row"


def test_rows_that_were_left_out_are_paired_by_their_numbers(said: Any) -> None:
    for name, pred in (("a", "1,nan,3,5"), ("b", "1,2,nan,5")):
        said("compute", "mae", "-p", pred, "-t", "2,2,2,2", "-r", "none", "--nan", "omit", "-o", f"{name}.json", "-q")
    argv = ("compute", "mae", "-p", "1,nan,2,7", "-t", "2,2,2,2", "--nan", "omit", "--fail-if-worse", "0", "-f", "json", "-q")
    code, out, _ = said(*argv, "--baseline", "a.json")
    assert gate(out)["checks"][0]["difference"] == pytest.approx((0 - 1 + 2) / 3)
    code, _, err = said(*argv, "--baseline", "b.json")
    assert code == INPUT and "the data has 1 row that this file does not have (2)" in err


def test_rows_of_several_elements(said: Any) -> None:
    """The rows are independent, not their elements."""
    then, now = np.random.default_rng(0).normal(size=(2, 20, 3))
    for name, x in (("then", then), ("now", now), ("zero", np.zeros((20, 3)))):
        np.save(f"{name}.npy", x)
    said("compute", "mae", "-p", "then.npy", "-t", "zero.npy", "-r", "none", "-o", "r.json")
    check = paired(said, "-p", "now.npy", "-t", "zero.npy", "--fail-if-worse", "0")
    difference = (abs(now) - abs(then)).mean(1)
    assert check["se"] == pytest.approx(difference.std(ddof=1) / math.sqrt(20), rel=1e-9) and check["df"] == 19


@pytest.mark.parametrize("format", ["table", "value", "csv", "json", "markdown", "junit", "github"])
def test_identical_predictions_pass_in_every_format(said: Any, format: str) -> None:
    said("compute", "mae", CSV, "-p", "ridge", "-t", "y_true", "-r", "none", "-o", "r.json")
    for allowed in ("0", "0%"):
        argv = ("compute", "mae", CSV, "-p", "ridge", "-t", "y_true", "--baseline", "r.json", "--fail-if-worse", allowed, "-f", format)
        code, _, err = said(*argv)
        assert code == DONE and err.startswith("gate passed: mae is 0 away from r.json")


def test_an_inconclusive_gate_passes_the_command_unless_strict(said: Any) -> None:
    said("compute", "mae", CSV, "-p", "ridge", "-t", "y_true", "-r", "none", "-o", "r.json")
    argv = ("compute", "mae", CSV, "-p", "gbm", "-t", "y_true", "--baseline", "r.json", "--fail-if-worse", "0", "-f", "json")
    code, out, err = said(*argv)
    assert code == DONE and err.startswith("gate inconclusive: ") and re.search(r"about [\d,]+ rows would decide", err)
    found = gate(out)
    assert (found["passed"], found["outcome"], found["checks"][0]["passed"]) == (False, "inconclusive", False)
    assert said(*argv, "--strict")[0] == FAILED
    assert said(*argv, "-q") == (DONE, out, "")


def test_another_gate_that_fails_decides(said: Any) -> None:
    said("compute", "mae", CSV, "-p", "ridge", "-t", "y_true", "-r", "none", "-o", "r.json")
    argv = ("compute", "mae", CSV, "-p", "gbm", "-t", "y_true", "--baseline", "r.json", "--fail-if-worse", "0", "--max", "1", "-f", "json")
    code, out, _ = said(*argv)
    assert (code, gate(out)["outcome"]) == (FAILED, "fail")


def test_the_earlier_file_is_not_overwritten(said: Any) -> None:
    said("compute", "mae", *A, "-o", "r.json")
    code, _, err = said("compute", "mae", *A, "--baseline", "r.json", "--fail-if-worse-point", "0", "-o", "r.json")
    assert code == USAGE and "is also a file that is read" in err


# --- rows that depend on each other ----------------------------------------------------------------------------------------


def clustered(said: Any) -> tuple[np.ndarray, np.ndarray]:
    """The differences of 400 rows of 20 users in any order, and the users. The earlier result is r.json, the data are d.csv."""
    rng = np.random.default_rng(0)
    user = rng.permutation(np.repeat(np.arange(20), 20))
    then, now = 3 + rng.exponential(0.1, 400), 8 + rng.normal(size=20)[user] + rng.exponential(0.1, 400)
    lines = [f"u{u},0,{a!r},{b!r}" for u, a, b in zip(user.tolist(), then.tolist(), now.tolist(), strict=True)]
    Path("d.csv").write_text("\n".join(["user,y,then,now", *lines]))
    assert said("compute", "mae", "d.csv", "-p", "then", "-t", "y", "-r", "none", "-o", "r.json")[0] == DONE
    return now - then, user


AGAIN = ("d.csv", "-p", "now", "-t", "y", "--fail-if-worse", "9")


def test_clusters_have_the_standard_error_of_statsmodels(said: Any) -> None:
    difference, user = clustered(said)
    check = paired(said, *AGAIN, "--cluster", "user")
    fit = OLS(difference, np.ones(400)).fit(cov_type="cluster", cov_kwds={"groups": user, "use_correction": False})
    assert check["se"] == pytest.approx(float(fit.bse[0]) * math.sqrt(20 / 19), rel=1e-9)
    assert (check["df"], check["outcome"]) == (19, "pass")


def test_rows_that_look_dependent_leave_it_open_until_something_is_said(said: Any) -> None:
    clustered(said)
    check = paired(said, *AGAIN)
    assert (check["passed"], check["outcome"]) == (False, "inconclusive") and "use --cluster user" in check["reason"]
    assert paired(said, *AGAIN, "--independent")["outcome"] == "pass"


def test_the_gate_is_that_of_compare(said: Any) -> None:
    clustered(said)
    for more in ((), ("--cluster", "user"), ("--lag", "3"), ("--independent",), ("--cluster", "user", "--lag", "auto")):
        both = ("compare", "d.csv", "-l", "mae", "-p", "then", "-p", "now", "-t", "y", "--fail-if-worse", "9", *more, "-f", "json")
        (expected,) = gate(said(*both)[1])["checks"]
        check = paired(said, *AGAIN, *more)
        for key in ("difference", "se", "df", "low", "high"):
            assert check[key] == pytest.approx(expected[key], rel=1e-9), (more, key)
        assert check["outcome"] == expected["outcome"] and check.get("reason") == expected.get("reason")


# --- without rows ----------------------------------------------------------------------------------------------------------


def test_two_values_with_standard_errors_are_compared_by_welch(said: Any) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.exponential(2, 40), rng.exponential(2.5, 25)
    for name, values in (("x", x), ("y", y)):
        np.save(f"{name}.npy", values)
        np.save(f"{name}0.npy", 0 * values)
    welch = stats.ttest_ind(x, y, equal_var=False, alternative="less")
    said("compute", "mae", "-p", "y.npy", "-t", "y0.npy", "--ci", "90", "-o", "r.json")
    said("compare", "-l", "mae", "-p", "y.npy", "-t", "y0.npy", "-o", "c.json")
    high = welch.confidence_interval(0.95).high
    compare = ("compare", "-l", "mae", "--against")
    compute = ("compute", "mae", "--baseline")
    for argv in ((*compute, "r.json"), (*compute, "c.json"), (*compare, "r.json"), (*compare, "c.json")):
        (check,) = gate(said(*argv, "-p", "x.npy", "-t", "x0.npy", "--fail-if-worse", "0", "-f", "json")[1])["checks"]
        assert (check["df"], check["high"]) == (pytest.approx(welch.df, rel=1e-9), pytest.approx(high, rel=1e-9))
        assert check["pairing"].startswith("unpaired")


def test_a_statistic_is_compared_by_its_standard_error(said: Any) -> None:
    """rmse has no values of rows: by the delta method, its standard error is that of the squares over 2 rmse (Cramér, 1946)."""
    said("compute", "rmse", CSV, "-p", "ridge", "-t", "y_true", "--ci", "95", "-o", "r.json")
    code, out, _ = said("compute", "rmse", CSV, "-p", "gbm", "-t", "y_true", "--baseline", "r.json", "--fail-if-worse", "20%", "-f", "json")
    target, ridge, gbm = columns("y_true", "ridge", "gbm")
    se = [float(np.std((p - target) ** 2, ddof=1)) / math.sqrt(110) / (2 * math.sqrt(((p - target) ** 2).mean())) for p in (ridge, gbm)]
    (check,) = gate(out)["checks"]
    assert check["se"] == pytest.approx(math.hypot(*se), rel=1e-9) and check["outcome"] == "inconclusive" and code == DONE
    said("compute", "rmse", CSV, "-p", "ridge", "-t", "y_true", "-o", "r.json")
    code, _, err = said(
        "compute", "rmse", CSV, "-p", "gbm", "-t", "y_true", "--baseline", "r.json", "--fail-if-worse", "20%", "-f", "value"
    )
    assert code == FAILED and "r.json has no standard error: write it with -r none, or with --ci 95" in err


# --- nothing ---------------------------------------------------------------------------------------------------------------

WIDE = Margins(Allowance("1e300", 1e300), Allowance("1e300", 1e300))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_an_earlier_result_of_nothing_is_no_baseline(reduction: str) -> None:
    now = losscli.compute("mae", pred=[1.0, 2.0], target=[0.0, 0.0], sample_weight=[1, 1], reduction=reduction)
    then = losscli.compute("mae", pred=[1.0, 2.0], target=[0.0, 0.0], sample_weight=[0, 0], reduction=reduction)
    for a, b in ((now, then), (then, now), (then, then)):
        assert not any(d.passed for d in WIDE.decisions(_certain(a, b)))
    assert all(d.passed for d in WIDE.decisions(_certain(now, now)))


def _certain(now: Result, then: Result) -> Any:
    document = json.loads(json.dumps(then.to_dict()).replace("NaN", '"nan"'))
    return Earlier("r.json", "--baseline", document).estimate("mae", now).but(se=0.0, df=1.0)


def test_no_rows_pair_nothing(said: Any) -> None:
    said("compute", "mae", "-p", "nan", "-t", "1", "--nan", "omit", "-r", "none", "-o", "r.json", "-q")
    code, out, _ = said("compute", "mae", "-p", "nan", "-t", "1", "--nan", "omit", "--baseline", "r.json", "--fail-if-worse", "1e300",
                        "--fail-if-worse-point", "1e300", "-f", "json")  # fmt: skip
    assert code == FAILED and [c["outcome"] for c in gate(out)["checks"]] == ["fail", "fail"]
