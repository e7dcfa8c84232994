"""A command of Typer's that calls a function, with a help of ours and with checks that Typer does not make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import typer
from typer import core

from losscli.errors import InputError, UsageError

if TYPE_CHECKING:
    from losscli.render.help import Help

__all__ = ["HELP_OPTIONS", "AsText", "command_for", "os_errors_as_input_errors", "write_help"]

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class AsText:
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


class OneCommand(AsText, core.TyperCommand):
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


def command_for(name: str, function: Callable[..., Any], help: Callable[[], Help]) -> Any:
    """A command that calls a function. Its help is made when it is shown, since the example of a loss may load NumPy."""

    class Helped(OneCommand):
        def format_help(self, ctx: Any, formatter: Any) -> None:
            write_help(help(), ctx, formatter)

    alone = typer.Typer(add_completion=False, context_settings=HELP_OPTIONS)
    alone.command(name, cls=Helped)(os_errors_as_input_errors()(function))
    return typer.main.get_command(alone)


def write_help(help: Help, ctx: Any, formatter: Any) -> None:
    """Write the help, with colours where the terminal gets them."""
    from losscli.cli.help import to_show

    text, ctx.color = to_show(help)
    formatter.write(text)


@contextmanager
def os_errors_as_input_errors() -> Iterator[None]:
    """Turn an OSError of the block into an InputError. Code that writes files has already turned its own into OutputErrors."""
    try:
        yield
    except OSError as error:
        reason = str(error.strerror or error)
        where = error.filename if error.filename is not None else "the input cannot be read"
        raise InputError(f"{where}: {reason[:1].lower()}{reason[1:]}") from error
