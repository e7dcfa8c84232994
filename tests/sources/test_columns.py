"""The order of columns is that of the file; numbers in names are numbers; the columns in a result can be used again as a SOURCE."""

from __future__ import annotations

import io
import itertools
import json
import math
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
import yaml

import losscli
from losscli.catalogue.lookup import load_all
from losscli.data.column_names import in_number_order
from losscli.domains import LabelIn
from losscli.registry import LOSSES, OURS, Loss
from losscli.sources.roles import SYNONYMS
from tests.support.command import cli, npy, npz

INPUT, USAGE = 3, 2
Files = dict[str, str | bytes]
by_any_reader = pytest.mark.usefixtures("reader")


def value(*argv: str, files: Files | None = None) -> float:
    got = cli([*argv, "-f", "value"], files)
    assert got.code == 0, got.err
    return float(got.out)


def document(*argv: str, files: Files | None = None) -> Any:
    got = cli([*argv, "-f", "json"], files)
    assert got.code == 0, got.err
    return json.loads(got.out)


# --- the law: every way to name the columns, every order, every format ---------------------------------------------------------

Columns = Mapping[str, Sequence[Any]]


def delimited(columns: Columns, divider: str = ",") -> str:
    return "\n".join(divider.join(map(str, row)) for row in (list(columns), *zip(*columns.values(), strict=True))) + "\n"


def records(columns: Columns) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def frame(columns: Columns, write: Callable[[polars.DataFrame, Any], Any]) -> bytes:
    out = io.BytesIO()
    write(polars.DataFrame(dict(columns)), out)
    return out.getvalue()


def structured(columns: Columns) -> bytes:
    kinds = [(n, "U16" if isinstance(c[0], str) else "f8") for n, c in columns.items()]
    return npy(np.array(list(zip(*columns.values(), strict=True)), kinds))


def parts(columns: Columns) -> Files:
    """Two files, the columns of the second in another order."""
    second = {n: c[2:] for n, c in reversed(list(columns.items()))}
    return {"p1.csv": delimited({n: c[:2] for n, c in columns.items()}), "p2.csv": delimited(second)}


FORMATS: dict[str, tuple[str, Callable[[Columns], Files]]] = {
    "csv": ("d.csv", lambda c: {"d.csv": delimited(c)}),
    "tsv": ("d.tsv", lambda c: {"d.tsv": delimited(c, "\t")}),
    "json": ("d.json", lambda c: {"d.json": json.dumps(dict(c))}),
    "json records": ("d.json", lambda c: {"d.json": json.dumps(records(c))}),
    "json split": ("d.json", lambda c: {"d.json": json.dumps({"columns": list(c), "data": list(zip(*c.values(), strict=True))})}),
    "json by index": ("d.json", lambda c: {"d.json": json.dumps({n: dict(enumerate(x)) for n, x in c.items()})}),
    "jsonl": ("d.jsonl", lambda c: {"d.jsonl": "".join(json.dumps(r) + "\n" for r in records(c))}),
    "yaml": ("d.yaml", lambda c: {"d.yaml": yaml.safe_dump(dict(c), sort_keys=False)}),
    "npz": ("d.npz", lambda c: {"d.npz": npz(**{n: np.array(x) for n, x in c.items()})}),
    "npy": ("d.npy", lambda c: {"d.npy": structured(c)}),
    "parquet": ("d.parquet", lambda c: {"d.parquet": frame(c, polars.DataFrame.write_parquet)}),
    "arrow": ("d.arrow", lambda c: {"d.arrow": frame(c, polars.DataFrame.write_ipc)}),
    "glob": ("p?.csv", parts),
}
WORDS = ("not_sure", "b", "a10", "a9")  # neither sorted by letters nor by numbers
NUMBERS = ("10", "2", "0.25", "1")
SCORES = [[0.5, 0.125, 0.25, 0.125], [0.0625, 0.5, 0.1875, 0.25], [0.25, 0.25, 0.375, 0.125]]  # rows of probabilities
LABELS = [3, 1, 0]


def table(order: Sequence[int], suffixes: Sequence[str], labels: Sequence[Any]) -> dict[str, list[Any]]:
    """The columns of the scores in an order, and the labels between them."""
    columns: dict[str, list[Any]] = {f"prob_{suffixes[k]}": [row[k] for row in SCORES] for k in order[:2]}
    columns["label"] = list(labels)
    return columns | {f"prob_{suffixes[k]}": [row[k] for row in SCORES] for k in order[2:]}


def by_hand(order: Sequence[int], labels: Sequence[int]) -> float:
    """The mean of −log p of the class, where the labels are places in the order."""
    return -sum(math.log(row[order[k]]) for row, k in zip(SCORES, labels, strict=True)) / len(SCORES)


def ways(names: Sequence[str]) -> dict[str, tuple[list[str], list[str]]]:
    """Arguments, and the columns they mean; a range as the columns stand, or by their numbers."""
    inside = [n for n in names if n != "label"]
    return {
        "none": ([], inside),
        "pattern": (["-p", "prob_*"], inside),
        "positions": (["-p", "::" + ",".join(str(k) for k, n in enumerate(names) if n != "label")], inside),
        "list": (["-p", ",".join(reversed(inside))], inside[::-1]),
        "list of patterns": (["-p", f"{inside[-1]},prob_[!{inside[-1][5]}]*"], [inside[-1], *(n for n in inside if n[5] != inside[-1][5])]),
        "range": (["-p", f"{inside[2]}:{inside[3]}"], inside[2:]),
    }


@pytest.mark.parametrize("way", ["none", "pattern", "positions", "list"])
@pytest.mark.parametrize(("name", "write"), FORMATS.values(), ids=FORMATS)
def test_words_in_any_order(name: str, write: Callable[[Columns], Files], way: str) -> None:
    if (name, way) == ("d.json", "positions") and '"0"' in str(write({"x": [1, 2]})):
        pytest.skip("the keys of the rows are numbers, and come before positions")
    for order in ((0, 1, 2, 3), (2, 0, 3, 1), (3, 2, 1, 0)):
        words = table(order, WORDS, [WORDS[k] for k in LABELS])
        argv, taken = ways(list(words))[way]
        data = table(order, WORDS, LABELS)
        places = [WORDS.index(n[5:]) for n in taken]
        assert value("compute", "logloss", name, *argv, "-t", "label", files=write(words)) == pytest.approx(by_hand(range(4), LABELS))
        assert value("compute", "logloss", name, *argv, "-t", "label", files=write(data)) == pytest.approx(by_hand(places, LABELS))


@by_any_reader
@pytest.mark.parametrize("way", ["none", "pattern", "positions", "list", "list of patterns"])
def test_words_by_any_reader(way: str) -> None:
    for order in itertools.permutations(range(4)):
        words = table(order, WORDS, [WORDS[k] for k in LABELS])
        argv, taken = ways(list(words))[way]
        if way == "list of patterns" and len(taken) < 4:
            continue
        found = document("compute", "logloss", "d.csv", *argv, "-t", "label", files={"d.csv": delimited(words)})
        assert found["value"] == pytest.approx(by_hand(range(4), LABELS))
        assert found["bindings"]["pred"] == "d.csv::" + ",".join(taken)


@pytest.mark.parametrize("way", ["none", "pattern", "range"])
@pytest.mark.parametrize(("name", "write"), FORMATS.values(), ids=FORMATS)
def test_numbers_are_in_the_order_of_the_numbers(name: str, write: Callable[[Columns], Files], way: str) -> None:
    """0.25 is a number; a label is the number of its column."""
    for order in ((0, 1, 2, 3), (3, 1, 0, 2)):
        data = table(order, NUMBERS, [float(NUMBERS[k]) for k in LABELS])
        argv = {"none": [], "pattern": ["-p", "prob_*"], "range": ["-p", "prob_0.25:prob_10"]}[way]
        found = document("compute", "logloss", name, *argv, "-t", "label", files=write(data))
        assert found["value"] == pytest.approx(by_hand(range(4), LABELS))
        assert found["bindings"]["pred"] == f"{name}::prob_0.25,prob_1,prob_2,prob_10"


def over_classes() -> list[Loss]:
    """The losses of a vector of classes and a label, with no role beside them."""
    load_all()
    found = []
    for known in LOSSES.values():
        roles = list(known.roles.values())
        label = known.labels
        if label is None or not isinstance(label.domain, LabelIn) or label.domain.over != roles[0].name or not roles[0].domain.classes:
            continue
        if all(r.optional for r in roles if r not in (roles[0], label)) and known.kind != "batch":
            found.append(known)
    assert len(found) > 20
    return found


@pytest.mark.parametrize("known", over_classes(), ids=lambda known: known.name)
def test_every_loss_over_classes(known: Loss) -> None:
    """With words, with places, with weights of the classes: what the matrix read by hand gives."""
    first, label = known.first, known.labels.name if known.labels else ""
    order = (2, 0, 3, 1)
    matrix = np.array([[row[k] for k in order] for row in SCORES])
    if known.name == "nll":
        matrix = np.log(matrix)
    options: dict[str, Any] = {} if not known.weight_option else {known.weight_option: [1.0, 2.0, 0.5, 4.0]}
    given = [f"--{n.replace('_', '-')}={','.join(map(str, v))}" for n, v in options.items()]
    places = [order.index(k) for k in LABELS]
    expected = losscli.compute(known.name, **{first: matrix, label: np.array(places)}, **options, reduction=_reduction(known)).value
    columns = {f"prob_{WORDS[k]}": matrix[:, i].tolist() for i, k in enumerate(order)}
    for labels in ([WORDS[k] for k in LABELS], places):
        files: Files = {"d.json": json.dumps(columns | {"t": labels})}
        roles = [f"--{first.replace('_', '-')}", "prob_*", f"--{label.replace('_', '-')}", "t"]
        got = cli(["compute", known.name, "d.json", *roles, *given, "-r", _reduction(known), "-f", "value"], files)
        assert got.code == 0, got.err
        assert float(got.out) == expected or (math.isnan(expected) and got.out == "nan\n")
        assert ("W113" in got.err) == (labels is places)


def _reduction(known: Loss) -> str:
    return "mean" if (OURS.reduction or known.reduction) == "none" else known.reduction


NAMES: dict[str, tuple[list[str], list[str]]] = {  # as in the file, and in the order in which a pattern takes them
    "words": (["b", "c", "a"], ["b", "c", "a"]),
    "numbers": (["x_10", "x_2", "x_1"], ["x_1", "x_2", "x_10"]),
    "decimals": (["q0.5", "q0.25", "q0.1"], ["q0.1", "q0.25", "q0.5"]),
    "exponents": (["d_1e-2", "d_1e-3", "d_0.5"], ["d_1e-3", "d_1e-2", "d_0.5"]),
    "signs": (["x_1", "x_0", "x_-1"], ["x_-1", "x_0", "x_1"]),
    "a dash that divides": (["x-3", "x-1", "x-2"], ["x-1", "x-2", "x-3"]),
    "a number within": (["p10_hat", "p2_hat"], ["p2_hat", "p10_hat"]),
    "numbers alone": (["10", "9"], ["9", "10"]),
    "one that is no number": (["x_2", "x_1", "x_b"], ["x_2", "x_1", "x_b"]),
    "two stems": (["x_2", "y_1"], ["x_2", "y_1"]),
    "two numbers": (["x_2_1", "x_1_2"], ["x_2_1", "x_1_2"]),
    "one number in two spellings": (["x_2", "x_1", "x_01"], ["x_2", "x_1", "x_01"]),
    "a point that may be one of decimals": (["q.5", "q.25", "q.1"], ["q.5", "q.25", "q.1"]),
    "a point that divides": (["p.10", "p.2", "p.1"], ["p.1", "p.2", "p.10"]),
    "versions": (["v1.2.10", "v1.2.9"], ["v1.2.9", "v1.2.10"]),
}


@pytest.mark.parametrize(("names", "taken"), NAMES.values(), ids=NAMES)
def test_ordered(names: list[str], taken: list[str]) -> None:
    assert list(in_number_order(names)) == taken


RANGES: dict[str, tuple[str, str, str]] = {
    "decimals between": ("q0.9,q0.25,q0.1,q0.5", "q0.1:q0.9", "q0.1,q0.25,q0.5,q0.9"),
    "backwards": ("q0.9,q0.25,q0.1,q0.5", "q0.9:q0.25", "q0.9,q0.5,q0.25"),
    "words as they stand": ("c_b,c_c,c_a", "c_b:c_a", "c_b,c_c,c_a"),
    "words backwards": ("c_b,c_c,c_a", "c_a:c_b", "c_a,c_c,c_b"),
    "a word and a number": ("c_1,c_c,c_0", "c_1:c_c", "c_1,c_c"),
}


@pytest.mark.parametrize(("header", "selector", "taken"), RANGES.values(), ids=RANGES)
def test_ranges(header: str, selector: str, taken: str) -> None:
    n = header.count(",") + 1
    files: Files = {"d.csv": f"{header}\n" + ",".join(["1"] * n) + "\n"}
    got = document("compute", "mse", "d.csv", "-p", selector, "-t", f"[[{','.join(['1'] * (taken.count(',') + 1))}]]", files=files)
    assert got["bindings"]["pred"] == f"d.csv::{taken}"


# --- listed whole, shown short, pasted back ------------------------------------------------------------------------------------

ODD: dict[str, tuple[str, str]] = {  # a header and a SOURCE
    "words": ("p_c,p_a,p_b", "p_*"),
    "commas": ('"p_a,b",p_c,p_a,b', "p_*"),
    "the name of a list": ('p_a,p_b,"p_a,p_b"', "p_?"),
    "twice": ("p,p,q", "::1,2"),
    "positions that are names": ("1,0,7", "::?"),
    "many": (",".join(f"p_{k}" for k in range(40)), "p_*"),
    "many words": (",".join(f"p_{k * 7919 % 41}x" for k in range(40)), "p_*"),
    "many in a list": (",".join(f"p_{k}" for k in range(40)), ",".join(f"p_{k * 7 % 40}" for k in range(40))),
}


@pytest.mark.parametrize(("header", "source"), ODD.values(), ids=ODD)
def test_the_source_in_a_result_can_be_used_again(header: str, source: str) -> None:
    """And what the table shows means the same columns, or none."""
    import csv

    names = next(csv.reader([header]))
    files: Files = {"d.csv": f"{header}\n" + ",".join(str(2 ** (k % 10) + k / 64) for k in range(len(names))) + "\n"}

    def taken(pred: str) -> tuple[Any, str]:
        argv = ["compute", "crps_ensemble", "d.csv", "-p", pred, "-t", "0", "--header", "--grad", "pred"]
        found = document(*argv, files=files)
        return found["gradient"], found["bindings"]["pred"]

    gradient, whole = taken(source)
    assert taken(whole) == (gradient, whole)
    out = cli(["compute", "mse", "d.csv", "-p", source, "-t", source, "--header"], files).out
    shown = out[out.index("pred = ") + 7 : out.index(", target = ")]
    assert len(shown) <= 80
    if "…" in shown:
        assert cli(["compute", "crps_ensemble", "d.csv", "-p", shown, "-t", "0", "--header"], files).code == INPUT
    else:
        assert taken(shown) == (gradient, whole)


def test_listed_in_comparisons_and_objectives() -> None:
    files: Files = {
        "d.csv": delimited(table((2, 0, 3, 1), WORDS, [WORDS[k] for k in LABELS])),
        "o.yaml": "terms: {a: {loss: logloss, pred: 'prob_*', target: label}}",
    }
    whole = "d.csv::prob_a10,prob_not_sure,prob_a9,prob_b"
    found = document("compare", "d.csv", "-l", "logloss", "-p", "prob_*", "-t", "label", files=files)
    assert found["predictions"] == {"prob_*": whole}
    assert document("compute", "o.yaml", "d.csv", files=files)["terms"][0]["bindings"]["pred"] == whole
    assert losscli.compute("mse", pred=[1], target=[2]).to_dict()["bindings"] == {"pred": "array", "target": "array"}


# --- labels --------------------------------------------------------------------------------------------------------------------

MNLI = "logit_entailment,logit_neutral,logit_contradiction,label\n4,0,0,0\n0,4,0,1\n0,0,4,2\n"
RIGHT = math.log(1 + 2 * math.exp(-4))


@by_any_reader
@pytest.mark.parametrize("argv", [[], ["-p", "logit_*"], ["-p", "logit_entailment:logit_contradiction"]])
def test_numbers_beside_words_show_the_mapping(argv: list[str]) -> None:
    got = cli(["compute", "cross_entropy", "d.csv", *argv, "-f", "value"], {"d.csv": MNLI})
    assert float(got.out) == pytest.approx(RIGHT)
    assert "W113" in got.err and "0 is logit_entailment, 1 is logit_neutral, 2 is logit_contradiction" in got.err
    assert cli(["compute", "cross_entropy", "d.csv", *argv, "--strict"], {"d.csv": MNLI}).code == INPUT
    assert "W113" in cli(["compare", "d.csv", "-l", "cross_entropy", "-p", "logit_*", "-t", "label"], {"d.csv": MNLI}).err


LABELLED: dict[str, tuple[list[str], str, float]] = {  # arguments, labels, right value
    "classes as the columns": (["--classes", "entailment,neutral,contradiction"], "0,1,2", RIGHT),
    "classes in another order number the labels": (["--classes", "contradiction,neutral,entailment"], "2,1,0", RIGHT),
    "words beside classes in another order": (["--classes", "contradiction,neutral,entailment"], "entailment,neutral,contradiction", RIGHT),
    "from 1": (["--classes", "1,2,3"], "1,2,3", RIGHT),
    "whole names": ([], "logit_entailment,logit_neutral,logit_contradiction", RIGHT),
    "classes by whole names": (["--classes", "logit_contradiction,logit_neutral,logit_entailment"], "2,1,0", RIGHT),
}


@by_any_reader
@pytest.mark.parametrize(("argv", "labels", "right"), LABELLED.values(), ids=LABELLED)
def test_labels(argv: list[str], labels: str, right: float) -> None:
    text = "\n".join([MNLI.splitlines()[0], *(f"{row},{x}" for row, x in zip(("4,0,0", "0,4,0", "0,0,4"), labels.split(","), strict=True))])
    got = cli(["compute", "cross_entropy", "d.csv", *argv, "-f", "value"], {"d.csv": text + "\n"})
    assert float(got.out) == pytest.approx(right) and got.err == ""


WHOLE: dict[str, tuple[str, str]] = {  # names of columns, labels
    "Class_1": ("Class_1,Class_2,Class_3", "Class_1,Class_3"),
    "very_good": ("very_good,very_bad,very_ugly", "very_good,very_ugly"),
    "good of very_good": ("very_good,very_bad,very_ugly", "good,ugly"),
    "a word with its divider": ("class_very_bad,class_ok,class_good", "very_bad,good"),
    "the same, not first": ("class_ok,class_very_bad,class_good", "ok,good"),
    "points": ("Class.A,Class.B,Class.C", "A,Class.C"),
}


@pytest.mark.parametrize(("names", "labels"), WHOLE.values(), ids=WHOLE)
def test_a_label_is_the_end_of_a_name_or_the_whole(names: str, labels: str) -> None:
    """TabularPlayGroundMay2021: the label Class_1 of the column Class_1."""
    first, last = labels.split(",")
    text = f"{names},target\n.2,.5,.3,{first}\n.6,.1,.3,{last}\n"
    assert value("compute", "logloss", "d.csv", "-p", names, "-t", "target", files={"d.csv": text}) == pytest.approx(
        -(math.log(0.2) + math.log(0.3)) / 2
    )


def test_an_ignored_label_that_is_the_place_of_a_class() -> None:
    """0 marks nothing, and the classes count from 1: pytorch-semseg#67."""
    rows, kept = "[[1,2,0],[1,2,3],[1,2,1]]", [math.log(math.e + math.e**2 + math.e**3) - 1, math.log(2 * math.e + math.e**2) - 1]
    found = document("compute", "cross_entropy", "-p", rows, "-t", "0,1,3", "--classes", "1,2,3", "--ignore-index", "0")
    assert found["value"] == pytest.approx(sum(kept) / 2)
    assert (found["params"]["ignore_index"], found["rows"]["ignored"]) == (0, 1)
    second = value("compute", "cross_entropy", "-p", rows, "-t", "2,1,3", "--classes", "1,2,3", "--ignore-index", "2")
    assert second == pytest.approx(sum(kept) / 2)


ROWS = "[[0.1,0.2,0.3,0.4],[0.1,0.2,0.3,0.4],[0.1,0.2,0.3,0.4],[0.1,0.2,0.3,0.4]]"
OUTSIDE: dict[str, tuple[list[str], str, list[str]]] = {  # loss, labels, what is said
    "255": (["cross_entropy"], "0,1,2,255", ["if 255 means no class, use --ignore-index 255"]),
    "-1": (["cross_entropy"], "0,1,2,-1", ["if -1 means no class, use --ignore-index -1"]),
    "keras' word": (["keras.losses.SparseCategoricalCrossentropy"], "0,1,2,255", ["use --ignore-class 255"]),
    "from 1": (["logloss"], "1,2,3,4", ["if the labels count from 1, use --classes 1,2,3,4"]),
    "from 1, and 255": (["cross_entropy"], "1,2,4,255", ["use --classes 1,2,3,4", "use --ignore-index 255"]),
    "0 is ignored": (["cross_entropy"], "0,1,2,4", ["use --ignore-index 0 --classes 1,2,3,4"]),
}


@pytest.mark.parametrize(("loss", "labels", "said"), OUTSIDE.values(), ids=OUTSIDE)
def test_labels_outside(loss: list[str], labels: str, said: list[str]) -> None:
    got = cli(["compute", *loss, "-p", ROWS, "-t", labels])
    assert got.code == INPUT and "class indices go from 0 to 3" in got.err and "-100" not in got.err
    for part in said:
        assert part in got.err
        if "--" in part:
            flags = part[part.index("--") :].split()
            for other in said:
                flags += [] if other == part else other[other.index("--") :].split()
            assert cli(["compute", *loss, "-p", ROWS, "-t", labels, *flags]).code == 0


NO_CLASS: dict[str, tuple[str, str, list[str]]] = {  # names of columns, labels, what is said
    "numbers and 255": ("p_1,p_2,p_3", "1,255", ["if 255 means no class, use --ignore-index 255"]),
    "numbers and 0": ("p_1,p_2,p_3", "1,0", ["use --classes 0,1,2", "use --ignore-index 0"]),
    "words and one too many": ("p_a,p_b,p_c", "1,3", ["use --classes 1,2,3"]),
    "words and -1": ("p_a,p_b,p_c", "1,-1", ["use --ignore-index -1"]),
}


@pytest.mark.parametrize(("names", "labels", "said"), NO_CLASS.values(), ids=NO_CLASS)
def test_labels_that_name_no_column(names: str, labels: str, said: list[str]) -> None:
    first, last = labels.split(",")
    files: Files = {"d.csv": f"{names},t\n0,1,2,{first}\n0,1,2,{last}\n"}
    argv = ["compute", "cross_entropy", "d.csv", "-p", names, "-t", "t"]
    got = cli(argv, files)
    assert got.code == INPUT
    for part in said:
        assert part in got.err and cli([*argv, *part[part.index("--") :].split()], files).code == 0


FROM_ONE: dict[str, tuple[list[str], bool]] = {
    "all but the last": (["-t", "1,2,3,1"], True),
    "with a 0": (["-t", "1,2,0,1"], False),
    "one class": (["-t", "1,1,1,1"], False),
    "few": (["-t", "1,2,2,1"], False),
    "0 is ignored": (["-t", "1,2,3,1", "--ignore-index", "0"], False),
    "said": (["-t", "1,2,3,1", "--classes", "1,2,3,4"], False),
}


@pytest.mark.parametrize(("argv", "warned"), FROM_ONE.values(), ids=FROM_ONE)
def test_labels_that_may_count_from_1(argv: list[str], warned: bool) -> None:
    got = cli(["compute", "nll", "-p", ROWS.replace("0.", "-0."), *argv])
    assert got.code == 0 and ("if the labels count from 1" in got.err) == warned


def test_labels_from_1_beyond_a_block() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(1, 5, 300_000)
    for first, codes in ((labels[0], ["W113"]), (0, [])):
        labels[-1] = first
        found = losscli.compute("cross_entropy", pred=rng.normal(size=(300_000, 6)), target=labels)
        assert [w.code for w in found.warnings if w.code != "W144"] == codes  # no label is of class 5


def test_columns_in_different_orders_are_not_paired_in_silence() -> None:
    text = "logit_cat,logit_dog,dog,cat\n1,-1,0,1\n"
    got = cli(["compute", "bce_with_logits", "d.csv", "-p", "logit_*", "-t", "dog,cat"], {"d.csv": text})
    assert "W113" in got.err and "logit_cat with dog" in got.err
    assert cli(["compute", "bce_with_logits", "d.csv", "-p", "logit_*", "-t", "cat,dog"], {"d.csv": text}).err == ""


def test_class_weights_have_the_order_of_the_columns() -> None:
    """−log p of cat and dog are 1 and 3 (times their weights 1 and 3), as the columns stand."""
    text = "logp_cat,logp_dog,target\n-1,-9,cat\n-9,-3,dog\n"
    argv = ["compute", "nll", "d.csv", "-p", "logp_*", "--class-weight", "1,3", "-f", "value"]
    assert value(*argv[:-2], files={"d.csv": text}) == pytest.approx((1 + 9) / 4)
    got = cli([*argv, "--classes", "dog,cat"], {"d.csv": text})
    assert float(got.out) == pytest.approx((1 + 9) / 4)
    assert "W113" in got.err and "class_weight" not in got.err and "class-weight follows the order of the columns (cat, dog)" in got.err


def test_places_of_a_file_without_a_header_name_no_classes() -> None:
    text = "1,-9,-2,-9\n0,-3,-9,-9\n"
    argv = ["compute", "nll", "d.csv", "--no-header", "-p", "::1,2,3", "-t", "::0"]
    assert value(*argv, files={"d.csv": text}) == 2.5


# --- levels in names -----------------------------------------------------------------------------------------------------------

WIDE = "q0.1,q0.25,q0.5,q0.75,q0.9,y\n1,2,3,4,5,5\n2,3,4,5,9,6\n"
THREE = "q0.1,q0.5,q0.9,y\n8,10,12,11\n18,20,25,19\n"
LEVELS: dict[str, tuple[str, list[str], float]] = {
    "scoringutils: a pattern": (WIDE, ["-p", "q*", "--quantiles", "0.1,0.25,0.5,0.75,0.9"], 0.221818182),
    "a range": (WIDE, ["-p", "q0.1:q0.9", "--quantiles", "0.1,0.25,0.5,0.75,0.9"], 0.221818182),
    "not given": (WIDE, ["-p", "q*"], 0.221818182),
    "gluonts#516": (THREE, ["-p", "q0.1:q0.9"], 0.0466666667),
    "in another order": (THREE, ["-p", "q0.9,q0.1,q0.5"], 0.0466666667),
    "a point": (THREE.replace("q0.", "q."), ["-p", "q*"], 0.0466666667),
    "per cent": (THREE.replace("q0.", "p").replace("p1", "p10").replace("p5", "p50").replace("p9", "p90"), ["-p", "p*"], 0.0466666667),
    "places are none": (THREE.replace("q0.1,q0.5,q0.9", "q1,q2,q3"), ["-p", "q*"], 0.0833333333),
}


@by_any_reader
@pytest.mark.parametrize(("text", "argv", "right"), LEVELS.values(), ids=LEVELS)
def test_levels(text: str, argv: list[str], right: float) -> None:
    assert value("compute", "weighted_quantile", "d.csv", "-t", "y", *argv, files={"d.csv": text}) == pytest.approx(right)


def test_a_note_lists_the_levels() -> None:
    argv = ["weighted_quantile", "-p", "q*", "-t", "y"]
    found = document("compute", argv[0], "d.csv", *argv[1:], files={"d.csv": THREE})
    assert found["params"]["quantiles"] == [0.1, 0.5, 0.9] and "quantiles=0.1:0.5:0.9" in found["signature"]
    assert any("0.1, 0.5, 0.9" in note and "names of the columns" in note for note in found["notes"])
    both = document("compare", "d.csv", "-l", argv[0], *argv[1:], files={"d.csv": THREE})
    assert both["results"][0]["params"]["quantiles"] == [0.1, 0.5, 0.9] and both["notes"] == found["notes"]


# names of three columns, the levels that they say (0.25, 0.5, 0.75 where they say none), and whether that is a warning
SAID: dict[str, tuple[str, list[float], bool]] = {
    "percentiles": ("p5,p50,p95", [0.05, 0.5, 0.95], False),
    "per cent, written so": ("5%,50%,95%", [0.05, 0.5, 0.95], False),
    "Nixtla's": ("AutoETS-q-10,AutoETS-q-50,AutoETS-q-90", [0.1, 0.5, 0.9], False),
    "numbers that may be per cent": ("x10,x50,x90", [0.1, 0.5, 0.9], True),
    "numbers that may be tenths": ("q2,q5,q9", [0.02, 0.05, 0.09], True),
    "thousandths": ("q_0100,q_0500,q_0900", [0.25, 0.5, 0.75], True),
    "places": ("q1,q2,q3", [0.25, 0.5, 0.75], False),
    "words": ("low,mid,high", [0.25, 0.5, 0.75], False),
}


@pytest.mark.parametrize(("names", "levels", "warned"), SAID.values(), ids=SAID)
def test_levels_are_read_from_the_names_of_columns(names: str, levels: list[float], warned: bool) -> None:
    files: Files = {"d.csv": THREE.replace("q0.1,q0.5,q0.9", names)}
    found = document("compute", "wql", "d.csv", "-p", f"d.csv::{names}", "-t", "y", files=files)
    assert found["params"]["quantiles"] == levels and f"quantiles={':'.join(map(str, levels))}" in found["signature"]
    assert any(str(levels)[1:-1] in note for note in found["notes"])
    assert [w["code"] for w in found["warnings"]] == ["W114"] * warned


LEVELS_THAT_DISAGREE: dict[str, tuple[list[str], int, str]] = {
    "another order": (["wql", "-p", "q*", "--quantiles", "0.9,0.5,0.1"], USAGE, "not in the order of the columns q0.1, q0.5, q0.9"),
    "other levels": (["wql", "-p", "q*", "--quantiles", "0.05,0.5,0.95"], 0, "W114"),
    "one level": (["quantile", "-p", "q0.9"], 0, "W114 tau 0.5"),
    "a framework's word": (["sklearn.metrics.mean_pinball_loss", "-p", "q0.9"], 0, "W114 alpha 0.5"),
    "two ends": (["interval_score", "--lower", "q0.1", "--upper", "q0.9"], 0, "W114 alpha 0.05"),
    "the ends of an interval": (["interval_score", "--lower", "lo-80", "--upper", "hi-80"], 0, "W114 alpha 0.05 is not what"),
    "the ends of an interval, as a share": (["interval_score", "--lower", "lo0.8", "--upper", "hi0.8", "--alpha", "0.2"], 0, ""),
    "the ends of an interval that agree": (["interval_score", "--lower", "lo-80", "--upper", "hi-80", "--alpha", "0.2"], 0, ""),
    "two ends that agree": (["interval_score", "--lower", "q0.1", "--upper", "q0.9", "--alpha", "0.2"], 0, ""),
    "the level": (["quantile", "-p", "q0.9", "--tau", "0.9"], 0, ""),
    "the levels": (["wql", "-p", "q*", "--quantiles", "0.1,0.5,0.9"], 0, ""),
}


@pytest.mark.parametrize(("argv", "code", "said"), LEVELS_THAT_DISAGREE.values(), ids=LEVELS_THAT_DISAGREE)
def test_levels_that_disagree_with_the_names(argv: list[str], code: int, said: str) -> None:
    ends = [x for x in argv if x[:2] in ("lo", "hi")] or ["q0.1", "q0.9"]
    got = cli(["compute", argv[0], "d.csv", *argv[1:], "-t", "y"], {"d.csv": THREE.replace("q0.1", ends[0]).replace("q0.9", ends[1])})
    assert got.code == code and (said in got.err if said else got.err == "")


# --- roles by name -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["pred", "target"])
def test_synonyms(role: str) -> None:
    asked = "forecast fit fitted preds y_proba" if role == "pred" else "obs observed gt ground_truth label_ids y_test true"
    assert set(asked.split()) <= set(SYNONYMS[role])
    assert all(name in (Path(losscli.__file__).parent / "docs" / "sources.md").read_text(encoding="utf-8") for name in SYNONYMS[role])
    other = {"pred": "target", "target": "pred"}[role]
    for name in asked.split():
        assert value("compute", "mse", "d.csv", "--header", files={"d.csv": f"{name},{other}\n1,3\n"}) == 4
        got = cli(["compute", "mse", "d.csv", "--header"], {"d.csv": f"{name},{SYNONYMS[role][0]},{other}\n1,2,3\n"})
        assert got.code == INPUT and name in got.err and SYNONYMS[role][0] in got.err


def test_parameters_of_a_distribution_have_synonyms() -> None:
    columns = {"d.csv": "mu,sigma,y\n1,1,0\n", "p.csv": "pred,mu,sigma,y\n1,5,1,0\n"}
    normal = value("compute", "crps_normal", "-p", "1", "--sigma", "1", "-t", "0")
    for file in columns:  # a column that is called a prediction comes first
        assert value("compute", "crps", file, "--dist", "normal", files=columns) == normal
    logistic = value("compute", "crps_logistic", "--location", "1", "--scale", "1", "-t", "0")
    assert value("compute", "crps", "d.csv", "--dist", "logistic", files=columns) == logistic


# --- many columns --------------------------------------------------------------------------------------------------------------

MANY = 20_000


def many(suffix: str) -> tuple[str, str | bytes]:
    columns: dict[str, list[Any]] = {f"logit_{k}": [0.5, 0.25] for k in range(MANY // (4 if suffix == "npz" else 1))} | {"label": [3, 4]}
    name, write = FORMATS[suffix]
    return name, write(columns)[name]


@pytest.mark.parametrize("suffix", ["csv", "json", "json records", "jsonl", "npz", "parquet"])
@pytest.mark.slow
def test_many_columns_take_time_in_proportion(suffix: str, tmp_path: Path) -> None:
    """A second or so each; with a look through all names for each, minutes."""
    name, content = many(suffix)
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert _seconds(tmp_path, "compute", "cross_entropy", name, "-p", "logit_*", "-t", "label", "-f", "value") < 20


@pytest.mark.slow
def test_no_column_among_very_many(tmp_path: Path) -> None:
    header = ",".join(f"a_b_c{k}" for k in range(200_000))
    (tmp_path / "d.csv").write_text(header + "\n" + ",".join(["1"] * 200_000) + "\n")
    assert _seconds(tmp_path, "compute", "cross_entropy", "d.csv", code=INPUT) < 20
    assert _seconds(tmp_path, "compute", "cross_entropy", "d.csv", "-p", "a_b_d", "-t", "1", code=INPUT) < 20


def _seconds(folder: Path, *argv: str, code: int = 0) -> float:
    """The CPU time of a command, which is ended at a minute."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (60, 60))"
    code_ = f"{limit}; from losscli.cli.app import run; raise SystemExit(run({list(argv)!r}))"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code_], cwd=folder, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == code, done.stderr[-2000:]
    assert len(done.stderr) < 2000
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
