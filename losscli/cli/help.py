"""The helps of all commands, from the tables of options and the signatures of losses; and the examples of a command without words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from losscli.catalogue.other_numbers import name_note
from losscli.cli.loss_options import DATA, SHORT, rows_of_loss
from losscli.cli.options import COMPARE, COMPUTE, CONFORMS, LIST, OBJECTIVE, RERUN, Row, rows_of
from losscli.registry import Loss, Preset
from losscli.render.help import Entry, Help, Section

__all__ = [
    "BRIEF", "compare_help", "compute_help", "conforms_help", "list_help", "loss_help", "main_help", "objective_help", "rerun_help",
    "to_show",
]  # fmt: skip

# What a command without words shows. Its examples need no files.
BRIEF = {
    (): """\
losscli: the exact value of a loss, from files and from the shell.

One number:
  losscli compute huber -p 2.5,0 -t 3,-0.5
The better of two predictions:
  losscli compare -l mse -p 1,2 -p 1,3 -t 1,4
The losses for a task:
  losscli list outliers regression

More: losscli --help, losscli list --guide
""",
    ("compute",): """\
losscli compute LOSS: one loss of some data.

Numbers:
  losscli compute mse -p 1,2,3 -t 1,2,5
Standard input (or a file), a value for each row:
  echo '[3, 0]' | losscli compute mae -p - -t 1,0 -r none
The number of a framework, with a limit:
  losscli compute torch.nn.HuberLoss -p 1 -t 3 --max 2

More: losscli compute --help, losscli compute LOSS --help
""",
    ("compare",): """\
losscli compare: several losses of several predictions.

Two losses of two predictions, with their names:
  losscli compare -l mse -l mae -p a=1,2 -p b=1,3 -t 1,4
A loss with an option:
  losscli compare -l huber:delta=2 -p 1,2 -p 1,3 -t 1,4
Which loss and convention give a number:
  losscli compare --match 2.5 -p 1,2 -t 1,3

More: losscli compare --help, losscli list comparing
""",
}
_HELP = Entry("-h, --help", "Show this help.")
_SOURCES = (
    Entry("2.5,0,2.1", "Numbers; for columns or deeper, '[[1,2],[3,4]]'."),
    Entry("-", "Standard input; a part of it is -::logits."),
    Entry("preds.npy", "A file; a part of it is out.npz::logits or preds.csv::y."),
    Entry(
        "y_pred",
        "A column of DATA; several are a,b,c or logit_0:logit_9 or 'logit_*'. Surely a column: ::y_pred, the first ::0, the last ::-1.",
    ),
)


def to_show(help: Help) -> tuple[str, bool]:
    """The text of the help for standard output, and whether it has colours."""
    import shutil
    import sys

    from losscli.cli.colours import chosen_color, wants_colour
    from losscli.render.help import help_text

    colour = wants_colour(sys.stdout, chosen_color())
    return help_text(help, max(30, min(shutil.get_terminal_size().columns, 120) - 1), colour), colour


# --- a help for each command -----------------------------------------------------------------------------------------------


def main_help() -> Help:
    """The help of `losscli`."""
    commands = (
        Entry("compute LOSS", "One loss of some data."),
        Entry("compare", "Several losses of several predictions against one target; which prediction is better, and how sure that is."),
        Entry("list", "All losses, those for some words, the card of one, or a page of the documentation."),
    )
    options = (
        Entry("--version", "Show the version, and the versions of what losscli uses."),
        Entry("--install-completion", "Install the completion of words for the current shell."),
        Entry("--show-completion", "Show the completion for the current shell."),
        _HELP,
    )
    return Help(
        "losscli COMMAND [WORDS] [OPTIONS]",
        ["The exact value of a loss, from files and from the shell, as PyTorch, Keras, scikit-learn or optax would give it."],
        examples=[
            "losscli compute huber -p 2.5,0,2.1 -t 3,-0.5,2 --delta 2",
            "losscli compare data.csv -l mse -l mae -p ridge -p gbm -t y_true",
            "losscli list outliers regression",
        ],
        sections=[Section("Commands", commands), Section("Options", options)],
        below=["losscli COMMAND --help shows the options of a command, losscli list --guide which loss to begin with."],
    )


def compute_help() -> Help:
    """The help of `losscli compute` without a loss: what all losses share."""
    words = (
        Entry("LOSS", "A name (huber), an alias (SmoothL1Loss), or a framework's name (keras.losses.Huber) for its value; your own function"
              " (my_losses.py::asymmetric); or a file of several losses with weights (objective.yaml). To check a function of yours:"
              " my_losses.py::focal --conforms LOSS."),
        Entry("DATA", DATA),
        Entry("-p, --pred SOURCE", "The predictions; other roles have names of their own."),
        Entry("-t, --target SOURCE", "What they are compared with."),
    )  # fmt: skip
    return Help(
        "losscli compute LOSS [DATA] [ROLES] [OPTIONS]",
        ["One loss of some data. losscli compute LOSS --help shows the roles and options of a loss, losscli list the losses."],
        examples=[
            "losscli compute huber data.csv -p y_pred -t y_true --delta 2",
            "losscli compute torch.nn.CrossEntropyLoss -p '[[2,0],[0,3]]' -t 0,1",
            "losscli compute mse data.csv -p y_pred -t y_true --ci 95 --max 30",
        ],
        sections=[
            Section("Words", words),
            Section("A SOURCE is one of these", _SOURCES),
            *_panels(rows_of(COMPUTE), [_HELP]),
        ],
    )


def loss_help(name: str, loss: Loss, preset: Preset) -> Help:
    """The help of `losscli compute NAME`: the summary, the formula, an example to type, and the options."""
    from losscli.render.example import command_line
    from losscli.render.preset_text import preset_differences

    units = f" Units: {loss.units}." if loss.units else ""
    units += f" {loss.score} is the score, 1 − the loss: larger is better, and shown beside it." if loss.score else ""
    notes = [f"Reference: {loss.reference}.{units}"]
    if note := name_note(name, loss.name):
        notes.append(f"Note: {note}.")
    elif preset.names:
        notes.append(f"As {name}: {preset_differences(preset)}.")
    example = [f"losscli compute {name} {command_line(loss, SHORT, preset)}"] if loss.example else []
    return Help(
        f"losscli compute {name} [DATA] [ROLES] [OPTIONS]",
        [loss.summary],
        loss.formula.splitlines(),
        notes,
        example,
        [Section("Data", [Entry("[DATA]", DATA)]), *_panels(rows_of_loss(loss, preset), [_HELP])],
    )


def objective_help(path: str) -> Help:
    """The help of `losscli compute objective.yaml`."""
    data = Entry("[DATA]", "A file whose columns are the roles, instead of the data file of the objective.")
    return Help(
        f"losscli compute {path} [DATA] [OPTIONS]",
        [
            f"The terms of {path}, each a loss with a weight, and their total.",
            "The roles, the options and the reduction of each term are in the file.",
        ],
        examples=[f"losscli compute {path} data.csv -p y_pred --max 0.5"],
        sections=[Section("Data", [data]), *_panels(rows_of(OBJECTIVE), [_HELP])],
    )


def conforms_help(function: str) -> Help:
    """The help of `losscli compute FILE.py::FUNCTION --conforms LOSS`."""
    return Help(
        f"losscli compute {function} --conforms LOSS [OPTIONS]",
        [
            "Whether a function or a module of yours (NumPy, PyTorch, JAX, TensorFlow) has the values and gradients of a loss.",
            "It is called with the inputs of the test vectors of the loss and with random rows. The exit code is 1 where a number differs.",
        ],
        examples=[f"losscli compute {function} --conforms torchvision.ops.sigmoid_focal_loss"],
        sections=[*_panels(rows_of(CONFORMS), [_HELP])],
    )


def rerun_help() -> Help:
    """The help of `losscli compute --rerun FILE`."""
    return Help(
        "losscli compute --rerun FILE [OPTIONS]",
        [
            "Compute a result again from the command in it, which --digest wrote, and say whether the bits are the same.",
            "If not: which input, option or version changed. The exit code is 1 where a number or an input differs.",
        ],
        examples=["losscli compute mse data.csv --digest -o result.json", "losscli compute --rerun result.json"],
        sections=[*_panels(rows_of(RERUN), [_HELP])],
    )


def compare_help() -> Help:
    """The help of `losscli compare`."""
    data = Entry("[DATA]", "A file with the predictions and the target as columns.")
    return Help(
        "losscli compare [DATA] -l LOSS -p SOURCE -t SOURCE [OPTIONS]",
        [
            "Several losses of several predictions against one target.",
            "The best value of each loss is marked. Difference and ratio are relative to the first prediction, or to --baseline.",
        ],
        examples=[
            "losscli compare data.csv -l mse -l huber:delta=2 -p ridge -p gbm -t y_true",
            "losscli compare data.csv -l mse -p ridge -p gbm -t y_true --fail-if-worse 1%",
            "losscli compare data.csv --match 4.5 -p ridge -t y_true",
        ],
        sections=[Section("Data", [data]), *_panels(rows_of(COMPARE), [_HELP])],
    )


def list_help() -> Help:
    """The help of `losscli list`."""
    from losscli.catalogue.pages import topics

    words = "A loss's name, an objective.yaml, words to look for, a topic such as sources, or a code such as W104."
    return Help(
        "losscli list [LOSS | WORDS…] [OPTIONS]",
        [
            "All losses, or those that match all words. For one loss its card or its test vectors, for an objective its card,"
            " and for a topic or a code its page.",
        ],
        examples=["losscli list outliers regression", "losscli list huber", "losscli list W104"],
        sections=[Section("Words", [Entry("[LOSS | WORDS…]", words)]), *_panels(rows_of(LIST), [_HELP])],
        below=[f"Topics: {', '.join(topics())}."],
    )


# --- options ---------------------------------------------------------------------------------------------------------------


def _panels(rows: Iterable[Row], last: list[Entry]) -> Iterator[Section]:
    """The options in their groups; `last` are added to the last group."""
    groups: dict[str, list[Entry]] = {}
    for row in rows:
        groups.setdefault(row.panel, []).append(Entry(_flags(row), _text(row)))
    *others, (title, entries) = groups.items()
    yield from (Section(*group) for group in others)
    yield Section(title, [*entries, *last])


def _flags(row: Row) -> str:
    names = [name for flag in row.all_flags for name in flag.split("/")]
    return ", ".join(sorted(names, key=lambda n: n.startswith("--"))) + (f" {row.takes}" if row.takes else "")


def _text(row: Row) -> str:
    """The text of an option, with its default."""
    if row.default in (None, False, ()):
        return row.help
    default = row.all_flags[0].partition("/")[0] if row.default is True else row.default
    return f"{row.help} [default: {default}]".strip()
