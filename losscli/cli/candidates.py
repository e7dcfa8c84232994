"""The words that a command line can go on with: commands, losses, options and their values, and the columns of DATA and of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from losscli.record import Record

if TYPE_CHECKING:
    from losscli.registry import Loss, Preset

__all__ = ["Candidate", "candidates"]

_COMMANDS = {
    "compute": "one loss of some data",
    "compare": "several losses of several predictions",
    "list": "losses, cards, pages of the documentation",
}
_MAIN = ("--version", "--install-completion", "--show-completion", "--help")


class Candidate(Record):
    """A word, and what it is."""

    word: str
    help: str = ""


class _Option(Record):
    """An option of the command that is being typed."""

    flags: tuple[str, ...]
    takes: str  # the text behind it in the help; '' for a switch
    help: str
    words: tuple[str, ...] = ()


def candidates(words: Sequence[str], last: str) -> list[Candidate]:
    """The candidates for the last word; `words` are those before it, behind `losscli`."""
    if not words:
        return [c for c in (*(Candidate(*c) for c in _COMMANDS.items()), *map(Candidate, _MAIN * last.startswith("-"))) if _begins(c, last)]
    command, *rest = words
    if command == "compute" and not rest:
        return [Candidate("--help")] if last.startswith("-") and "--help".startswith(last) else _names(last)
    options = _options(command, rest)
    option, text = _open_option(options, rest, last)
    if option is not None:
        before = last[: len(last) - len(text)]
        return [Candidate(before + c.word, c.help) for c in _values(command, option, rest, text)]
    if last.startswith("-"):
        return [Candidate(flag, o.help) for o in options for flag in o.flags if flag.startswith(last) and flag.startswith("--")]
    return _listed(last) if command == "list" else []


def _begins(candidate: Candidate, text: str) -> bool:
    return candidate.word.startswith(text)


# --- options ---------------------------------------------------------------------------------------------------------------


def _options(command: str, rest: Sequence[str]) -> list[_Option]:
    """The options of the command, for compute those of the loss first."""
    from losscli.cli.options import OBJECTIVE, rows_of

    if command != "compute":
        rows = list(rows_of(command))
    else:
        from losscli.catalogue.lookup import is_objective
        from losscli.cli.loss_options import rows_of_loss

        rows = list(rows_of(OBJECTIVE)) if is_objective(rest[0]) else rows_of_loss(*_found(rest[0]))
    found = [
        _Option(tuple(f for flag in r.all_flags for f in flag.split("/")), r.takes, r.help, () if r.words is None else r.words.words)
        for r in rows
    ]
    return [*found, _Option(("--help", "-h"), "", "show the help")]


def _found(name: str) -> tuple[Loss, Preset]:
    """The loss of a name. A user's file is read and not run: a key that completes a word runs nothing."""
    from losscli.catalogue.custom import is_file
    from losscli.catalogue.lookup import find
    from losscli.registry import OURS

    if not is_file(name):
        return find(name)
    from losscli.catalogue.unrun import loss_in_text

    return loss_in_text(name), OURS


def _open_option(options: Sequence[_Option], rest: Sequence[str], last: str) -> tuple[_Option | None, str]:
    """The option whose value is being typed, and the value so far."""
    if rest and (option := _option(options, rest[-1])) is not None and option.takes:
        return option, last
    flag, equals, text = last.partition("=")
    option = _option(options, flag) if equals and flag.startswith("--") else None
    return option, text


def _option(options: Sequence[_Option], flag: str) -> _Option | None:
    return next((o for o in options if flag in o.flags), None)


def _given(options: Sequence[_Option], rest: Sequence[str], *flags: str) -> list[str]:
    """The values that options have so far."""
    return [value for flag, value in pairwise(rest) if flag in flags]


def _data(options: Sequence[_Option], command: str, rest: Sequence[str]) -> str | None:
    """DATA, if it has been typed: the first word that is no option, no value of one, and not the loss."""
    positional, words = [], iter(rest)
    for word in words:
        if word.startswith("-") and word != "-":
            if "=" not in word and (option := _option(options, word)) is not None and option.takes:
                next(words, None)
        else:
            positional.append(word)
    skipped = 1 if command == "compute" else 0
    return positional[skipped] if len(positional) > skipped else None


# --- values ----------------------------------------------------------------------------------------------------------------


def _values(command: str, option: _Option, rest: Sequence[str], text: str) -> list[Candidate]:
    """The values of an option: its words, losses, or columns."""
    if option.words:
        return [Candidate(word) for word in option.words if word.startswith(text)]
    if option.takes.startswith("LOSS"):
        return _losses_with_options(text)
    options = _options(command, rest)
    if option.takes == "ROLE=SOURCE":
        return _of_roles(_given(options, rest, "-l", "--loss"), text, lambda source: _sources(options, command, rest, source))
    if "SOURCE" in option.takes or option.takes.startswith("COL"):
        return _sources(options, command, rest, text)
    if command == "compare" and "--baseline" in option.flags:
        names = (value.partition("=")[0] for value in _given(options, rest, "-p", "--pred"))
        return [Candidate(name) for name in dict.fromkeys(names) if name.startswith(text)]
    return []


def _sources(options: Sequence[_Option], command: str, rest: Sequence[str], text: str) -> list[Candidate]:
    """Columns of DATA, or of the file in FILE::COLUMN; behind the name of a prediction, NAME=."""
    file, colons, part = text.partition("::")
    if colons and file:
        label, equals, path = file.rpartition("=")
        return [Candidate(f"{label}{equals}{path}::{name}") for name in _columns(path) if name.startswith(part)]
    if (data := _data(options, command, rest)) is None:
        return []
    before = max(text.rfind("="), text.rfind(","), text.rfind("::") + 1 if colons else -1) + 1
    return [Candidate(text[:before] + name) for name in _columns(data) if name.startswith(text[before:])]


def _columns(file: str) -> list[str]:
    """The names of the columns of a file. Of a CSV only the first line is read, and NumPy is not loaded."""
    path = os.path.expanduser(file)
    if path.lower().endswith((".csv", ".tsv")):
        import csv

        from losscli.cli.configuration import settings

        delimiter = "\t" if path.lower().endswith(".tsv") else str(settings().values.get("delimiter", (",", ""))[0])
        with open(path, encoding="utf-8-sig", newline="") as lines:
            first = lines.readline(2**20)
        return [] if not first.endswith("\n") else [n for n in next(csv.reader([first], delimiter=delimiter[:1])) if not _is_number(n)]
    if os.path.getsize(path) > 2**25 and not path.endswith((".npz", ".parquet", ".arrow", ".feather")):
        return []  # it would take too long to read
    from losscli.sources.formats import Reading
    from losscli.sources.open_files import OpenFiles

    return list(OpenFiles(Reading()).table(path).names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _of_roles(losses: Iterable[str], text: str, sources: Callable[[str], list[Candidate]]) -> list[Candidate]:
    """Roles of the losses, as ROLE=; behind it sources."""
    role, equals, source = text.partition("=")
    if equals:
        return [Candidate(f"{role}={c.word}") for c in sources(source)]
    from losscli.catalogue.loss_text import split_text

    names = dict.fromkeys(name for loss in losses for name in _found(split_text(loss)[0])[0].roles if name not in ("pred", "target"))
    return [Candidate(f"{name}=") for name in names if name.startswith(text)]


# --- losses ----------------------------------------------------------------------------------------------------------------


def _names(text: str) -> list[Candidate]:
    """Our names that begin with the text; if there are none, aliases and names of frameworks, in any case."""
    from losscli.catalogue.index import loss_facts

    facts, begins = loss_facts(), text.casefold()
    if own := [Candidate(loss["name"], loss["summary"]) for loss in facts if loss["name"].startswith(begins.replace("-", "_"))]:
        return own
    others = ((name, loss["name"]) for loss in facts for name in (*loss["aliases"], *loss["names"]))
    return [Candidate(name, f"{own} in losscli") for name, own in dict(others).items() if name.casefold().startswith(begins)]


def _losses_with_options(text: str) -> list[Candidate]:
    """Names of losses; behind a colon or a comma their options with the defaults."""
    from losscli.catalogue.loss_text import split_text

    name, options = split_text(text)
    if text == name:
        return _names(text)
    from losscli.catalogue.binding import options_of
    from losscli.render.preset_text import short

    loss, preset = _found(name)
    before = options[: options.rfind(",") + 1]
    given = {part.partition("=")[0] for part in before.split(",")}
    defaults = ((w, preset.default(o)) for w, o in options_of(loss, preset).items() if w not in given)
    offered = ((w, f"{w}={'' if default is None else short(default)}") for w, default in defaults)
    return [Candidate(f"{name}:{before}{text}") for w, text in offered if text.startswith(options[len(before) :])]


def _listed(text: str) -> list[Candidate]:
    """What `losscli list` takes: losses, topics, and codes of warnings."""
    pages = [c for c in _pages() if c.word.casefold().startswith(text.casefold())] if text else list(_pages())
    return [*pages, *_names(text)]


def _pages() -> Iterator[Candidate]:
    from losscli.catalogue.pages import codes, topics

    yield from (Candidate(topic, "a page") for topic in topics())
    yield from (Candidate(code, title) for code, title in codes().items())
