"""The JSON that the commands write holds to the schema that ships in the package, and the schema refuses what it should."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from importlib.resources import files
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml

import losscli
from losscli.choices import REDUCTION
from losscli.cli.app import run
from losscli.registry import LOSSES, PROPERTIES, Loss
from losscli.testing.samples import example as data_for
from tests import SAMPLES
from tests.support.large import LARGE

losscli.LOSSES  # noqa: B018 - registers them

SCHEMA: dict[str, Any] = json.loads(files("losscli").joinpath("schema.json").read_text(encoding="utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)


def example(known: Loss) -> list[str]:
    """Two rows of numbers inside the domain of every role."""
    data = data_for(known, np.random.default_rng(0), 2)
    return [part for role, x in data.items() for part in (f"--{role.replace('_', '-')}", json.dumps(x.tolist()))]


def document(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    """What the command writes as JSON; no constant that JSON does not have."""
    code = run([*argv, "-f", "json", "-q"])
    out, err = capsys.readouterr()
    assert code in (0, 1), err

    def refused(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(out, parse_constant=refused)


def holds(found: Any) -> None:
    """The document is valid; where not, what is wrong with it as the kind that it is."""
    kind = next(
        (
            k
            for key, k in {"losses": "list", "results": "compare", "vectors": "vectors", "matches": "matching", "guide": "guide"}.items()
            if key in found
        ),
        "compute",
    )
    if "objective" in found:
        kind = "objective" if "version" in found else "objective_card"
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(SCHEMA | {"oneOf": [{"$ref": f"#/$defs/{kind}"}]}).iter_errors(found)
    )
    assert error is None, f"{error.json_path}: {error.message}"
    assert VALID.is_valid(found)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_knows_the_words_of_the_code() -> None:
    known = SCHEMA["$defs"]["loss"]["properties"]
    assert known["properties"]["items"]["enum"] == list(PROPERTIES)
    assert SCHEMA["$defs"]["reduction"]["enum"] == list(REDUCTION.words)


@pytest.mark.parametrize("name", [n for n in LOSSES if n not in LARGE])
@pytest.mark.parametrize("more", [(), ("-r", "none"), ("-r", "sum", "--top", "3")], ids=" ".join)
def test_every_loss(capsys: pytest.CaptureFixture[str], name: str, more: tuple[str, ...]) -> None:
    one = LOSSES[name].kind == "statistic"  # one number, which has no rows to show
    more = tuple(m for m in more if m not in ("--top", "3")) if one else more
    found = document(capsys, "compute", name, *example(LOSSES[name]), *more)
    holds(found)
    assert found["loss"] == name
    assert ("values" in found) == (found["reduction"] == "none" and (not one or "values" in found))
    assert ("top" in found) == ("--top" in more)


STATISTICS = [
    n for n, known in LOSSES.items() if known.kind == "statistic" and known.allows_per and not known.roles[known.first].domain.ndim
]


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("per", ["all", "row", "channel", "row,channel"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_every_statistic(capsys: pytest.CaptureFixture[str], name: str, per: str, reduction: str) -> None:
    data = data_for(LOSSES[name], np.random.default_rng(0), 3)
    wide = {r: x if LOSSES[name].roles[r].domain.shared else np.stack([x, x[::-1]], -1) for r, x in data.items()}
    said = [part for role, x in wide.items() for part in (f"--{role.replace('_', '-')}", json.dumps(x.tolist()))]
    found = document(capsys, "compute", name, *said, "--per", per, "-r", reduction)
    holds(found)
    if reduction != "none":
        assert isinstance(found["value"], float) or found["value"] in ("nan", "inf")  # it may be undefined for one row


VECTORS = "[[2,0.5,1],[0.1,1.2,2.1]]"
PAIR = ("compute", "mse", "-p", "1,2,3", "-t", "1,2,5")
ARRAYS = ("compute", "mse", "-p", f"{SAMPLES}/diabetes_pred.npy", "-t", f"{SAMPLES}/diabetes_target.npy")
COMPUTED = {
    "batchmean": (*PAIR, "-r", "batchmean"),
    "sum over batch size": (*PAIR, "-r", "sum_over_batch_size"),
    "weighted": (*PAIR, "-w", "1,2,3"),
    "weights all 0": (*PAIR, "-w", "0,0,0"),
    "float32": (*PAIR, "--dtype", "float32"),
    "gates": (*PAIR, "--max", "2", "--min", "1", "--expect", "1.3333333333333333"),
    "a gate that fails": (*PAIR, "--max", "1"),
    "derivatives": (*PAIR, "--grad", "all"),
    "derivatives of elements": ("compute", "cross_entropy", "-p", VECTORS, "-t", "0,2", "--grad", "pred", "-r", "none"),
    "derivatives without some rows": ("compute", "mse", "-p", "1,nan,3", "-t", "1,2,4", "--nan", "omit", "--grad", "pred"),
    "derivatives checked": (*PAIR, "--gradcheck", "--max", "2"),
    "derivatives of a total checked": ("compute", f"{SAMPLES}/vae.yaml", "--gradcheck"),
    "derivatives of what is shared": (
        "compute",
        "info_nce",
        "--anchor",
        VECTORS,
        "--positive",
        VECTORS,
        "--negative",
        VECTORS,
        "--grad",
        "all",
    ),
    "elements that are not as expected": (*ARRAYS, "-r", "none", "--expect", f"{SAMPLES}/diabetes_target.npy"),
    "a gate at infinity": (*PAIR, "--max", "inf", "--min=-inf"),
    "top of matrices": ("compute", "mse", "-p", "[[1,2],[3,4]]", "-t", "[[1,2],[3,6]]", "--top", "2"),
    "top 0": (*PAIR, "--top", "0"),
    "one number": ("compute", "mse", "-p", "3", "-t", "1"),
    "no rows": ("compute", "mse", "-p", "[]", "-t", "[]"),
    "no rows, no reduction": ("compute", "mse", "-p", "[]", "-t", "[]", "-r", "none"),
    "three axes": ("compute", "mse", "-p", "[[[1,2],[3,4]]]", "-t", "[[[1,2],[3,5]]]", "-r", "none", "--top", "1"),
    "nan": ("compute", "mse", "-p", "nan,inf,1", "-t", "1,2,3", "--nan", "propagate", "-r", "none", "--top", "3"),
    "nan reduced": ("compute", "mse", "-p", "nan,inf,1", "-t", "1,2,3", "--nan", "propagate"),
    "omitted": ("compute", "mse", "-p", "nan,2,1", "-t", "1,2,3", "--nan", "omit"),
    "all omitted": ("compute", "mse", "-p", "nan", "-t", "1", "--nan", "omit"),
    "ignored": ("compute", "cross_entropy", "-p", VECTORS, "-t", "0,-100", "--top", "2"),
    "class weights": ("compute", "cross_entropy", "-p", VECTORS, "-t", "0,2", "--class-weight", "1,2,3"),
    "a warning": ("compute", "bce_with_logits", "-p", "0.2,0.3,0.8", "-t", "1,0,1"),
    "a note": ("compute", "mse", "-p", "[[1],[2]]", "-t", "1,2"),
    "a framework's name": ("compute", "keras.losses.Huber", "-p", "[[1,2]]", "-t", "[[1,4]]"),
    "a framework that does not reduce": ("compute", "optax.losses.huber_loss", "-p", "1,2", "-t", "1,4"),
    "compare": ("compare", "-l", "mse", "-p", "a=1,2", "-p", "b=1,3", "-t", "1,4"),
    "compare: the largest differences": (
        "compare",
        "-l",
        "mse",
        "-l",
        "rmse",
        "-p",
        "a=1,2,5",
        "-p",
        "b=1,3,4",
        "-t",
        "1,4,5",
        "--top",
        "2",
    ),
    "compare: the largest differences of rows with ids": (
        "compare",
        f"{SAMPLES}/diabetes.csv",
        "-l",
        "mse",
        "-p",
        "ridge,gbm",
        "-t",
        "y_true",
        "--top",
        "2",
        "--id",
        "id,y_true",
    ),
    "compare: few rows": (
        "compare",
        "-l",
        "mae",
        "-p",
        f"a={'1,2,' * 30}9",
        "-p",
        f"b={'2,1,' * 30}8e9",
        "-t",
        f"{'1,1,' * 30}9",
        "--top",
        "1",
    ),
    "compare: one prediction": ("compare", "-l", "mse", "-p", "1,2", "-t", "1,4"),
    "compare: several losses": ("compare", "-l", "mse", "-l", "huber:delta=2", "-l", "rmse", "-p", "a=1,2", "-p", "b=1,3", "-t", "1,4"),
    "compare: all pairs": ("compare", "-l", "mse", "-p", "a=1,2", "-p", "b=1,3", "-p", "c=2,2", "-t", "1,4", "--all-pairs", "--mcs"),
    "compare: a baseline of 0": ("compare", "-l", "mse", "-p", "a=1,2", "-p", "b=1,4", "-t", "1,4", "--baseline", "b"),
    "compare: nan": ("compare", "-l", "mse", "-p", "a=nan,2", "-p", "b=1,4", "-t", "1,4", "--nan", "propagate"),
    "compare: sums": ("compare", "-l", "mse", "-p", "a=1,2", "-p", "b=1,4", "-t", "1,4", "-r", "sum"),
    "compare: class weights": ("compare", "-l", "cross_entropy:class_weight=[1,2,3]", "-p", "a=[[1,2,3]]", "-t", "0"),
    "histogram": (*PAIR, "--hist"),
    "histogram with tails": ("compute", "mae", "-p", "1,2,3,4,5,6,7,8,9e9", "-t", "0,0,0,0,0,0,0,0,0", "--hist", "-w", "1,2,1,1,1,1,1,1,1"),
    "histogram of nothing": ("compute", "mse", "-p", "[]", "-t", "[]", "--hist"),
    "curves": ("list", "huber:delta=2", "mae", "--plot"),
    "calibration": ("compare", "-l", "bce", "-p", "a=0.1,0.6", "-p", "b=0,0", "-t", "0,1", "--calibration"),
    "calibration of nothing": ("compare", "-l", "bce", "-p", "a=[]", "-t", "[]", "--calibration"),
    "list": ("list",),
    "list one": ("list", "cross_entropy"),
    "list words": ("list", "outlier", "regression"),
    "guide": ("list", "--guide"),
    "list by task": ("list", "--task", "segmentation"),
    "objective": ("compute", f"{SAMPLES}/detection.yaml", "--max", "3"),
    "objective in another": ("compute", f"{SAMPLES}/semi_supervised.yaml"),
    "objective without total": ("compute", f"{SAMPLES}/checks.yaml"),
    "objective of roles left open": ("compute", f"{SAMPLES}/half_mse_half_mae.yaml", "-p", "1,2", "-t", "1,2"),
    "objective with a warning": ("compute", f"{SAMPLES}/half_mse_half_mae.yaml", "-p", "nan,2", "-t", "1,2", "--nan", "propagate"),
    "compare an objective": ("compare", "-l", f"{SAMPLES}/half_mse_half_mae.yaml", "-l", "mse", "-p", "a=1,2", "-p", "b=1,3", "-t", "1,4"),
    "vectors": ("list", "cross_entropy", "--vectors"),
    "vectors of a framework": ("list", "keras.losses.Hinge", "--vectors"),
    "list an objective": ("list", f"{SAMPLES}/checks.yaml"),
    "list an objective in another": ("list", f"{SAMPLES}/semi_supervised.yaml"),
}


@pytest.mark.parametrize("argv", COMPUTED.values(), ids=COMPUTED)
def test_commands(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...]) -> None:
    holds(document(capsys, *argv))


@pytest.mark.parametrize("argv", COMPUTED.values(), ids=COMPUTED)
def test_yaml_is_the_same_document(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...]) -> None:
    found = document(capsys, *argv)
    assert run([*argv, "-f", "yaml", "-q"]) in (0, 1)
    assert yaml.safe_load(capsys.readouterr().out) == found


def test_ids(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    file = tmp_path / "a.csv"
    for ids in (("x", "y"), ("1", "2"), ("1.5", "2.5")):
        file.write_text(f"id,y,yhat\n{ids[0]},1,2\n{ids[1]},2,2\n")
        found = document(capsys, "compute", "mse", str(file), "--id", "id", "--top", "2")
        holds(found)
        assert [str(t["id"]) for t in found["top"]] == list(ids)


def test_python() -> None:
    result = losscli.compute("mse", pred=[1.0, 2.0, 4.0], target=[1.0, 2.0, 5.0], reduction="none")
    holds(json.loads(json.dumps(result.to_dict(), allow_nan=False)))


# What is taken from a right document, and why the result is none. A key of None is removed.
BROKEN: dict[str, tuple[tuple[str, ...], tuple[str | int, ...], Any]] = {
    "no schema": (PAIR, ("schema",), None),
    "another schema": (PAIR, ("schema",), "losscli/2"),
    "no value": (PAIR, ("value",), None),
    "a value of text": (PAIR, ("value",), "1.5"),
    "NaN spelled otherwise": (PAIR, ("value",), "NaN"),
    "a value that is missing": (PAIR, ("value",), [None]),
    "a value and values": (PAIR, ("values",), [1.0]),
    "values for one value": ((*PAIR, "-r", "none"), ("value",), 1.0),
    "no values": ((*PAIR, "-r", "none"), ("values",), None),
    "values of text": ((*PAIR, "-r", "none"), ("values",), ["a"]),
    "an unknown key": (PAIR, ("valeu",), 1.0),
    "an unknown reduction": (PAIR, ("reduction",), "average"),
    "no bindings": (PAIR, ("bindings",), None),
    "rows not counted": (PAIR, ("rows", "omitted"), None),
    "half a row": (PAIR, ("rows", "read"), 1.5),
    "fewer rows than none": (PAIR, ("rows", "used"), -1),
    "an unknown denominator": (PAIR, ("denominator", "kind"), "things"),
    "no denominator's value": (PAIR, ("denominator", "value"), None),
    "a summary without std": (PAIR, ("summary", "std"), None),
    "a warning without code": (COMPUTED["a warning"], ("warnings", 0, "code"), None),
    "a code that is none": (COMPUTED["a warning"], ("warnings", 0, "code"), "oops"),
    "top without row": ((*PAIR, "--top", "1"), ("top", 0, "row"), None),
    "a gate without verdict": (COMPUTED["gates"], ("gate", "passed"), None),
    "a verdict in words": (COMPUTED["gates"], ("gate", "passed"), "yes"),
    "a check of another kind": (COMPUTED["gates"], ("gate", "checks", 0, "kind"), "about"),
    "expect without its tolerance": (COMPUTED["gates"], ("gate", "checks", 2, "rtol"), None),
    "max with a tolerance": (COMPUTED["gates"], ("gate", "checks", 0, "rtol"), 1e-6),
    "params of dicts": (PAIR, ("params", "x"), {"a": 1}),
    "compare: no baseline": (COMPUTED["compare"], ("baseline",), None),
    "compare: no results": (COMPUTED["compare"], ("results",), []),
    "compare: best in words": (COMPUTED["compare"], ("results", 0, "best"), "yes"),
    "compare: no difference": (COMPUTED["compare"], ("results", 0, "difference"), None),
    "compare: an unknown key": (COMPUTED["compare"], ("results", 0, "p_value"), 0.5),
    "histogram: no counts": (COMPUTED["histogram"], ("histogram", "counts"), None),
    "histogram: edges and values": (COMPUTED["histogram"], ("histogram", "values"), [0.0, 1.0]),
    "histogram: a tail without its end": (COMPUTED["histogram with tails"], ("histogram", "above", "max"), None),
    "curves: another axis": (COMPUTED["curves"], ("curves", "axis"), "time"),
    "curves: a line without values": (COMPUTED["curves"], ("curves", "lines", 0, "values"), None),
    "calibration: no event": (COMPUTED["calibration"], ("calibration", 0, "event"), None),
    "calibration: half a decomposition": (COMPUTED["calibration"], ("calibration", 0, "log", "uncertainty"), None),
    "objective: no total": (COMPUTED["objective"], ("total",), None),
    "objective: no value of the total": (COMPUTED["objective"], ("total", "value"), None),
    "objective: a value without total": (COMPUTED["objective without total"], ("total", "value"), 1.0),
    "objective: another kind of total": (COMPUTED["objective"], ("total", "kind"), "product"),
    "objective: no terms": (COMPUTED["objective"], ("terms",), []),
    "objective: a term without value": (COMPUTED["objective"], ("terms", 0, "value"), None),
    "objective: a contribution of no weight": (COMPUTED["objective"], ("terms", 0, "weight"), None),
    "objective: a term without rows": (COMPUTED["objective"], ("terms", 1, "rows"), None),
    "objective: terms in a loss": (COMPUTED["objective"], ("terms", 1, "terms"), []),
    "objective: terms without a total": (COMPUTED["objective in another"], ("terms", 1, "total"), None),
    "objective: a loss in an objective": (COMPUTED["objective in another"], ("terms", 1, "params"), {}),
    "vectors: none": (COMPUTED["vectors"], ("vectors",), []),
    "vectors: no loss": (COMPUTED["vectors"], ("loss",), None),
    "vectors: no roles": (COMPUTED["vectors"], ("vectors", 0, "roles"), {}),
    "vectors: no reduction": (COMPUTED["vectors"], ("vectors", 0, "params", "reduction"), None),
    "vectors: no value": (COMPUTED["vectors"], ("vectors", 0, "value"), None),
    "vectors: a gradient of nothing": (COMPUTED["vectors"], ("vectors", 0, "gradient"), {}),
    "vectors: no source": (COMPUTED["vectors"], ("vectors", 0, "source", "version"), None),
    "vectors: one tolerance": (COMPUTED["vectors"], ("vectors", 0, "rtol"), 1e-6),
    "vectors: another convention": (COMPUTED["vectors of a framework"], ("vectors", 0, "convention", "signs"), 1),
    "list: no losses": (COMPUTED["list one"], ("losses",), None),
    "list: a task that is no word": (COMPUTED["list one"], ("losses", 0, "task"), 1),
    "list: an unknown property": (COMPUTED["list one"], ("losses", 0, "properties"), ["fast"]),
    "list: a role without domain": (COMPUTED["list one"], ("losses", 0, "roles", 0, "domain"), None),
    "list: no formula": (COMPUTED["list one"], ("losses", 0, "formula"), None),
}


@pytest.mark.parametrize(("argv", "path", "value"), BROKEN.values(), ids=BROKEN)
def test_broken_documents_are_refused(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], path: tuple[Any, ...], value: Any) -> None:
    found = document(capsys, *argv)
    holds(found)
    broken = copy.deepcopy(found)
    at = broken
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    assert not VALID.is_valid(broken)


@pytest.mark.parametrize("word", [math.nan, [1.0], {}, "losscli/1", None])
def test_values_of_other_types_are_refused(word: Any) -> None:
    assert not VALID.is_valid(word)


def test_the_schema_is_found_without_numpy() -> None:
    code = "import importlib.resources as r, sys; r.files('losscli').joinpath('schema.json').read_bytes(); print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
