"""The manual page of losscli, from the same data as the helps; installed in share/man/man1. `python -m tests.tools docs` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from losscli.catalogue.pages import topics
from losscli.cli.help import compare_help, compute_help, list_help, main_help
from losscli.errors import ExitCode
from losscli.render.help import Help
from tests import ROOT

__all__ = ["FILE", "page"]

FILE = ROOT / "losscli" / "docs" / "losscli.1"
_EXIT = {
    ExitCode.DONE: "done",
    ExitCode.GATE: "a gate said no",
    ExitCode.USAGE: "wrong usage: options, names of losses, values of options",
    ExitCode.INPUT: "wrong input: files, columns, shapes, values",
    ExitCode.OUTPUT: "the output could not be written",
    ExitCode.INTERNAL: "an internal error: please report it",
    ExitCode.INTERRUPTED: "interrupted",
}
_VARIABLES = {
    "NO_COLOR, FORCE_COLOR, TERM": "Whether there are colours.",
    "LOSSCLI_PAGER, PAGER": "The pager of lists that are longer than the screen.",
    "LOSSCLI_FORMAT, LOSSCLI_PRECISION, LOSSCLI_STRICT, LOSSCLI_QUIET, LOSSCLI_THREADS, LOSSCLI_DELIMITER, LOSSCLI_CONFIG": (
        "Defaults of options; losscli list configuration tells more."
    ),
    "TMPDIR": "The folder in which large outputs wait until they are complete.",
}


def page() -> str:
    """The page as man reads it."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    main = main_help()
    yield '.TH LOSSCLI 1 "" "losscli" "User Commands"'
    yield from (".ad l", ".nh")
    yield from (".SH NAME", r"losscli \- " + _text("the exact value of a loss, from files and from the shell"))
    yield ".SH SYNOPSIS"
    helps = {"compute": compute_help(), "compare": compare_help(), "list": list_help()}
    for help in helps.values():
        yield from (".PP", rf"\fB{_text(help.usage)}\fP")
    yield from (".SH DESCRIPTION", *(_text(text) for text in main.about))
    yield from _entries([(e.flags, e.help) for section in main.sections for e in section.entries])
    for name, help in helps.items():
        yield from _of(name, help)
    yield from (".SH EXIT STATUS", *_entries([(str(code.value), f"{_EXIT[code]}.") for code in ExitCode]))
    yield from (".SH ENVIRONMENT", *_entries(list(_VARIABLES.items())))
    yield from (".SH FILES", *_entries([("losscli.toml, pyproject.toml [tool.losscli]", "Defaults of options.")]))
    yield from (".SH SEE ALSO", _text(f"losscli list TOPIC shows a page of the documentation: {', '.join(topics())}."))


def _of(name: str, help: Help) -> Iterator[str]:
    """The section of one command."""
    yield f'.SH "LOSSCLI {name.upper()}"'
    for text in help.about:
        yield from (".PP", _text(text))
    yield from (".PP", "Examples:", ".PP", ".nf", ".RS", *map(_text, help.examples), ".RE", ".fi")
    for section in help.sections:
        yield f'.SS "{_text(section.title)}"'
        yield from _entries([(entry.flags, entry.help) for entry in section.entries])


def _entries(entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    for flags, help in entries:
        yield from (".TP", rf"\fB{_text(flags)}\fP", _text(help) or r"\&")


def _text(text: str) -> str:
    """The text with what troff would read as commands escaped; long words may be broken at | and commas."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("…", r"\&...").replace("'", r"\(aq").replace("√", "sqrt")
    escaped = re.sub(r"([|,])(?=\S)", r"\1\\:", escaped)
    return rf"\&{escaped}" if escaped[:1] in (".", "'") else escaped
