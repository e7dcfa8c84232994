"""Completion: what is offered for a line, and how each shell gets it. `python -m tests.tools completion` tries the real shells."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from losscli.cli.candidates import candidates
from losscli.cli.completion import complete


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "d.csv").write_text('id,y_true,y_pred,"a b"\n1,2,3,4\n', encoding="utf-8")
    (tmp_path / "semi.csv").write_text("left;right\n1;2\n", encoding="utf-8")
    (tmp_path / "n.csv").write_text("1,2\n3,4\n", encoding="utf-8")
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress(b"packed,y\n1,2\n"))
    np.savez(tmp_path / "d.npz", logits=np.ones((2, 3)), target=np.ones(2))
    (tmp_path / "d.json").write_text(json.dumps({"pred": [1], "truth": [2]}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOSSCLI_CONFIG", "")
    return tmp_path


def offered(line: str) -> list[str]:
    """The candidates for the last word of a line without quotes."""
    *before, last = line.split(" ")[1:]
    return [c.word for c in candidates(before, last)]


OFFERED = {
    "losscli ": ["compute", "compare", "list"],
    "losscli --ver": ["--version"],
    "losscli compute cauch": ["cauchy"],
    "losscli compute CAUCH": ["cauchy"],
    "losscli compute cross-ent": ["cross_entropy"],
    "losscli compute TORCH.nn.huberl": ["torch.nn.HuberLoss"],
    "losscli compute MeanSquaredErr": ["MeanSquaredError"],
    "losscli compute nothing_like_it": [],
    "losscli compute torch.nn.HuberLoss --del": ["--delta", "--delimiter"],
    "losscli compute mse d.csv -p ": ["id", "y_true", "y_pred", "a b"],
    "losscli compute mse d.csv --pred=y_": ["--pred=y_true", "--pred=y_pred"],
    "losscli compute mse d.csv -p ::y_t": ["::y_true"],
    "losscli compute mse -p d.csv::y_": ["d.csv::y_true", "d.csv::y_pred"],
    "losscli compute mse d.csv -p id,y_p": ["id,y_pred"],
    "losscli compute mse d.csv --id ": ["id", "y_true", "y_pred", "a b"],
    "losscli compute mse --nan omit -q d.csv --by i": ["id"],
    "losscli compute mse d.npz -p ": ["logits", "target"],
    "losscli compute mse d.json -p tr": ["truth"],
    "losscli compute mse d.csv.gz -p pa": ["packed"],
    "losscli compute mse n.csv -p ": [],
    "losscli compute mse missing.csv::": [],
    "losscli compute mse -p ": [],
    "losscli compute mse -f js": ["json", "jsonl"],
    "losscli compute mse --nan=o": ["--nan=omit"],
    "losscli compute crps --dist lap": ["laplace"],
    "losscli compare -l cauch": ["cauchy"],
    "losscli compare -l huber:": ["huber:delta=1"],
    "losscli compare -l tversky:alpha=0.4,bet": ["tversky:alpha=0.4,beta=0.7"],
    "losscli compare d.csv -l mse -p mine=y_": ["mine=y_true", "mine=y_pred"],
    "losscli compare d.csv -p one=y_true -p two=y_pred --baseline t": ["two"],
    "losscli compare d.csv -l gaussian_nll --role v": ["var="],
    "losscli compare d.csv -l gaussian_nll --role var=y_p": ["var=y_pred"],
    "losscli list --task seg": ["segmentation"],
    "losscli list --rob": ["--robust"],
    "losscli list W10": [f"W10{i}" for i in range(1, 10)],
    "losscli list imbal": ["imbalance"],
    "losscli list cauch": ["cauchy"],
}


@pytest.mark.parametrize(("line", "words"), OFFERED.items())
def test_candidates(files: Path, line: str, words: list[str]) -> None:
    if "missing" in line:
        with pytest.raises(OSError, match="missing"):
            candidates(["compute", "mse", "-p"], "missing.csv::")
    else:
        assert offered(line) == words


def test_the_delimiter_of_a_configuration(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSCLI_DELIMITER", ";")
    assert offered("losscli compute mse semi.csv -p ") == ["left", "right"]


BASH = {  # bash gives the pieces of the line, cut at : and =, and takes what is behind the last of these
    ("losscli", "compute", "mse", "-p", "d.csv", "::"): "id\ny_true\ny_pred\na\\ b\n",
    ("losscli", "compute", "mse", "-p", "d.csv", "::", "y_t"): "y_true\n",
    ("losscli", "compute", "mse", "d.csv", "-p", "::", "y_t"): "y_true\n",
    ("losscli", "compute", "mse", "d.csv", "-p", "::"): "id\ny_true\ny_pred\na\\ b\n",
    ("losscli", "compute", "mse", "d.csv", "--pred", "=", "y_t"): "y_true\n",
    ("losscli", "compute", "mse", "d.csv", "-p", '"a'): "a b\n",
    ("losscli", "compute", "mse", "d.csv", "-p", ""): "id\ny_true\ny_pred\na\\ b\n",
    ("losscli", "compare", "-l", "huber", ":", "de"): "delta=1\n",
    ("losscli", "compare", "d.csv", "-p", "mine", "=", "y_p"): "y_pred\n",
    ("losscli", "compare", "d.csv", "-l", "huber", ":", "delta", "=", "2", "-p", "y_p"): "y_pred\n",
}


@pytest.mark.parametrize(("pieces", "out"), BASH.items(), ids=lambda x: " ".join(x) if isinstance(x, tuple) else "")
def test_bash(files: Path, monkeypatch: pytest.MonkeyPatch, pieces: tuple[str, ...], out: str) -> None:
    monkeypatch.setenv("COMP_WORDS", "\n".join(pieces))
    monkeypatch.setenv("COMP_CWORD", str(len(pieces) - 1))
    assert complete("complete_bash") == (out, 0)


def test_zsh(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "losscli compute mse d.csv -p ")
    assert complete("complete_zsh")[0].startswith("local -a _losscli_words=(id y_true y_pred 'a b') ")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "losscli compute mse ")
    assert complete("complete_zsh") == ("_files", 0)


def test_powershell(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "losscli compute mse d.csv -p y_t")
    monkeypatch.setenv("_TYPER_COMPLETE_WORD_TO_COMPLETE", "y_t")
    assert complete("complete_powershell") == ("y_true::: \n", 0)


def test_an_unknown_shell_gets_nothing() -> None:
    assert complete("complete_tcsh") == ("", 1)


def test_fish(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "losscli compute cauch")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    word, tab, help = complete("complete_fish")[0].rstrip("\n").partition("\t")
    assert (word, tab) == ("cauchy", "\t") and help
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "is-args")
    assert complete("complete_fish") == ("", 0)
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "losscli compute mse -p missing.csv::")
    assert complete("complete_fish") == ("", 1)  # no error: fish offers files
