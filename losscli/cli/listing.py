"""`losscli list`: the losses that match words and properties, the card of one loss, or its test vectors. NumPy is not loaded."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from losscli.catalogue.custom import installed, is_file, of_package
from losscli.catalogue.index import describe, loss_facts
from losscli.catalogue.lookup import all_names, explain_no_loss, find, is_objective, key_of
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

Facts = dict[str, Any]  # of a loss, as in catalogue/index.json


def list_command() -> Callable[..., ExitCode]:
    """The function of `losscli list`, whose signature holds its options."""

    def command(**values: Any) -> ExitCode:
        """List all losses, or those that match all words; or show the card or the test vectors of one loss, or the card of an objective."""
        return list_losses(list_request(values))

    words = argument("words", list[str] | None, "[LOSS | WORDS…]", "A loss's name, an objective.yaml, or words to look for.")
    command.__signature__ = inspect.Signature([words, *parameters(LIST)])  # type: ignore[attr-defined]
    return command


def list_losses(request: ListRequest) -> ExitCode:
    """Run the command: a list, a card or test vectors. Raises UsageError where no loss matches."""
    from losscli.cli.atomic import emit
    from losscli.cli.destination import refuse_to_overwrite

    check_rules(request)
    report, files = _report(request)
    refuse_to_overwrite(request.to.path, files)
    emit(report, request.to)
    return ExitCode.DONE


def _report(request: ListRequest) -> tuple[Report, Iterable[str]]:
    """The report, and the files that were read for it."""
    from losscli.render.listing import ListReport, LossCardReport

    if request.plot:
        return _curves(request.words), ()
    if request.vectors:
        return _vectors(request.words[0]), ()
    if len(request.words) == 1 and is_objective(request.words[0]):
        return _objective_card(request.words[0])
    losses = _losses_of(request.task)
    if (one := _named(request.words, losses)) is not None:
        if not any(True for _ in _filtered([describe(one[0])], request)):
            raise _no_match(request.words)
        return LossCardReport(*one), ()
    if matches := [loss for loss in _filtered(losses, request) if _matches(loss, request.words)]:
        return ListReport(matches), ()
    if len(request.words) == 1 and (packaged := _packaged(request.words[0])) is not None:
        return LossCardReport(*packaged), ()
    raise _no_match(request.words)


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


def _objective_card(path: str) -> tuple[Report, Iterable[str]]:
    from losscli.render.objective import ObjectiveCardReport
    from losscli.sources.objective import read_objective

    with to_stderr():  # a user's file may print
        objective = read_objective(path)
    return ObjectiveCardReport(objective), objective.files


# --- which losses ----------------------------------------------------------------------------------------------------------


def _losses_of(task: str | None) -> Sequence[Facts]:
    """The losses of losscli, or with --task own those of installed packages."""
    return loss_facts() if task != "own" else [describe(loss) for loss in _installed()]


def _installed() -> Iterator[Loss]:
    """The losses of installed packages. A loss that cannot be loaded is a warning."""
    for point in installed():
        try:
            with to_stderr():
                loss = of_package(point)
        except InputError as error:
            from losscli.cli.messages import warn

            warn([DataWarning("W112", str(error))], quiet=False, strict=False)
        else:
            yield loss


def _find(name: str) -> tuple[Loss, Preset]:
    with to_stderr():  # a user's file may print
        return find(name)


def _named(words: Sequence[str], losses: Sequence[Facts]) -> tuple[Loss, Preset] | None:
    """The loss that a single word names; None otherwise. A word is looked up in the facts first, so that it loads at most one family."""
    if len(words) != 1:
        return None
    if is_file(words[0]):
        return _find(words[0])
    names = {normalized(n) for loss in losses for n in (loss["name"], *loss["aliases"], *loss["names"])}
    return find(words[0]) if key_of(words[0]) in names else None


def _packaged(word: str) -> tuple[Loss, Preset] | None:
    """The loss of an installed package with this name. Packages are looked up last, since they take longest to load."""
    return _find(word) if any(normalized(point.name.strip()) == normalized(word.strip()) for point in installed()) else None


def _filtered(losses: Iterable[Facts], request: ListRequest) -> Iterator[Facts]:
    """The losses of the task and of the kind, with all properties."""
    for loss in losses:
        if request.task in (None, loss["task"]) and request.kind in (None, loss["kind"]) and {*request.properties} <= {*loss["properties"]}:
            yield loss


def _no_match(words: Sequence[str]) -> UsageError:
    """The error, with similar names."""
    if len(words) == 1 and (instead := explain_no_loss(words[0])) is not None:
        return UsageError(instead)
    similar = suggest(words[0], all_names()) if len(words) == 1 else ""
    return UsageError(f"no loss matches {' '.join(words) or 'these properties'!r}{similar}; `losscli list` shows them all")


# --- words -----------------------------------------------------------------------------------------------------------------


def _matches(loss: Facts, words: Sequence[str]) -> bool:
    """Whether each word is the beginning of a word in the facts of the loss: 'wis' does not match 'pointwise'."""
    texts = (loss[k] for k in ("name", "task", "summary", "use"))
    text = " ".join([*texts, *loss["aliases"], *loss["names"], *loss["see"].values(), *loss["properties"]])
    parts = f" {' '.join(_parts(text))} "
    wanted = [w for word in words for w in _parts(word) or [word]]
    return all(any(f" {begins}" in parts for begins in (w, f"{w.removesuffix('s')} ", _SAME.get(w, w))) for w in wanted)


_SAME = {"outlier": "robust", "outliers": "robust", "smooth": "differentiable"}


def _parts(text: str) -> list[str]:
    """The words of a text, also the parts of cross_entropy, CrossEntropyLoss and label-noise."""
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).casefold())
