"""`losscli compare`: several losses of several predictions against one target, in one pass over the data."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from losscli.cli.options import COMPARE, parameter, parameters
from losscli.errors import ExitCode, UsageError, suggest
from losscli.registry import Loss, Preset, bind, find

if TYPE_CHECKING:
    from losscli.blocks import Column
    from losscli.job import Job

__all__ = ["compare"]


def compare(**given: Any) -> ExitCode:
    """Several losses of several predictions against one target.

    The best of each loss is marked; difference and ratio are to the first prediction, or to --baseline.

    Example: losscli compare diabetes.csv -l mse -l huber:delta=2 -p ridge -p gbm -t y_true
    """
    from losscli.blocks import Data
    from losscli.cli.output import destination, emit, refuse_to_overwrite, warn
    from losscli.comparison import compare as compared
    from losscli.evaluate import run
    from losscli.render.comparison import ComparisonReport
    from losscli.result import result_of
    from losscli.shapes import prepare
    from losscli.sources import Inputs, Reading

    to = destination(format=given["format"], output=given["output"], precision=given["precision"], color=given["color"])
    if given["dtype"] not in ("float64", "float32"):
        raise UsageError(f"--dtype takes float64 or float32, not {given['dtype']!r}")
    if given["reduction"] == "none":
        raise UsageError("compare sets one number beside another: -r none has none")
    if to.format == "npy":
        raise UsageError("a comparison is no array: write .csv or .json")
    losses = [_loss(text) for text in given["loss"] or ()]
    if not losses:
        raise UsageError("compare needs a loss: -l mse, -l huber:delta=2, …")
    if twice := next((n for n, *_ in losses if [m for m, *_ in losses].count(n) > 1), None):
        raise UsageError(f"-l {twice} stands twice")
    predictions = dict(_named(text) for text in given["pred"] or ())
    if not predictions:
        raise UsageError("compare needs predictions: -p COLUMN or -p NAME=SOURCE, one or more")
    if len(predictions) < len(given["pred"]):
        raise UsageError("two predictions have one name: tell them apart with -p NAME=SOURCE")
    baseline = given["baseline"] or next(iter(predictions))
    if baseline not in predictions:
        raise UsageError(f"--baseline {baseline!r} is none of the predictions{suggest(baseline, predictions)}: {', '.join(predictions)}")
    roles = dict(_role(text) for text in given["role"] or ())
    there = {r for _, known, *_ in losses for r in known.roles}
    if unknown := next((r for r in roles if r not in there), None):
        raise UsageError(
            f"--role {unknown}: none of the losses has such a role{suggest(unknown, there)}; they have {', '.join(sorted(there))}"
        )
    classes = tuple(c.strip() for c in given["classes"].split(",")) if given["classes"] else ()
    inputs = Inputs(given["data"], Reading(given["input_format"], given["delimiter"], given["header"]), classes, flag=_flag)
    weight = None if given["sample_weight"] is None else inputs.column(given["sample_weight"])

    jobs: list[Job] = []
    columns: dict[str, Column] = {}
    bindings: list[dict[str, str]] = []
    for i, source in enumerate(predictions.values()):
        for k, (_, known, preset, options) in enumerate(losses):
            if "pred" not in known.roles:
                raise UsageError(
                    f"compare sets predictions beside each other, and {known.name} has none: its roles are {', '.join(known.roles)}"
                )
            asked = {"pred": source} | ({} if given["target"] is None or "target" not in known.roles else {"target": given["target"]})
            asked |= {r: s for r, s in roles.items() if r in known.roles}
            bound = bind(known, preset, options)
            found = inputs.roles(known, asked, bound.get("ignore_index"))
            if missing := [r.name for r in known.roles.values() if r.name not in found and not r.optional]:
                raise UsageError(f"{known.name} needs {' and '.join(missing)}: give {' '.join(map(inputs.flag, missing))}")
            job, needed = prepare(
                known,
                bound,
                found,
                preset=preset,
                weight=weight,
                reduction=given["reduction"] or _number(known, preset),
                nan=given["nan"],
                dtype=given["dtype"],
                class_axis=_axis(known, given["class_axis"]),
                broadcast=given["broadcast"],
                name=f"{i}.{k}.",
            )
            jobs.append(job)
            columns |= needed
            bindings.append({r: c.label for r, c in found.items()})
    inputs.check_data_used()
    refuse_to_overwrite(given["output"], inputs.files)
    outcomes = run(jobs, Data(columns, omit=given["nan"] == "omit"), threads=given["threads"])
    results = [result_of(o, b) for o, b in zip(outcomes, bindings, strict=True)]
    table = [results[i * len(losses) : (i + 1) * len(losses)] for i in range(len(predictions))]
    comparison = compared(list(predictions), [text for text, *_ in losses], table, baseline)
    warn(comparison.warnings, quiet=given["quiet"], strict=given["strict"])
    emit(ComparisonReport(comparison), to)
    return ExitCode.DONE


def _number(known: Loss, preset: Preset) -> str | None:
    """A framework that does not reduce is compared by the mean."""
    return "mean" if (preset.reduction or known.reduction) == "none" else None


def _axis(known: Loss, asked: int | None) -> int | None:
    return asked if any(r.domain.classes for r in known.roles.values()) else None


def _loss(text: str) -> tuple[str, Loss, Preset, dict[str, Any]]:
    """`huber:delta=2,…`: the text, the loss, its preset, its options. A comma inside brackets divides no options."""
    name, _, rest = text.partition(":")
    known, preset = find(name)
    options: dict[str, Any] = {}
    for part in re.findall(r"[^,\[]+(?:\[[^\]]*\])?", rest):
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"-l {text}: {part!r} is no KEY=VALUE")
        key = key.strip().replace("-", "_")
        options[key] = [x.strip() for x in value.strip("[] ").split(",")] if value.startswith("[") else value.strip()
    return text, known, preset, options


def _named(text: str) -> tuple[str, str]:
    name, equals, source = text.partition("=")
    return (name, source) if equals and name else (text, text)


def _flag(role: str) -> str:
    return "-t SOURCE" if role == "target" else f"--role {role}=SOURCE"


def _role(text: str) -> tuple[str, str]:
    name, equals, source = text.partition("=")
    if not equals:
        raise UsageError(f"--role takes ROLE=SOURCE, not {text!r}")
    return name.replace("-", "_"), source


def _own() -> Sequence[inspect.Parameter]:
    data = Annotated[str | None, typer.Argument(metavar="[DATA]", help="A file whose columns the predictions and the target are.")]
    many = list[str] | None
    return [
        inspect.Parameter("data", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=data),
        parameter(
            "loss", many, "--loss", "-l", help="A loss, with options behind a colon; again for more.", panel="What", metavar="LOSS[:k=v,…]"
        ),
        parameter("pred", many, "--pred", "-p", help="A prediction; again for more.", panel="What", metavar="[NAME=]SOURCE"),
        parameter("target", str | None, "--target", "-t", help="What all are measured against.", panel="What", metavar="SOURCE"),
        parameter("role", many, "--role", help="Another role of a loss, such as var.", panel="What", metavar="ROLE=SOURCE"),
        parameter(
            "baseline", str | None, "--baseline", help="The prediction that the others are set against.", panel="What", metavar="NAME"
        ),
    ]


compare.__signature__ = inspect.Signature([*_own(), *parameters(COMPARE)])  # type: ignore[attr-defined]
