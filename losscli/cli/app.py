"""The commands of losscli, each built when it is used, and `run`, which turns every error into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer import core

from losscli.cli.streams import to_stderr
from losscli.errors import ExitCode, InputError, LossError, OutputError, UsageError
from losscli.version import __version__

__all__ = ["app", "run"]

CompletionItem: Any = core.CompletionItem  # type: ignore[attr-defined]
_HELP = {"help_option_names": ["-h", "--help"]}
# Typer contains its own copy of click, whose base exception has no public name: this is the base class of a public one.
_CLICK_ERROR: type[Any] = typer.BadParameter.__mro__[2]


# --- one command -----------------------------------------------------------------------------------------------------------


class _AsText:
    """The parameters of a command pass on the text of the command line, which losscli reads.

    Typer would import pydantic to read it, and that takes longer than all else in a small run.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            param.process_value = partial(_value_as_given, param)
        return params


def _value_as_given(param: Any, ctx: Any, value: Any) -> Any:
    return value if param.callback is None else param.callback(ctx, param, value)


class _Command(_AsText, core.TyperCommand):
    """A command that refuses an empty value, and a second value for an option that takes one.

    Typer would silently use the last of two values. It would treat an empty text, the value of an unset shell variable, as no option.
    """

    def make_parser(self, ctx: Any) -> Any:
        parser: Any = super().make_parser(ctx)
        if not ctx.resilient_parsing:
            parse = parser.parse_args

            def checked(args: list[str]) -> Any:
                words = list(args)  # parsing empties args
                parsed = parse(args=args)
                _refuse_empty_and_repeated(self.params, parsed[0], parsed[2], words)
                return parsed

            parser.parse_args = checked
        return parser


def _refuse_empty_and_repeated(params: Sequence[Any], values: dict[str, Any], present: Sequence[Any], words: Sequence[str]) -> None:
    """Raise UsageError for an empty value and for a second value. `present` are the parameters that `words` give, in order."""
    if empty := next((p for p in present if values.get(str(p.name)) == "" and p.name not in _MAY_BE_EMPTY), None):
        what = "DATA" if empty.param_type_name == "argument" else empty.opts[-1]
        raise UsageError(f"{what} is an empty text: give it a value, or leave it out")
    single = [p for p in present if p.param_type_name == "option" and not p.multiple and not _is_switch(p)]
    if twice := next((p for p in single if single.count(p) > 1), None):
        if twice.secondary_opts and {twice.opts[-1], twice.secondary_opts[-1]} <= {*words}:
            raise UsageError(f"{twice.opts[-1]} and {twice.secondary_opts[-1]} are both given: leave one of them out")
        raise UsageError(f"{twice.opts[-1]} is given twice{_instead_of_twice(twice)}")


_MAY_BE_EMPTY = ("id", "delimiter", "comment", "decimal")  # a column may have no name; the others have messages of their own


def _is_switch(option: Any) -> bool:
    """Whether the option is a flag without a value, so that a second one changes nothing."""
    return option.is_flag and not option.secondary_opts


def _instead_of_twice(twice: Any) -> str:
    """The end of the message: what to write for several values."""
    if twice.name != "pred":  # that of compare may be given twice
        return ": it takes one value"
    return ": compute takes one prediction; to compare several: losscli compare -l LOSS -p A -p B -t TARGET"


def _command_for(name: str, function: Callable[..., Any], cls: type[core.TyperCommand] = _Command) -> Any:
    """A command that calls a function."""
    alone = typer.Typer(add_completion=False, context_settings=_HELP)
    alone.command(name, cls=cls)(_os_errors_as_input_errors()(function))
    return typer.main.get_command(alone)


@contextmanager
def _os_errors_as_input_errors() -> Iterator[None]:
    """Turn an OSError of the block into an InputError. Code that writes files has already turned its own into OutputErrors."""
    try:
        yield
    except OSError as error:
        reason = str(error.strerror or error)
        where = error.filename if error.filename is not None else "the input cannot be read"
        raise InputError(f"{where}: {reason[:1].lower()}{reason[1:]}") from error


# --- compute: a command for each loss --------------------------------------------------------------------------------------


class _Losses(_AsText, core.TyperGroup):
    """The losses as commands. The command of a loss is built when its name is on the command line."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from losscli.catalogue.lookup import find, is_objective

        if is_objective(cmd_name):
            from losscli.cli.objective import objective_command

            return _command_for(cmd_name, objective_command(cmd_name))

        from losscli.cli.compute import compute_command

        with to_stderr(), _os_errors_as_input_errors():  # a user's file may print
            loss, preset = find(cmd_name)

        class OfLoss(_Command):
            def format_help(self, ctx: Any, formatter: Any) -> None:
                from losscli.cli.loss_options import help_of

                self.help = help_of(cmd_name, loss, preset)  # only when it is shown, since its example may load NumPy
                super().format_help(ctx, formatter)

        return _command_for(cmd_name, compute_command(cmd_name, loss, preset), OfLoss)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of the first word. An option that chooses another name, trl.DPO --loss-type ipo, becomes that name: trl.DPO.ipo."""
        if len(args) > 1 and not args[0].startswith("-") and any(word.partition("=")[0] == "--conforms" for word in args[1:]):
            from losscli.cli.conforms import conforms_command

            return args[0], _command_for(args[0], conforms_command(args[0])), args[1:]

        from losscli.cli.loss_argument import words_by_option

        return super().resolve_command(ctx, words_by_option(args))

    def list_commands(self, ctx: Any) -> list[str]:
        from losscli.catalogue.index import loss_facts

        return [loss["name"] for loss in loss_facts()]

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The losses whose names begin with the text. No command is built for them."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)

        from losscli.catalogue.index import loss_facts

        return [CompletionItem(loss["name"], help=loss["summary"]) for loss in loss_facts() if loss["name"].startswith(incomplete)]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help of `losscli compute` without a loss; `losscli list` shows the losses."""
        formatter.write(_COMPUTE_HELP)


_COMPUTE_HELP = """\
Usage: losscli compute LOSS [DATA] [ROLES] [OPTIONS]

  One loss of some data: losscli compute huber data.csv -p y_pred -t y_true --delta 2

LOSS    a name (huber), an alias (SmoothL1Loss), or a framework's name (keras.losses.Huber) for its value;
        your own function (my_losses.py::asymmetric), or a file of several losses with weights (objective.yaml);
        my_losses.py::focal --conforms LOSS checks that a function of yours has the values and gradients of a loss
DATA    a file whose columns are the roles, by name or as given
SOURCE  what a role takes: 2.5,0,2.1   '[[1,2],[3,4]]'   -   preds.npy   out.npz::logits   preds.csv::y
        and of DATA: y_pred   logit_0:logit_9   'logit_*'   a,b,c   ::y_pred   ::0   ::-1

losscli compute LOSS --help shows the roles and options of a loss, losscli list the losses.
"""


# --- the three commands ----------------------------------------------------------------------------------------------------


class _Commands(_AsText, core.TyperGroup):
    """The three commands. Each is built when its name is on the command line."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _COMMANDS[cmd_name]() if cmd_name in _COMMANDS else None

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)


def _compute() -> Any:
    return _Losses(
        name="compute", no_args_is_help=True, context_settings=_HELP, help="One loss of some data: losscli compute huber data.csv --delta 2"
    )


def _compare() -> Any:
    from losscli.cli.compare import compare_command

    return _command_for("compare", compare_command())


def _list() -> Any:
    from losscli.cli.listing import list_command

    return _command_for("list", list_command())


_COMMANDS = {"compute": _compute, "compare": _compare, "list": _list}

app = typer.Typer(
    cls=_Commands,
    help="The exact value of a loss, from files and from the shell.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"losscli {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """The exact value of a loss, from files and from the shell, as PyTorch, Keras, scikit-learn or optax would give it."""


# --- running a command -----------------------------------------------------------------------------------------------------------


def run(argv: list[str]) -> int:
    """Run one command and return its exit code. Every error that a user can cause ends in one line on stderr."""
    from losscli.cli.streams import fill_closed

    fill_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Unicode gets a ? for a √
    try:
        return _run(argv)
    except BaseException as error:
        report = next((report for kind, report in _REPORTS if isinstance(error, kind)), None)
        if report is None:
            raise
        return int(report(error, argv))


def _run(argv: list[str]) -> int:
    from losscli.cli.atomic import stdout_guarded

    if sys.stdout is None and {"-h", "--help", "--version"} & set(argv):
        raise OutputError("standard output is closed")
    code = None
    with stdout_guarded():
        code = app(argv, prog_name="losscli", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    return int(code or ExitCode.DONE)


def _losscli_error(error: Any, argv: list[str]) -> ExitCode:
    from losscli.cli.messages import say, say_code

    if "--debug" in argv and error.__cause__ is not None:
        say_code(_user_traceback(error.__cause__))
    say(f"error: {error}")
    return error.code


def _interrupted(error: Any, argv: list[str]) -> ExitCode:
    return ExitCode.INTERRUPTED


def _reader_gone(error: Any, argv: list[str]) -> ExitCode:
    """Typer raises SystemExit when the program that reads the help has closed the pipe."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the interpreter's own flush at exit
    return ExitCode.DONE


def _out_of_memory(error: Any, argv: list[str]) -> ExitCode:
    from losscli.cli.messages import say

    say("error: not enough memory for this input")
    return ExitCode.INPUT


def _usage_error(error: Any, argv: list[str]) -> ExitCode:
    from losscli.cli.usage import report_usage

    report_usage(error, argv)
    return ExitCode.USAGE


def _internal_error(error: Any, argv: list[str]) -> ExitCode:
    from losscli.cli.messages import say

    if "--debug" in argv:
        raise error
    say(f"internal error: {type(error).__name__}: {error}")
    say("This is a bug: please report it, with the output of the same command with --debug.")
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
