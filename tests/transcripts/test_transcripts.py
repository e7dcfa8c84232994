"""The transcripts are what the command prints: stdout, stderr and exit codes of every case."""

from __future__ import annotations

import pytest

from tests.support.transcripts import in_subprocess, play, subjects, text_of, transcripts, with_marks, written

ALL = transcripts()
CASES = {f"{subject}: {case.name}": (case, transcript.files) for subject, transcript in ALL.items() for case in transcript.cases}
IN_A_PROCESS = (
    "reading: --nan omit leaves the row out",
    "showing: -o of arrays",
    "gates: --max fails",
    "showing: --strict makes a warning an error",
    "showing: -f that is no format",
)


@pytest.mark.parametrize("name", CASES)
def test_transcript(name: str) -> None:
    case, shared = CASES[name]
    assert text_of(with_marks(play(case, shared), case)) == text_of(case), "if this is right: python -m tests.tools transcripts --write"


@pytest.mark.parametrize("name", IN_A_PROCESS)
def test_in_a_process_of_its_own(name: str) -> None:
    case, shared = CASES[name]
    assert text_of(with_marks(play(case, shared, in_subprocess), case)) == text_of(case)


@pytest.mark.parametrize("subject", ALL)
def test_the_text_is_as_it_is_written(subject: str) -> None:
    assert written(ALL[subject]) == subjects()[subject].read_text(encoding="utf-8"), "python -m tests.tools transcripts --write"


def test_names_are_unique() -> None:
    assert len(CASES) == sum(len(transcript.cases) for transcript in ALL.values())
