"""Small hostile input ends soon: documents that double, patterns, endless objectives."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from losscli.sources.yaml_files import ALIASED
from losscli.text import LONGEST
from tests import ROOT
from tests.sources.test_hostile_files import PLAIN
from tests.support.command import cli, npz
from tests.support.process import environment

USAGE, INPUT, OUTPUT = 2, 3, 4


def header(descr: Any, shape: tuple[int, ...]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": descr, "fortran_order": False, "shape": shape})
    return out.getvalue()


def doubling(name: str, count: int) -> dict[str, str]:
    files = {f"{name}{i}.yaml": f"terms: {{a: {{loss: {name}{i + 1}.yaml}}, b: {{loss: {name}{i + 1}.yaml}}}}" for i in range(count)}
    return files | {f"{name}{count}.yaml": "terms: {a: {loss: mse, pred: [1], target: [2]}}"}


def laughing(last: str, link: Callable[[str], str]) -> str:
    lines = ["a: &a {x: 1}" if "<<" in link("") else "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"{b}: &{b} {link(','.join([f'*{a}'] * 9))}" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    return "\n".join([*lines, last, ""])


MSE = ["compute", "mse"]
PT = ["-p", "pred", "-t", "target"]
SOON: dict[str, tuple[list[str], int, Mapping[str, str | bytes]]] = {
    "commas without numbers": ([*MSE, "-p", "1" + "," * 30 + "x", "-t", "1"], INPUT, {}),
    "digits and a letter": ([*MSE, "-p", "1" * 100_000 + "x", "-t", "1"], INPUT, {}),
    "blanks and a letter": ([*MSE, "-p", "1" + " " * 100_000 + "x", "-t", "1"], INPUT, {}),
    "a print that never ends": ([*MSE, "-p", "array([1]" + ", dtype=" + ", dtype=".join([" " * 9 + "a"] * 40) + "(", "-t", "1"], INPUT, {}),
    "scalars that never end": ([*MSE, "-p", "[" + "np.float64(" * 9_000, "-t", "1"], INPUT, {}),
    "aliases that multiply": ([*MSE, "d.yaml"], INPUT, {"d.yaml": laughing("pred: *i\ntarget: 1", lambda s: f"[{s}]")}),
    "merges that multiply": ([*MSE, "d.yaml"], INPUT, {"d.yaml": laughing("pred: *i\ntarget: 1", lambda s: f"{{<<: [{s}]}}")}),
    "aliases in an objective": (
        ["compute", "o.yaml"],
        INPUT,
        {"o.yaml": laughing("terms: {t: {loss: mse, pred: *i, target: 1}}", lambda s: f"[{s}]")},
    ),
    "files that name the next twice": (["compute", "o0.yaml"], INPUT, doubling("o", 26)),
    "the card of such files": (["list", "o0.yaml"], INPUT, doubling("o", 26)),
    "400 objectives in each other": (
        ["compute", "n0.yaml"],
        INPUT,
        {f"n{i}.yaml": f"terms: {{a: {{loss: n{i + 1}.yaml}}}}" for i in range(400)} | {"n400.yaml": "terms: {a: {loss: mse}}"},
    ),
    "an objective that names itself": (
        ["compute", "o.yaml", "--allow-outside"],
        INPUT,
        {"o.yaml": "terms: {a: {loss: ../x/o.yaml}, b: {loss: o.yaml}}"},
    ),
    "50,000 keys of YAML": (
        [*MSE, "d.yaml"],
        0,
        {"d.yaml": "".join(f"k{i}: 1\n" for i in range(50_000)) + "pred: 1\ntarget: 2\n"},
    ),
    "100,000 keys of JSON, one twice": (
        [*MSE, "d.json"],
        INPUT,
        {"d.json": "{" + "".join(f'"k{i}":1,' for i in range(100_000)) + '"k99999":1}'},
    ),
    "a long word beside many": (
        [*MSE, "-p", "d.json", "-t", "1"],
        INPUT,
        {"d.json": json.dumps(["a" * 1_000_000, *["b"] * 9_000])},
    ),
    "words without letters": ([*MSE, "-p", "d.npy", "-t", "1"], INPUT, {"d.npy": header("<U0", (10**9,))}),
    "bytes without bytes": ([*MSE, "-p", "d.npy", "-t", "1"], INPUT, {"d.npy": header("|S0", (10**9,))}),
    "fields without bytes": ([*MSE, "-p", "d.npy::a", "-t", "1"], INPUT, {"d.npy": header([("a", "<U0")], (10**9,))}),
    "rows without numbers": ([*MSE, "-p", "d.npy", "-t", "d.npy"], INPUT, {"d.npy": header("<f8", (10**9, 0))}),
    "a header that lies": ([*MSE, "-p", "d.npy", "-t", "d.npy"], INPUT, {"d.npy": header("<f8", (10**15,))}),
    "a line that unpacks": (
        [*MSE, "d.csv.gz", "--max-bytes", "1000000"],
        INPUT,
        {"d.csv.gz": gzip.compress(b"pred,target\n1," + b"1" * 10**8, 1)},
    ),
    "a field of many lines": (
        [*MSE, "d.csv", *PT, "--max-bytes", "100000"],
        INPUT,
        {"d.csv": 'pred,target\n"' + "1\n" * 100_000 + '",1\n'},
    ),
    "a document that unpacks": ([*MSE, "d.json.gz", "--max-bytes", "1000000"], INPUT, {"d.json.gz": gzip.compress(b" " * 10**8, 1)}),
    "an archive that unpacks": ([*MSE, "d.npz", "--max-bytes", "1000"], INPUT, {"d.npz": npz(pred=np.zeros(1000), target=np.zeros(1000))}),
    "within the limit": ([*MSE, "d.json", "--max-bytes", "37"], 0, {"d.json": PLAIN["json"]}),
    "one too many": ([*MSE, "d.json", "--max-bytes", "36"], INPUT, {"d.json": PLAIN["json"]}),
    "a limit beyond any machine": ([*MSE, "d.json.gz", "--max-bytes", "9" * 30], 0, {"d.json.gz": gzip.compress(PLAIN["json"])}),
    "more than memory has": ([*MSE, "d.json", "--max-bytes", "1" + "0" * 13], 0, {"d.json": PLAIN["json"]}),
    "a vector of R without end": ([*MSE, "-p", "".join(f"[{i}] 1\n" for i in range(1, 20_000)) + "x", "-t", "1"], INPUT, {}),
    "calls that never end": ([*MSE, "-p", "[" + "tensor(" * 50_000, "-t", "1"], INPUT, {}),
    "no limit": ([*MSE, "d.json", "--max-bytes", "0"], 0, {"d.json": PLAIN["json"]}),
    "a limit that is none": ([*MSE, "d.json", "--max-bytes", "-1"], USAGE, {"d.json": PLAIN["json"]}),
}
ENOUGH = 10  # seconds of CPU; none of them takes one
_ALL_OF_THEM = """
import json, resource, time
resource.setrlimit(resource.RLIMIT_CPU, ({enough}, {enough}))
resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
from tests.sources.test_small_inputs import SOON
from tests.support.command import cli
for name, (argv, _, files) in SOON.items():
    began = time.process_time()
    got = cli(argv, files)
    print(json.dumps([name, got.code, got.err[:300], len(got.err), time.process_time() - began]), flush=True)
"""


@pytest.fixture(scope="module")
def soon() -> dict[str, list[Any]]:
    """All rows in one process whose time and memory are bounded; one that has no end is missing with those after it."""
    code = _ALL_OF_THEM.replace("{enough}", str(ENOUGH * 6))
    env = environment(PYTHONPATH=str(ROOT))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
    return {row[0]: row[1:] for row in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", SOON)
@pytest.mark.slow
def test_small_input_is_processed_quickly(name: str, soon: Mapping[str, list[Any]]) -> None:
    assert name in soon, "it did not end, or one before it"
    code, err, size, seconds = soon[name]
    assert code == SOON[name][1], err
    assert seconds < ENOUGH
    assert size <= LONGEST + 20
    assert ("aliases add more than" in err) == ("multiply" in name or "aliases" in name)  # and not: no memory left


def test_the_limit_says_how_to_lift_it() -> None:
    got = cli(SOON["one too many"][0], SOON["one too many"][2])
    assert got.err == "error: d.json has more than 36 bytes, which have to be in memory at once: --max-bytes N allows more, 0 any number\n"
    assert "d.csv.gz" in cli(SOON["a line that unpacks"][0], SOON["a line that unpacks"][2]).err


def test_a_moderate_number_of_yaml_aliases_is_accepted() -> None:
    text = f"a: &a [{','.join('1' * 1000)}]\npred: [{','.join(['*a'] * 500)}]\ntarget: [{','.join(['*a'] * 500)}]\n"
    assert ALIASED > 2 * 500 * 1001
    assert cli(["compute", "mse", "d.yaml", "-f", "value"], {"d.yaml": text}).out == "0.0\n"


def test_a_moderate_number_of_nested_objectives_is_accepted() -> None:
    files = doubling("o", 8)
    assert cli(["compute", "o0.yaml", "-f", "value"], files).out == "256.0\n"


def test_objectives_that_are_alike_in_two_folders_have_their_own_data() -> None:
    text = "data: d.csv\nterms: {a: {loss: mse}}\n"
    files = {"a/o.yaml": text, "b/o.yaml": text, "a/d.csv": "pred,target\n1,2\n", "b/d.csv": "pred,target\n1,4\n"}
    files["o.yaml"] = "terms: {a: {loss: a/o.yaml}, b: {loss: b/o.yaml}}\n"
    assert cli(["compute", "o.yaml", "-f", "value"], files).out == "10.0\n"
