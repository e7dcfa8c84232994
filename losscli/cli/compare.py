"""`losscli compare`: several losses of several predictions against one target, in one pass over the data."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from losscli.catalogue.binding import bind
from losscli.catalogue.custom import is_file
from losscli.catalogue.lookup import find, is_objective
from losscli.catalogue.objective import Objective
from losscli.cli.objective import role_of
from losscli.cli.options import COMPARE, parameter, parameters
from losscli.cli.streams import to_stderr
from losscli.errors import ExitCode, LossError, UsageError, suggest
from losscli.registry import Loss, Preset

if TYPE_CHECKING:
    from losscli.cli.terms import Terms
    from losscli.domains import Domain
    from losscli.engine.groups import Part
    from losscli.sources.inputs import Inputs

__all__ = ["compare"]

_NUMBER = r"[-+]?[.\d]+(?:e[-+]?\d+)?"


def compare(**given: Any) -> ExitCode:
    """Several losses of several predictions against one target.

    The best of each loss is marked; difference and ratio are to the first prediction, or to --baseline.

    Example: losscli compare diabetes.csv -l mse -l huber:delta=2 -p ridge -p gbm -t y_true
    """
    from losscli.cli.atomic import emit
    from losscli.cli.destination import destination, refuse_to_overwrite
    from losscli.cli.messages import warn
    from losscli.cli.progress_bar import progress
    from losscli.cli.terms import Given, Terms, check_id, own_id, part, terms_of
    from losscli.engine.groups import run_parts
    from losscli.engine.work import Work
    from losscli.render.comparison import ComparisonReport
    from losscli.results.comparison import compare as compared
    from losscli.results.result import result_of
    from losscli.sources.inputs import Inputs, Reading
    from losscli.sources.join import rows_by

    to = destination(format=given["format"], output=given["output"], precision=given["precision"], color=given["color"])
    if given["dtype"] not in ("float64", "float32"):
        raise UsageError(f"--dtype takes float64 or float32, not {given['dtype']!r}")
    if given["threads"] < 0:
        raise UsageError(f"--threads takes 0 or more, not {given['threads']}")
    if given["reduction"] == "none":
        raise UsageError("compare sets one number beside another: -r none has none")
    if to.format.binary:
        raise UsageError("a comparison is no array: write .csv or .json")
    losses = [_loss(text) for text in given["loss"] or ()]
    if not losses:
        raise UsageError("compare needs a loss: -l mse, -l huber:delta=2, …")
    if twice := next((asked.text for asked in losses if [m.text for m in losses].count(asked.text) > 1), None):
        raise UsageError(f"-l {twice} stands twice")
    if not given["pred"]:
        raise UsageError("compare needs predictions: -p COLUMN or -p NAME=SOURCE, one or more")
    roles = dict(map(role_of, given["role"] or ()))
    there = {role for asked in losses for role in asked.roles}
    if unknown := next((r for r in roles if r not in there), None):
        raise UsageError(
            f"--role {unknown}: none of the losses has such a role{suggest(unknown, there)}; they have {', '.join(sorted(there))}"
        )
    if given["target"] is not None:
        roles = {"target": given["target"], **roles}
    for asked in losses:
        _check(asked, given)
    classes = tuple(c.strip() for c in given["classes"].split(",")) if given["classes"] is not None else ()
    inputs = Inputs(given["data"], Reading.given(given), classes, flag=_flag)
    predictions = predictions_of(given["pred"], losses, inputs, roles.get("target"))
    baseline = given["baseline"] or next(iter(predictions))
    if baseline not in predictions:
        raise UsageError(f"--baseline {baseline!r} is none of the predictions{suggest(baseline, predictions)}: {', '.join(predictions)}")
    weight = None if given["sample_weight"] is None else inputs.column(given["sample_weight"])

    rows = rows_by(inputs, given["id"])

    found: list[Part | Terms] = []
    for i, (named, source) in enumerate(predictions.items()):
        for k, asked in enumerate(losses):
            sources = {r: s for r, s in {"pred": source, **roles}.items() if r in asked.roles}
            if isinstance(asked.of, Objective):
                beneath = inputs.within(given["data"] or asked.of.data)
                by = own_id(asked.of, beneath) if given["id"] is None else Given(given["id"], inputs)
                how = {"nan": given["nan"], "dtype": given["dtype"], "id": by}
                found.append(terms_of(asked.of, beneath, {r: Given(s, inputs) for r, s in sources.items()}, how, (k,), i))
                check_id(by, asked.text)
                continue
            known, preset = asked.of
            bound = bind(known, preset, asked.options)
            axis = _axis(known, given["class_axis"])
            work = Work(given["reduction"], nan=given["nan"], dtype=given["dtype"], class_axis=axis, broadcast=given["broadcast"])
            made = part(bound, inputs, sources, rows, weight, work, f"{i}.{k}.")
            found.append(made if named == source else replace(made, place=named))
    inputs.check_used()
    objectives = [asked.of for asked in losses if isinstance(asked.of, Objective)]
    judges = [f for p in found if isinstance(p, Terms) for f in p.judges]
    refuse_to_overwrite(given["output"], [*inputs.files, *(f for o in objectives for f in o.files), *judges])
    with progress(given["quiet"]), to_stderr():  # a function of the user's may print
        outcomes = iter(run_parts(_grouped(found, given["nan"]), threads=given["threads"]))
    results = [p.total(outcomes, []) if isinstance(p, Terms) else result_of(next(outcomes), p.bindings) for p in found]
    table = [results[i * len(losses) : (i + 1) * len(losses)] for i in range(len(predictions))]
    comparison = compared(list(predictions), [asked.text for asked in losses], table, baseline)
    comparison = comparison.but(header=inputs.headers, warnings=[*inputs.warnings, *comparison.warnings])
    warn(comparison.warnings, quiet=given["quiet"], strict=given["strict"])
    emit(ComparisonReport(comparison), to)
    return ExitCode.DONE


def _check(asked: _Asked, given: dict[str, Any]) -> None:
    """Raise UsageError for a loss whose number does not depend on a prediction, or that an option does not reach."""
    if not isinstance(asked.of, Objective):
        known = asked.of[0]
        if "pred" not in known.roles:
            raise UsageError(
                f"compare sets predictions beside each other, and {known.name} has none: its roles are {', '.join(known.roles)}"
            )
        return
    if asked.of.total == "none":
        raise UsageError(f"{asked.text} has no total (total: none), so there is no number to compare")
    if "pred" not in asked.of.wanted:
        raise UsageError(f"{asked.text}: every term gives its pred itself, so there is nothing to compare: leave pred out of one")
    for option in ("reduction", "sample_weight", "class_axis", "broadcast", "classes"):
        if given[option] not in (None, False):
            raise UsageError(f"--{option.replace('_', '-')} does not reach the terms of {asked.text}: say {option} in the file")


def _grouped(found: Sequence[Part | Terms], nan: str) -> list[Part]:
    """The parts, those of the losses in one group, as they have the same rows; terms that have these rows as well are read with them."""
    from losscli.cli.terms import Terms
    from losscli.engine.groups import group_key

    columns = {n: c for p in found if not isinstance(p, Terms) for n, c in p.columns.items()}
    rows = None if nan == "omit" else group_key(columns)
    group = ("losses",) if rows is None else (rows, nan)
    return [q for p in found for q in (p.parts if isinstance(p, Terms) else [replace(p, group=group)])]


def _axis(known: Loss, asked: int | None) -> int | None:
    return asked if any(r.domain.classes for r in known.roles.values()) else None


@dataclass(frozen=True)
class _Asked:
    """A loss as it is written behind -l: ours or a framework's with its options, or an objective."""

    text: str
    of: tuple[Loss, Preset] | Objective
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def roles(self) -> Collection[str]:
        return self.of.wanted if isinstance(self.of, Objective) else self.of[0].roles


def _loss(text: str) -> _Asked:
    """`huber:delta=2,…`, where a comma inside brackets divides no options; or the name of a file."""
    name, rest = re.fullmatch(r"((?:[a-z]:(?=[\\/]))?(?:[^:]|::)*):?(.*)", text, re.IGNORECASE | re.DOTALL).groups()  # type: ignore[union-attr]
    if is_objective(name):
        from losscli.sources.objective import read_objective

        if rest:
            raise UsageError(f"-l {text}: an objective has no options here: write them into {name}")
        with to_stderr():  # a file of the user's may print
            return _Asked(text, read_objective(name))
    with to_stderr():  # a file of the user's may print
        known, preset = _known(name)
    options: dict[str, Any] = {}
    parts = re.findall(r"[^,\[]+(?:\[[^\]]*\])?", rest)
    for at, part in enumerate(parts):
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"-l {text}: {part!r} is no KEY=VALUE{_what_is_meant(parts, at)}")
        options[key.strip().replace("-", "_")] = _value(value.strip())
    return _Asked(text, (known, preset), options)


def _known(name: str) -> tuple[Loss, Preset]:
    """Raises UsageError for a name that no loss has."""
    if "," in name and not is_file(name):
        several = [part.strip() for part in name.split(",")]
        if all(map(_is_loss, several)):
            raise UsageError(f"-l {name}: one -l takes one loss: say -l again for each, {' '.join(f'-l {part}' for part in several)}")
    return find(name)


def _value(text: str) -> Any:
    """The value of an option; numbers in brackets, or divided as a signature divides them, are a list."""
    if text.startswith("["):
        return [x.strip() for x in text.strip("[] ").split(",")]
    return text.split(":") if re.fullmatch(rf"{_NUMBER}(:{_NUMBER})+", text) else text


def _what_is_meant(parts: Sequence[str], at: int) -> str:
    """What to write where a part behind a comma is no option."""
    numbers = list(itertools.takewhile(re.compile(rf"\s*{_NUMBER}\s*").fullmatch, parts[at:]))
    if at and numbers:
        key, _, first = parts[at - 1].partition("=")
        return f": a comma divides options; numbers go in brackets: {key.strip()}=[{','.join(x.strip() for x in (first, *numbers))}]"
    return f": for another loss say -l again: -l {parts[at].strip()}" if _is_loss(parts[at]) else ""


def _is_loss(text: str) -> bool:
    try:
        return is_objective(text.strip()) or find(text.strip().partition(":")[0]) is not None
    except LossError:
        return False


# --- predictions -----------------------------------------------------------------------------------------------------------


def predictions_of(written: Sequence[str], losses: Sequence[_Asked], inputs: Inputs, target: str | None) -> dict[str, str]:
    """The SOURCE of each prediction, by its name. Several columns are a prediction each, unless a loss takes them together.

    Raises UsageError for two of one name.
    """
    each = _takes_one_column(losses) and _is_one_column(inputs, target)
    found = [p for name, source in (_named(inputs, t) for t in written) for p in (_columns(inputs, name, source, each))]
    if twice := next((name for name, _ in found if [n for n, _ in found].count(name) > 1), None):
        raise UsageError(f"two predictions are called {twice!r}: tell them apart with -p NAME=SOURCE")
    return dict(found)


def _named(inputs: Inputs, text: str) -> tuple[str, str]:
    """NAME=SOURCE, or a SOURCE that is its own name: one with an = in it is one, if there is such a file or column."""
    name, equals, source = text.partition("=")
    return (name, source) if equals and name and not inputs.there(text) else (text, text)


def _columns(inputs: Inputs, name: str, source: str, each: bool) -> list[tuple[str, str]]:
    """A prediction; or one for each of the columns that a SOURCE without a name of its own stands for."""
    columns = inputs.several(source) if each and name == source else None
    file = source.partition("::")[0] if "::" in source else ""
    return [(name, source)] if columns is None else [(f"{file}::{c}" if file else c, f"{file}::{c}") for c in columns]


def _takes_one_column(losses: Sequence[_Asked]) -> bool:
    """Whether for all losses a prediction is a number a row, not one for each class."""
    return not any(domain.ndim for asked in losses for domain in _of_pred(asked.of))


def _of_pred(of: tuple[Loss, Preset] | Objective) -> Iterator[Domain]:
    if isinstance(of, Objective):
        for term in of.terms:
            yield from _of_pred(term.of) if "pred" in term.wanted else ()
    else:
        yield of[0].roles["pred"].domain


def _is_one_column(inputs: Inputs, target: str | None) -> bool:
    """Whether the target is a number a row: where it has several, the columns of a prediction belong together."""
    if target is not None:
        return inputs.several(target) is None
    return inputs.several_by_name("target") is None


def _flag(role: str) -> str:
    return "-t SOURCE" if role == "target" else f"--role {role}=SOURCE"


def _own() -> Sequence[inspect.Parameter]:
    data = Annotated[str | None, typer.Argument(metavar="[DATA]", help="A file whose columns the predictions and the target are.")]
    many = list[str] | None
    return [
        inspect.Parameter("data", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=data),
        parameter(
            "loss",
            many,
            "--loss",
            "-l",
            help="A loss, with options behind a colon, or an objective.yaml; again for more.",
            panel="What",
            metavar="LOSS[:k=v,…]",
        ),
        parameter(
            "pred",
            many,
            "--pred",
            "-p",
            help="A prediction; again for more. Several columns (a,b or 'm_*') are one each, but for losses that take a column a class.",
            panel="What",
            metavar="[NAME=]SOURCE",
        ),
        parameter("target", str | None, "--target", "-t", help="What all are measured against.", panel="What", metavar="SOURCE"),
        parameter("role", many, "--role", help="Another role of a loss, such as var.", panel="What", metavar="ROLE=SOURCE"),
        parameter(
            "baseline", str | None, "--baseline", help="The prediction that the others are set against.", panel="What", metavar="NAME"
        ),
    ]


compare.__signature__ = inspect.Signature([*_own(), *parameters(COMPARE)])  # type: ignore[attr-defined]
