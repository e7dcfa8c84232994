"""Known pitfalls of the libraries and tools that losscli replaces: one test for each, of what losscli does instead."""

from __future__ import annotations

import itertools
import json
import math
import re
import subprocess
import sys
from typing import Any, NoReturn

import numpy as np
import pytest

import losscli
from losscli.catalogue.lookup import find
from losscli.errors import InputError, UsageError
from tests.support.command import Outcome, cli, npy

INPUT, GATE = 3, 1


def _no_constant(text: str) -> NoReturn:
    raise AssertionError(f"{text} is no JSON")


def document(*argv: str, files: dict[str, str | bytes] | None = None) -> dict[str, Any]:
    got = cli([*argv, "-f", "json"], files)
    assert got.code == 0, got.err
    return json.loads(got.out, parse_constant=_no_constant)


def value(*argv: str, files: dict[str, str | bytes] | None = None) -> Any:
    return document(*argv, files=files)["value"]


def refused(got: Outcome, *said: str) -> None:
    assert (got.code, got.out) == (INPUT, "")
    for part in said:
        assert part in got.err


# 1: what does "mean" divide by? KL "mean" is not KL (17 × off once)


def test_the_denominator_is_in_every_result() -> None:
    rows, classes = 4, 17
    p = np.random.default_rng(0).dirichlet(np.ones(classes), (2, rows))
    said = {"pred": np.log(p[0]), "target": p[1]}
    kl = losscli.compute("kl_div", **said)
    assert kl.reduction == "batchmean" and kl.denominator is not None
    assert (kl.denominator.kind, kl.denominator.value) == ("rows", rows)
    assert kl.value == pytest.approx((p[1] * np.log(p[1] / p[0])).sum(-1).mean())
    theirs = losscli.compute("torch.nn.KLDivLoss", **said)
    assert theirs.denominator is not None and (theirs.denominator.kind, theirs.denominator.value) == ("elements", rows * classes)
    assert theirs.value * classes == pytest.approx(kl.value)

    argv = ["compute", "mse", "-p", "1,2", "-t", "2,4"]
    assert document(*argv)["denominator"] == {"kind": "elements", "value": 2.0}
    assert document(*argv, "-w", "1,3")["denominator"] == {"kind": "weights", "value": 4.0}
    assert "denominator" not in document(*argv, "-r", "sum")
    assert "sum / 2 (elements)" in cli(argv).out
    assert "elements=2" in document(*argv)["signature"]
    assert cli([*argv, "-f", "csv"]).out == "loss,reduction,value,denominator,rows\nmse,mean,2.5,2.0,2\n"


# 2: weighted means divide by the weights here, by the count there

BY_WEIGHTS, BY_ELEMENTS = ("weights", 4), ("elements", 2)
WEIGHTED = {
    "mse": BY_WEIGHTS,
    "bce": BY_WEIGHTS,
    "torch.nn.MSELoss": BY_WEIGHTS,
    "torch.nn.BCELoss": BY_ELEMENTS,
    "F.huber_loss": BY_ELEMENTS,
    "keras.losses.MeanSquaredError": BY_ELEMENTS,
}


@pytest.mark.parametrize("name", WEIGHTED)
def test_weighted_means(name: str) -> None:
    kind, by = WEIGHTED[name]
    argv = ["compute", name, "-p", "[[0.5],[0.25]]", "-t", "[[1],[0]]"]  # two samples to Keras too, for which a vector is one
    a, b = np.ravel(document(*argv, "-r", "none")["values"])
    found = document(*argv, "-w", "1,3")
    assert found["denominator"] == {"kind": kind, "value": by}
    assert found["value"] == (a + 3 * b) / by


# 3: everything ignored: NaN


def test_everything_ignored() -> None:
    argv = ["compute", "cross_entropy", "-p", "[[1,2],[2,1]]", "-t", "-100,-100"]
    found = document(*argv)
    assert (found["value"], found["rows"]) == ("nan", {"read": 2, "used": 0, "omitted": 0, "ignored": 2})
    assert [w["code"] for w in found["warnings"]] == ["W105"]
    for bound in (["--max", "1e300"], ["--min", "-1e300"], ["--expect", "0"]):
        assert cli([*argv, *bound]).code == GATE


@pytest.mark.parametrize(
    "argv", [["cross_entropy", "-p", "[[1,2]]", "-t", "-100"], ["mse", "-p", "[]", "-t", "[]"]], ids=["ignored", "no rows"]
)
def test_the_sum_of_nothing_passes_no_gate(argv: list[str]) -> None:
    got = cli(["compute", *argv, "-r", "sum", "--max", "5"])
    assert got.code == GATE and "W105" in got.err


# 4: label smoothing × class weights × ignore_index disagree


@pytest.mark.parametrize(
    ("smoothing", "weights", "reduction"), [*itertools.product((0.0, 0.1, 1.0), (None, [1.0, 2.0, 0.5]), ("mean", "sum"))]
)
def test_ignored_rows_change_nothing(smoothing: float, weights: list[float] | None, reduction: str) -> None:
    rng = np.random.default_rng(4)
    logits, labels = rng.normal(size=(7, 3)), rng.integers(0, 3, 7)
    said: dict[str, Any] = {"label_smoothing": smoothing, "class_weight": weights, "reduction": reduction}
    alone = losscli.compute("cross_entropy", pred=logits, target=labels, **said)
    more = np.concatenate([logits, rng.normal(size=(5, 3))]), np.concatenate([labels, np.full(5, -100)])
    found = losscli.compute("cross_entropy", pred=more[0], target=more[1], **said)
    assert found.value == pytest.approx(alone.value, rel=1e-15)
    assert (found.denominator is None) == (reduction == "sum")
    assert found.denominator is None or alone.denominator is None or found.denominator.value == alone.denominator.value
    assert (found.rows.used, found.rows.ignored) == (7, 5)


# 5: Smooth L1 against Huber


@pytest.mark.parametrize("beta", [0.25, 1.0, 4.0])
def test_smooth_l1_is_huber_over_its_delta(beta: float) -> None:
    rng = np.random.default_rng(5)
    said = {"pred": rng.normal(0, 4, 99), "target": rng.normal(0, 4, 99), "reduction": "none"}
    smooth, huber = losscli.compute("smooth_l1", **said, beta=beta), losscli.compute("huber", **said, delta=beta)
    np.testing.assert_allclose(smooth.values, huber.values / beta, rtol=1e-14)


def test_smooth_l1_and_huber_name_each_other() -> None:
    assert "smooth_l1" in cli(["list", "huber"]).out
    assert "huber" in cli(["list", "smooth_l1"]).out


# 6: log 0: −100 in one, 1e-7 in another, infinity in a fourth

LOG_0 = {"bce": 100.0, "torch.nn.BCELoss": 100.0, "keras.losses.BinaryCrossentropy": -math.log(1e-7)}


@pytest.mark.parametrize("name", LOG_0)
def test_log_0(name: str) -> None:
    found = document("compute", name, "-p", "[[0],[1],[0.5]]", "-t", "[[1],[0],[1]]", "-r", "none")
    assert np.ravel(found["values"]) == pytest.approx([LOG_0[name], LOG_0[name], math.log(2)])
    assert {"clip", "floor"} <= set(found["params"])
    assert [w["message"].startswith("2 rows: ") for w in found["warnings"] if w["code"] == "W104"] == [True]


def test_log_0_by_option() -> None:
    argv = ["compute", "bce", "-p", "0", "-t", "1"]
    assert value(*argv, "--clip", "1e-3") == pytest.approx(-math.log(1e-3))
    assert value(*argv, "--floor=-5") == 5


# 7: logits given where probabilities were meant, and the reverse

CONFUSED: dict[str, tuple[list[str], int, str]] = {
    "logits for probabilities": (["bce", "-p", "2.5,-1", "-t", "1,0"], INPUT, "which is not from 0 to 1; --from-logits takes logits"),
    "probabilities for logits": (["bce_with_logits", "-p", "0.9,0.2", "-t", "1,0"], 0, "W101"),
    "class probabilities for logits": (["cross_entropy", "-p", "[[0.9,0.1],[0.3,0.7]]", "-t", "0,1"], 0, "W101"),
    "probabilities for their logarithms": (["nll", "-p", "[[0.9,0.1],[0.3,0.7]]", "-t", "0,1"], 0, "W102"),
    "logits for their logarithms": (["nll", "-p", "[[9,-1],[-3,7]]", "-t", "0,1"], 0, "W102"),
    "negative logits for logarithms": (["nll", "-p", "[[-9,-1],[-3,-7]]", "-t", "0,1"], 0, "W103"),
}


@pytest.mark.parametrize(("argv", "code", "said"), CONFUSED.values(), ids=CONFUSED)
def test_logits_and_probabilities(argv: list[str], code: int, said: str) -> None:
    got = cli(["compute", *argv])
    assert got.code == code and said in got.err
    assert code or cli(["compute", *argv, "--strict"]).code == INPUT


# 8: KL: argument order, log-probabilities, a negative "divergence"


def test_kl() -> None:
    p, q = "[[-0.5108256237659907,-0.916290731874155]]", "[[0.5,0.5]]"  # log 0.6, log 0.4
    plain = document("compute", "kl_div", "-p", p, "-t", q)
    assert plain["warnings"] == []
    assert plain["value"] == pytest.approx(0.5 * math.log(0.5 / 0.6) + 0.5 * math.log(0.5 / 0.4))
    refused(cli(["compute", "kl_div", "-p", q, "-t", p]), "target: row 0, element 0 is -0.51", "0 or more")  # the order turned
    found = document("compute", "kl_div", "-p", "[[0.6,0.4]]", "-t", q)  # probabilities for their logarithms
    assert {"W102", "W106"} <= {w["code"] for w in found["warnings"]} and found["value"] < 0
    found = document("compute", "kl_div", "-p", "[[2,1]]", "-t", "[[3,5]]")  # logits and counts
    assert {"W102", "W103"} <= {w["code"] for w in found["warnings"]}


# 9: (N,) against (N,1) becomes N×N without a word


@pytest.mark.parametrize("n", [1, 2, 5])
def test_n_against_n_1(n: int) -> None:
    p, t = np.arange(n) + 0.0, np.arange(n) * 2.0
    expected = losscli.compute("mse", pred=p, target=t)
    for a, b in ((p[:, None], t), (p, t[:, None]), (p[:, None], t[:, None]), (p[None, :, None], t)):
        found = losscli.compute("mse", pred=a, target=b)
        assert found.value == expected.value and found.denominator == expected.denominator
    argv = ["compute", "mse", "-p", json.dumps(p.tolist()), "-t", json.dumps(t[:, None].tolist())]
    assert n == 1 or document(*argv)["notes"]


@pytest.mark.parametrize(
    ("a", "b"), [((3, 2), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((3, 2), (3, 1)), ((3, 2), (2, 3)), ((3, 3), (3,)), ((4,), (1,))]
)
def test_other_shapes_are_errors_with_both(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    for name in ("mse", "mae", "bce_with_logits"):
        with pytest.raises(InputError) as error:
            losscli.compute(name, pred=np.zeros(a), target=np.zeros(b))
        said = str(error.value)
        assert (str(a) in said and str(b) in said) or re.search(rf"has {a[0]} rows?\b.*has {b[0]} rows?\b", said)


# 10: pred and target swapped


def test_roles_by_name_only() -> None:
    assert cli(["compute", "mse", "1,2", "3,4"]).code == 2
    with pytest.raises(UsageError, match="by position, and arrays and options by name: pred=…, target=…"):
        losscli.compute("mse", np.zeros(2), np.zeros(2))  # type: ignore[call-arg]


SWAPPED: dict[str, tuple[list[str], int]] = {
    "logits and labels": (["cross_entropy", "-p", "0,1", "-t", "[[2,1],[1,2]]"], INPUT),
    "labels for logits": (["bce_with_logits", "-p", "0,1", "-t", "2.5,-1"], INPUT),
    "probabilities and labels": (["bce", "-p", "1,0,1", "-t", "0.9,0.2,0.7"], 0),
}


@pytest.mark.parametrize(("argv", "code"), SWAPPED.values(), ids=SWAPPED)
def test_swapped(argv: list[str], code: int) -> None:
    got = cli(["compute", *argv])
    assert got.code == code and got.err
    assert code or re.search("swap|exchange|places|other way round", got.err)


# 11: classes in another order, a class missing, prediction_10 before prediction_2


def test_columns_in_any_order_are_matched_to_the_classes() -> None:
    rng = np.random.default_rng(11)
    logits, labels = rng.normal(size=(20, 12)), rng.integers(0, 12, 20)
    expected = losscli.compute("cross_entropy", pred=logits, target=labels).value
    for order in (range(12), sorted(range(12), key=str), reversed(range(12))):
        columns = list(order)
        header = ",".join([*(f"prediction_{i}" for i in columns), "label"])
        lines = [",".join([*map(repr, row[columns].tolist()), str(label)]) for row, label in zip(logits, labels, strict=True)]
        files: dict[str, str | bytes] = {"d.csv": "\n".join([header, *lines]) + "\n"}
        assert value("compute", "cross_entropy", "d.csv", files=files) == expected
        assert value("compute", "cross_entropy", "d.csv", "-p", "prediction_*", files=files) == expected


def test_class_names() -> None:
    text = "logit_dog,logit_cat,target\n2,1,cat\n0,3,dog\n"
    expected = losscli.compute("cross_entropy", pred=np.array([[2.0, 1], [0, 3]]), target=np.array([1, 0])).value
    assert value("compute", "cross_entropy", "d.csv", files={"d.csv": text}) == expected
    assert value("compute", "cross_entropy", "d.csv", "-p", "logit_cat,logit_dog", files={"d.csv": text}) == pytest.approx(expected)
    refused(cli(["compute", "cross_entropy", "d.csv"], {"d.csv": text + "1,1,cow\n"}), "row 2 (line 4): label 'cow' is none of the classes")


def test_a_class_that_is_missing() -> None:
    text = "logit_0,logit_1,logit_3,target\n9,0,0,0\n0,0,9,3\n"  # no column for class 2: label 3 is not the index 3
    assert value("compute", "cross_entropy", "d.csv", files={"d.csv": text}) < 1e-3
    refused(cli(["compute", "cross_entropy", "d.csv"], {"d.csv": text + "0,0,9,2\n"}), "label '2' is none of the classes: 0, 1, 3")


def test_classes_that_contradict_the_columns() -> None:
    files: dict[str, str | bytes] = {"d.csv": "logit_cat,logit_dog,target\n0,5,cat\n"}
    got = cli(["compute", "cross_entropy", "d.csv", "--classes", "dog,cat", "-f", "value"], files)
    assert got.code == INPUT or float(got.out) == pytest.approx(math.log(1 + math.exp(5)))


# 12: rows mis-joined, dropped or doubled

LEFT = "id,pred\na,1\nb,2\nc,3\n"
JOINED: dict[str, tuple[str, str]] = {
    "doubled": ("id,target\na,1\nb,2\nb,2\nc,3\n", "the id 'b' is used twice"),
    "dropped": ("id,target\na,1\nb,2\n", "1 id of p.csv::id not in t.csv::id: c"),
    "another": ("id,target\na,1\nb,2\nd,3\n", "1 id of p.csv::id not in t.csv::id: c"),
}


@pytest.mark.parametrize(("right", "said"), JOINED.values(), ids=JOINED)
def test_rows_that_do_not_join(right: str, said: str) -> None:
    got = cli(["compute", "mse", "p.csv", "-t", "t.csv::target", "--id", "id"], {"p.csv": LEFT, "t.csv": right})
    refused(got, said)


def test_rows_joined_by_id() -> None:
    files: dict[str, str | bytes] = {"p.csv": LEFT, "t.csv": "id,target\nc,3\na,1\nb,2\n"}
    found = document("compute", "mse", "p.csv", "-t", "t.csv::target", "--id", "id", files=files)
    assert (found["value"], found["rows"]) == (0.0, {"read": 3, "used": 3, "omitted": 0, "ignored": 0})
    assert "3 rows read, 3 used" in cli(["compute", "mse", "p.csv", "-t", "t.csv::target", "--id", "id"], files).out


def test_rows_that_differ_in_number() -> None:
    refused(cli(["compute", "mse", "-p", "p.csv::pred", "-t", "1,2"], {"p.csv": LEFT}), "pred has 3 rows", "target has 2 rows")


# 13: MAPE at zero


def test_mape_at_zero() -> None:
    found = document("compute", "mape", "-p", "1,2,3", "-t", "0,2,0")
    assert found["value"] == pytest.approx((1 + 3) * 2.0**52 / 3)  # as scikit-learn gives it
    (warning,) = found["warnings"]
    assert warning["code"] == "W104" and warning["message"].startswith("2 rows: ")


def test_what_a_warning_recommends_exists() -> None:
    message = cli(["compute", "mape", "-p", "1", "-t", "0"]).err
    for name in re.findall(r"\w+", message.partition("consider ")[2].replace(" or ", " ")):
        find(name)


# 14: NaN in: what out? Dropping NaN shifts the weights; NaN in JSON

HOLES = "pred,target,w\n1,2,1\nnan,2,10\n3,,10\n4,8,\n2,5,3\n"


def test_one_mask_over_roles_and_weights() -> None:
    argv = ["compute", "mse", "d.csv", "-w", "w"]
    refused(cli(argv, {"d.csv": HOLES}), "pred: row 1 (line 3) is nan or empty", "--nan omit")
    found = document(*argv, "--nan", "omit", files={"d.csv": HOLES})
    assert found["value"] == (1 * 1 + 9 * 3) / (1 + 3)
    assert found["rows"] == {"read": 5, "used": 2, "omitted": 3, "ignored": 0}
    assert document(*argv, "--nan", "omit", "--top", "1", files={"d.csv": HOLES})["top"] == [{"row": 4, "loss": 27.0}]


def test_json_is_strict() -> None:
    argv = ["compute", "mse", "-p", "nan,inf,1", "-t", "1,1,1", "--nan", "propagate"]
    assert document(*argv)["value"] == "nan"
    assert document(*argv, "-r", "none")["values"] == ["nan", "inf", 0.0]
    got = cli([*argv, "-r", "none", "-f", "jsonl"])
    assert [json.loads(line, parse_constant=_no_constant)["loss"] for line in got.out.splitlines()] == ["nan", "inf", 0.0]
    compared = document("compare", "-l", "mse", "-p", "nan", "-t", "1", "--nan", "propagate")
    assert compared["results"][0]["value"] == "nan"


def test_what_was_written_can_be_read() -> None:
    written = cli(["compute", "mse", "-p", "nan,1", "-t", "1,3", "--nan", "propagate", "-r", "none", "-f", "json"]).out
    assert value("compute", "mae", "-p", "r.json::values", "-t", "0,0", "--nan", "omit", files={"r.json": written}) == 4


# 15: BOM in the first header; delimiter guessed; negative numbers as options; cut tables in pipes; slow start; network


def test_bom_in_the_first_header() -> None:
    assert value("compute", "mse", "d.csv", files={"d.csv": "\ufeffpred,target\n1,3\n"}) == 4


def test_no_delimiter_is_guessed() -> None:
    text = "pred;target\n1,5;2,5\n"
    refused(cli(["compute", "mse", "d.csv"], {"d.csv": text}), "add --delimiter ';'")
    assert value("compute", "mse", "d.csv", "--delimiter", ";", files={"d.csv": text.replace(",", ".")}) == 1


@pytest.mark.parametrize("flag", [["-p", "-1,-2"], ["-p-1,-2"], ["--pred", "-1,-2"], ["--pred=-1,-2"]])
def test_negative_numbers_are_values(flag: list[str]) -> None:
    assert value("compute", "mse", *flag, "-t", "-1 -4") == 2
    assert cli(["compute", "mse", *flag, "-t", "-1 -4", "--max", "-1"]).code == GATE


def test_tables_in_pipes_are_whole_and_plain() -> None:
    name, cell = "identifier_" + "x" * 200, "z" * 500
    text = f"{name},pred,target\n" + "".join(f"{cell}{i},{i},{i + 0.1}\n" for i in range(50))
    got = cli(["compute", "mse", "d.csv", "--id", name, "--rows", "all"], {"d.csv": text})
    assert got.code == 0
    assert name in got.out and all(f"{cell}{i} " in got.out for i in range(50))
    assert "\x1b" not in got.out and "…" not in got.out and not set("│┃─━") & set(got.out)


def test_nothing_slow_and_no_network_is_loaded() -> None:
    code = (
        "import sys; from losscli.cli.app import run; "
        "code = run(['compute', 'mse', '-p', '1', '-t', '2', '-f', 'value']); "
        "print(code, *sorted({'rich', 'yaml', 'socket', 'ssl', 'http', 'urllib.request', 'pandas', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1.0\n0\n"


# 17 (what of it needs no intervals): a gate that passes on nothing

NOTHING: dict[str, list[str]] = {
    "no rows": ["mse", "-p", "[]", "-t", "[]"],
    "all omitted": ["mse", "-p", "nan", "-t", "1", "--nan", "omit"],
    "all ignored": ["cross_entropy", "-p", "[[1,2]]", "-t", "-100"],
    "weights 0": ["mse", "-p", "1", "-t", "1", "-w", "0"],
    "nan": ["mse", "-p", "nan", "-t", "1", "--nan", "propagate"],
    "no rows of a statistic": ["rmse", "-p", "[]", "-t", "[]"],
}


@pytest.mark.parametrize("argv", NOTHING.values(), ids=NOTHING)
def test_no_gate_passes_on_nothing(argv: list[str]) -> None:
    for bound in (["--max", "1e300"], ["--max", "inf"], ["--min", "0"], ["--expect", "0", "--atol", "1"], ["--max", "1e300", "-q"]):
        assert cli(["compute", *argv, *bound]).code == GATE


def test_a_gate_on_a_file_of_an_earlier_run() -> None:
    argv = ["compute", "mse", "-p", "p.npy", "-t", "0,0", "-f", "json"]
    before = cli(argv, {"p.npy": npy([0.1, 0.7])}).out
    assert cli([*argv, "--expect", "r.json"], {"p.npy": npy([0.1, 0.7]), "r.json": before}).code == 0
    assert cli([*argv, "--expect", "r.json"], {"p.npy": npy([0.1, 0.71]), "r.json": before}).code == GATE


def test_names_that_mean_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="no loss is called"):
        losscli.compute("mean_square_eror_", pred=[1.0], target=[1.0])
