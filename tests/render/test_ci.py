"""What CI reads: GitHub's annotations and summary, and JUnit's XML, also of names and texts that try to break them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml

from losscli.cli.app import run
from losscli.errors import DataWarning
from losscli.render.ci import Case, github_annotations, junit
from losscli.results.checks import NumberCheck, Verdict
from losscli.results.noninferiority import Estimate, allowance_of, decide
from tests import ROOT, SAMPLES
from tests.support.output import Cli

PAIR = ("compute", "mse", "-p", "1,2,4", "-t", "1,2,2")  # mse 4/3
D = "a,b,t\n1,2,3\n2,3,3\n4,4,3\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    Path("d.csv").write_text(D)
    Path("o.yaml").write_text("terms: {a: {loss: mae, max: 1}, b: {loss: mse, max: 1}, c: {loss: rmse}}")


# --- JUnit: the rules of Jenkins' junit-10.xsd -----------------------------------------------------------------------------

# element: the attributes that it must have, those that it may have, and the elements inside
XSD: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "time", "timestamp", "hostname", "id", "package"}, {"testcase"}),
    "testcase": ({"name"}, {"classname", "time", "group"}, {"skipped", "failure", "error", "system-out", "system-err"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}


def suite(text: str) -> ElementTree.Element:
    """The test suite of a valid document, whose counts are right."""
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        must, may, inner = XSD[element.tag]
        assert must <= element.attrib.keys() <= must | may, element.tag
        assert {child.tag for child in element} <= inner
    (found,) = root
    cases = list(found)
    counts = {"tests": len(cases), "failures": len(found.findall("*/failure")), "errors": len(found.findall("*/error"))}
    assert {k: int(v) for k, v in root.attrib.items() if k != "name"} == counts
    assert {k: int(v) for k, v in found.attrib.items() if k != "name"} == {**counts, "skipped": len(found.findall("*/skipped"))}
    assert len({case.attrib["name"] for case in cases}) == len(cases)
    return found


def outcomes(text: str) -> dict[str, str]:
    return {case.attrib["name"]: case[0].tag for case in suite(text)}


def test_a_gate_is_a_test(cli: Cli) -> None:
    failed = cli(*PAIR, "--max", "1", "-f", "junit")
    assert failed.code == 1
    (case,) = suite(failed.out)
    assert case.attrib == {"classname": "losscli.mse", "name": "mse: max"}
    assert case[0].tag == "failure" and case[0].text == case[0].attrib["message"] == failed.err.strip()
    assert outcomes(cli(*PAIR, "--max", "2", "--min", "0", "-f", "junit").out) == {"mse: max and min": "system-out"}


def test_each_prediction_loss_and_term_is_a_test(cli: Cli) -> None:
    said = cli("compare", "d.csv", "-l", "mae", "-l", "mse", "-p", "a", "-p", "b", "-t", "t", "--fail-if-worse-point", "0", "-f", "junit")
    assert (said.code, outcomes(said.out)) == (0, {
        "mae of a": "system-out", "mse of a": "system-out",
        "mae of b: fail-if-worse-point": "system-out", "mse of b: fail-if-worse-point": "system-out",
    })  # fmt: skip
    said = cli("compute", "o.yaml", "d.csv", "-p", "a", "-t", "t", "--max", "9", "-f", "junit")
    expected = {"a: max": "failure", "b: max": "failure", "c": "system-out", "o.yaml: max": "system-out"}
    assert (said.code, outcomes(said.out)) == (1, expected)


def test_an_inconclusive_gate_is_skipped_and_with_strict_a_failure(cli: Cli) -> None:
    cli("compute", "mae", "d.csv", "-p", "a", "-t", "t", "-r", "none", "-o", "r.json")
    argv = ("compute", "mae", "d.csv", "-p", "b", "-t", "t", "--baseline", "r.json", "--fail-if-worse", "0", "-f", "junit")
    said = cli(*argv)
    (case,) = suite(said.out)
    assert (said.code, case[0].tag, case[0].attrib["type"]) == (0, "skipped", "inconclusive")
    assert "rows would decide" in case[0].attrib["message"]
    strict = cli(*argv, "--strict")
    assert (strict.code, outcomes(strict.out)) == (1, {"mae: fail-if-worse": "failure"})


@pytest.mark.parametrize("argv", [("-w", "0,0,0"), ("-w", "0,0,0", "-r", "sum")])
def test_a_value_of_nothing_is_no_test_that_passed(cli: Cli, argv: tuple[str, ...]) -> None:
    assert list(outcomes(cli(*PAIR, *argv, "-f", "junit").out).values()) == ["skipped"]
    assert list(outcomes(cli(*PAIR, *argv, "--max", "9", "-f", "junit").out).values()) == ["failure"]
    assert cli(*PAIR, *argv, "-f", "github").out.startswith("::warning ")
    compared = cli("compare", "d.csv", "-l", "mse", "-p", "a", "-p", "b", "-t", "t", *argv, "-f", "junit")
    assert set(outcomes(compared.out).values()) == {"skipped"}


def test_nan_is_no_test_that_passed(cli: Cli) -> None:
    nan = ("compute", "mse", "-p", "1,nan", "-t", "1,2", "--nan", "propagate")
    assert outcomes(cli(*nan, "-f", "junit").out) == {"mse": "skipped"}


def test_values_of_elements(cli: Cli) -> None:
    assert outcomes(cli(*PAIR, "-r", "none", "-f", "junit").out) == {"mse": "system-out"}
    said = cli("compute", "rmse", "-p", "[[1,2],[3,4]]", "-t", "[[1,1],[1,1]]", "-r", "none", "-f", "junit")
    assert said.code == 0 and len(suite(said.out)) == 1


def test_a_file_with_the_suffix_of_xml(cli: Cli) -> None:
    assert cli(*PAIR, "--max", "9", "-o", "r.xml") == (0, "", cli(*PAIR, "--max", "9").err)
    assert outcomes(Path("r.xml").read_text()) == {"mse: max": "system-out"}


# --- hostile texts ---------------------------------------------------------------------------------------------------------

EVIL = "a<b>&\"'%\r\n::error::x,y:z\x00\x1b[31m\ud800\ufffe\u202e]]>"


class Report:
    def cases(self) -> list[Case]:
        check = NumberCheck("max", 1.0, False)
        gates = Verdict(EVIL, 2.0, False, [check]).gates()
        gates += Verdict(
            "x", 2.0, False, [decide(Estimate(EVIL, EVIL, 1.0, 1.0, rows=9, se=0.1, df=8.0), allowance_of("0", "--x"))]
        ).gates()
        return [Case(f"{EVIL}{i}", EVIL, g.outcome, g.line) for i, g in enumerate(gates)]

    def document(self) -> dict[str, object]:
        return {"warnings": [vars(DataWarning("W199", EVIL))]}


def test_no_text_breaks_the_xml() -> None:
    found = suite(junit(Report()).encode("utf-8").decode())
    assert len(found) == 2 and found[0].attrib["name"].startswith("a<b>&\"'%  ::error::x,y:z\\x00\\x1b[31m\\ud800\\ufffe\\u202e]]>")


def test_no_text_breaks_an_annotation() -> None:
    """A line for each, and in each the title ends where it should: as the runner reads it."""
    lines = github_annotations(Report()).encode("utf-8").decode().split("\n")
    assert lines.pop() == "" and len(lines) == 3
    for line in lines:
        level, title, message = re.fullmatch(r"::(error|warning|notice) title=([^:,\r\n]*)::(.*)", line).groups()  # type: ignore[union-attr]
        assert level == ("warning" if "W199" in title else "error")
        for text in (title, message):
            assert not re.search("%(?!25|0D|0A|3A|2C)", text)
        assert "a<b>&\"'%  ::error" in _unescaped(message)
    assert _unescaped(lines[2].partition("title=")[2].partition("::")[0]) == "losscli: W199"


def _unescaped(text: str) -> str:
    """As the runner does it: actions/runner, ActionCommand.cs."""
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text


# --- GitHub ----------------------------------------------------------------------------------------------------------------


def test_annotations_and_the_table_on_standard_output(cli: Cli) -> None:
    said = cli(*PAIR, "--max", "1.2", "--min", "1", "-f", "github", "-q")
    lines = said.out.splitlines()
    line = "gate failed: mse 1.3333333333333333, must be at most 1.2 and at least 1.0"
    assert lines[0] == f"::error title=losscli%3A mse%3A max and min::{line}"
    assert lines[2:6] == ["**losscli: 1 failed**", "", "| gate | of | in words |", "| --- | --- | --- |"]
    assert lines[6] == "| ❌ failed | mse: max and min | mse 1.3333333333333333, must be at most 1.2 and at least 1.0 |"
    assert (said.code, said.err) == (1, f"{line}\n")


def test_the_table_goes_to_the_summary_of_the_step(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("summary.md").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    for bound in ("2", "1"):
        said = cli(*PAIR, "--max", bound, "-f", "github", "-q")
        assert said.out.count("\n") == 1 and said.out.startswith(f"::{'notice' if bound == '2' else 'error'} ")
    text = Path("summary.md").read_text()
    assert text.startswith("before\n**losscli: 1 passed**\n") and "\n\n**losscli: 1 failed**\n" in text and text.endswith("\n\n")
    assert cli(*PAIR, "-f", "markdown").out and Path("summary.md").read_text() == text  # no other format writes there


def test_the_table_in_a_file_of_ones_own(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    said = cli(*PAIR, "--max", "2", "-f", "github", "-o", "mine.md", "-q")
    assert said.out.startswith("::notice ") and said.out.count("\n") == 1
    assert Path("mine.md").read_text().startswith("**losscli: 1 passed**") and not Path("summary.md").exists()


def test_a_summary_that_cannot_be_written_is_an_error(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "none/summary.md")
    said = cli(*PAIR, "-f", "github")
    assert said.code == 4 and said.err == "error: cannot write none/summary.md: there is no folder none\n"


# --- errors ----------------------------------------------------------------------------------------------------------------

WRONG = ("compute", "mse", "-p", "d.csv::a", "-t", "d.csv::z")
MESSAGE = "d.csv has no column 'z'; d.csv has a, b, t"


def test_an_error_is_an_annotation(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    said = cli(*WRONG, "-f", "github")
    assert (said.code, said.err) == (3, f"error: {MESSAGE}\n") and not Path("summary.md").exists()
    assert said.out == f"::error title=losscli::{MESSAGE}\n"
    assert cli(*WRONG, "-fgithub").out == said.out and cli(*WRONG, "--format=github").out == said.out
    assert cli("compute", "mse", "--foo", "--format", "github").out.startswith("::error title=losscli::no such option --foo")


def test_an_error_is_a_test(cli: Cli) -> None:
    said = cli(*WRONG, "-f", "junit")
    (case,) = suite(said.out)
    assert said.code == 3 and case[0].tag == "error" and case[0].attrib["message"] == MESSAGE


def test_an_error_replaces_a_report_but_no_other_file(cli: Cli) -> None:
    assert cli(*PAIR, "-o", "x.xml").code == 0
    assert cli(*WRONG, "-o", "x.xml").out == "" and suite(Path("x.xml").read_text())[0][0].tag == "error"
    Path("mine.xml").write_text("<a/>")
    assert cli(*WRONG, "-o", "mine.xml").code == 3 and Path("mine.xml").read_text() == "<a/>"
    assert cli(*WRONG, "-f", "junit", "-o", "d.csv").code == 3 and Path("d.csv").read_text() == D
    assert cli(*WRONG, "-f", "junit", "-o", "none/x.xml").code == 4


def test_warnings_are_annotations(cli: Cli) -> None:
    said = cli(*PAIR, "-w", "0,0,0", "-f", "github", "-q")
    assert [line.partition("::")[2].partition("::")[0] for line in said.out.splitlines()[:2]] == [
        "warning title=losscli%3A mse", "warning title=losscli%3A W105",
    ]  # fmt: skip


def test_the_worst_is_first(cli: Cli) -> None:
    said = cli("compute", "o.yaml", "d.csv", "-p", "b", "-t", "t", "--max", "9", "-f", "github", "-q")
    rows = re.findall(r"^\| (.*?) \| (a|b|c|o.yaml)\b", said.out, re.MULTILINE)[:4]
    assert [mark.split()[-1] for mark, _ in rows] == ["passed", "passed", "passed", "gate"]


# --- the workflow ----------------------------------------------------------------------------------------------------------


def test_the_workflow_runs_and_its_page_shows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = (SAMPLES / "gate.yml").read_text(encoding="utf-8")
    assert f"```yaml\n{text}```" in (ROOT / "losscli" / "docs" / "gates.md").read_text(encoding="utf-8")
    steps = yaml.safe_load(text)["jobs"]["gate"]["steps"]
    commands = [step["run"].strip() for step in steps if "losscli compute" in step.get("run", "")]
    assert len(commands) == 2
    monkeypatch.chdir(ROOT)
    for command in commands:
        assert run(command.replace("losses.xml", str(tmp_path / "losses.xml")).split()[1:]) == 0
    assert capsys.readouterr().out.startswith("::notice title=losscli%3A mae%3A fail-if-worse::gate passed: ")
    assert len(suite((tmp_path / "losses.xml").read_text())) == 3
    (write,) = [line.strip("# ").strip() for line in text.splitlines() if "-r none" in line]
    fresh = tmp_path / "baseline.json"
    assert run([*write.split()[1:-1], str(fresh)]) == 0
    then, now = (json.loads(file.read_text()) for file in (SAMPLES / "baseline.json", fresh))
    np.testing.assert_allclose(now.pop("values"), then.pop("values"), rtol=1e-12)
    assert [now[k] for k in ("loss", "ids", "reduction")] == [then[k] for k in ("loss", "ids", "reduction")]
