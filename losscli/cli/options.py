"""The options that commands share, each declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import typer

from losscli.render.formats import FORMATS
from losscli.results.gates import ATOL, RTOL

__all__ = ["COMPARE", "COMPUTE", "LIST", "OBJECTIVE", "parameter", "parameters"]

_READ, _COUNT, _SHOW, _GATE = "Reading", "Reducing", "Showing", "Gate"


def parameter(
    name: str, kind: Any, *flags: str, default: Any = None, help: str, panel: str, metavar: str | None = None
) -> inspect.Parameter:
    """One option as a keyword of a command function."""
    asked = typer.Option if (read := _numbers(kind)) is None else partial(typer.Option, parser=read)
    shown = metavar or ("FLOAT" if read is _FLOAT else "INTEGER" if read is _INTEGER else None)
    info = asked(*flags, help=help, rich_help_panel=panel, metavar=shown, show_default=default not in (None, False, ()))
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])


def _reader(name: str, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Python takes 1_0 for 10; an option does not."""

    def number(text: Any) -> Any:  # a default comes along as well
        try:
            return read(text if not isinstance(text, str) else text.replace("_", "x"))
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not a valid {name}.") from None

    return number


_FLOAT, _INTEGER = _reader("float", float), _reader("integer", int)


def _numbers(kind: Any) -> Callable[[Any], Any] | None:
    """What reads an option of numbers; None for others."""
    return _FLOAT if kind in (float, float | None) else _INTEGER if kind in (int, int | None) else None


def _option(
    name: str, kind: Any, help: str, panel: str, *, short: str = "", default: Any = None, metavar: str | None = None, flag: str = ""
) -> inspect.Parameter:
    flags = [flag or "--" + name.replace("_", "-"), *([short] if short else [])]
    return parameter(name, kind, *flags, default=default, help=help, panel=panel, metavar=metavar)


def _list(words: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]])


_TEXT, _NUMBER, _INT = str | None, float | None, int | None

_ALL = {
    p.name: p
    for p in (
        # reading
        _option("classes", _TEXT, "Label words in the order of the classes, where no columns are named by them.", _READ, metavar="A,B,C"),
        _option("id", _TEXT, "A column that names the rows; files that have it are matched by it.", _READ, metavar="SOURCE"),
        _option("input_format", _TEXT, "What files without a telling suffix are.", _READ,
                metavar="csv|tsv|json|jsonl|yaml|npy|npz|safetensors|parquet|arrow"),
        _option("delimiter", _TEXT, "What divides the fields of a CSV; ' ' stands for runs of blanks.", _READ, metavar="CHARACTER"),
        _option("header", bool | None, "Whether the first line of a CSV names columns; it does where a source names one.", _READ,
                flag="--header/--no-header"),
        _option("max_bytes", int, "How long a line, or a document that is held whole, may be; 0 for any length.", _READ, default=2**30,
                metavar="N"),
        _option("comment", _TEXT, "What begins a line of a CSV that is no row, such as '#'.", _READ, metavar="TEXT"),
        _option("decimal", _TEXT, "The decimal mark of a CSV.", _READ, metavar=".|,"),
        _option("nan", str, "Values that are nan or empty: stop, leave their rows out, or compute with them.", _READ, default="error",
                metavar="error|omit|propagate"),
        _option("broadcast", bool, "Repeat a role of one row, or of fewer axes, as NumPy does.", _READ, default=False, flag="--broadcast"),
        _option("class_axis", _INT, "The axis that counts the classes (1 as in torch, -1 for the last).", _READ, metavar="INTEGER"),
        # reducing
        _option("reduction", _TEXT, "What becomes of the values.", _COUNT, short="-r", metavar="none|mean|sum|batchmean|…"),
        _option("sample_weight", _TEXT, "What each row (or value) counts; one number is for all.", _COUNT, short="-w", metavar="SOURCE"),
        _option("per", _TEXT, "What a statistic is taken over.", _COUNT, metavar="all|row|channel|row,channel"),
        _option("dtype", str, "The precision of the computation.", _COUNT, default="float64", metavar="float64|float32"),
        _option("threads", int, "0 takes all cores; the result does not depend on it.", _COUNT, default=0),
        # showing
        _option("format", _TEXT, "How it is written.", _SHOW, short="-f",
                metavar="|".join(f.name for f in FORMATS.values() if not f.binary)),
        _option("output", _TEXT, "Write there instead, by suffix (.npy too) unless -f says.", _SHOW, short="-o", metavar="FILE"),
        _option("rows", str, "How many elements a table shows, or all (very many: -f csv).", _SHOW, default="10", metavar="N|all"),
        _option("top", _INT, "The K largest losses with their rows; with -r none in csv, … these alone.", _SHOW, metavar="K"),
        _option("precision", _INT, f"Significant digits in {_list([f.name for f in FORMATS.values() if f.precision])}.", _SHOW,
                metavar="N"),
        _option("color", str, "Colours in tables.", _SHOW, default="auto", metavar="auto|always|never"),
        _option("quiet", bool, "Nothing on stderr but errors.", _SHOW, short="-q", default=False, flag="--quiet"),
        _option("strict", bool, "Warnings are errors.", _SHOW, default=False, flag="--strict"),
        _option("debug", bool, "A traceback with an internal error, or one in your own loss.", _SHOW, default=False, flag="--debug"),
        _option("grad", _TEXT, "The derivatives of the reduced value beside the losses.", _SHOW, metavar="ROLE|all"),
        # gate
        _option("gradcheck", bool, "Fail unless the derivatives agree with differences of values.", _GATE, default=False,
                flag="--gradcheck"),
        _option("max", _NUMBER, "Fail (exit 1) above this.", _GATE),
        _option("min", _NUMBER, "Fail below this.", _GATE),
        _option("expect", _TEXT, "Fail unless it is this number, the value of an earlier result, or (-r none, --grad) this array.", _GATE,
                metavar="NUMBER|FILE"),
        _option("rtol", _NUMBER, f"How far from --expect, relative to it ({RTOL:g} if not given).", _GATE),
        _option("atol", _NUMBER, f"How far from --expect, absolutely ({ATOL:g} if not given).", _GATE),
    )
}  # fmt: skip

_WHAT = ("rows", "top", "grad", "gradcheck", "max", "min", "expect", "rtol", "atol")
_PLAIN = ("format", "output", "precision", "color", "quiet", "debug")
COMPUTE = tuple(_ALL)
COMPARE = tuple(n for n in _ALL if n not in _WHAT and n != "per")
LIST = _PLAIN
_OF_TERMS = (
    "classes",
    "broadcast",
    "class_axis",
    "reduction",
    "sample_weight",
    "per",
    "rows",
    "top",
    "grad",
    "gradcheck",
)  # each says its own, or has none
OBJECTIVE = tuple(n for n in _ALL if n not in _OF_TERMS)


def parameters(names: tuple[str, ...], leave: frozenset[str] = frozenset()) -> list[inspect.Parameter]:
    """The declared options of these names."""
    return [_ALL[n] for n in names if n not in leave]
