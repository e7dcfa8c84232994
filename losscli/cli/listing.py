"""`losscli list`: which losses there are, by words, task and property; one loss's card, or its test vectors. NumPy is not loaded."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from losscli.catalogue.custom import installed, is_file, of_package
from losscli.catalogue.index import describe, loss_facts
from losscli.catalogue.lookup import all_names, explain_no_loss, find, is_objective, key_of
from losscli.cli.options import LIST, parameter, parameters
from losscli.cli.streams import to_stderr
from losscli.errors import ExitCode, InputError, UsageError, Warned, suggest
from losscli.registry import PROPERTIES, TASKS, Loss

if TYPE_CHECKING:
    from losscli.render.formats import Report
    from losscli.render.objective import CardReport

__all__ = ["list_losses"]

_KINDS = ("pointwise", "statistic", "batch")


def list_losses(**given: Any) -> ExitCode:
    """The losses there are; those that match all words; or the card or the vectors of the one, or the card of the objective, named."""
    from losscli.cli.atomic import emit
    from losscli.cli.destination import destination, refuse_to_overwrite
    from losscli.render.listing import CardReport, ListReport

    to = destination(format=given["format"], output=given["output"], precision=given["precision"], color=given["color"], rows="all")
    if to.format in ("value", "npy"):
        raise UsageError(f"a list is no number: -f {to.format} does not apply")
    for option, value, choices in (("--task", given["task"], TASKS), ("--kind", given["kind"], _KINDS)):
        if value is not None and value not in choices:
            raise UsageError(f"{option} takes {', '.join(choices)}, not {value!r}{suggest(value, choices)}")
    words = given["words"] or []
    if given["vectors"]:
        shown = _vectors(words, given)
        refuse_to_overwrite(given["output"], ())
        emit(shown, to)
        return ExitCode.DONE
    if len(words) == 1 and is_objective(words[0]):
        card = _card(words[0], given)
        refuse_to_overwrite(given["output"], card.objective.files)
        emit(card, to)
        return ExitCode.DONE
    every = loss_facts() if given["task"] != "own" else [describe(known) for known in _installed()]
    one = _named(words, every)
    found = [
        known
        for known in (every if one is None else [describe(one)])
        if given["task"] in (None, known["task"])
        and given["kind"] in (None, known["kind"])
        and all(p in known["properties"] for p in PROPERTIES if given[p])
        and (one is not None or _matches(known, words))
    ]
    if not found and one is None and len(words) == 1 and (one := _packaged(words[0])) is not None:
        found = [describe(one)]
    if not found:
        said = " ".join(words) or "these properties"
        if len(words) == 1 and (instead := explain_no_loss(words[0])) is not None:
            raise UsageError(instead)
        close = suggest(words[0], all_names()) if len(words) == 1 else ""
        raise UsageError(f"no loss matches {said!r}{close}; `losscli list` shows them all")
    refuse_to_overwrite(given["output"], ())
    emit(ListReport(found) if one is None else CardReport(one, find(words[0])[1]), to)
    return ExitCode.DONE


def _card(path: str, given: dict[str, Any]) -> CardReport:
    """The terms of an objective."""
    from losscli.render.objective import CardReport
    from losscli.sources.objective import read_objective

    for option in ("task", "kind", *PROPERTIES):
        if given[option]:
            raise UsageError(f"--{option} chooses among the losses there are, and {path} is an objective")
    with to_stderr():  # a file of the user's may print
        return CardReport(read_objective(path))


def _installed() -> Iterator[Loss]:
    """The losses of installed packages; one that is broken is a warning."""
    for point in installed():
        try:
            with to_stderr():
                known = of_package(point)
        except InputError as error:
            from losscli.cli.messages import warn

            warn([Warned("W112", str(error))], quiet=False, strict=False)
        else:
            yield known


def _packaged(word: str) -> Loss | None:
    """The loss of an installed package that has this name; they are looked for last, since that takes longest."""
    if not any(key_of(point.name) == key_of(word) for point in installed()):
        return None
    with to_stderr():
        return find(word)[0]


def _vectors(words: Sequence[str], given: dict[str, Any]) -> Report:
    """The vectors of one loss."""
    from losscli.render.listing import VectorsReport
    from losscli.vectors import vectors

    if len(words) != 1 or any(given[option] for option in ("task", "kind", *PROPERTIES)):
        raise UsageError("--vectors shows those of one loss, which is all it takes: losscli list huber --vectors")
    if is_objective(words[0]):
        raise UsageError(f"{words[0]} is an objective, which has no vectors: the losses of its terms have")
    with to_stderr():  # a file of the user's may print
        known, preset = find(words[0])
    return VectorsReport(known, words[0] if preset.names else None, vectors(known, preset))


def _named(words: Sequence[str], every: Sequence[Mapping[str, Any]]) -> Loss | None:
    """The loss that the only word names. A word that names none is looked for in the facts alone: no family is loaded."""
    if len(words) != 1:
        return None
    if is_file(words[0]):
        with to_stderr():  # it may print
            return find(words[0])[0]
    names = {key_of(n) for known in every for n in (known["name"], *known["aliases"], *known["names"])}
    return find(words[0])[0] if key_of(words[0]) in names else None


def _matches(known: Mapping[str, Any], words: Sequence[str]) -> bool:
    """Whether all words begin a word of what is known of a loss: 'wis' is not found inside 'pointwise'."""
    said = (known[k] for k in ("name", "task", "summary", "use"))
    text = " ".join([*said, *known["aliases"], *known["names"], *known["see"].values(), *known["properties"]])
    there = f" {' '.join(_parts(text))} "
    asked = [w for word in words for w in _parts(word) or [word]]
    return all(any(f" {begins}" in there for begins in (w, f"{w.removesuffix('s')} ", _SAME.get(w, w))) for w in asked)


_SAME = {"outlier": "robust", "outliers": "robust", "smooth": "differentiable"}


def _parts(text: str) -> list[str]:
    """The words of a text: of cross_entropy, CrossEntropyLoss and label-noise, too."""
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).casefold())


def _own() -> Sequence[inspect.Parameter]:
    words = Annotated[
        list[str] | None, typer.Argument(metavar="[LOSS | WORDS…]", help="A loss's name, an objective.yaml, or words to look for.")
    ]
    return [
        inspect.Parameter("words", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=words),
        parameter("task", str | None, "--task", help="Losses of one task.", panel="Which", metavar="|".join(TASKS)),
        parameter("kind", str | None, "--kind", help="How rows enter.", panel="Which", metavar="|".join(_KINDS)),
        *(
            parameter(p, bool, f"--{p}", default=False, help=about[0].upper() + about[1:] + ".", panel="Which")
            for p, about in PROPERTIES.items()
        ),
        parameter(
            "vectors", bool, "--vectors", default=False, help="Test vectors of a loss: inputs, value, gradient, and whose.", panel="Showing"
        ),
    ]


list_losses.__signature__ = inspect.Signature([*_own(), *parameters(LIST)])  # type: ignore[attr-defined]
