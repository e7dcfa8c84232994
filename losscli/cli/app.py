"""The command line: the only place that knows Typer, prints, exits and sees argv."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from losscli.cli.streams import to_stderr
from losscli.errors import ExitCode, InputError, LossError, OutputError, UsageError, suggest
from losscli.version import __version__

__all__ = ["app", "run"]

CompletionItem = typer.core.CompletionItem  # type: ignore[attr-defined]
_HELP = {"help_option_names": ["-h", "--help"]}
# Typer brings its own click, whose exceptions have no public name; they are the bases of the one that has.
_CLICK_ERROR: type[Any] = typer.BadParameter.__mro__[2]


class _Command(typer.core.TyperCommand):
    """A command whose options are given once, but those that say 'again for more': the last of two would win in silence.

    Nor is one given with nothing, as a variable of the shell that is not set gives it: it would be as if it was not there.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            values, _, given = self.make_parser(ctx).parse_args(args=list(args))
            if empty := next((p for p in given if values.get(str(p.name)) == "" and p.name not in _MAY_BE_EMPTY), None):
                what = "DATA" if empty.param_type_name == "argument" else empty.opts[-1]
                raise UsageError(f"{what} is an empty text: say what it is, or leave it out")
            once = [p for p in given if p.param_type_name == "option" and not p.multiple and not _is_switch(p)]
            if twice := next((p for p in once if once.count(p) > 1), None):
                raise UsageError(f"{twice.opts[-1]} is given twice{_for_several(self.params, twice)}")
        return super().parse_args(ctx, args)


_MAY_BE_EMPTY = ("id", "delimiter", "comment", "decimal")  # a column may have no name; the others say what they take


def _is_switch(option: Any) -> bool:
    """Whether an option says the same however often it is given."""
    return option.is_flag and not option.secondary_opts


def _for_several(options: list[Any], twice: Any) -> str:
    """What takes several of them."""
    if twice.name != "pred" or any(p.name == "baseline" for p in options):
        return ": it takes one value"
    return ": compute takes one prediction; to set several beside each other: losscli compare -l LOSS -p A -p B -t TARGET"


def _made(name: str, function: Any, cls: type[typer.core.TyperCommand] = _Command) -> Any:
    """The command of one function."""
    alone = typer.Typer(add_completion=False, context_settings=_HELP)
    alone.command(name, cls=cls)(_of_reading()(function))
    return typer.main.get_command(alone)


@contextmanager
def _of_reading() -> Iterator[None]:
    """What the system refuses as a fault of what is read: what is written is told where that is done."""
    try:
        yield
    except OSError as error:
        said = str(error.strerror or error)
        where = error.filename if error.filename is not None else "the input cannot be read"
        raise InputError(f"{where}: {said[:1].lower()}{said[1:]}") from error


class _Losses(typer.core.TyperGroup):
    """A command for each loss, made when it is asked for."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from losscli.catalogue.lookup import find, is_objective

        if is_objective(cmd_name):
            from losscli.cli.objective import command_of_file

            return _made(cmd_name, command_of_file(cmd_name))

        from losscli.cli.compute import command_of, help_of

        with to_stderr(), _of_reading():  # a file of the user's may print
            known, preset = find(cmd_name)

        class OfLoss(_Command):
            def format_help(self, ctx: Any, formatter: Any) -> None:
                self.help = help_of(cmd_name, known, preset)  # here: its example is evaluated, which may load NumPy
                super().format_help(ctx, formatter)

        return _made(cmd_name, command_of(cmd_name, known, preset), OfLoss)

    def list_commands(self, ctx: Any) -> list[str]:
        from losscli.catalogue.index import loss_facts

        return [known["name"] for known in loss_facts()]

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The losses whose names begin so, without a command being made of each."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)

        from losscli.catalogue.index import loss_facts

        return [CompletionItem(known["name"], help=known["summary"]) for known in loss_facts() if known["name"].startswith(incomplete)]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """What the command takes; `losscli list` tells the losses."""
        formatter.write(_COMPUTE_HELP)


_COMPUTE_HELP = """\
Usage: losscli compute LOSS [DATA] [ROLES] [OPTIONS]

  One loss of some data: losscli compute huber data.csv -p y_pred -t y_true --delta 2

LOSS    a name (huber), an alias (SmoothL1Loss), or a framework's (keras.losses.Huber) for its number;
        a function of yours (my_losses.py::asymmetric), or a file of several with weights (objective.yaml)
DATA    a file whose columns are the roles, by name or as given
SOURCE  what a role takes: 2.5,0,2.1   '[[1,2],[3,4]]'   -   preds.npy   out.npz::logits   preds.csv::y
        and of DATA: y_pred   logit_0:logit_9   'logit_*'   a,b,c   ::y_pred   ::0   ::-1

losscli compute LOSS --help shows the roles and options of a loss, losscli list the losses.
"""


class _Commands(typer.core.TyperGroup):
    """The three commands, the one that people come for first; each is made when it is asked for."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _COMMANDS[cmd_name]() if cmd_name in _COMMANDS else None

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)


def _compute() -> Any:
    return _Losses(
        name="compute", no_args_is_help=True, context_settings=_HELP, help="One loss of some data: losscli compute huber data.csv --delta 2"
    )


def _compare() -> Any:
    from losscli.cli.compare import compare

    return _made("compare", compare)


def _list() -> Any:
    from losscli.cli.listing import list_losses

    return _made("list", list_losses)


_COMMANDS = {"compute": _compute, "compare": _compare, "list": _list}

app = typer.Typer(
    cls=_Commands,
    help="The exact value of a loss, from files and from the shell.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
)


def _version(asked: bool) -> None:
    if asked:
        print(f"losscli {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """The exact value of a loss, from files and from the shell, as PyTorch, Keras, scikit-learn or optax would give it."""


def run(argv: list[str]) -> int:
    """Run one command. Everything a user can cause ends in one line on stderr and the right exit code."""
    from losscli.cli.atomic import stdout_guarded
    from losscli.cli.messages import say, say_code
    from losscli.cli.streams import fill_closed

    fill_closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Unicode gets a ? for a √
    try:
        if sys.stdout is None and {"-h", "--help", "--version"} & set(argv):
            raise OutputError("standard output is closed")
        with stdout_guarded():
            code = app(argv, prog_name="losscli", standalone_mode=False)
            if sys.stdout is not None:
                sys.stdout.flush()
            return int(code or 0)
        return int(ExitCode.DONE)
    except LossError as error:
        if "--debug" in argv and error.__cause__ is not None:
            say_code(_traceback(error.__cause__))
        say(f"error: {error}")
        return int(error.code)
    except (typer.Abort, KeyboardInterrupt):
        return int(ExitCode.INTERRUPTED)
    except SystemExit:  # Typer's own answer to a reader of its help that has gone away
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the interpreter's own flush at exit
        return int(ExitCode.DONE)
    except MemoryError:
        say("error: not enough memory for this input")
        return int(ExitCode.INPUT)
    except RecursionError:
        if "--debug" in argv:
            raise
        say("error: the input is nested too deep")
        return int(ExitCode.INPUT)
    except _CLICK_ERROR as error:
        _usage(error, argv)
        return int(ExitCode.USAGE)
    except Exception as error:
        if "--debug" in argv:
            raise
        say(f"internal error: {type(error).__name__}: {error}")
        say("This is a bug: please report it, with what the same command says with --debug.")
        return int(ExitCode.INTERNAL)


def _traceback(error: BaseException) -> str:
    """Of an error in a user's function, from there on."""
    import traceback

    step = error.__traceback__
    ours = os.path.dirname(os.path.dirname(__file__))
    while step is not None and step.tb_next is not None and step.tb_frame.f_code.co_filename.startswith(ours):
        step = step.tb_next
    return "".join(traceback.format_exception(type(error), error.with_traceback(step), step)).rstrip("\n")


def _usage(error: Any, argv: list[str]) -> None:
    from losscli.cli.messages import say, say_code

    said = error.format_message().rstrip(".")
    if getattr(error, "option_name", None) and getattr(error, "possibilities", None) is not None:
        said = f"no such option {error.option_name}"
        said += _elsewhere(error.option_name, argv) or suggest(error.option_name, error.possibilities)
    elif said.startswith("No such command"):
        said = _no_command(argv)
    elif said.startswith("Got unexpected extra argument"):
        said = _too_many(said)
    words = itertools.takewhile(lambda a: not a.startswith("-"), argv[: 2 if argv[:1] == ["compute"] else 1])
    path = error.ctx.command_path if getattr(error, "ctx", None) is not None else " ".join(["losscli", *words])
    if not said or said.startswith("Usage:"):  # nothing was asked for: here is what there is
        say_code(said)
        return
    say(f"error: {said[0].lower() + said[1:]}")
    say(f"see `{path} --help`")


def _elsewhere(option: str, argv: list[str]) -> str:
    """': what to do instead' for a framework's word that is no option under its name."""
    from losscli.catalogue.lookup import find

    if argv[:1] != ["compute"] or len(argv) < 2:
        return ""
    try:
        _, preset = find(argv[1])
    except LossError:
        return ""
    word = option.removeprefix("--").removeprefix("no-").replace("-", "_")
    return f": {preset.instead[word]}" if word in preset.instead else ""


def _too_many(said: str) -> str:
    """What to say of words behind DATA: most likely the shell wrote out a pattern."""
    extra = said.rpartition(" (")[2].removesuffix(")")
    return f"nothing takes {extra}: DATA is one file, an option takes one word; where the shell wrote out a pattern, quote it: -p 'p-*.csv'"


def _no_command(argv: list[str]) -> str:
    from losscli.catalogue.lookup import find

    word = next((a for a in argv if not a.startswith("-")), "")
    try:
        find(word)
    except LossError:
        return f"no command {word!r}{suggest(word, ('compute', 'compare', 'list'))}"
    return f"no command {word!r}: did you mean `losscli compute {word}`?"
