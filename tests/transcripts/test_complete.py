"""Every option, every word of a choice and every warning occurs in a transcript."""

from __future__ import annotations

import re

from losscli.catalogue.lookup import is_objective
from losscli.cli.options import COMPARE, COMPUTE, CONFORMS, LIST, OBJECTIVE, rows_of
from tests import PACKAGE
from tests.support.transcripts import transcripts

# Words of which one stands for all: the tasks are only listed, and the frameworks are not installed here.
LEFT_OUT = ("--task", "--framework")
ELSEWHERE = {"W112"}  # takes an installed package: tests/catalogue/test_custom.py

STEPS = [step for transcript in transcripts().values() for case in transcript.cases for step in case.steps]
TEXT = "\n".join(step.out + step.err for step in STEPS)
COMMANDS = (COMPUTE, COMPARE, OBJECTIVE, LIST, CONFORMS)


def command_of(argv: list[str]) -> str | None:
    """The row of the table of options that a command line is of."""
    if len(argv) < 2 or argv[0] not in (COMPUTE, COMPARE, LIST):
        return None
    if argv[0] == COMPUTE and any(word.partition("=")[0] == "--conforms" for word in argv):
        return CONFORMS
    return OBJECTIVE if argv[0] == COMPUTE and is_objective(argv[1]) else argv[0]


LINES = [(command_of(step.argv), step) for step in STEPS if step.argv]


def words(command: str) -> set[str]:
    """The words of all command lines of a command that were accepted."""
    found = [step.argv for of, step in LINES if of == command and step.code != 2]
    return {part for argv in found for word in argv for part in (word, word.partition("=")[0])}


def test_every_option_has_a_transcript() -> None:
    without = []
    for command in COMMANDS:
        used = words(command)
        for row in rows_of(command):
            flags = [flag.split("/") for flag in row.all_flags]  # --header/--no-header are two
            if not all(used & {one, row.short} for names in flags for one in names if one != row.short):
                without.append(f"{command} {' '.join(row.all_flags)}")
    assert not without, "an option without a transcript:\n" + "\n".join(without)


def test_every_word_of_a_choice_has_a_transcript() -> None:
    """One of compute's, compare's or an objective's, since all commands read a choice in the same way."""
    used = set().union(*map(words, COMMANDS))
    choices = {(row.flag, word) for command in COMMANDS for row in rows_of(command) if row.words for word in row.words.words}
    left = {(flag, word) for flag, word in choices if word not in used and flag not in LEFT_OUT}
    assert not left, f"words without a transcript: {sorted(left)}"


def test_every_warning_has_a_transcript() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    codes = set(re.findall(r'"(W1\d\d)"', source))
    shown = set(re.findall(r"warning: (W1\d\d) ", TEXT))
    assert not codes - shown - ELSEWHERE, f"warnings without a transcript: {sorted(codes - shown - ELSEWHERE)}"
