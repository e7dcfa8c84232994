"""`losscli list`: which losses there are, by words, task and property; one loss's card. NumPy is not loaded."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from losscli.cli.options import LIST, parameter, parameters
from losscli.errors import ExitCode, UsageError, suggest
from losscli.objective import is_objective
from losscli.registry import LOSSES, PROPERTIES, TASKS, Loss, find, known_names

if TYPE_CHECKING:
    from losscli.render import Report

__all__ = ["list_losses"]

_KINDS = ("pointwise", "statistic", "batch")


def list_losses(**given: Any) -> ExitCode:
    """The losses there are; those that match all words; or the card of the one, or of the objective, that is named."""
    from losscli.cli.output import destination, emit
    from losscli.render.listing import ListReport

    to = destination(format=given["format"], output=given["output"], precision=given["precision"], color=given["color"], rows="all")
    if to.format in ("value", "npy"):
        raise UsageError(f"a list is no number: -f {to.format} does not apply")
    for option, value, choices in (("--task", given["task"], TASKS), ("--kind", given["kind"], _KINDS)):
        if value is not None and value not in choices:
            raise UsageError(f"{option} takes {', '.join(choices)}, not {value!r}{suggest(value, choices)}")
    words = given["words"] or []
    if len(words) == 1 and is_objective(words[0]):
        emit(_card(words[0], given), to)
        return ExitCode.DONE
    names = known_names()
    one = _named(words)
    asked = [p for p in PROPERTIES if given[p]]
    losses = [one] if one is not None else [known for known in LOSSES.values() if _matches(known, words)]
    losses = [
        known
        for known in losses
        if given["task"] in (None, known.task) and given["kind"] in (None, known.kind) and known.properties.issuperset(asked)
    ]
    if not losses:
        said = " ".join(words) or "these properties"
        close = suggest(words[0], names) if len(words) == 1 else ""
        raise UsageError(f"no loss matches {said!r}{close}; `losscli list` shows them all")
    emit(ListReport(losses, card=one is not None), to)
    return ExitCode.DONE


def _card(path: str, given: dict[str, Any]) -> Report:
    """The terms of an objective."""
    from losscli.render.objective import CardReport
    from losscli.sources.objective import read_objective

    for option in ("task", "kind", *PROPERTIES):
        if given[option]:
            raise UsageError(f"--{option} chooses among the losses there are, and {path} is an objective")
    return CardReport(read_objective(path))


def _named(words: Sequence[str]) -> Loss | None:
    if len(words) != 1:
        return None
    try:
        return find(words[0])[0]
    except UsageError:
        return None


def _matches(known: Loss, words: Sequence[str]) -> bool:
    text = " ".join(
        [
            known.name,
            *known.aliases,
            *(n for p in known.presets for n in p.names),
            known.task,
            known.summary,
            known.use,
            *known.see.values(),
            *known.properties,
        ]
    ).casefold()
    return all(_stem(w) in text or (w.casefold() in _SAME and _SAME[w.casefold()] in text) for w in words)


_SAME = {"outlier": "robust", "outliers": "robust", "smooth": "differentiable"}


def _stem(word: str) -> str:
    return word.casefold().removesuffix("s")


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
    ]


list_losses.__signature__ = inspect.Signature([*_own(), *parameters(LIST)])  # type: ignore[attr-defined]
