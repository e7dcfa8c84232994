"""A result says where it is from, and is computed again from that: the same bits, or what changed."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.render.test_schema import VALID
from tests.support.command import Outcome, cli

DATA = {"d.csv": "id,p,t,w\na,1,2,1\nb,2,4,3\nc,0.1,0.3,2\n"}
MSE = ["compute", "mse", "d.csv", "-p", "p", "-t", "t"]


def written(*argv: str, files: dict[str, Any] | None = None, name: str = "r.json") -> dict[str, Any]:
    """The result that the command writes with --digest."""
    got = cli([*argv, "--digest", "-f", "json", "-q"], DATA | (files or {}))
    assert got.code == 0, got.err
    found = json.loads(got.out)
    assert VALID.is_valid(found)
    return found


def again(result: dict[str, Any], files: dict[str, Any] | None = None, *more: str) -> Outcome:
    return cli(["compute", "--rerun", "r.json", *more], DATA | {"r.json": json.dumps(result)} | (files or {}))


def test_the_digest_is_that_of_the_numbers() -> None:
    found = written(*MSE)
    expected = hashlib.sha256(struct.pack("<3d", 1, 2, 0.1) + b"()").hexdigest()
    assert found["origin"]["digests"]["pred"] == f"sha256:{expected}"
    assert found["origin"]["command"] == [*MSE, "--digest", "-f", "json", "-q"]


def test_the_digest_is_the_same_for_every_format(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", [1, 2, 0.1])
    files = {"d.json": '[{"p":1,"t":2},{"p":2,"t":4},{"p":0.1,"t":0.3}]', "d.yaml": "p: [1, 2, 0.1]\nt: [2, 4, 0.3]\n"}
    of_csv = written(*MSE)["origin"]["digests"]
    for source in ("d.json", "d.yaml"):
        assert written("compute", "mse", source, "-p", "p", "-t", "t", files=files)["origin"]["digests"] == of_csv
    assert written("compute", "mse", "d.csv", "-p", str(tmp_path / "p.npy"), "-t", "t")["origin"]["digests"] == of_csv
    assert written("compute", "mse", "-p", "1,2,0.1", "-t", "2,4,0.3")["origin"]["digests"] == of_csv


def test_the_digest_is_of_the_rows_that_are_used() -> None:
    kept = written(*MSE, "--where", "p>=1")["origin"]["digests"]["pred"]
    assert kept == "sha256:" + hashlib.sha256(struct.pack("<2d", 1, 2) + b"()").hexdigest()
    weights = written(*MSE, "-w", "w")["origin"]["digests"]["sample_weight"]
    assert weights == "sha256:" + hashlib.sha256(struct.pack("<3d", 1, 3, 2) + b"()").hexdigest()


@pytest.mark.parametrize(
    "argv",
    [
        MSE,
        [*MSE, "-r", "none"],
        [*MSE, "-w", "w", "--ci", "95"],
        [*MSE, "--precision", "3"],
        [*MSE, "--max", "0.001", "--expect", "7"],
        ["compute", "torch.nn.CrossEntropyLoss", "-p", "[[1,2],[3,1]]", "-t", "0,1", "--weight", "1,2"],
        ["compute", "r2", "d.csv", "-p", "p", "-t", "t"],
    ],
    ids=" ".join,
)
def test_the_same_bits(argv: list[str]) -> None:
    got = cli([*argv, "--digest", "-f", "json", "-q"], DATA)
    rerun = again(json.loads(got.out))
    assert (rerun.code, rerun.err) == (0, "")
    assert "the same bits" in rerun.out


def test_nan_is_the_same_as_nan() -> None:
    rerun = again(written("compute", "mse", "-p", "[]", "-t", "[]"))
    assert (rerun.code, rerun.out) == (0, "mse: the same bits: nan\n")


def test_what_changed_is_said() -> None:
    result = written(*MSE)
    changed = again(result, {"d.csv": DATA["d.csv"].replace("b,2,4", "b,2,4.5")})
    assert changed.code == 1
    assert changed.out.startswith("mse is 2.43, and was 1.68")
    assert "target (d.csv::t) holds other values: sha256:" in changed.out and "pred (" not in changed.out
    more = again(result, {"d.csv": DATA["d.csv"] + "d,1,1,1\n"})
    assert "3 rows were used, and now 4" in more.out
    weighted = again({**result, "origin": {**result["origin"], "command": [*MSE, "-w", "w"]}})
    assert "sample_weight was not given, and is given" in weighted.out


def test_other_values_of_rows_are_counted() -> None:
    result = written(*MSE, "-r", "none")
    assert again(result).out == "mse: the same bits\n"
    result["values"][1] += 1e-15
    found = again(result)
    assert found.code == 1
    assert found.out.splitlines() == [
        "mse: 1 values of rows differ",
        "the inputs, the options and the versions are the same: another machine, or a fault of losscli",
    ]


def test_another_version_alone_is_no_failure() -> None:
    result = written(*MSE)
    result["version"], result["origin"]["numpy"] = "0.0.9", "1.0"
    got = again(result)
    assert got.code == 0
    assert "losscli was 0.0.9, and is " in got.out and "NumPy was 1.0, and is " in got.out


def test_an_option_that_changed_is_said() -> None:
    result = written("compute", "huber", "d.csv", "-p", "p", "-t", "t")
    result["params"]["delta"] = 3.0
    got = again(result)
    assert got.code == 1 and "the earlier result is of huber with delta 3.0, not 1.0" in got.out


def test_as_json() -> None:
    found = json.loads(again(written(*MSE), None, "-f", "json").out)
    assert VALID.is_valid(found)
    assert found["same_bits"] and found["passed"] and found["then"] == found["now"]


def test_code_is_not_run() -> None:
    result = written(*MSE)
    result["origin"]["command"][1] = "mine.py::f"
    got = again(result, {"mine.py": "raise SystemExit(9)"})
    assert got.code == 2
    assert got.err == "error: --rerun r.json: its loss is mine.py::f, which is code: run the command yourself if you trust it\n"


def test_nothing_is_written_but_the_answer(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    got = cli([*MSE, "--digest", "-o", str(out)], DATA)
    assert got.code == 0
    before = out.read_bytes()
    assert cli(["compute", "--rerun", str(out)], DATA).code == 0
    assert out.read_bytes() == before


def test_neither_an_objective_nor_a_rerun_is_run() -> None:
    for name in ("o.yaml", "--rerun"):
        got = again({"origin": {"command": ["compute", name, "-o", "x.json"], "digests": {}}}, {"o.yaml": "terms: {a: {loss: mse}}"})
        assert got.code == 3 and "it does not say how it was made" in got.err and not got.files


@pytest.mark.parametrize("document", ["{}", "[]", '{"origin": 3}', '{"origin": {"command": ["list"], "digests": {}}}', "3"])
def test_a_file_without_an_origin(document: str) -> None:
    got = cli(["compute", "--rerun", "r.json"], {"r.json": document})
    assert got.code == 3
    assert got.err == "error: --rerun r.json: it does not say how it was made; write it with losscli compute … --digest -o FILE.json\n"


def test_the_help() -> None:
    got = cli(["compute", "--rerun", "--help"])
    assert got.code == 0 and "losscli compute --rerun FILE" in got.out
