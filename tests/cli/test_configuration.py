"""Defaults from a file or from variables: which one counts, and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

import losscli
from losscli.cli.app import run
from losscli.cli.configuration import KEYS, settings
from losscli.errors import UsageError

PAIR = ("compute", "rmse", "-p", "1,2,4", "-t", "1,3,5")
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command in an empty folder: its exit code, and both streams."""
    monkeypatch.chdir(tmp_path)
    for key in (*KEYS, "CONFIG"):
        monkeypatch.delenv(f"LOSSCLI_{key.upper()}", raising=False)

    def call(*argv: str) -> tuple[int, str, str]:
        code = run(list(argv))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_command_line_before_variable_before_file(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    assert say(*PAIR, "-f", "value") == (0, "0.816496580927726\n", "")
    Path("losscli.toml").write_text("precision = 3\nformat = 'value'")
    assert say(*PAIR) == (0, "0.816\n", "note: losscli.toml sets format=value precision=3\n")
    monkeypatch.setenv("LOSSCLI_PRECISION", "2")
    assert say(*PAIR)[1:] == ("0.82\n", "note: losscli.toml sets format=value; LOSSCLI_PRECISION sets precision=2\n")
    assert say(*PAIR, "--precision", "1")[1:] == ("0.8\n", "note: losscli.toml sets format=value\n")
    assert json.loads(say(*PAIR, "-f", "json", "-q")[1])["value"] == pytest.approx(0.8164965809277260)
    assert say("compare", "-l", "mse", "-p", "1", "-t", "2", "--precision", "1")[1:] == ("1\n", "note: losscli.toml sets format=value\n")


def test_the_nearest_file_with_settings_counts(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pyproject.toml without settings is passed over. losscli.toml comes before the pyproject.toml beside it."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    (tmp_path / "pyproject.toml").write_text("[tool.losscli]\nthreads = 2")
    (inner / "pyproject.toml").write_text("[tool.other]\nlosscli = 3\nbroken =")
    assert settings().values == {"threads": ("2", "../../pyproject.toml [tool.losscli]")}
    (tmp_path / "losscli.toml").write_text("threads = 3")
    assert settings().values == {"threads": ("3", "../../losscli.toml")}
    monkeypatch.setenv("LOSSCLI_CONFIG", str(tmp_path / "pyproject.toml"))
    assert settings().values["threads"][0] == "2"
    monkeypatch.setenv("LOSSCLI_CONFIG", "")
    assert settings().values == {} and say(*PAIR, "-f", "value")[2] == ""
    monkeypatch.setenv("LOSSCLI_CONFIG", "no.toml")
    with pytest.raises(UsageError, match=r"LOSSCLI_CONFIG: no.toml: no such file"):
        settings()


def test_names_of_columns_and_the_delimiter(say: Say) -> None:
    Path("d.csv").write_text("model output;yhat;y\n1;0;1\n3;0;1\n")
    Path("d.tsv").write_text("yhat\ty\n1\t2\n")
    Path("losscli.toml").write_text("delimiter = ';'\nroles.pred = 'model-output'")
    said = say("compute", "mse", "d.csv", "-f", "json")
    assert json.loads(said[1])["bindings"] == {"pred": "d.csv::model output", "target": "d.csv::y"} and json.loads(said[1])["value"] == 2
    assert said[2] == "note: losscli.toml sets delimiter=; roles.pred=model-output\n"
    assert say("compute", "mse", "d.tsv", "-f", "value", "-q") == (0, "1.0\n", "")
    assert say("compute", "mse", "d.csv", "-p", "yhat", "-f", "value", "-q") == (0, "1.0\n", "")
    assert losscli.compute("mse", pred=[1.0], target=[3.0]).value == 4  # Python reads no settings


def test_what_applied_is_in_the_json(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with -q, and in every format that holds the whole result."""
    Path("d.csv").write_text("model_output,y\n1,1\n3,1\n")
    Path("losscli.toml").write_text("threads = 2\nformat = 'json'\n[roles]\npred = 'model_output'\nanchor = 'a'")
    monkeypatch.setenv("LOSSCLI_QUIET", "1")
    said = {
        "format": {"value": "json", "from": "losscli.toml"},
        "threads": {"value": 2, "from": "losscli.toml"},
        "roles.pred": {"value": ["model_output"], "from": "losscli.toml"},
        "quiet": {"value": True, "from": "LOSSCLI_QUIET"},
    }
    assert json.loads(say("compute", "mse", "d.csv", "-q")[1])["configuration"] == {k: said[k] for k in said if k != "quiet"}
    assert json.loads(say("compute", "mse", "d.csv")[1])["configuration"] == said
    assert yaml.safe_load(say("compute", "mse", "d.csv", "-f", "yaml")[1])["configuration"] == {k: said[k] for k in said if k != "format"}
    assert json.loads(say("compute", "mse", "d.csv", "-f", "jsonl")[1])["configuration"]["threads"] == said["threads"]
    assert json.loads(say("compare", "d.csv", "-p", "model_output", "-l", "mse")[1])["configuration"]["threads"] == said["threads"]
    match = json.loads(say("compare", "d.csv", "-p", "model_output", "--match", "2")[1])
    jsonschema.validate(match, json.loads(files("losscli").joinpath("schema.json").read_text(encoding="utf-8")))
    assert "roles.pred" not in match["configuration"]
    bare = ("compute", "mse", "-p", "1", "-t", "2", "--threads", "1", "-f", "json", "-q")
    Path("losscli.toml").write_text("threads = 2\nroles.pred = 'x'")
    assert "configuration" not in json.loads(say(*bare)[1])  # all of it is on the command line


def test_a_configured_name_is_also_that_of_an_optional_role(say: Say) -> None:
    Path("d.csv").write_text("pred,target,valid\n1,1,1\n3,1,0\n")
    Path("losscli.toml").write_text("roles.mask = 'valid'")
    known = json.loads(say("compute", "my.py::f", "d.csv", "-f", "json")[1] or "{}")
    assert known == {}  # there is no file of functions
    Path("my.py").write_text("def f(pred, target, mask=None):\n    return (pred - target) ** 2 * (1 if mask is None else mask)\n")
    assert say("compute", "my.py::f", "d.csv", "-f", "value", "-q")[1] == "0.0\n"


def test_files_as_editors_write_them(say: Say, tmp_path: Path) -> None:
    """A mark of UTF-8; keys of pyproject.toml without a header of the table; a broken pyproject.toml that only names losscli."""
    Path("losscli.toml").write_bytes(b"\xef\xbb\xbfprecision = 3\r\n")
    assert say(*PAIR, "-f", "value", "-q")[1] == "0.816\n"
    Path("losscli.toml").write_text(" \n")
    Path("pyproject.toml").write_text("[tool]\nlosscli.precision = 2")
    assert say(*PAIR, "-f", "value", "-q")[1] == "0.82\n"
    Path("pyproject.toml").write_text("dependencies = [losscli")
    assert say(*PAIR, "-f", "value", "-q")[:2] == (0, "0.816496580927726\n")


def test_a_misspelt_variable_is_noted(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSCLI_PRECISON", "3")
    monkeypatch.setenv("LOSSCLI_VERSION", "1.0")  # of a job of a CI
    said = "note: the variable LOSSCLI_PRECISON is not read; did you mean LOSSCLI_PRECISION?\n"
    assert say(*PAIR, "-f", "value") == (0, "0.816496580927726\n", said)
    assert say(*PAIR, "-f", "value", "-q")[2] == ""


def test_a_file_that_has_no_settings_is_named(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pyproject.toml").write_text("[tool.other]")
    monkeypatch.setenv("LOSSCLI_CONFIG", "pyproject.toml")
    assert say(*PAIR) == (2, "", "error: pyproject.toml [tool.losscli] does not exist: the file has no settings\n")


def test_strict_and_quiet(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("losscli.toml").write_text("strict = true\nquiet = true")
    code, out, err = say("compute", "mse", "-p", "[]", "-t", "[]", "-f", "value")
    assert (code, out) == (3, "") and "because of --strict" in err
    monkeypatch.setenv("LOSSCLI_STRICT", "no")
    code, out, err = say("compute", "mse", "-p", "[]", "-t", "[]", "-f", "value")
    assert (code, out, err) == (0, "nan\n", "note: losscli.toml sets quiet=true; LOSSCLI_STRICT sets strict=false\n")


def test_a_file_for_the_result_has_the_format_of_its_suffix(say: Say) -> None:
    Path("losscli.toml").write_text("format = 'value'")
    assert say(*PAIR, "-o", "o.json") == (0, "", "")
    assert json.loads(Path("o.json").read_text())["loss"] == "rmse"
