"""Results for CI: annotations and a summary for GitHub, and a test suite in JUnit's XML, with a case for each loss and its gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, runtime_checkable

from losscli.record import Record
from losscli.render.cells import exact
from losscli.render.grid import Grid
from losscli.results.checks import Verdict
from losscli.text import one_line

__all__ = [
    "Case", "GatedReport", "cases_of", "cases_of_slice", "gated", "github_annotations", "github_error", "junit", "junit_error",
    "losses_of", "outcomes_of", "summary_grids",
]  # fmt: skip

Outcome = Literal["pass", "fail", "inconclusive", "ungated", "nothing"]
_LEVEL: dict[str, str] = {"pass": "notice", "ungated": "notice", "inconclusive": "warning", "nothing": "warning", "fail": "error"}
_MARK: dict[str, str] = {  # the worst first
    "fail": "❌ failed",
    "inconclusive": "❔ inconclusive",
    "nothing": "❔ nothing computed",
    "pass": "✅ passed",
    "ungated": "no gate",
}


class Case(Record):
    """One gate, or a value without one. "nothing" is a value without a gate that is nan or was computed from no data."""

    name: str
    loss: str
    outcome: Outcome
    line: str  # in words
    of_slice: bool = False  # whether it is one of a slice of the rows


@runtime_checkable
class GatedReport(Protocol):
    """A report of values that may have gates."""

    def cases(self) -> Sequence[Case]:
        """A case for each value."""
        ...

    def document(self) -> dict[str, Any]:
        """The whole result, nested."""
        ...


def cases_of_slice(name: str, loss: str, value: Any, empty: bool, verdict: Verdict | None) -> list[Case]:
    """The cases of a value on a slice of the rows."""
    return [case.but(of_slice=True) for case in cases_of(name, loss, value, empty, verdict)]


def cases_of(name: str, loss: str, value: Any, empty: bool, verdict: Verdict | None) -> list[Case]:
    """A case for each gate on a value, or one for a value without a gate. The value is None where there are only values of elements."""
    if verdict is not None:
        return [Case(f"{name}: {gate.name}", loss, gate.outcome, gate.line) for gate in verdict.gates()]
    if value is None:
        return [Case(name, loss, "ungated", f"{name} has no single value")]
    numbers = [float(x) for x in (value.tolist() if hasattr(value, "tolist") else [value])]
    nothing = empty or any(x != x for x in numbers)
    line = f"{name} {' '.join(map(exact, numbers))}{', computed from nothing' if empty else ''}"
    return [Case(name, loss, "nothing" if nothing else "ungated", line)]


def gated(report: object) -> GatedReport:
    """The report, which has cases."""
    if not isinstance(report, GatedReport):
        raise AssertionError("a report without cases has no format for CI")
    return report


# --- GitHub ----------------------------------------------------------------------------------------------------------------


def _for_github(report: GatedReport) -> list[Case]:
    """The cases without the slices that have no gate: GitHub shows few annotations, and the table of the slices is in the summary."""
    return [case for case in report.cases() if not case.of_slice or case.outcome in _COUNTED]


def github_annotations(report: object) -> str:
    """A line for each case and each warning, which GitHub shows beside the run: ::error title=…::…"""
    with_cases = gated(report)
    lines = [_annotation(_LEVEL[case.outcome], case.name, case.line) for case in _for_github(with_cases)]
    warnings = with_cases.document().get("warnings", ())
    return "".join([*lines, *(_annotation("warning", str(w["code"]), str(w["message"])) for w in warnings)])


def github_error(message: str) -> str:
    """The annotation for a command that ended with an error."""
    return f"::error title=losscli::{_data(one_line(message))}\n"


def _annotation(level: str, title: str, line: str) -> str:
    return f"::{level} title={_property(one_line(f'losscli: {title}'))}::{_data(one_line(line))}\n"


def _data(text: str) -> str:
    """The text of a workflow command, as @actions/core escapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The value of a property of a workflow command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary_grids(report: object) -> list[Grid]:
    """A table of the cases, the worst first, under the number of gates of each outcome."""
    cases = sorted(_for_github(gated(report)), key=lambda case: list(_MARK).index(case.outcome))
    rows = [(_MARK[case.outcome], case.name, _without_outcome(case)) for case in cases]
    counts = {word: sum(case.outcome == outcome for case in cases) for outcome, word in _COUNTED.items()}
    said = ", ".join(f"{n} {word}" for word, n in counts.items() if n) or "no gate"
    return [Grid(("gate", "of", "in words"), rows, frozenset({0, 1, 2}), title=f"losscli: {said}")]


def losses_of(report: GatedReport) -> list[str]:
    """The names of the losses."""
    return list(dict.fromkeys(case.loss for case in report.cases() if not case.of_slice))


def outcomes_of(report: GatedReport) -> list[str]:
    """A line for each gate."""
    return [f"{_MARK[case.outcome]}: {_without_outcome(case)}" for case in _for_github(report) if case.outcome in _COUNTED]


def _without_outcome(case: Case) -> str:
    return case.line if case.outcome in ("ungated", "nothing") else case.line.partition(": ")[2]


_COUNTED = {"fail": "failed", "inconclusive": "inconclusive", "pass": "passed"}


# --- JUnit -----------------------------------------------------------------------------------------------------------------


def junit(report: object) -> str:
    """The cases as a test suite. An inconclusive gate and a value that is nothing are skipped tests (Jenkins' junit-10.xsd)."""
    cases = gated(report).cases()
    counts = {"tests": len(cases), "failures": sum(case.outcome == "fail" for case in cases), "errors": 0}
    skipped = {"skipped": sum(case.outcome in ("inconclusive", "nothing") for case in cases)}
    return _suite("".join(map(_testcase, cases)), counts, skipped)


def junit_error(message: str) -> str:
    """The test suite of a command that ended with an error: one test, with this error."""
    line = one_line(message)
    inner = f"<error{_attributes(type='error', message=line)}>{_xml(line)}</error>"
    case = f"    <testcase{_attributes(classname='losscli', name='losscli')}>\n      {inner}\n    </testcase>\n"
    return _suite(case, {"tests": 1, "failures": 0, "errors": 1}, {"skipped": 0})


def _suite(body: str, counts: dict[str, int], skipped: dict[str, int]) -> str:
    suite = f"  <testsuite{_attributes(name='losscli', **counts, **skipped)}>\n{body}  </testsuite>\n"
    root = _attributes(name="losscli", **counts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{root}>\n{suite}</testsuites>\n'


def _testcase(case: Case) -> str:
    if case.outcome == "fail":
        inner = f"<failure{_attributes(type='gate', message=case.line)}>{_xml(one_line(case.line))}</failure>"
    elif case.outcome in ("inconclusive", "nothing"):
        inner = f"<skipped{_attributes(type=case.outcome, message=case.line)}/>"
    else:
        inner = f"<system-out>{_xml(one_line(case.line))}</system-out>"
    return f"    <testcase{_attributes(classname=f'losscli.{case.loss}', name=case.name)}>\n      {inner}\n    </testcase>\n"


def _attributes(**values: Any) -> str:
    return "".join(f' {name}="{_xml(one_line(str(value)))}"' for name, value in values.items())


def _xml(text: str) -> str:
    """The text with the five characters of markup escaped. Characters that XML cannot hold are gone: `one_line` has spelled them out."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&apos;")
