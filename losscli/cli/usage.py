"""The messages for a command line that Typer refuses."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from losscli.cli.ci_errors import report_error
from losscli.cli.messages import say, say_code
from losscli.errors import LossError, suggest

__all__ = ["report_usage"]

FEW = 5  # options of a loss that a message lists


def report_usage(error: Any, argv: list[str]) -> None:
    """Print what is wrong, and which help to read. Without a command, print the help."""
    message = _message(error, argv)
    if not message or message.startswith("Usage:"):
        say_code(message)
        return
    message = message[0].lower() + message[1:]
    say(f"error: {message}")
    report_error(message, argv)
    say(f"see `{_command(error, argv)} --help`")


def _message(error: Any, argv: list[str]) -> str:
    """Typer's message, or ours where that does not say what to do."""
    message = error.format_message().rstrip(".")
    if getattr(error, "option_name", None) and getattr(error, "possibilities", None) is not None:
        option = error.option_name
        instead = _instead_of_option(option, argv) or _of_other_command(option, argv) or _near(option, error.possibilities, argv)
        return f"no such option {error.option_name}{instead}"
    if message.startswith("No such command"):
        return _no_command(argv)
    return _too_many(message) if message.startswith("Got unexpected extra argument") else message


def _command(error: Any, argv: list[str]) -> str:
    """The command as the user typed it; for compute with the loss."""
    if getattr(error, "ctx", None) is not None:
        return error.ctx.command_path
    words = itertools.takewhile(lambda a: not a.startswith("-"), argv[: 2 if argv[:1] == ["compute"] else 1])
    return " ".join(["losscli", *words])


def _near(option: str, known: Sequence[str], argv: list[str]) -> str:
    """' (did you mean …?)', and the options of the loss where they are few, since its option may have another word elsewhere."""
    from losscli.catalogue.binding import options_of
    from losscli.catalogue.lookup import find
    from losscli.cli.loss_argument import words_by_option

    near = suggest(option, known)
    if argv[:1] != ["compute"] or len(argv) < 2:
        return near
    try:
        name = words_by_option(argv[1:])[0]
        own = [f"--{o.replace('_', '-')}" for o in options_of(*find(name))]
    except LossError:
        return near
    return f"{near}; {name} has {', '.join(own)}" if 0 < len(own) <= FEW and not any(o in near for o in own) else near


def _instead_of_option(option: str, argv: list[str]) -> str:
    """': what to write instead' for an option of a framework that the loss does not have here."""
    from losscli.catalogue.lookup import find
    from losscli.cli.loss_argument import words_by_option

    if argv[:1] != ["compute"] or len(argv) < 2:
        return ""
    try:
        _, preset = find(words_by_option(argv[1:])[0])
    except LossError:
        return ""
    word = option.removeprefix("--").removeprefix("no-").replace("-", "_")
    return f": {preset.instead[word]}" if word in preset.instead else ""


def _of_other_command(option: str, argv: list[str]) -> str:
    """': it is an option of …' for an option of the other command, or of a loss in -l of compare."""
    from losscli.cli.options import COMPARE, COMPUTE, CONFORMS, rows_of

    word = option.removeprefix("--").removeprefix("no-").replace("-", "_")
    of_compute, of_compare = ({row.name for row in rows_of(command)} for command in (COMPUTE, COMPARE))
    if argv[:1] == [COMPUTE] and word in of_compare - of_compute:
        return f": it is an option of `losscli compare`: losscli compare -l LOSS -p PRED -t TARGET {option}"
    if argv[:1] != [COMPARE]:
        return ""
    for text in _values_of(argv, "-l", "--loss"):
        if (name := _name_with(text, word)) is not None:
            value = "false" if option.startswith("--no-") else next(iter(_values_of(argv, option)), "…")
            value = f"[{value}]" if "," in value and not value.startswith("[") else value
            before = f"{name}:" if f"{word}=" in text else f"{text}," if ":" in text else f"{text}:"
            return f": it is an option of {name}, so write -l {shlex.quote(f'{before}{word}={value}')}"
        if word in _roles_of(text):
            return f": it is a role of {text.partition(':')[0]}, so write --role {word}={next(iter(_values_of(argv, option)), '…')}"
    if word in of_compute - of_compare:
        return f": it is an option of `losscli compute`: losscli compute LOSS -p PRED -t TARGET {option}"
    if word in {row.name for row in rows_of(CONFORMS)} - of_compare:
        return ": it is an option of `losscli compute`: losscli compute FILE.py::FUNCTION --conforms LOSS"
    return f": it is an option of a loss, so write -l LOSS:{word}=…" if _is_of_a_loss(word) else ""


def _is_of_a_loss(word: str) -> bool:
    """Whether any loss has this option."""
    from losscli.catalogue.lookup import load_all
    from losscli.registry import LOSSES

    load_all()
    return any(word in loss.options for loss in LOSSES.values())


def _values_of(argv: list[str], *flags: str) -> list[str]:
    """The values that an option has on the command line, in one word with it or in the next."""
    found = []
    for word, following in itertools.pairwise([*argv, ""]):
        flag, equals, value = word.partition("=")
        if flag in flags:
            is_option = re.match(r"-[-A-Za-z]", following) is not None  # -3 is a value
            found.append(value if equals else following if following and not is_option else "…")
    return found


def _name_with(text: str, word: str) -> str | None:
    """The name of a loss that has this option, from LOSS:k=v; None for one that does not have it."""
    from losscli.catalogue.binding import options_of
    from losscli.catalogue.lookup import find

    name = text.partition(":")[0]
    try:
        loss, preset = find(name)
    except LossError:
        return None
    return name if word in options_of(loss, preset) or (word in loss.all_options and word not in preset.instead) else None


def _roles_of(text: str) -> Collection[str]:
    """The roles of a loss from LOSS:k=v, also by the names that a framework has for them."""
    from losscli.catalogue.lookup import find

    try:
        loss, preset = find(text.partition(":")[0])
    except LossError:
        return ()
    return {*loss.roles, *preset.role_words}


def _too_many(message: str) -> str:
    """The message for words after DATA. Most likely the shell expanded a pattern."""
    extra = message.rpartition(" (")[2].removesuffix(")")
    role = f"another file belongs to a role, as -t {extra}; " if Path(extra).is_file() else ""
    return f"unexpected {extra}: DATA is one file, an option takes one value; {role}if the shell expanded a pattern, quote it: -p 'p-*.csv'"


def _no_command(argv: list[str]) -> str:
    from losscli.catalogue.lookup import find

    word = next((a for a in argv if not a.startswith("-")), "")
    try:
        find(word)
    except LossError:
        return f"no command {word!r}{suggest(word, ('compute', 'compare', 'list'))}"
    return f"no command {word!r}: did you mean `losscli compute {word}`?"
