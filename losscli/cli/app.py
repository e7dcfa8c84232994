"""The commands of losscli, each built when it is used, and `run`, which turns every error into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import core

from losscli.cli.command import HELP_OPTIONS, AsText, command_for, os_errors_as_input_errors, write_help
from losscli.cli.invocation import Invocation
from losscli.cli.streams import to_stderr
from losscli.errors import ExitCode, LossError, OutputError, UsageError

if TYPE_CHECKING:
    from losscli.registry import Loss, Preset
    from losscli.render.help import Help

__all__ = ["app", "run"]

NO_MEMORY = "not enough memory: losscli itself takes 200 MB, beside the data; is there a limit, as of a container or by ulimit -v?"
COMPLETE = "_LOSSCLI_COMPLETE"  # the variable with which a shell asks for completions
# Typer contains its own copy of click, whose base exception has no public name: this is the base class of a public one.
_CLICK_ERROR: type[Any] = typer.BadParameter.__mro__[2]


# --- compute: a command for each loss --------------------------------------------------------------------------------------


class _Losses(AsText, core.TyperGroup):
    """The losses as commands. The command of a loss is built when its name is on the command line."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from losscli.catalogue.lookup import find, is_objective

        if is_objective(cmd_name):
            from losscli.cli.help import objective_help
            from losscli.cli.objective import objective_command

            return command_for(cmd_name, objective_command(cmd_name), lambda: objective_help(cmd_name))

        from losscli.cli.compute import compute_command

        with to_stderr(), os_errors_as_input_errors():  # a user's file may print
            loss, preset = find(cmd_name)
        return command_for(cmd_name, compute_command(cmd_name, loss, preset), partial(_help_of, cmd_name, loss, preset))

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """--rerun takes the place of a loss."""
        return super().parse_args(ctx, ["--", *args] if _is_rerun(args) else args)  # no option of the group

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of the first word. An option that chooses another name, trl.DPO --loss-type ipo, becomes that name: trl.DPO.ipo."""
        if len(args) > 1 and not args[0].startswith("-") and any(word.partition("=")[0] == "--conforms" for word in args[1:]):
            from losscli.cli.conforms import conforms_command
            from losscli.cli.help import conforms_help

            function = args[0]
            return function, command_for(function, conforms_command(function), lambda: conforms_help(function)), args[1:]

        if _is_rerun(args):
            from losscli.cli.help import rerun_help
            from losscli.cli.rerun import rerun_command

            wants_help = {"-h", "--help"} & {*args}
            return "--rerun", command_for("--rerun", rerun_command(_invoke), rerun_help), ["--help"] if wants_help else args

        from losscli.cli.loss_argument import words_by_option

        return super().resolve_command(ctx, words_by_option(args))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help of `losscli compute` without a loss."""
        from losscli.cli.help import compute_help

        write_help(compute_help(), ctx, formatter)


def _is_rerun(args: list[str]) -> bool:
    return bool(args) and args[0].partition("=")[0] == "--rerun"


def _help_of(name: str, loss: Loss, preset: Preset) -> Help:
    from losscli.cli.help import loss_help

    return loss_help(name, loss, preset)


# --- the three commands ----------------------------------------------------------------------------------------------------


class _Commands(AsText, core.TyperGroup):
    """The three commands. Each is built when its name is on the command line."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _COMMANDS[cmd_name]() if cmd_name in _COMMANDS else None

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from losscli.cli.help import main_help

        write_help(main_help(), ctx, formatter)


def _compute() -> Any:
    return _Losses(name="compute", no_args_is_help=True, context_settings=HELP_OPTIONS)


def _compare() -> Any:
    from losscli.cli.compare import compare_command
    from losscli.cli.help import compare_help

    return command_for("compare", compare_command(), compare_help)


def _list() -> Any:
    from losscli.cli.help import list_help
    from losscli.cli.listing import list_command

    return command_for("list", list_command(), list_help)


_COMMANDS = {"compute": _compute, "compare": _compare, "list": _list}

app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP_OPTIONS,
)


def _version(wanted: bool) -> None:
    if wanted:
        from losscli.cli.versions import version_text

        print(version_text(), end="")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """The exact value of a loss, from files and from the shell, as PyTorch, Keras, scikit-learn or optax would give it."""


# --- running a command -----------------------------------------------------------------------------------------------------------


def run(argv: list[str]) -> int:
    """Run one command and return its exit code. Every error that a user can cause ends in one line on stderr."""
    from losscli.cli.colours import choose_color
    from losscli.cli.streams import fill_closed, warnings_as_lines

    choose_color(argv)
    fill_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Unicode gets a ? for a √
    try:
        try:
            with warnings_as_lines():
                return _run(argv)
        except BaseException as error:
            report = next((report for kind, report in _REPORTS if isinstance(error, kind)), None)
            if report is None:
                raise
            return int(report(error, argv))
    except MemoryError:  # not even for the report
        with suppress(OSError):
            os.write(2, f"error: {NO_MEMORY}\n".encode())
        return int(ExitCode.INPUT)


def _run(argv: list[str]) -> int:
    from losscli.cli.atomic import stdout_guarded

    if (asked := os.environ.get(COMPLETE, "")).startswith("complete_"):
        from losscli.cli.completion import complete

        text, ended = complete(asked)
        with stdout_guarded():
            print(text, end="", flush=True)
        return ended

    if sys.stdout is None and {"-h", "--help", "--version"} & set(argv):
        raise OutputError("standard output is closed")
    if (word := next(filter(_is_short_with_equals, argv), None)) is not None:
        raise UsageError(f"{word}: write a space after a short option, and no '=': {word[:2]} {word[3:]}")
    if (brief := _brief(argv)) is not None:
        from losscli.cli.messages import say_code

        say_code(brief)
        return ExitCode.USAGE
    code = None
    with stdout_guarded():
        code = _invoke(Invocation(tuple(argv)))
        if sys.stdout is not None:
            sys.stdout.flush()
    return int(code or ExitCode.DONE)


def _invoke(invocation: Invocation) -> Any:
    return app(list(invocation.words), prog_name="losscli", standalone_mode=False, obj=invocation)


def _is_short_with_equals(word: str) -> bool:
    """Whether a word is a short option with its value after '=', which Typer would take for a part of the value."""
    return len(word) > 2 and word[0] == "-" and word[1].isalpha() and word[2] == "="


def _brief(argv: list[str]) -> str | None:
    """Examples to try, for a command without words; None for another command line."""
    if len(argv) > 1 or (argv and argv[0] not in ("compute", "compare")) or COMPLETE in os.environ:
        return None
    from losscli.cli.help import BRIEF

    return BRIEF[tuple(argv)].rstrip("\n")


def _losscli_error(error: Any, argv: list[str]) -> ExitCode:
    from losscli.cli.messages import say_lines

    if "--debug" in argv and error.__cause__ is not None:
        say_lines(_user_traceback(error.__cause__))
    _say_error(str(error), argv)
    return error.code


def _say_error(message: str, argv: list[str]) -> None:
    """Print an error on stderr, and report it to the CI that reads the result."""
    from losscli.cli.ci_errors import report_error
    from losscli.cli.messages import say

    say(f"error: {message}")
    report_error(message, argv)


def _interrupted(error: Any, argv: list[str]) -> ExitCode:
    return ExitCode.INTERRUPTED


def _reader_gone(error: Any, argv: list[str]) -> ExitCode:
    """Typer raises SystemExit when the program that reads the help has closed the pipe."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the interpreter's own flush at exit
    return ExitCode.DONE


def _out_of_memory(error: Any, argv: list[str]) -> ExitCode:
    error.__traceback__ = None  # its frames hold what there is no memory for
    _say_error(NO_MEMORY, argv)
    return ExitCode.INPUT


def _usage_error(error: Any, argv: list[str]) -> ExitCode:
    from losscli.cli.usage import report_usage

    report_usage(error, argv)
    return ExitCode.USAGE


def _internal_error(error: Any, argv: list[str]) -> ExitCode:
    from losscli.cli.ci_errors import report_error
    from losscli.cli.messages import say

    if "--debug" in argv:
        raise error
    say(f"internal error: {type(error).__name__}: {error}")
    say("This is a bug: please report it, with the output of the same command with --debug.")
    report_error(f"internal error: {type(error).__name__}: {error}", argv)
    return ExitCode.INTERNAL


# The first row whose type fits an error reports it. An error without a row ends the process with Python's traceback.
_REPORTS: tuple[tuple[type[Any] | tuple[type[Any], ...], Callable[[Any, list[str]], ExitCode]], ...] = (
    (LossError, _losscli_error),
    ((typer.Abort, KeyboardInterrupt), _interrupted),
    (SystemExit, _reader_gone),
    (MemoryError, _out_of_memory),
    (_CLICK_ERROR, _usage_error),
    (Exception, _internal_error),
)


def _user_traceback(error: BaseException) -> str:
    """The traceback of an error in a user's function, without the frames of losscli above it."""
    import traceback

    step = error.__traceback__
    ours = os.path.dirname(os.path.dirname(__file__))
    while step is not None and step.tb_next is not None and step.tb_frame.f_code.co_filename.startswith(ours):
        step = step.tb_next
    return "".join(traceback.format_exception(type(error), error.with_traceback(step), step)).rstrip("\n")
