"""`losscli compute objective.yaml`: the terms of an objective, what they add up to, and the gates of each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from losscli.choices import DTYPE, NAN
from losscli.cli.options import OBJECTIVE, parameter, parameters
from losscli.cli.streams import to_stderr
from losscli.errors import ExitCode, UsageError, suggest

if TYPE_CHECKING:
    from losscli.catalogue.objective import Objective
    from losscli.cli.terms import Given
    from losscli.sources.inputs import Inputs

__all__ = ["command_of_file", "role_of"]


def command_of_file(path: str) -> Callable[..., Any]:
    """A function whose signature holds what is not said by the terms themselves."""

    def objective(**given: Any) -> ExitCode:
        return _compute(path, given)

    shown = path.replace("[", r"\[")  # Rich takes it for markup
    objective.__doc__ = f"""The terms of {shown}, each a loss with a weight, and their total.

    Whatever belongs to one term (its roles, its options, how it is reduced) stands in the file.

    Example: losscli compute {shown} data.csv -p y_pred --max 0.5
    """
    objective.__signature__ = inspect.Signature([*_own(), *parameters(OBJECTIVE)])  # type: ignore[attr-defined]
    return objective


def _own() -> Sequence[inspect.Parameter]:
    data = Annotated[
        str | None, typer.Argument(metavar="[DATA]", help="A file whose columns the roles are, in place of the objective's own.")
    ]
    return [
        inspect.Parameter("data", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=data),
        parameter("pred", str | None, "--pred", "-p", help="pred of the terms that do not give it.", panel="Roles", metavar="SOURCE"),
        parameter("target", str | None, "--target", "-t", help="target of the terms that do not give it.", panel="Roles", metavar="SOURCE"),
        parameter("role", list[str] | None, "--role", help="The same for another role, such as var.", panel="Roles", metavar="ROLE=SOURCE"),
    ]


def role_of(text: str) -> tuple[str, str]:
    """ROLE=SOURCE. Raises UsageError."""
    name, equals, source = text.partition("=")
    if not equals:
        raise UsageError(f"--role takes ROLE=SOURCE, not {text!r}")
    return name.replace("-", "_"), source


def given_roles(objective: Objective, inputs: Inputs, sources: Mapping[str, str]) -> dict[str, Given]:
    """What the command line gives to the terms. Raises UsageError for a role that none of them takes from there."""
    from losscli.cli.terms import Given

    wanted = objective.wanted
    if unknown := next((role for role in sources if role not in wanted), None):
        left = ", ".join(sorted(wanted)) or "none"
        raise UsageError(f"{objective.path}: no term leaves {unknown} open{suggest(unknown, wanted)}; the roles left open: {left}")
    return {role: Given(source, inputs) for role, source in sources.items()}


def _compute(path: str, given: dict[str, Any]) -> ExitCode:
    """Read, compute, write; the exit code is that of the gates."""
    from losscli.cli.atomic import emit
    from losscli.cli.destination import destination, refuse_to_overwrite
    from losscli.cli.messages import say, warn
    from losscli.cli.progress_bar import progress
    from losscli.results.gates import Gate, tolerances

    to = destination(format=given["format"], output=given["output"], precision=given["precision"], color=given["color"])
    rtol, atol = tolerances(given["rtol"], given["atol"], given["expect"] is not None)
    gate = Gate(**{k: given[k] for k in ("max", "min", "expect")}, rtol=rtol, atol=atol)
    if to.format.binary:
        raise UsageError("an objective is no array: write .csv or .json")
    if given["threads"] < 0:
        raise UsageError(f"--threads takes 0 or more, not {given['threads']}")
    for option, choice in (("nan", NAN), ("dtype", DTYPE)):
        choice.check(given[option], f"--{option}")

    from losscli.cli.terms import Given, Verdict, check_id, own_id, terms_of
    from losscli.engine.groups import run_parts
    from losscli.render.objective import ObjectiveReport
    from losscli.sources.inputs import Inputs, Reading
    from losscli.sources.objective import read_objective

    with to_stderr():  # a file of the user's may print
        objective = read_objective(path)
    if gate.asked and objective.total == "none":
        raise UsageError(f"{path} has no total (total: none) that --max, --min or --expect could judge: its terms have gates of their own")
    roles = {r: given[r] for r in ("pred", "target") if given[r] is not None} | dict(map(role_of, given["role"] or ()))
    outside = Inputs(given["data"], Reading.given(given))
    inputs = outside.within(given["data"] or objective.data)
    asked = None if given["id"] is None else Given(given["id"], outside)
    how = {"nan": given["nan"], "dtype": given["dtype"], "id": asked or own_id(objective, inputs)}
    terms = terms_of(objective, inputs, given_roles(objective, outside, roles), how)
    check_id(how["id"], path)
    inputs.check_used()
    refuse_to_overwrite(given["output"], [*inputs.files, *objective.files, *gate.files, *terms.judges])
    verdicts: list[Verdict] = []
    with to_stderr(), progress(given["quiet"]):
        outcomes = run_parts(list(terms.parts), threads=given["threads"])
    total = replace(terms.total(iter(outcomes), verdicts), header=inputs.headers, read=inputs.warnings)
    warn(total.warnings, quiet=given["quiet"], strict=given["strict"])
    if gate.asked:
        verdicts.append(Verdict(path, gate, total, gate.verdict(total)))
    emit(ObjectiveReport(total, verdicts[-1].said if gate.asked else None), to)
    if not given["quiet"]:
        for v in verdicts:
            say(v.gate.line(v.name, v.result, v.said))
    return ExitCode.DONE if all(v.said["passed"] for v in verdicts) else ExitCode.GATE
