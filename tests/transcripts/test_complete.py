"""Every option, every word of a choice and every warning occurs in a transcript, and the words of every message in some test."""

from __future__ import annotations

import re

from losscli.catalogue.lookup import is_objective
from losscli.cli.options import COMPARE, COMPUTE, CONFORMS, LIST, OBJECTIVE, RERUN, rows_of
from tests import PACKAGE
from tests.support.literals import without_a_test
from tests.support.transcripts import transcripts

# Words of which one stands for all: the tasks are only listed, and the frameworks are not installed here.
LEFT_OUT = ("--task", "--framework")
ELSEWHERE = {"W112"}  # takes an installed package: tests/catalogue/test_custom.py

STEPS = [step for transcript in transcripts().values() for case in transcript.cases for step in case.steps]
TEXT = "\n".join(step.out + step.err for step in STEPS)
COMMANDS = (COMPUTE, COMPARE, OBJECTIVE, LIST, CONFORMS, RERUN)


def command_of(argv: list[str]) -> str | None:
    """The row of the table of options that a command line is of."""
    if len(argv) < 2 or argv[0] not in (COMPUTE, COMPARE, LIST):
        return None
    if argv[0] == COMPUTE and any(word.partition("=")[0] == "--conforms" for word in argv):
        return CONFORMS
    if argv[0] == COMPUTE and argv[1].partition("=")[0] == "--rerun":
        return RERUN
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


# Texts of messages that are tested in part: a row of tests/cli/messages, or a test of Python, reads another part of them. It only gets
# shorter: read the whole message in a transcript, and take its text out.
IN_PART = {
    ", not numbers: cast it to Float64 before it is written",
    ", which needs polars or pyarrow to be read: pip install polars",
    ": give data=, a function of a generator and the rows",
    ": give id=… to pair the rows by it, or one column of the frame",
    ": the name of a column needs data=…, numbers need an array",
    ": what is masked is missing; --nan omit leaves it out, --nan propagate makes it nan",
    "; for a column of standard input write -::",
    "; to_dict() needs nothing",
    "GiB: yield what it needs of all rows, as in total, n = yield column, 1",
    "This is a bug: please report it, with the output of the same command with --debug.",
    "a function to check is written FILE.py::FUNCTION, not",
    "a number has too many digits",
    "a probability of a bound that is not given makes the score infinite: give --lower and --upper",
    "by takes an array, or a dict of arrays: by={'region': ['north', 'south']}",
    "by takes one number for each slice: give reduction='mean' (or 'sum', …), not 'none'",
    "compare takes an array for each prediction: {'a': [1, 2], 'b': [1, 3]}; with data=… names of its columns",
    "compares predictions by their intervals: give ci, and more than one prediction",
    "compares rows with each other and gives a value for each: it takes no --per; -r none has the values",
    "counts must be one number for each class, 0 or more, not",
    "data(rng, rows) has to return an array for each role, {'pred': …}, not",
    "has no class axis: --class-axis is for losses over classes, such as cross_entropy",
    "has no single value here: `values` or `value` is an array; give reduction='mean' or per='all'",
    "have the same index, but in another order, and rows were paired by position: give",
    "is one number over all its classes: --per takes all or row",
    "is one number over all rows and features: it takes no --per",
    "lmass and umass are more than 1 together: give the probability of each bound itself",
    "names a column of ids, and there is no frame: give data=…, or frames as roles",
    "needs the plot extra: pip install 'losscli[plot]'; without -o the picture is drawn in characters, and -f json has its numbers",
    "returned one number for all rows, and values for the first",
    "returned one number for some rows, and values for others",
    "rows with nan were omitted, so the gradient cannot have the shape of the array: remove these rows from the arrays",
    "the levels are not those of intervals around the median, q and 1 − q",
    "the negative scores so much higher that --gamma bounds the loss and its gradient is nearly 0; 0 is exact",
}


def test_every_text_of_a_message_is_read_by_a_test() -> None:
    """Which place makes a message is in tests/cli/test_messages.py; here it is its words that some test expects."""
    left = {text: f"{file}:{line} {text!r}" for file, line, text in without_a_test()}
    assert not left.keys() - IN_PART, "words that no test reads:\n" + "\n".join(left[text] for text in left.keys() - IN_PART)
    assert not IN_PART - left.keys(), f"these are read now, so take them out of IN_PART: {sorted(IN_PART - left.keys())}"
