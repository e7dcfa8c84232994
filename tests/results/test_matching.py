"""The search for a convention finds what was planted, says how likely chance is, and gives commands that compute the number."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from losscli.catalogue.lookup import find, load_all
from losscli.cli import match
from losscli.cli.app import run
from losscli.data.columns import Column
from losscli.engine.work import Work
from losscli.registry import LOSSES
from losscli.results.candidates import NamedDefinition, SearchRequest, Tried, try_losses
from losscli.results.forms import read_given
from losscli.results.matching import Numbers
from losscli.sources.inputs import Inputs
from losscli.sources.join import pairing
from losscli.sources.parts import Sources
from tests import SAMPLES
from tests.render.test_schema import holds
from tests.samples.tutorials import ENTRIES, write_tutorials
from tests.support.command import cli, npz

TUTORIALS = SAMPLES / "tutorials.json"


_KEPT: dict[str, list[Tried]] = {}


@contextmanager
def same_candidates(data: str) -> Iterator[None]:
    """Within it the candidates are those of the last search, if that had the same data: they do not depend on the number."""
    computed = list(_KEPT.get(data, ()))
    given = iter(computed)

    def kept(request: SearchRequest) -> Tried:
        tried = next(given, None)
        if tried is None:
            tried = try_losses(request)
            computed.append(tried)
        return tried

    with patch.object(match, "try_losses", kept):
        yield
    _KEPT.clear()  # thousands of candidates: those of one data set are enough
    _KEPT[data] = computed


def found(capsys: pytest.CaptureFixture[str], *argv: str, code: int | None = 0) -> Any:
    got = run(["compare", *argv, "-f", "json", "-q"])
    out, err = capsys.readouterr()
    assert code is None or got == code, err
    return json.loads(out)


# --- the printed number ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "digits", "tolerance"),
    [
        ("0.2675", 4, 5e-5),
        ("0.26750", 5, 5e-6),
        ("26.75", 4, 5e-3),
        ("-1.5", 2, 0.05),
        ("353434", 6, 0.5),
        ("1.5e-3", 2, 5e-5),
        ("0.00", 1, 5e-3),
    ],
)
def test_half_a_unit_in_the_last_digit(text: str, digits: int, tolerance: float) -> None:
    given = read_given(text, None)
    assert (given.number, given.digits) == (float(text), digits)
    assert given.tolerance == pytest.approx(tolerance, rel=1e-6)


def test_digits_that_are_cut_off_match_too() -> None:
    given = read_given("0.708", None)  # scikit-learn's 0.708...
    assert given.holds(0.70833) and not given.cuts(0.70833)
    assert given.holds(0.7089) and given.cuts(0.7089)
    assert not given.holds(0.7091) and not given.holds(0.7074)
    assert not read_given("0.708", 1e-4).holds(0.7089)


def test_many_digits_leave_room_for_float32() -> None:
    assert read_given("0.69314718055994531", None).holds(float(np.float32(math.log(2))))


# --- what tutorials print --------------------------------------------------------------------------------------------------

# The convention is not the first that is found; why.
NOT_FIRST = {
    "sklearn_mean_pinball_loss": "no convention has alpha = 0.1: -l quantile:tau=0.1 finds it",
    "sklearn_jaccard_score": "0.6 has one digit, and small whole numbers give many such values",
}


def data_of(entry: str) -> str:
    """The data of a tutorial as text: several tutorials have the same."""
    given = json.loads(TUTORIALS.read_bytes())[entry]
    return json.dumps([given["pred"], given["target"]])


@pytest.mark.parametrize("name", sorted(ENTRIES, key=data_of))
def test_tutorial(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    entry = ENTRIES[name]
    roles = ("-p", f"{TUTORIALS}::{name}.pred", "-t", f"{TUTORIALS}::{name}.target")
    with same_candidates(data_of(name)):
        matches = found(capsys, *roles, "--match", entry["printed"])["matches"]
    tied = [m for m in matches if m["value"] == pytest.approx(matches[0]["value"], rel=1e-9)]
    first = (entry["loss"], entry.get("form")) in [(m["loss"], m.get("form")) for m in tied]
    assert first == (name not in NOT_FIRST), [(m["loss"], m.get("form"), m["value"]) for m in matches[:4]]


def test_the_option_that_is_no_convention_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    roles = ("-p", f"{TUTORIALS}::sklearn_mean_pinball_loss.pred", "-t", f"{TUTORIALS}::sklearn_mean_pinball_loss.target")
    first = found(capsys, *roles, "--match", "0.03", "-l", "quantile:tau=0.1")["matches"][0]
    assert (first["loss"], first["params"]["tau"], first["value"]) == ("quantile", 0.1, pytest.approx(0.1 / 3))


def test_the_file_is_what_the_script_writes(tmp_path: Path) -> None:
    write_tutorials(tmp_path)
    assert (tmp_path / "tutorials.json").read_bytes() == TUTORIALS.read_bytes()
    assert len(ENTRIES) >= 15 and all(entry["url"].startswith("https://") for entry in ENTRIES.values())


# --- planted conventions ---------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(5)
REAL = {"p": RNG.normal(3, 1, 60), "t": RNG.normal(3, 2, 60)}
PROB = {"p": RNG.uniform(0.05, 0.95, 60), "t": RNG.integers(0, 2, 60)}
LOGIT = {"p": RNG.normal(0, 2, 60), "t": PROB["t"]}
CLASS = {"p": RNG.normal(0, 1, (60, 5)), "t": RNG.integers(0, 5, 60)}
DISTRIBUTIONS = {"p": RNG.dirichlet(np.ones(4), 60), "t": RNG.dirichlet(np.ones(4), 60)}
VECTORS = {"p": RNG.normal(0, 1, (60, 3)), "t": RNG.normal(0, 1, (60, 3))}
SIGN = {"p": RNG.normal(0, 1, 60), "t": PROB["t"] * 2 - 1}


def log_softmax(x: Any) -> Any:
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def surprise(x: Any) -> Any:
    """The negative log-likelihood of the labels of CLASS, row by row."""
    return -log_softmax(x)[np.arange(60), CLASS["t"]]


def binary(p: Any, t: Any) -> Any:
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


E = REAL["p"] - REAL["t"]
SOFT = np.exp(log_softmax(CLASS["p"]))
ONE_HOT = np.eye(5)[CLASS["t"]]
SMOOTH = ONE_HOT * 0.9 + 0.1 / 5
DICE = 2 * (PROB["p"] * PROB["t"]).sum() / (PROB["p"].sum() + PROB["t"].sum())
# name -> data, number, loss, what more is said of the first match
PLANTED: dict[str, tuple[Mapping[str, Any], float, str, dict[str, Any]]] = {
    "mean": (REAL, (E**2).mean(), "mse", {"reduction": "mean"}),
    "sum": (REAL, np.abs(E).sum(), "mae", {"reduction": "sum"}),
    "over the rows": (VECTORS, ((VECTORS["p"] - VECTORS["t"]) ** 2).sum() / 60, "mse", {"reduction": "batchmean", "form": None}),
    "half": (REAL, (E**2).mean() / 2, "half_squared_error", {}),
    "root": (REAL, np.sqrt((E**2).mean()), "rmse", {}),
    "root of the sum": (REAL, np.sqrt((E**2).sum()), "minkowski", {}),
    "rows less one": (REAL, (E**2).sum() / 59, "mse", {"form": "× 60/59 (rows less one)"}),
    "percent": (REAL, 100 * (np.abs(E) / np.abs(REAL["t"])).mean(), "mape", {"form": None}),
    "negated": (REAL, -(E**2).mean(), "mse", {"form": "× −1", "factor": -1.0}),
    "r2": (REAL, 1 - (E**2).sum() / ((REAL["t"] - REAL["t"].mean()) ** 2).sum(), "rse", {"form": "1 −"}),
    "probabilities": (PROB, binary(PROB["p"], PROB["t"]).mean(), "bce", {"form": None}),
    "bits": (PROB, binary(PROB["p"], PROB["t"]).mean() / math.log(2), "bce", {"form": "÷ ln 2 (bits)"}),
    "twice a sigmoid": (PROB, binary(1 / (1 + np.exp(-PROB["p"])), PROB["t"]).mean(), "bce_with_logits", {"form": None}),
    "dice score": (PROB, DICE, "dice", {"form": "1 −"}),
    "logits": (LOGIT, binary(1 / (1 + np.exp(-LOGIT["p"])), PROB["t"]).mean(), "bce_with_logits", {}),
    "squared error of sigmoids": (LOGIT, ((1 / (1 + np.exp(-LOGIT["p"])) - PROB["t"]) ** 2).mean(), "mse", {"transform": "sigmoid(pred)"}),
    "classes": (CLASS, surprise(CLASS["p"]).mean(), "cross_entropy", {"form": None}),
    "classes divided twice": (CLASS, surprise(CLASS["p"]).mean() / 60, "cross_entropy", {"form": "÷ 60 (rows)"}),
    "classes over elements": (CLASS, surprise(CLASS["p"]).mean() / 5, "cross_entropy", {"form": "÷ 5 (columns)"}),
    "perplexity": (CLASS, math.exp(surprise(CLASS["p"]).mean()), "cross_entropy", {"form": "exp (perplexity)"}),
    "smoothed": (CLASS, -(SMOOTH * log_softmax(CLASS["p"])).sum(-1).mean(), "cross_entropy", {"form": None}),
    "softmax twice": (CLASS, surprise(SOFT).mean(), "cross_entropy", {"transform": "softmax(pred)"}),
    "squared error of one-hot": (CLASS, ((SOFT - ONE_HOT) ** 2).mean(), "multiclass_brier", {"form": "÷ 5 (columns)"}),
    "errors of the largest": (CLASS, (CLASS["p"].argmax(-1) != CLASS["t"]).mean(), "zero_one", {"transform": "argmax(pred)"}),
    "kl over elements": (
        DISTRIBUTIONS,
        (DISTRIBUTIONS["t"] * np.log(DISTRIBUTIONS["t"] / DISTRIBUTIONS["p"])).mean(),
        "kl_div",
        {"transform": "log(pred)", "reduction": "mean"},
    ),
    "kl the other way": (
        DISTRIBUTIONS,
        (DISTRIBUTIONS["p"] * np.log(DISTRIBUTIONS["p"] / DISTRIBUTIONS["t"])).sum(-1).mean(),
        "reverse_kl",
        {},
    ),
    "signs": (SIGN, np.maximum(0, 1 - SIGN["p"] * SIGN["t"]).mean(), "hinge", {}),
    "zeros for minus ones": (LOGIT, np.maximum(0, 1 - LOGIT["p"] * SIGN["t"]).mean(), "hinge", {"form": None}),
}


@cache
def matches_of(name: str) -> Any:
    """The matches of a planted number that is printed with seven digits."""
    data, number, *_ = PLANTED[name]
    argv = ["compare", "d.npz", "-p", "p", "-t", "t", "--match", f"{number:.7g}", "-f", "json", "-q"]
    with same_candidates(repr(data)):
        got = cli(argv, {"d.npz": npz(**data)})
    assert got.code == 0, got.err
    return json.loads(got.out)["matches"]


BY_DATA = sorted(PLANTED, key=lambda name: repr(PLANTED[name][0]))


@pytest.mark.parametrize("name", BY_DATA)
def test_planted(name: str) -> None:
    """The convention is the first, or gives the same number as the first; seven digits leave hardly anything to chance."""
    _, number, loss, more = PLANTED[name]
    matches = matches_of(name)
    tied = [m for m in matches if m["value"] == pytest.approx(matches[0]["value"], rel=1e-6)]
    assert any(m["loss"] == loss and {k: m.get(k) for k in more} == more for m in tied), [
        (m["loss"], m.get("form"), m.get("transform")) for m in tied
    ]
    assert matches[0]["value"] == pytest.approx(number, rel=1e-5)
    assert matches[0]["chance"] < 0.01


FORMS = {"√": math.sqrt, "exp (perplexity)": math.exp, "1 −": lambda x: 1 - x}


@pytest.mark.parametrize("name", BY_DATA)
def test_the_commands_compute_the_number(name: str) -> None:
    """Each command runs as it is printed, and gives the value before its form; one with a transform names a file that is not there."""
    for m in matches_of(name)[:8]:
        got = cli([*shlex.split(m["command"])[1:], "-f", "value", "-q"], {"d.npz": npz(**PLANTED[name][0])})
        if m.get("transform", "").endswith(")"):
            assert got.code == 3 and "_of_" in got.err
            continue
        value = float(got.out) * m["factor"] if "factor" in m else FORMS[m["form"]](float(got.out))
        assert value == pytest.approx(m["value"], rel=1e-9), m["command"]


# --- chance ----------------------------------------------------------------------------------------------------------------


def tried(data: Mapping[str, Any], names: Sequence[str] = ()) -> Tried:
    """The candidates of the losses with these names, or of all."""
    load_all()
    inputs = Inputs()
    columns = {"pred": Column("p", data["p"]), "target": Column("t", data["t"])}
    taken = [LOSSES[name] for name in names] or [loss for loss in LOSSES.values() if {"pred", "target"} <= set(loss.roles)]
    losses = [NamedDefinition(loss, None, {}, loss.name) for loss in taken]
    return try_losses(SearchRequest(losses, Sources(inputs, columns, pairing(inputs, None)), Work(), 1, False, None))


@pytest.mark.parametrize("data", [PROB, CLASS], ids=["probabilities", "classes"])
def test_chance_is_as_often_as_it_says(data: Mapping[str, Any]) -> None:
    """For 400 random numbers of 3 digits, the different values that match are as many as the density of the candidates foretells."""
    numbers = Numbers([tried(data)])
    matched, foretold = 0, 0.0
    for x in np.exp(np.random.default_rng(0).uniform(math.log(0.05), math.log(5), 400)):
        given = read_given(f"{x:.3g}", None)
        matched += len({f"{value:.6g}" for *_, value in numbers.near(given)})
        foretold += numbers.by_chance(given)
    assert foretold > 100
    assert matched == pytest.approx(foretold, rel=0.25)


# --- the rest --------------------------------------------------------------------------------------------------------------

FILE = {"d.csv": "p,q,t,w\n1,2,3,1\n2,3,3,2\n5,1,4,1\n"}


def test_nothing_gives_the_number() -> None:
    got = cli(["compare", "d.csv", "-p", "p", "-t", "t", "-l", "mse", "--match", "77.7"], FILE)
    assert got.code == 1
    assert got.out.startswith("Nothing gives 77.7 (3 digits, ± 0.05); the nearest\n")
    assert got.err.startswith("no match: none of ")
    document = json.loads(cli(["compare", "d.csv", "-p", "p", "-t", "t", "-l", "mse", "--match", "77.7", "-f", "json"], FILE).out)
    assert document["matches"] == [] and [m["value"] for m in document["nearest"]] == [6.0, 2.0]


def test_rtol_is_wider_than_the_digits() -> None:
    argv = ["compare", "d.csv", "-p", "p", "-t", "t", "-l", "mse", "--match", "2.1", "-f", "value"]
    assert cli(argv, FILE).code == 1
    assert cli([*argv, "--rtol", "0.06"], FILE).out.splitlines()[0] == "2.0"


@pytest.mark.parametrize("format", ["table", "markdown", "csv", "tsv", "json", "jsonl", "yaml", "value"])
def test_formats(format: str) -> None:
    with same_candidates("p and q of FILE"):
        got = cli(["compare", "d.csv", "-p", "p", "-p", "q", "-t", "t", "--match", "2", "-f", format], FILE)
    assert got.code == 0 and got.out
    if format in ("table", "markdown"):
        assert "losscli compute mse d.csv -p p -t t" in got.out


def test_the_document_holds_to_the_schema() -> None:
    for number, code in (("2", 0), ("0.00123", 1)):
        with same_candidates("p and q of FILE"):
            got = cli(["compare", "d.csv", "-p", "p", "-p", "q", "-t", "t", "--match", number, "-f", "json"], FILE)
        assert got.code == code
        holds(json.loads(got.out))


def test_only_the_losses_that_are_named() -> None:
    argv = ["compare", "d.csv", "-p", "p", "-t", "t", "--match", "2", "-f", "json"]
    assert {m["loss"] for m in json.loads(cli([*argv, "-l", "mse", "-l", "mae"], FILE).out)["matches"]} <= {"mse", "mae"}
    first = json.loads(cli([*argv, "-l", "keras.losses.MeanSquaredError"], FILE).out)["matches"][0]
    assert (first["named"], first["command"]) == (
        "keras.losses.MeanSquaredError",
        "losscli compute keras.losses.MeanSquaredError d.csv -p p -t t",
    )


def test_a_function_of_ones_own() -> None:
    files = FILE | {"mine.py": "def cubic(pred, target, *, scale: float = 1.0):\n    return scale * abs(pred - target) ** 3\n"}
    got = cli(["compare", "d.csv", "-p", "p", "-t", "t", "-l", "mine.py::cubic:scale=2", "--match", "6.667", "-f", "json"], files)
    first = json.loads(got.out)["matches"][0]
    assert (first["loss"], first["value"]) == ("cubic", pytest.approx(2 * (8 + 1 + 1) / 3))
    assert first["command"] == "losscli compute mine.py::cubic d.csv -p p -t t --scale 2"


def test_weights() -> None:
    """Squared errors 4, 1, 1 with the weights 1, 2, 1: over the weights 7/4, over the elements 7/3."""
    argv = ["compare", "d.csv", "-p", "p", "-t", "t", "-w", "w", "-l", "mse", "-f", "json", "--match"]
    for number, reduction in (("1.75", "mean"), ("7", "sum"), ("2.3333", "sum_over_batch_size")):
        first = json.loads(cli([*argv, number], FILE).out)["matches"][0]
        assert (first["loss"], first["reduction"]) == ("mse", reduction) or reduction in str(first)
        assert "-w w" in first["command"] or "--sample-weight w" in first["command"]


def test_conditions_and_ids_are_part_of_the_search(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number is that of the rows which meet the condition, and the command computes it."""
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text("id,p\n3,1\n1,2\n2,4\n9,0\n")
    Path("t.csv").write_text("id,t,part\n1,1,a\n2,7,b\n3,3,a\n")
    argv = ("-p", "p.csv::p", "-t", "t.csv::t", "--id", "id", "--join", "inner", "--where", "t.csv::part=a")
    said = found(capsys, *argv, "--match", "2.5000")  # of (2 - 1)² and (1 - 3)²; with the other row 14 / 3
    holds(said)
    assert said["where"] == ["t.csv::part=a"]
    best = next(m for m in said["matches"] if m["loss"] == "mse")
    assert best["value"] == 2.5
    assert run([*shlex.split(best["command"])[1:], "-f", "value", "-q"]) == 0
    assert float(capsys.readouterr().out) == 2.5


def test_roles_that_are_exchanged(capsys: pytest.CaptureFixture[str]) -> None:
    """The absolute errors 2, 1, 1 over the predictions 1, 2, 5 instead of the targets."""
    first = json.loads(cli(["compare", "d.csv", "-p", "p", "-t", "t", "-l", "mape", "-f", "json", "--match", "0.9"], FILE).out)["matches"][
        0
    ]
    assert first["transform"] == "pred and target exchanged"
    assert first["command"] == "losscli compute mape d.csv -p t -t p"


def test_columns_of_a_table_are_rows_and_not_one_sample() -> None:
    losses = {
        m["loss"]
        for m in json.loads(cli(["compare", "d.csv", "-p", "p", "-t", "t", "--match", "2", "--rtol", "9", "-f", "json"], FILE).out)[
            "matches"
        ]
    }
    assert "mse" in losses and not losses & {"cosine_distance", "listnet", "ctc"}


def test_losses_over_pairs_are_tried_for_few_rows_or_by_name() -> None:
    loss = find("contrastive_all")[0]
    assert loss.kind == "batch"
    rng = np.random.default_rng(0)
    few, many = ({"p": rng.normal(size=(n, 3)), "t": rng.integers(0, 3, n)} for n in (20, 400))
    names = ["cross_entropy", "contrastive_all", "mse"]
    assert "contrastive_all" in {c.loss.name for c in tried(few, names).candidates}
    assert tried(many, names).over_pairs == ["contrastive_all"]
