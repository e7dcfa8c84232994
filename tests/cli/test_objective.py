"""An objective: each term has the bits of compute, the total is the weighted sum, and a source may come from every place."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from losscli.cli.app import run
from losscli.engine.plan import BLOCK
from losscli.sources.delimited.table import Delimited
from tests import SAMPLES

CSV = "pred,target,other\n1,2,2\n2,4,4\n"  # mse 2.5, mae 1.5; of other 0 and 0


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text(CSV)
    return tmp_path


def write(**files: str) -> None:
    for name, content in files.items():
        Path(f"{name}.yaml").write_text(content)


def document(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> Any:
    found = run([*argv, "-f", "json", "-q"])
    out, err = capsys.readouterr()
    assert found == code, err
    return json.loads(out)


def values(found: Any) -> dict[str, float]:
    return {t["name"]: t["value"] for t in found["terms"]}


# --- the total -------------------------------------------------------------------------------------------------------------

# terms with mse 2.5 and mae 1.5; the kind of the total; contributions; the total
TOTALS: dict[str, tuple[str, str, list[float] | None, float | None]] = {
    "sum": ("{a: {loss: mse}, b: {loss: mae, weight: 2}}", "sum", [2.5, 3.0], 5.5),
    "default": ("{a: {loss: mse}}", "", [2.5], 2.5),
    "half and half": ("{a: {loss: mse, weight: 0.5}, b: {loss: mae, weight: 0.5}}", "sum", [1.25, 0.75], 2.0),
    "mean": ("{a: {loss: mse}, b: {loss: mae, weight: 3}}", "mean", [0.625, 1.125], 1.75),
    "a bonus": ("{a: {loss: mse}, b: {loss: mae, weight: -1}}", "sum", [2.5, -1.5], 1.0),
    "weight 0": ("{a: {loss: mse}, b: {loss: mae, weight: 0}}", "sum", [2.5, 0.0], 2.5),
    "nothing": ("{a: {loss: mse, weight: 0}}", "sum", [0.0], 0.0),
    "a number": ("{a: {loss: mse}, b: {value: 1.5, weight: 2}}", "sum", [2.5, 3.0], 5.5),
    "numbers": ("{a: {loss: mse}, b: {value: [1, 2]}}", "sum", [2.5, 1.5], 4.0),
    "learned": ("{a: {loss: mse, weight: learned, log_variance: 0}, b: {loss: mae}}", "sum", [1.25, 1.5], 2.75),
    "none": ("{a: {loss: mse}, b: {loss: mae}}", "none", None, None),
}


@pytest.mark.parametrize(("terms", "kind", "contributions", "total"), TOTALS.values(), ids=TOTALS)
def test_total(
    here: Path, capsys: pytest.CaptureFixture[str], terms: str, kind: str, contributions: list[float] | None, total: float | None
) -> None:
    write(o=f"terms: {terms}" + (f"\ntotal: {kind}" if kind else ""))
    found = document(capsys, "compute", "o.yaml", "d.csv")
    assert found["total"] == {"kind": kind or "sum"} | ({} if total is None else {"value": total})
    assert [t["value"] for t in found["terms"]] == [2.5, 1.5][: len(found["terms"])]
    assert [t["contribution"] for t in found["terms"] if "contribution" in t] == (contributions or [])
    assert [t.get("share") for t in found["terms"]] == [c / total if total else None for c in contributions or [0.0] * len(found["terms"])]
    assert run(["compute", "o.yaml", "d.csv", "-f", "value"]) == 0
    assert [float(line) for line in capsys.readouterr().out.split()] == ([2.5, 1.5] if total is None else [total])


def test_matryoshka_is_an_objective_of_the_first_columns(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer of the message on MatryoshkaLoss: its prefixes have the length 1, which changes no cosine."""
    rows = np.random.default_rng(0).normal(size=(5, 8))
    header = ",".join([f"a_{i}" for i in range(4)] + [f"p_{i}" for i in range(4)])
    Path("emb.csv").write_text("\n".join([header, *(",".join(map(repr, map(float, row))) for row in rows)]) + "\n")
    name = "sentence_transformers.MultipleNegativesRankingLoss"
    write(
        m=f"data: emb.csv\nterms:\n  d4: {{loss: {name}, anchor: 'a_0:a_3', positive: 'p_0:p_3'}}\n"
        f"  d2: {{loss: {name}, anchor: 'a_0:a_1', positive: 'p_0:p_1', weight: 0.5}}\n"
    )
    # torch 2.13: F.cross_entropy(20 F.normalize(a[:, :d]) @ F.normalize(p[:, :d]).T, arange(5)) for d = 4, and half of it for d = 2
    assert document(capsys, "compute", "m.yaml")["total"]["value"] == pytest.approx(12.506560028141182, rel=1e-13)


def test_shares_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("detection", "semi_supervised", "vae"):
        found = document(capsys, "compute", str(SAMPLES / f"{name}.yaml"))
        assert math.isclose(sum(t["share"] for t in found["terms"]), 1, rel_tol=1e-15)
        assert math.isclose(sum(t["contribution"] for t in found["terms"]), found["total"]["value"], rel_tol=1e-15)


def test_the_sum_is_rounded_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tenths = ", ".join(f"t{i}: {{loss: mae, pred: 1, target: 0, weight: 0.1}}" for i in range(10))
    write(o=f"terms: {{{tenths}}}")
    assert document(capsys, "compute", "o.yaml")["total"]["value"] == 1.0


def test_nan_has_no_shares_and_passes_no_gate(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(o="terms: {a: {loss: mse, pred: [], target: [], max: 1}, b: {loss: mae, pred: 1, target: 2, max: 1}}")
    found = document(capsys, "compute", "o.yaml", code=1)
    assert found["total"]["value"] == "nan"
    assert not any("share" in t for t in found["terms"])
    assert [t["gate"]["passed"] for t in found["terms"]] == [False, True]
    assert [w["code"] for w in found["warnings"]] == ["W105"]
    assert found["warnings"][0]["message"].startswith("a: ")


def test_csv_and_jsonl(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(o="terms: {a: {loss: mse}, b: {loss: mae, weight: 2}}")
    run(["compute", "o.yaml", "d.csv", "-f", "csv"])
    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert [r["term"] for r in rows] == ["a", "b", "total"]
    assert list(rows[0]) == ["term", "loss", "reduction", "value", "weight", "contribution", "share", "denominator", "rows"]
    assert list(rows[1].values()) == ["b", "mae", "mean", "1.5", "2.0", "3.0", repr(3 / 5.5), "2.0", "2"]
    assert list(rows[2].values()) == ["total", "", "sum", "5.5", "", "5.5", "1.0", "", ""]
    run(["compute", "o.yaml", "d.csv", "-f", "jsonl"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["value"] for line in lines] == [2.5, 1.5, 5.5]


def test_a_learned_weight(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """a e^−s v + b s, in the forms of the paper (arXiv:1705.07115) and of its authors' code."""
    terms = {kind: f"{{loss: mse, weight: {kind}, log_variance: 0.3}}" for kind in ("learned", "learned_classification", "learned_doubled")}
    write(o=f"terms: {{{', '.join(f'{name}: {term}' for name, term in terms.items())}}}")
    found = document(capsys, "compute", "o.yaml", "d.csv")
    e = math.exp(-0.3)
    expected = [0.5 * e * 2.5 + 0.15, e * 2.5 + 0.15, e * 2.5 + 0.3]
    assert [t["contribution"] for t in found["terms"]] == pytest.approx(expected, rel=1e-15)
    assert found["total"]["value"] == pytest.approx(sum(expected), rel=1e-15)
    assert found["terms"][0]["learned"] == {"kind": "learned", "log_variance": 0.3, "added": 0.15}


def test_a_number_has_no_uncertainty(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(a="terms: {a: {loss: mse, weight: 2}}", b="terms: {a: {loss: mse, weight: 2}, b: {value: 12.5}}")
    alone, with_number = (document(capsys, "compute", f"{x}.yaml", "d.csv", "--ci", "95")["total"] for x in "ab")
    assert with_number["se"] == alone["se"]
    assert with_number["value"] == alone["value"] + 12.5


# --- where the numbers come from -------------------------------------------------------------------------------------------

# what the file says of the term a, more on the command line, and the value: 2.5 with pred, 0 with other
SOURCES: dict[str, tuple[str, list[str], float]] = {
    "by name": ("loss: mse", ["d.csv"], 2.5),
    "a column": ("loss: mse, pred: other", ["d.csv"], 0.0),
    "by position": ("loss: mse, pred: '::2'", ["d.csv"], 0.0),
    "DATA in the term": ("loss: mse, data: d.csv", [], 2.5),
    "part of a file": ("loss: mse, pred: 'd.csv::other', target: 'd.csv::target'", [], 0.0),
    "numbers as text": ("loss: mse, pred: '2,4'", ["d.csv"], 0.0),
    "numbers": ("loss: mse, pred: [2, 4]", ["d.csv"], 0.0),
    "one number": ("loss: mse, pred: 3, target: 1", [], 4.0),
    "rows of numbers": ("loss: cross_entropy, pred: [[0, 0], [0, 0]], target: [0, 1]", [], math.log(2)),
    "from the command line": ("loss: mse", ["d.csv", "-p", "other"], 0.0),
    "target too": ("loss: mse", ["d.csv", "-p", "other", "-t", "pred"], 2.5),
    "inline from the command line": ("loss: mse", ["-p", "1,2", "-t", "2,4"], 2.5),
    "another role": ("loss: gaussian_nll, pred: 1, target: 1, eps: 0.5", ["--role", "var=1"], 0.0),
    "the file before the command line": ("loss: mse, pred: other", ["d.csv", "-t", "target"], 0.0),
    "an option": ("loss: huber, delta: 1", ["d.csv"], (0.5 + 1.5) / 2),
    "a framework's name": ("loss: keras.losses.Huber, delta: 1, pred: [[1, 2]], target: [[2, 4]]", [], 1.0),
    "a framework that does not reduce": ("loss: optax.losses.l2_loss", ["d.csv"], 1.25),
    "a reduction": ("loss: mse, reduction: sum", ["d.csv"], 5.0),
    "sample weights": ("loss: mse, sample_weight: [1, 0]", ["d.csv"], 1.0),
    "sample weights from a column": ("loss: mae, sample_weight: pred", ["d.csv"], (1 + 4) / 3),
    "per": ("loss: rmse, per: channel, pred: [[0, 0]], target: [[3, 1]]", [], 2.0),
    "broadcast": ("loss: mse, pred: [2], broadcast: true", ["d.csv"], 2.0),
    "class weights": ("loss: nll, pred: [[-1, -2], [-3, -4]], target: [0, 1], class_weight: [1, 3]", [], (1 + 12) / 4),
    "class weights by text": ("loss: nll, pred: [[-1, -2], [-3, -4]], target: [0, 1], class_weight: '1,3'", [], (1 + 12) / 4),
    "weights of a framework": (
        "loss: torch.nn.NLLLoss, pred: [[-1, -2], [-3, -4]], target: [0, 1], class_weight: [1, 3]", [], (1 + 12) / 4,
    ),
    "classes": ("loss: nll, pred: [[-1, -2], [-3, -4]], target: w.csv, classes: [cat, dog]", [], 2.5),
    "the class axis": ("loss: nll, pred: [[[-1, -2], [-3, -4]]], target: [[0, 1]], class_axis: -1", [], 2.5),
    "omitted": ("loss: mse, pred: [.nan, 2], nan: omit", ["d.csv"], 4.0),
    "omitted from the command line": ("loss: mse, pred: [.nan, 2]", ["d.csv", "--nan", "omit"], 4.0),
}  # fmt: skip


@pytest.mark.parametrize(("term", "argv", "value"), SOURCES.values(), ids=SOURCES)
def test_source(here: Path, capsys: pytest.CaptureFixture[str], term: str, argv: list[str], value: float) -> None:
    Path("w.csv").write_text("word\ncat\ndog\n")
    write(o=f"terms: {{a: {{{term}}}}}")
    assert math.isclose(document(capsys, "compute", "o.yaml", *argv)["total"]["value"], value, rel_tol=1e-15)


def test_names_of_files_are_relative_to_the_objective(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    Path("sub/e.csv").write_text(CSV)
    Path("sub/o.yaml").write_text("data: e.csv\nterms: {a: {loss: mse, target: 'e.csv::target'}, b: {loss: mae}}")
    found = document(capsys, "compute", "sub/o.yaml")
    assert values(found) == {"a": 2.5, "b": 1.5}
    assert found["terms"][0]["bindings"]["target"] == "sub/e.csv::target"
    assert values(document(capsys, "compute", "sub/o.yaml", "-p", "other")) == {"a": 0, "b": 0}  # of the DATA of the term
    Path("p.npy").write_bytes(b"")
    np.save("p.npy", np.array([2.0, 4.0]))
    assert values(document(capsys, "compute", "sub/o.yaml", "-p", "p.npy")) == {"a": 0, "b": 0}  # of the command line: from here


def test_data_of_the_command_line_takes_the_place_of_the_file_s(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("e.csv").write_text("pred,target\n1,1\n")
    write(o="data: d.csv\nterms: {a: {loss: mse}, b: {loss: mse, data: d.csv}}")
    assert values(document(capsys, "compute", "o.yaml", "e.csv")) == {"a": 0, "b": 2.5}


def test_different_rows(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("e.csv").write_text("pred,target\n1,1\n2,2\n3,6\n")
    write(o="data: d.csv\nterms: {a: {loss: mse}, b: {loss: mse, data: e.csv}, c: {loss: mae, pred: 1, target: 3}}")
    found = document(capsys, "compute", "o.yaml")
    assert values(found) == {"a": 2.5, "b": 3, "c": 2}
    assert [t["rows"]["read"] for t in found["terms"]] == [2, 3, 1]


def test_standard_input_is_read_once(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from io import BytesIO, TextIOWrapper

    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(CSV.encode())))
    write(o="terms: {a: {loss: mse}, b: {loss: mae, pred: '-::other'}}")
    assert values(document(capsys, "compute", "o.yaml", "-")) == {"a": 2.5, "b": 0}


def test_rows_are_left_out_of_one_term_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("n.csv").write_text("pred,target,q\n1,2,\n2,4,4\n")
    write(o="terms: {a: {loss: mse}, b: {loss: mse, pred: q}}")
    found = document(capsys, "compute", "o.yaml", "n.csv", "--nan", "omit")
    assert values(found) == {"a": 2.5, "b": 0}
    assert [t["rows"]["omitted"] for t in found["terms"]] == [0, 1]


# --- objectives in objectives ----------------------------------------------------------------------------------------------


def test_nested(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    write(o="terms: {a: {loss: mse}, rest: {loss: sub/p.yaml, weight: 2, pred: other, max: 1}}")
    Path("sub/p.yaml").write_text("terms: {b: {loss: mae}, c: {loss: mae, weight: 4, pred: 1, target: 2, min: 5}}")
    found = document(capsys, "compute", "o.yaml", "d.csv", code=1)
    a, rest = found["terms"]
    assert (a["value"], rest["value"], found["total"]["value"]) == (2.5, 4, 10.5)  # b 0, as pred is other; c 4 · 1
    assert rest["total"] == {"kind": "sum", "value": 4}
    assert values(rest) == {"b": 0, "c": 1}
    assert (rest["gate"]["passed"], rest["terms"][1]["gate"]["passed"]) == (False, False)
    run(["compute", "o.yaml", "d.csv", "-f", "value"])
    assert capsys.readouterr().err.splitlines() == [
        "gate failed: rest.c 1.0, must be at least 5.0",
        "gate failed: rest 4.0, must be at most 1.0",
    ]


def test_names_with_dots_stay_apart(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(o="terms: {a.b: {loss: mse}, a: {loss: p.yaml}}", p="terms: {b: {loss: mae, pred: other}}")
    assert values(document(capsys, "compute", "o.yaml", "d.csv")) == {"a.b": 2.5, "a": 0}


def test_data_of_the_inner_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("e.csv").write_text("pred,target\n1,1\n")
    write(o="data: d.csv\nterms: {x: {loss: p.yaml}, y: {loss: p.yaml, data: d.csv}, z: {loss: q.yaml}}")
    write(p="data: e.csv\nterms: {b: {loss: mse}}", q="terms: {b: {loss: mse}}")
    assert values(document(capsys, "compute", "o.yaml")) == {"x": 0, "y": 2.5, "z": 2.5}


def test_the_command_line_reaches_the_inner_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(o="terms: {x: {loss: p.yaml}, y: {loss: p.yaml, pred: pred}}", p="terms: {b: {loss: mse}}")
    assert values(document(capsys, "compute", "o.yaml", "d.csv", "-p", "other")) == {"x": 0, "y": 2.5}


def test_the_same_file_twice_is_no_circle(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(o="terms: {x: {loss: p.yaml}, y: {loss: p.yaml}}", p="terms: {b: {loss: mse}}")
    assert document(capsys, "compute", "o.yaml", "d.csv")["total"]["value"] == 5


def test_what_terms_share_is_written_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(o="terms:\n  a: &a {loss: huber, delta: 1}\n  b:\n    <<: *a\n    pred: other\n")
    assert values(document(capsys, "compute", "o.yaml", "d.csv")) == {"a": 1, "b": 0}


# --- gates -----------------------------------------------------------------------------------------------------------------

# of a term with 2.5; more on the command line; the exit code; the lines on stderr
GATES: dict[str, tuple[str, list[str], int, list[str]]] = {
    "max": ("max: 2.5", [], 0, ["gate passed: a 2.5, must be at most 2.5"]),
    "max fails": ("max: 2", [], 1, ["gate failed: a 2.5, must be at most 2.0"]),
    "min": ("min: 2", [], 0, ["gate passed: a 2.5, must be at least 2.0"]),
    "expect": ("expect: 2.5", [], 0, ["gate passed: a 2.5, must be near 2.5 (rtol 1e-06, atol 1e-12)"]),
    "expect fails": ("expect: 2.6", [], 1, ["gate failed: a 2.5, must be near 2.6 (rtol 1e-06, atol 1e-12)"]),
    "tolerance": ("expect: 2.6, rtol: 0, atol: 0.2", [], 0, ["gate passed: a 2.5, must be near 2.6 (rtol 0, atol 0.2)"]),
    "an earlier result": ("expect: loss.json", [], 0, ["gate passed: a 2.5, must be near 2.5 (rtol 1e-06, atol 1e-12)"]),
    "the total": ("weight: 2", ["--max", "5"], 0, ["gate passed: sub/o.yaml 5.0, must be at most 5.0"]),
    "the total fails": ("weight: 2", ["--max", "4"], 1, ["gate failed: sub/o.yaml 5.0, must be at most 4.0"]),
    "the total of an earlier run": (
        "weight: 2", ["--expect", "sub/total.json"], 0, ["gate passed: sub/o.yaml 5.0, must be near 5.0 (rtol 1e-06, atol 1e-12)"],
    ),
    "both": (
        "max: 2", ["--max", "3"], 1, ["gate failed: a 2.5, must be at most 2.0", "gate passed: sub/o.yaml 2.5, must be at most 3.0"],
    ),
    "of no rows": ("reduction: sum, pred: [], target: [], max: 1", ["-q"], 1, ["gate failed: a 0.0 of nothing, must be at most 1.0"]),
    "the total of no rows": (
        "reduction: sum, pred: [], target: []", ["-q", "--max", "1"], 1, ["gate failed: sub/o.yaml 0.0 of nothing, must be at most 1.0"],
    ),
    "no gate": ("weight: 1", [], 0, []),
}  # fmt: skip


@pytest.mark.parametrize(("term", "argv", "code", "lines"), GATES.values(), ids=GATES)
def test_gate(here: Path, capsys: pytest.CaptureFixture[str], term: str, argv: list[str], code: int, lines: list[str]) -> None:
    Path("sub").mkdir()
    used = "" if "pred" not in term else ", b: {loss: mae, pred: other, target: other}"
    Path("sub/o.yaml").write_text(f"terms: {{a: {{loss: mse, {term}}}{used}}}")
    Path("sub/loss.json").write_text('{"schema": "losscli/1", "value": 2.5}')
    Path("sub/total.json").write_text('{"schema": "losscli/1", "objective": "o.yaml", "total": {"kind": "sum", "value": 5.0}}')
    assert run(["compute", "sub/o.yaml", "d.csv", *argv, "-f", "value"]) == code
    out, err = capsys.readouterr()
    assert err.splitlines() == lines
    assert out
    found = document(capsys, "compute", "sub/o.yaml", "d.csv", *argv, code=code)
    assert ("gate" in found) == bool({"--max", "--expect"} & set(argv))


# --- beside compute and compare --------------------------------------------------------------------------------------------


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """More rows than a block of the widest loss, so that terms with blocks of different sizes share a pass."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = BLOCK // 4 + 7
    wide, lean = ({n: rng.normal(size=(rows, *inner)) for n in names} for names, inner in (("ab", (10,)), ("yz", ())))
    np.savez("d.npz", **wide, **lean, target=rng.integers(0, 10, rows))
    table = rng.normal(size=(40_000, 3))
    Path("d.csv").write_text("p,q,t\n" + "\n".join(",".join(map(repr, row)) for row in table.tolist()) + "\n")
    write(
        o="""
data: d.npz
terms:
  ce: {loss: cross_entropy, target: target}
  margin: {loss: multi_margin, weight: 0.25, margin: 0.5, pred: b, target: target}
  rmse: {loss: rmse, weight: 3, pred: y, target: z}
  text: {loss: log_cosh, pred: 'd.csv::p', target: 'd.csv::t'}
  table: {loss: huber, pred: 'd.csv::q', target: 'd.csv::t', delta: 0.5}
"""
    )
    return tmp_path


COMPUTE: Mapping[str, list[str]] = {
    "ce": ["cross_entropy", "d.npz", "-t", "target"],
    "margin": ["multi_margin", "d.npz", "-p", "b", "-t", "target", "--margin", "0.5"],
    "rmse": ["rmse", "d.npz", "-p", "y", "-t", "z"],
    "text": ["log_cosh", "d.csv", "-p", "p", "-t", "t"],
    "table": ["huber", "d.csv", "-p", "q", "-t", "t", "--delta", "0.5"],
}


def test_the_bits_of_compute(large: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for threads in ("1", "3"):
        found = values(document(capsys, "compute", "o.yaml", "-p", "a", "--threads", threads))
        for name, argv in COMPUTE.items():
            more = ["-p", "a"] if name == "ce" else []
            assert document(capsys, "compute", *argv, *more)["value"] == found[name], name


def test_a_file_is_read_once(large: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two terms of one table, and in a comparison a loss beside them: one pass for all, after a look at the shapes of each."""
    whole = 0
    chunks = Delimited.chunks

    def counted(self: Delimited, keys: Any) -> Any:
        nonlocal whole
        yield from chunks(self, keys)
        whole += 1

    monkeypatch.setattr(Delimited, "chunks", counted)
    document(capsys, "compute", "o.yaml", "-p", "a")
    assert whole == 1
    write(c="terms: {a: {loss: mse}, b: {loss: mae}}")
    document(capsys, "compare", "d.csv", "-l", "c.yaml", "-l", "huber", "-p", "p", "-p", "q", "-t", "t")
    assert whole == 2


def test_compare(large: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "compare", "d.npz", "-l", "o.yaml", "-l", "cross_entropy", "-p", "a", "-p", "b", "-t", "target")
    for r in found["results"]:
        kind = "total" if r["loss"] == "o.yaml" else None
        alone = document(capsys, "compute", r["loss"], "d.npz", "-p", r["prediction"], *([] if kind else ["-t", "target"]))
        assert r["value"] == (alone["total"]["value"] if kind else alone["value"])
    assert found["predictions"] == {"a": "d.npz::a", "b": "d.npz::b"}
    o = [r["value"] for r in found["results"] if r["loss"] == "o.yaml"]
    assert [r["best"] for r in found["results"] if r["loss"] == "o.yaml"] == [v == min(o) for v in o]


def test_compare_omits_the_rows_of_a_term_for_all_predictions(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("n.csv").write_text("p,q,target\n1,,2\n2,4,4\n")
    write(o="terms: {a: {loss: mse}}")
    found = document(capsys, "compare", "n.csv", "-l", "o.yaml", "-l", "mse", "-p", "p", "-p", "q", "--nan", "omit")
    assert [r["value"] for r in found["results"]] == [4, 4, 0, 0]


def test_compare_does_not_judge(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(o="terms: {a: {loss: mse, max: 1}}")
    assert run(["compare", "d.csv", "-l", "o.yaml", "-p", "pred"]) == 0
    assert capsys.readouterr().err == ""


def test_yaml_by_another_suffix_and_case(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("O.YML").write_text("terms: {a: {loss: mse}}")
    assert document(capsys, "compute", "O.YML", "d.csv")["total"]["value"] == 2.5


def test_table(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(o="terms: {a: {loss: mse, max: 3}, rest: {loss: p.yaml, weight: 2}}", p="terms: {b: {loss: mae}, c: {loss: huber, weight: 0}}")
    assert run(["compute", "o.yaml", "d.csv"]) == 0
    assert capsys.readouterr().out.splitlines()[:6] == [
        "term   loss    value  weight  contribution    share  gate",
        "a      mse       2.5       1           2.5  45.45 %  passed",
        "rest   p.yaml    1.5       2             3  54.55 %",
        "  b    mae       1.5       1           1.5    100 %",
        "  c    huber       1       0             0      0 %",
        "total  sum                             5.5    100 %",
    ]


CARDS = {
    "terms: {a: {loss: mse}, b: {loss: mae, weight: 2}}": "a + 2 · b",
    "terms: {a: {loss: mse, weight: -0.5}, b: {loss: mae, weight: -1}}": "−0.5 · a − b",
    "total: mean\nterms: {a: {loss: mse}, b: {loss: mae, weight: 2}}": "(a + 2 · b) / 3",
    "total: none\nterms: {a: {loss: mse}, b: {loss: mae}}": "2 checks, no total",
}


@pytest.mark.parametrize(("text", "formula"), CARDS.items(), ids=CARDS.values())
def test_card(here: Path, capsys: pytest.CaptureFixture[str], text: str, formula: str) -> None:
    write(o=text)
    for more in ([], ["--color", "always"], ["-f", "markdown"]):
        assert run(["list", "o.yaml", *more]) == 0
        assert formula in capsys.readouterr().out


# --- the samples, by NumPy -------------------------------------------------------------------------------------------------


def _log_softmax(x: Any) -> Any:
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _detection() -> float:
    d = {k: np.array(v) for k, v in json.loads((SAMPLES / "detection.json").read_text()).items()}
    e = np.abs(d["bbox_pred"] - d["bbox_target"])
    picked = _log_softmax(d["class_logits"])[np.arange(len(e)), d["class_target"]]
    return float(-picked.mean() + 2 * np.where(e < 1, e**2 / 2, e - 0.5).mean())


def _semi_supervised() -> float:
    table = np.loadtxt(SAMPLES / "digits.csv", delimiter=",", skiprows=1)
    logits, target = table[:, 1:], table[:, 0].astype(int)
    with np.load(SAMPLES / "digits.npz") as arrays:
        one, other = (_log_softmax(arrays[n].astype(float)) for n in ("logistic", "mlp"))
    unlabelled = ((np.exp(one) - np.exp(other)) ** 2).mean() - (np.exp(other) * other).sum(-1).mean()
    return float(-_log_softmax(logits)[np.arange(len(target)), target].mean() + 0.1 * unlabelled)


def _vae() -> float:
    with np.load(SAMPLES / "vae.npz") as arrays:
        p, t, mu, v = (arrays[n].astype(float) for n in ("pred", "target", "mu", "logvar"))
    pixels = -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum(-1).mean()
    return float(pixels + 4 * 0.5 * (mu**2 + np.exp(v) - 1 - v).sum(-1).mean())


@pytest.mark.parametrize(("name", "by_numpy"), [("detection", _detection), ("semi_supervised", _semi_supervised), ("vae", _vae)])
def test_sample(name: str, by_numpy: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert math.isclose(document(capsys, "compute", str(SAMPLES / f"{name}.yaml"))["total"]["value"], by_numpy(), rel_tol=1e-12)


def test_sample_of_a_blend(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "compute", str(SAMPLES / "half_mse_half_mae.yaml"), str(SAMPLES / "diabetes.csv"), "-p", "gbm")
    rows = list(csv.DictReader(StringIO((SAMPLES / "diabetes.csv").read_text())))
    e = np.array([float(r["gbm"]) - float(r["y_true"]) for r in rows])
    assert math.isclose(found["total"]["value"], (e**2).mean() / 2 + np.abs(e).mean() / 2, rel_tol=1e-12)


def test_sample_of_checks(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "compute", str(SAMPLES / "checks.yaml"))
    assert [t["gate"]["passed"] for t in found["terms"]] == [True] * 3
    assert found["total"] == {"kind": "none"}


def test_an_objective_is_what_yaml_says() -> None:
    """The files in sample_inputs are YAML that any reader reads alike."""
    for file in ("detection", "semi_supervised", "unlabelled", "vae", "half_mse_half_mae", "checks"):
        assert "terms" in yaml.safe_load((SAMPLES / f"{file}.yaml").read_text(encoding="utf-8"))
