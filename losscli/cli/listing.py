"""`losscli list`: the losses that match words and properties, the card of one loss, or its test vectors. NumPy is not loaded."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from losscli.catalogue.custom import installed, is_file, of_package
from losscli.catalogue.index import describe, loss_facts
from losscli.catalogue.lookup import all_names, explain_no_loss, find, is_objective, key_of, spellings
from losscli.catalogue.pages import page, topics_with
from losscli.catalogue.search import search
from losscli.cli.options import LIST, argument, parameters
from losscli.cli.request import ListRequest
from losscli.cli.rules import check_rules
from losscli.cli.streams import to_stderr
from losscli.cli.typer_values import list_request
from losscli.errors import DataWarning, ExitCode, InputError, UsageError, suggest
from losscli.registry import Loss, Preset, normalized

if TYPE_CHECKING:
    from losscli.render.formats import Report

__all__ = ["list_command", "list_losses"]

AT_MOST = 20  # matches that are shown without --all
Facts = dict[str, Any]  # of a loss, as in catalogue/index.json


def list_command() -> Callable[..., ExitCode]:
    """The function of `losscli list`, whose signature holds its options."""

    def command(**values: Any) -> ExitCode:
        return list_losses(list_request(values))

    words = argument(
        "words",
        list[str] | None,
        "[LOSS | WORDS…]",
        "A loss's name, an objective.yaml, words to look for, a topic such as sources, or a code such as W104.",
    )
    command.__signature__ = inspect.Signature([words, *parameters(LIST)])  # type: ignore[attr-defined]
    return command


def list_losses(request: ListRequest) -> ExitCode:
    """Run the command: a list, a card, test vectors or a page. Raises UsageError where no loss matches."""
    from losscli.cli.atomic import emit
    from losscli.cli.destination import refuse_to_overwrite
    from losscli.cli.pager import paged
    from losscli.render.formats import Named

    check_rules(request)
    report, files = _report(request)
    refuse_to_overwrite(request.to.path, files)
    if request.to.format.numbers_only and not isinstance(report, Named):
        raise UsageError(f"-f {request.to.format.name} shows the names of losses, one a line, and this is no list of losses: use -f json")
    to = request.to
    if not (to.style.terminal and to.format.for_people and paged(to.format.encode(report, to.style).decode())):
        emit(report, to)
    return ExitCode.DONE


def _report(request: ListRequest) -> tuple[Report, Iterable[str]]:
    """The report, and the files that were read for it."""
    from losscli.render.card import LossCardReport
    from losscli.render.listing import GuideReport, ListReport, PageReport, SearchReport

    if request.plot:
        return _curves(request.words), ()
    if request.guide:
        return GuideReport(), ()
    if request.vectors:
        return _vectors(request.words[0]), ()
    if len(request.words) == 1 and is_objective(request.words[0]):
        return _objective_card(request)
    if (text := page(request.words)) is not None and not request.filters:
        return PageReport(text), ()
    losses = _losses_of(request.task, request.quiet)
    if (one := _named(request.words, losses)) is not None:
        if not any(True for _ in _filtered([describe(one[0])], request)):
            raise _no_match(request)
        return LossCardReport(*one), ()
    filtered = list(_filtered(losses, request))
    if not request.words and filtered:
        return ListReport(filtered), ()
    if (found := search(filtered, request.words)).losses:
        return SearchReport(request.words, found, None if request.all else AT_MOST), ()
    if len(request.words) == 1 and (packaged := _packaged(request.words[0])) is not None:
        return LossCardReport(*packaged), ()
    raise _no_match(request)


def _vectors(name: str) -> Report:
    from losscli.render.listing import VectorsReport
    from losscli.vectors import vectors

    loss, preset = _find(name)
    return VectorsReport(loss, name if preset.names else None, vectors(loss, preset))


def _curves(words: Sequence[str]) -> Report:
    """The curves of losses, each with its options. Raises UsageError for a loss that has no curve."""
    from losscli.catalogue.binding import bind
    from losscli.cli.loss_argument import named_loss
    from losscli.render.pictures.curves import CurvesReport
    from losscli.results.curves import curves

    bound = {}
    for word in words:
        named = named_loss(word, flag="")
        if not isinstance(named.definition, tuple):
            raise UsageError(f"{word} is an objective, which has no curve: only losses have one")
        bound[word] = bind(*named.definition, named.options)
    with to_stderr():  # a user's function may print
        return CurvesReport(curves(bound), [b.loss for b in bound.values()])


def _objective_card(request: ListRequest) -> tuple[Report, Iterable[str]]:
    from losscli.catalogue.trust import trust_of
    from losscli.render.objective import ObjectiveCardReport
    from losscli.sources.objective import read_objective

    path = request.words[0]
    trust = trust_of(path, None, outside="allow_outside" in request.allow, code="allow_code" in request.allow)
    with to_stderr():  # a user's file may print
        objective = read_objective(path, trust)
    return ObjectiveCardReport(objective), objective.files


# --- which losses ----------------------------------------------------------------------------------------------------------


def _losses_of(task: str | None, quiet: bool) -> Sequence[Facts]:
    """The losses of losscli, or with --task own those of installed packages."""
    return loss_facts() if task != "own" else [describe(loss) for loss in _installed(quiet)]


def _installed(quiet: bool) -> Iterator[Loss]:
    """The losses of installed packages. A loss that cannot be loaded is a warning."""
    for point in installed():
        try:
            with to_stderr():
                loss = of_package(point)
        except InputError as error:
            from losscli.cli.messages import warn

            warn([DataWarning("W112", str(error))], quiet=quiet, strict=False)
        else:
            yield loss


def _find(name: str) -> tuple[Loss, Preset]:
    with to_stderr():  # a user's file may print
        return find(name)


def _named(words: Sequence[str], losses: Sequence[Facts]) -> tuple[Loss, Preset] | None:
    """The loss that the words name, as in Huber Loss; None otherwise. They are looked up in the facts first, which loads one family."""
    if not words:
        return None
    if len(words) == 1 and is_file(words[0]):
        return _find(words[0])
    names = {normalized(n) for loss in losses for n in (loss["name"], *loss["aliases"], *loss["names"])}
    return next((find(key) for key in spellings(" ".join(words)) if key_of(key) in names), None)


def _packaged(word: str) -> tuple[Loss, Preset] | None:
    """The loss of an installed package with this name. Packages are looked up last, since they take longest to load."""
    return _find(word) if any(normalized(point.name.strip()) == normalized(word.strip()) for point in installed()) else None


def _filtered(losses: Iterable[Facts], request: ListRequest) -> Iterator[Facts]:
    """The losses of the task and of the kind, with all properties."""
    for loss in losses:
        if request.task in (None, loss["task"]) and request.kind in (None, loss["kind"]) and {*request.properties} <= {*loss["properties"]}:
            yield loss


def _no_match(request: ListRequest) -> UsageError:
    """The error, with similar names."""
    words = request.words
    if request.task == "own" and not words and not installed():
        return UsageError("no installed package brings losses of its own, and --task own lists those; `losscli list` shows all others")
    if len(words) == 1 and (instead := explain_no_loss(words[0])) is not None:
        return UsageError(instead)
    if re.fullmatch(r"w\d+|exit(code)?\d+", normalized("".join(words))):
        return UsageError(f"no page tells of {' '.join(words)!r}; `losscli list messages` has all warnings and exit codes")
    similar = suggest(words[0], all_names()) if len(words) == 1 else ""
    if words and (pages := topics_with(words)[:2]):
        similar += f"; see {' or '.join(f'`losscli list {topic}`' for topic in pages)}"
    given = {"task": request.task, "kind": request.kind}
    filters = [*(f"--{name} {word}" for name, word in given.items() if word), *(f"--{name}" for name in request.properties)]
    asked = [*([repr(" ".join(words))] if words else []), *([" ".join(filters)] if filters else [])]
    return UsageError(f"no loss matches {' with '.join(asked)}{similar}; `losscli list` shows them all")
