"""The table of all options of the command line: each row has the commands that take the option."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer

from losscli.choices import ADJUST, COLOR, DTYPE, JOIN, KIND, NAN, PER, REDUCTION, Choice
from losscli.errors import UsageError
from losscli.record import Record
from losscli.registry import PROPERTIES, TASKS, Loss
from losscli.render.formats import FORMATS
from losscli.results.gates import ATOL, RTOL
from losscli.results.noninferiority import CONFIDENCE
from losscli.results.resamples import LEAST, MOST

__all__ = [
    "COMPARE", "COMPUTE", "CONFORMS", "CONTEXT", "LIST", "OBJECTIVE", "RERUN", "Row", "argument", "given_options", "parameter",
    "parameters", "read_values", "rows_of",
]  # fmt: skip

COMPUTE, COMPARE, OBJECTIVE, LIST, CONFORMS, RERUN = "compute", "compare", "objective", "list", "conforms", "rerun"
_EVERY = (COMPUTE, COMPARE, OBJECTIVE, LIST, CONFORMS, RERUN)
_RESULTS = (COMPUTE, COMPARE, OBJECTIVE, CONFORMS, RERUN)  # a list has fewer formats
_RUNS = (COMPUTE, COMPARE, OBJECTIVE)
_LOSSES = (COMPUTE, COMPARE)  # an objective has these options in its file, for each term
_OBJECTIVES = (COMPARE, OBJECTIVE, LIST)  # which read one
_GATED = (COMPUTE, OBJECTIVE)  # by a number; compare has candidates and a baseline
Check = Callable[[Any, str], None]  # raises UsageError for a value that the option of this name does not take


class Row(Record):
    """One option: its name, the type of its value, and its text in the help."""

    name: str
    kind: Any  # the type of the value: str | None, int, bool, …
    help: str
    panel: str  # the box of the help that shows the option
    commands: tuple[str, ...] = ()
    short: str = ""  # -p
    flags: tuple[str, ...] = ()  # () for --NAME
    default: Any = None
    metavar: str | None = None
    choice: Choice | Callable[[], Choice] | None = None  # the allowed words; a function where an import is needed for them
    check: Check | None = None
    applies: Callable[[Loss], bool] | None = None  # whether compute has the option for a loss; None for all losses

    @property
    def flag(self) -> str:
        """The name of the option in messages: --class-axis."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def words(self) -> Choice | None:
        """The allowed words; None for an option that takes any value of its type."""
        return self.choice if self.choice is None or isinstance(self.choice, Choice) else self.choice()

    @property
    def takes(self) -> str:
        """The value as the help shows it behind the flag: SOURCE, exact|inner; '' for a switch."""
        return self.words.metavar if self.words is not None else self.metavar or _METAVARS.get(self.kind, "")

    @property
    def all_flags(self) -> tuple[str, ...]:
        """All names of the option: --pred and -p, --header/--no-header."""
        return (*(self.flags or (self.flag,)), *([self.short] if self.short else []))

    def read(self, value: Any) -> Any:
        """The value, of its text. Raises UsageError for a value that the option does not take."""
        if value is None:
            return None
        if isinstance(value, str) and self.kind in _NUMBERS:
            value = _number(value, self.kind, self.flag)
        if (words := self.words) is not None:
            words.check(value, self.flag)
        if self.check is not None:
            self.check(value, self.flag)
        return value


# --- which values an option takes ------------------------------------------------------------------------------------------

_NUMBERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    kind: (read, says) for read, says in ((float, "number"), (int, "whole number")) for kind in (read, read | None)
}


def _number(text: str, kind: Any, flag: str) -> Any:
    read, says = _NUMBERS[kind]
    try:
        return read(text.replace("_", "x"))  # Python reads 1_0 as 10; an option does not
    except ValueError:
        raise UsageError(f"{flag} takes a {says}, not {text!r}") from None


def _not_negative(value: int, flag: str) -> None:
    if value < 0:
        raise UsageError(f"{flag} takes 0 or more, not {value}")


def _digits(value: int, flag: str) -> None:
    if not 1 <= value <= 17:
        raise UsageError(f"{flag} takes 1 to 17 significant digits, not {value}")


def _rows(value: str, flag: str) -> None:
    if value != "all" and not (value.isdecimal() and value.isascii()):
        raise UsageError(f"{flag} takes a number or all, not {value!r}")


def _level(text: str, flag: str) -> None:
    try:
        level = float(text)
    except ValueError:
        level = 0.0
    if text != "none" and not 0 < level < 100:
        raise UsageError(f"{flag} takes a percentage between 0 and 100, or none, not {text!r}")


def _lag(text: str, flag: str) -> None:
    if text != "auto" and not (text.isdecimal() and int(text) > 0):
        raise UsageError(f"{flag} takes a number of steps from 1, or auto, not {text!r}")


def _resamples(value: int, flag: str) -> None:
    if not LEAST <= value <= MOST:
        raise UsageError(f"{flag} takes a number from {LEAST} to {MOST:,}, such as 1000, not {value}")


def _share(value: float, flag: str) -> None:
    if not 0 < value < math.inf:
        raise UsageError(
            f"{flag} takes the rows of a test fold divided by those of its training set, such as 0.25 for 5 folds, not {value:g}"
        )


def _bound(value: float, flag: str) -> None:
    if math.isnan(value):
        raise UsageError(f"{flag} nan is no bound")


def _tolerance(value: float, flag: str) -> None:
    if not 0 <= value < math.inf:
        raise UsageError("--rtol and --atol must be 0 or more, and finite")


def _allowance(value: str, flag: str) -> None:
    from losscli.results.noninferiority import allowance_of

    allowance_of(value, flag)


def _percent(value: float, flag: str) -> None:
    if not 50 <= value < 100:
        example = f": write {100 * value:g}" if 0.5 <= value < 1 else ""
        raise UsageError(f"{flag} takes percent from 50 to below 100, such as 95, not {value:g}{example}")


def _formats() -> Choice:
    return Choice(tuple(f.name for f in FORMATS.values() if not f.binary))


def _formats_of_lists() -> Choice:
    return Choice(tuple(f.name for f in FORMATS.values() if not (f.binary or f.ci)))


def _formats_of_checks() -> Choice:
    return Choice(tuple(f.name for f in FORMATS.values() if not (f.binary or f.names_numbers)))


def _input_formats() -> Choice:
    from losscli.sources.formats import FORMATS as READERS

    return Choice(tuple(READERS))


def _has_classes(loss: Loss) -> bool:
    return any(role.domain.classes for role in loss.roles.values())


# --- the table -------------------------------------------------------------------------------------------------------------

_TEXT, _TEXTS, _NUMBER, _INT = str | None, list[str] | None, float | None, int | None
_WHAT, _ROLES, _WHICH, _READ, _COUNT, _SHOW, _GATE = "What", "Roles", "Which", "Reading", "Reducing", "Showing", "Gate"
_PRECISION, _SLICES = "Precision", "Slices"
_WITH_PRECISION = [f.name for f in FORMATS.values() if f.precision]

_TABLE = (
    # what is compared
    Row("loss", _TEXTS, "A loss, with options after a colon, or an objective.yaml; repeat for more.", _WHAT, (COMPARE,), "-l",
        metavar="LOSS[:k=v,…]"),
    Row("pred", _TEXTS, "A prediction; repeat for more. Each of several columns (a,b or 'm_*') is one, except for losses that take a"
        " column per class.", _WHAT, (COMPARE,), "-p", metavar="[NAME=]SOURCE"),
    Row("target", _TEXT, "The values that all predictions are compared with.", _WHAT, (COMPARE,), "-t", metavar="SOURCE"),
    Row("role", _TEXTS, "Another role of a loss, such as var.", _WHAT, (COMPARE,), metavar="ROLE=SOURCE"),
    Row("match", _TEXT, "Search for the loss and the convention that give this number, as it was printed.", _WHAT, (COMPARE,),
        metavar="NUMBER"),
    Row("rtol", _NUMBER, "The relative tolerance of --match (default: half a unit in its last digit).", _WHAT, (COMPARE,),
        check=_tolerance),
    Row("baseline", _TEXT, "The prediction that the others are compared with.", _WHAT, (COMPARE,), metavar="NAME"),
    # what the terms of an objective leave open
    Row("pred", _TEXT, "pred of the terms that do not give it.", _ROLES, (OBJECTIVE,), "-p", metavar="SOURCE"),
    Row("target", _TEXT, "target of the terms that do not give it.", _ROLES, (OBJECTIVE,), "-t", metavar="SOURCE"),
    Row("role", _TEXTS, "The same for another role, such as var.", _ROLES, (OBJECTIVE,), metavar="ROLE=SOURCE"),
    # which losses are listed
    Row("task", _TEXT, "Losses of one task.", _WHICH, (LIST,), choice=Choice(tuple(TASKS))),
    Row("kind", _TEXT, "Losses of one kind: how they combine rows.", _WHICH, (LIST,), choice=KIND),
    *(Row(name, bool, f"{about[0].upper()}{about[1:]}.", _WHICH, (LIST,), default=False) for name, about in PROPERTIES.items()),
    Row("guide", bool, "Show which loss to begin with, by the task, the data, and what matters.", _WHICH, (LIST,), default=False),
    Row("all", bool, "Show all losses that match the words, not only the best.", _WHICH, (LIST,), default=False),
    Row("vectors", bool, "Show the test vectors of a loss: inputs, value, gradient, origin.", _SHOW, (LIST,), default=False),
    Row("plot", bool, "Draw the losses, each with options after a colon (huber:delta=2), over the residual or the margin.", _SHOW, (LIST,),
        default=False),
    Row("plot", bool, "Draw the values and the differences to the baseline, with their intervals (-o FILE.svg or .png: as a file).", _SHOW,
        (COMPARE,), default=False),
    # reading
    Row("classes", _TEXT, "The words of the labels in the order of the classes, where they are not names of columns.", _READ, _LOSSES,
        metavar="A,B,C"),
    Row("id", _TEXT, "The column with the ids of the rows: files that have it are matched by id. A,B for several; A=B where another file"
        " calls it B.", _READ, _RUNS, metavar="SOURCE"),
    Row("join", str, "Ids that not every file has: an error, or their rows are left out and counted.", _READ, _RUNS, default="exact",
        choice=JOIN),
    Row("where", _TEXTS, "Only the rows that meet this: =, !=, <, <=, > or >=; repeat for more.", _READ, _RUNS,
        metavar="'COL=VALUE'"),
    Row("input_format", _TEXT, "The format of files whose suffix names none.", _READ, _RUNS, choice=_input_formats),
    Row("delimiter", _TEXT, "The character between the fields of a CSV; ' ' is any number of blanks.", _READ, _RUNS, metavar="CHARACTER"),
    Row("header", bool | None, "Whether the first line of a CSV names the columns. It does if a SOURCE uses such a name.", _READ, _RUNS,
        flags=("--header/--no-header",)),
    Row("max_bytes", int, "The largest line, or document that has to be in memory, in bytes; 0 for no limit.", _READ, _RUNS, default=2**30,
        metavar="N", check=_not_negative),
    Row("allow_outside", bool, "Let an objective name files outside its folder and that of DATA.", _READ, _OBJECTIVES, default=False),
    Row("allow_code", bool, "Let an objective run the functions of Python files that it names.", _READ, _OBJECTIVES, default=False),
    Row("comment", _TEXT, "The beginning of lines in a CSV that are comments, such as '#'.", _READ, _RUNS, metavar="TEXT"),
    Row("decimal", _TEXT, "The decimal mark of a CSV.", _READ, _RUNS, metavar=".|,"),
    Row("nan", str, "Values that are nan or empty: stop, leave their rows out, or compute with them.", _READ, _RUNS, default="error",
        choice=NAN),
    Row("broadcast", bool, "Repeat a role of one row, or of fewer axes, as NumPy does.", _READ, _LOSSES, default=False),
    Row("class_axis", _INT, "The axis that counts the classes (1 as in torch, -1 for the last).", _READ, _LOSSES, metavar="INTEGER",
        applies=_has_classes),
    # reducing
    Row("reduction", _TEXT, "How the values are reduced to one number.", _COUNT, _LOSSES, "-r", choice=REDUCTION),
    Row("sample_weight", _TEXT, "A weight for each row (or value), or one number for all.", _COUNT, _LOSSES, "-w", metavar="SOURCE"),
    Row("per", _TEXT, "A value for each row, channel (or class: the axis after the rows), or output (the last axis).", _COUNT, _LOSSES,
        choice=PER, applies=lambda loss: loss.takes_per),
    Row("dtype", str, "The precision of the computation.", _COUNT, _RUNS, default="float64", choice=DTYPE),
    Row("threads", int, "Threads, 0 for all cores; they do not change the result.", _COUNT, _RUNS, default=0, check=_not_negative),
    # precision
    Row("ci", str, "The level of the confidence intervals, in percent; none for no intervals.", _PRECISION, (COMPARE,), default="95",
        metavar="PERCENT|none", check=_level),
    Row("ci", _TEXT, "Show the standard error of the value, and its confidence interval of this level in percent.", _PRECISION, _GATED,
        metavar="PERCENT|none", check=_level),
    Row("cluster", _TEXTS, "The column of the clusters of rows, such as a patient; repeat it for clusters of two kinds.", _PRECISION,
        _LOSSES, metavar="SOURCE"),
    Row("lag", _TEXT, "Rows depend on rows near: auto, or H for forecasts made H steps ahead (Diebold-Mariano).", _PRECISION, _RUNS,
        metavar="H|auto", check=_lag),
    Row("folds", _TEXT, "The column of the test folds of a cross-validation, whose training sets overlap (Nadeau-Bengio).", _PRECISION,
        _LOSSES, metavar="SOURCE"),
    Row("test_share", _NUMBER, "The rows of a test fold divided by those of its training set, not by all rows: 0.25 for 20 % of them"
        " (default: by the sizes of the folds of a cross-validation).", _PRECISION, _LOSSES, metavar="TEST/TRAIN", check=_share),
    Row("resamples", _INT, "Intervals by so many bootstrap resamples of the rows, p-values by exchanging the predictions.", _PRECISION,
        _RUNS, metavar="N", check=_resamples),
    Row("seed", _INT, "The seed of --resamples (default 0).", _PRECISION, _RUNS, metavar="N", check=_not_negative),
    Row("independent", bool, "The rows are independent, even if some look alike.", _PRECISION, _RUNS, default=False),
    Row("adjust", _TEXT, "How p-values are adjusted for their number: Holm (the default), Benjamini-Hochberg, or not.", _PRECISION,
        (COMPARE,), choice=ADJUST),
    Row("all_pairs", bool, "Compare every prediction with every other, with letters for those without a detected difference.", _PRECISION,
        (COMPARE,), default=False),
    Row("mcs", bool, "Show the model confidence set: the predictions that may be the best.", _PRECISION, (COMPARE,), default=False),
    # slices
    Row("by", _TEXT, "Also the result of each group of rows that have the same values in these columns.", _SLICES, _LOSSES,
        metavar="COL[,COL]"),
    Row("by_bins", _TEXTS, "The same for bins of a column of numbers between its quantiles; repeat for more.", _SLICES, _LOSSES,
        metavar="COL:BINS"),
    # showing
    Row("format", _TEXT, "The format of the result.", _SHOW, _RUNS, "-f", choice=_formats),
    Row("format", _TEXT, "The format of the list.", _SHOW, (LIST,), "-f", choice=_formats_of_lists),
    Row("format", _TEXT, "The format of the check.", _SHOW, (CONFORMS, RERUN), "-f", choice=_formats_of_checks),
    Row("output", _TEXT, "Write to a file, in the format of -f or of its suffix (also .npy, .svg, .png).", _SHOW, _RESULTS, "-o",
        metavar="FILE"),
    Row("output", _TEXT, "Write to a file, in the format of -f or of its suffix (of --plot also .svg, .png).", _SHOW, (LIST,), "-o",
        metavar="FILE"),
    Row("rows", str, "How many elements a table shows, or all (very many: -f csv).", _SHOW, (COMPUTE,), default="10", metavar="N|all",
        check=_rows),
    Row("top", _INT, "Show the K largest losses with their rows; with -r none in csv, … only these.", _SHOW, (COMPUTE,), metavar="K",
        check=_not_negative),
    Row("hist", bool, "Draw the distribution of the losses (-o FILE.svg or .png: as a file).", _SHOW, (COMPUTE,), default=False),
    Row("top", _INT, "Show the K rows on which each prediction and the baseline differ most; in csv, tsv and jsonl only these.", _SHOW,
        (COMPARE,), metavar="K", check=_not_negative),
    Row("precision", _INT, f"Significant digits in {', '.join(_WITH_PRECISION[:-1])} and {_WITH_PRECISION[-1]}.", _SHOW, _RESULTS,
        metavar="N", check=_digits),
    Row("precision", _INT, "Significant digits of numbers in table and markdown.", _SHOW, (LIST,), metavar="N", check=_digits),
    Row("calibration", bool, "Show how well predicted probabilities agree with what happened (-o FILE.svg or .png: as a file).", _SHOW,
        _LOSSES, default=False),
    Row("color", str, "Colours in tables.", _SHOW, _EVERY, default="auto", choice=COLOR),
    Row("quiet", bool, "Print only errors and failed gates on stderr.", _SHOW, _EVERY, "-q", default=False),
    Row("strict", bool, "Treat warnings as errors, and an inconclusive gate as failed.", _SHOW, _RUNS, default=False),
    Row("debug", bool, "Print a traceback for an internal error, or an error in your own loss.", _SHOW, _EVERY, default=False),
    Row("grad", _TEXT, "Show the derivatives of the reduced value too.", _SHOW, (COMPUTE,), metavar="ROLE|OPTION|all"),
    Row("grad", _TEXT, "Show the derivatives of the total too, with respect to a role or column, or an option of a term.", _SHOW,
        (OBJECTIVE,), metavar="NAME|TERM.OPTION"),
    # gate
    Row("gradcheck", bool, "Fail unless the derivatives agree with finite differences.", _GATE, _GATED, default=False),
    Row("max", _NUMBER, "Fail (exit 1) above this; with --by, each slice too.", _GATE, _RUNS, check=_bound),
    Row("min", _NUMBER, "Fail below this; with --by, each slice too.", _GATE, _RUNS, check=_bound),
    Row("fail_if_worse", _TEXT, "Fail if a candidate is surely worse than the baseline by more than this; pass if it surely is not.", _GATE,
        _RUNS, metavar="NUMBER|PERCENT%", check=_allowance),
    Row("confidence", _NUMBER, f"How sure --fail-if-worse has to be, in percent (default {CONFIDENCE:g}).", _GATE, _RUNS, check=_percent),
    Row("fail_if_worse_point", _TEXT, "The same by the two values alone, however uncertain they are.", _GATE, _RUNS,
        metavar="NUMBER|PERCENT%", check=_allowance),
    Row("baseline", _TEXT, "The earlier result (JSON or YAML) for --fail-if-worse; with values of rows (-r none), rows are paired.", _GATE,
        _GATED, metavar="FILE"),
    Row("against", _TEXT, "An earlier result (JSON or YAML) as the baseline of the gate; with values of rows (-r none), rows are paired.",
        _GATE, (COMPARE,), metavar="FILE"),
    Row("ledger", _TEXT, "A file to which each run of --fail-if-worse adds a line, so that the chance of a false alarm in all runs"
        " together is at most 5 %.", _GATE, (COMPARE,), metavar="FILE"),
    Row("expect", _TEXT, "Fail unless it is this number, the value of an earlier result, or (-r none, --grad) this array.", _GATE, _GATED,
        metavar="NUMBER|FILE"),
    Row("rtol", _NUMBER, f"The relative tolerance of --expect (default {RTOL:g}).", _GATE, _GATED, check=_tolerance),
    Row("atol", _NUMBER, f"The absolute tolerance of --expect (default {ATOL:g}).", _GATE, _GATED, check=_tolerance),
    # a result of before
    Row("digest", bool, "Add to the JSON the command and a digest (sha256) of the values of each role, so that --rerun can compute the"
        " result again.", _SHOW, (COMPUTE,), default=False),
    Row("rerun", _TEXT, "A result that --digest wrote: compute it again, and fail unless the bits are the same.", _WHAT, (RERUN,),
        metavar="FILE"),
    # a function of the user's
    Row("conforms", _TEXT, "The loss that the function implements, by any of its names, with options after a colon (huber:delta=2).", _WHAT,
        (CONFORMS,), metavar="LOSS"),
    Row("framework", _TEXT, "What the function is written in, where its code does not tell.", _WHAT, (CONFORMS,),
        choice=Choice(("numpy", "torch", "jax", "tensorflow"))),
    Row("rtol", _NUMBER, f"The relative tolerance of its numbers (default {RTOL:g}).", _GATE, (CONFORMS,), check=_tolerance),
    Row("atol", _NUMBER, f"The absolute tolerance of its numbers (default {ATOL:g}).", _GATE, (CONFORMS,), check=_tolerance),
)  # fmt: skip


def rows_of(command: str) -> Iterator[Row]:
    """The options of a command, in the order of its help."""
    return (row for row in _TABLE if command in row.commands)


def read_values(command: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the texts of numbers read. Raises UsageError for the first value that its option does not take."""
    rows = {row.name: row for row in rows_of(command)}
    return {name: rows[name].read(value) if name in rows else value for name, value in values.items()}


# --- for Typer -------------------------------------------------------------------------------------------------------------


def parameters(command: str, loss: Loss | None = None) -> list[inspect.Parameter]:
    """The options of a command as keywords of its function; for one loss, those that apply to it."""
    return [parameter(row) for row in rows_of(command) if loss is None or row.applies is None or row.applies(loss)]


CONTEXT = inspect.Parameter("_context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)  # knows which options were given


def given_options(context: Any, names: Iterable[str]) -> list[str]:
    """The names of the options that are on the command line."""
    return [name for name in names if context.get_parameter_source(name).name != "DEFAULT"]


def argument(name: str, kind: Any, metavar: str, help: str) -> inspect.Parameter:
    """An argument as a keyword of a command's function."""
    return _keyword(name, None, Annotated[kind, typer.Argument(metavar=metavar, help=help)])


def parameter(row: Row) -> inspect.Parameter:
    """An option as a keyword of a command's function."""
    info = typer.Option(
        *row.all_flags,
        help=row.help,
        rich_help_panel=row.panel,
        metavar=row.takes or None,
        show_default=row.default not in (None, False, ()),
    )
    return _keyword(row.name, row.default, Annotated[row.kind if row.kind in _NO_TEXT else str | None, info])


def _keyword(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


# Typer gets every other value as text, which losscli reads: Typer itself would import pydantic to do so.
_NO_TEXT = (bool, bool | None, _TEXTS, list[str])
_METAVARS: dict[Any, str] = {float: "FLOAT", _NUMBER: "FLOAT", int: "INTEGER", _INT: "INTEGER", _TEXT: "TEXT", str: "TEXT"}
