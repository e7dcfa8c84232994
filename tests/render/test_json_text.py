"""JSON that is written piece by piece: the same text as that of the json module, and memory that does not grow with the rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from losscli.errors import OutputError
from losscli.render import elements, json_text
from losscli.render.cells import json_text as one_text
from losscli.render.cells import strict
from losscli.render.json_text import json_pieces
from losscli.results import stored
from losscli.results.stored import Stored
from tests.support.command import cli, npy
from tests.support.process import LOSSCLI, environment

HARD = np.array([0.0, -0.0, 1 / 3, 1e300, 5e-324, 1e15, 1e16, 123456789.125, np.nan, np.inf, -np.inf, 1e-5, 3.0])
DOCUMENTS: dict[str, dict[str, Any]] = {
    "one axis": {"value": 1.5, "values": HARD, "rows": {"read": 13}},
    "float32": {"values": HARD[4:].astype(np.float32)},
    "two axes": {"values": np.arange(12.0).reshape(4, 3), "z": None},
    "three axes": {"values": np.arange(24.0).reshape(4, 3, 2)},
    "a column": {"values": HARD.reshape(-1, 1)},
    "no rows": {"values": np.zeros(0), "next": np.zeros((0, 3)), "last": {}},
    "rows without numbers": {"values": np.zeros((3, 0))},
    "integers": {"values_rows": np.arange(20), "none": []},
    "derivatives": {"gradient": {"pred": HARD, "delta": np.array(0.5), "deep": {"er": np.arange(9.0)}}},
    "not in order": {"values": np.arange(20.0)[::-2]},
    "ids": {"ids": ["a", 'quoted "words"', "two\nlines", "é\u2028", 5, None, 2.5, float("nan")] * 3},
    "ids of several columns": {"ids": [["a", 1], ["b\n  c", 2]] * 5, "tuple": (1, (2, 3))},
    "like a mark": {"long 0": '"long 0 1"', "values": np.arange(3.0), "x": ["long 1"] * 10},
}


@pytest.mark.parametrize("fast", [True, False], ids=["polars", "python"])
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_text_in_pieces_is_that_of_the_whole(document: dict[str, Any], fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "LONG", 4)
    monkeypatch.setattr(json_text, "PART", 5)
    monkeypatch.setattr(elements, "_has_polars", lambda: fast)
    found = "".join(json_pieces(document))
    assert found == one_text(strict(document), indent=2) + "\n"
    assert json.loads(found) == json.loads(json.dumps(strict(document)))


@pytest.mark.parametrize("options", [[], ["--nan", "omit"], ["--grad", "pred"], ["--id", "-::id"], ["--hist"], ["--top", "2"]], ids=str)
def test_a_document_in_pieces_is_that_in_one(options: list[str]) -> None:
    rows = "id,pred,target\n" + "".join(
        f'"r {i}",{i / 7},{"nan" if options[:1] == ["--nan"] and i % 5 == 0 else i % 3}\n' for i in range(50)
    )
    argv = ["compute", "huber", "d.csv", "-p", "d.csv::pred", "-t", "d.csv::target", "-r", "none", "-f", "json"]
    argv += [o.replace("-::", "d.csv::") for o in options]
    argv.remove("d.csv")
    whole = cli(argv, {"d.csv": rows.encode()})
    assert whole.code == 0, whole.err
    with patch.object(stored, "LIMIT", 64), patch.object(json_text, "LONG", 3), patch.object(json_text, "PART", 4):
        assert cli(argv, {"d.csv": rows.encode()}) == whole
    assert json.dumps(json.loads(whole.out), indent=2, ensure_ascii=False) + "\n" == whole.out


def test_blocks_end_to_end_in_memory_and_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [np.arange(n * 3.0).reshape(n, 3) + n for n in (5, 1, 7, 2)]
    for limit in (2**30, 200, 1):
        monkeypatch.setattr(stored, "LIMIT", limit)
        found = Stored()
        for block in blocks:
            found.add(block)
        for _ in range(2):
            assert np.array_equal(found.array(), np.concatenate(blocks))
        assert isinstance(found.array(), np.memmap) == (limit < 2**30)
    assert Stored().array().shape == (0,)


def test_a_temporary_folder_that_cannot_be_written_is_an_output_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LIMIT", 1)
    says = r"cannot buffer the values in .* \(-f jsonl needs no space there; TMPDIR sets another folder\): no space left on device"
    with patch("tempfile.TemporaryFile", side_effect=OSError(28, "No space left on device")), pytest.raises(OutputError, match=says):
        Stored().add(np.zeros(3))


def test_no_rows_and_too_many_for_memory() -> None:
    files = {"p.npy": npy(np.zeros(0)), "t.npy": npy(np.zeros(0))}
    assert '"values": [],' in cli(["compute", "mse", "-p", "p.npy", "-t", "t.npy", "-r", "none", "-f", "json"], files).out


PEAK = "import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], check=True)\n"
PEAK += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """The growth is the values for the median, which are kept up to 16.8M of them. All at once took six times as much."""
    peaks = []
    for rows in (200_000, 3_000_000):
        np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=rows))
        argv = [*LOSSCLI, "compute", "mse", "-p", "x.npy", "-t", "x.npy", "-r", "none", "-o", "o.json", "-q"]
        done = subprocess.run([sys.executable, "-c", PEAK, *argv], cwd=tmp_path, env=environment(), capture_output=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < 2 * peaks[0], peaks
