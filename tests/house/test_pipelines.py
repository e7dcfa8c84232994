"""The GitHub action, the example workflow and the hook of pre-commit: their steps run, and their words are those of the command."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from losscli.cli.app import run
from tests import ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "action.yml").read_text(encoding="utf-8"))
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "losses.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = [s for s in WORKFLOW["jobs"]["losses"]["steps"] if s.get("uses") == "./.github"]


def acted(tmp_path: Path, words: str, format: str = "github", output: str = "") -> tuple[int, str, str]:
    """The step of the action that runs losscli, as a runner runs it: exit code, log, and GITHUB_OUTPUT."""
    (tmp_path / "losscli" / "bin").mkdir(parents=True)
    python = tmp_path / "losscli" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    (step,) = [s for s in ACTION["runs"]["steps"] if s.get("id") == "run"]
    files = {"GITHUB_OUTPUT": str(tmp_path / "out"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "RUNNER_TEMP": str(tmp_path)}
    env = os.environ | files | {"WORDS": words, "FORMAT": format, "OUTPUT": output}
    # as the runner calls a step with shell: bash
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=ROOT, env=env, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr, (tmp_path / "out").read_text()


def test_the_action_passes_and_fails(tmp_path: Path) -> None:
    code, log, output = acted(tmp_path / "1", "compute mse -p '1,2' -t 1,3 --max 1")
    assert (code, output) == (0, "passed=true\n") and "::notice title=losscli%3A mse%3A max::" in log
    assert "✅ passed" in (tmp_path / "1" / "summary").read_text()
    code, log, output = acted(tmp_path / "2", "compute mse -p 1,2 -t 1,3 --max 0.1")
    assert (code, output) == (1, "passed=false\n") and "::error title=" in log
    code, log, _ = acted(tmp_path / "3", "compute mse -p 1,2 -t 1,3", "metrics", str(tmp_path / "m.json"))
    assert code == 0 and (tmp_path / "m.json").read_text() == '{\n  "mse": 0.5\n}\n'


def test_the_words_of_an_action_are_no_shell(tmp_path: Path) -> None:
    code, log, _ = acted(tmp_path, "compute mse -p 1 -t 1; touch hacked $(touch hacked)")
    assert code == 2 and not (ROOT / "hacked").exists(), log


def test_the_inputs_of_the_action_are_used_and_described() -> None:
    text = (ROOT / ".github" / "action.yml").read_text(encoding="utf-8")
    assert all(about["description"] and f"inputs.{name} " in text for name, about in ACTION["inputs"].items())
    assert all({*step["with"]} <= {*ACTION["inputs"]} for step in STEPS)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: str(s["name"]))
def test_a_step_of_the_example_runs(step: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert run([*shlex.split(step["with"]["run"]), "-f", step["with"].get("format", "github")]) == 0


def test_the_hook_of_pre_commit() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"] == "losscli" and hook["language"] == "python" and not hook["pass_filenames"]
