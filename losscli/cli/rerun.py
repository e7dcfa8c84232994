"""`losscli compute --rerun RESULT.json`: compute a result again from the command in it, and say whether the bits are the same."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from losscli.catalogue.lookup import is_objective
from losscli.cli.invocation import Invocation
from losscli.cli.options import RERUN, parameters, read_values
from losscli.cli.typer_values import destination_of
from losscli.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from losscli.cli.request import ComputeRequest
    from losscli.results.origin import Rerun

__all__ = ["rerun_command"]


def rerun_command(invoke: Callable[[Invocation], object]) -> Callable[..., ExitCode]:
    """The function of the command, whose signature holds its options. `invoke` runs the words of a command."""

    def command(**values: Any) -> ExitCode:
        return _rerun(read_values(RERUN, values), invoke)

    command.__signature__ = inspect.Signature(parameters(RERUN))  # type: ignore[attr-defined]
    return command


def _rerun(values: Mapping[str, Any], invoke: Callable[[Invocation], object]) -> ExitCode:
    """Run the command of a result. Raises InputError for a file that is no result with an origin, and what the command raises."""
    from losscli.cli.atomic import emit
    from losscli.cli.destination import refuse_to_overwrite
    from losscli.render.rerun import RerunReport
    from losscli.results.expectation import read_document

    path = values["rerun"]
    document, to = read_document(path, "--rerun"), destination_of(values)
    words = _words(path, document)
    again: list[Rerun] = []

    def take(request: ComputeRequest) -> ExitCode:
        again.append(_computed_again(request, document))
        return ExitCode.DONE

    invoke(Invocation(tuple(words), take))
    refuse_to_overwrite(to.path, [path])
    (rerun,) = again
    emit(RerunReport(rerun), to)
    return ExitCode.DONE if rerun.passed else ExitCode.GATE


def _words(path: str, document: Any) -> list[str]:
    """The words of the command. Raises InputError where there are none, UsageError for a function of a file or of a package."""
    origin: Any = document.get("origin") if isinstance(document, dict) else None
    said = origin if isinstance(origin, dict) else {}
    words = [w for w in said.get("command") or () if isinstance(w, str)]
    of_loss = len(words) > 1 and words[0] == "compute" and not words[1].startswith("-") and not is_objective(words[1])
    if not of_loss or not isinstance(said.get("digests"), dict):
        raise InputError(f"--rerun {path}: it does not say how it was made; write it with losscli compute … --digest -o FILE.json")
    if "::" in words[1]:
        raise UsageError(f"--rerun {path}: its loss is {words[1]}, which is code: run the command yourself if you trust it")
    return words


def _computed_again(request: ComputeRequest, document: Mapping[str, Any]) -> Rerun:
    """The result of the request now, beside the document. Its gates, pictures and outputs are left out."""
    from losscli.cli.compute import result_alone
    from losscli.render.elements import RowNames
    from losscli.render.formats import FORMATS
    from losscli.render.result import ResultReport
    from losscli.results.gates import Bounds
    from losscli.results.noninferiority import Margins
    from losscli.results.origin import rerun_of
    from losscli.results.same_result import differences

    plain = request.but(bounds=Bounds(), margins=Margins(), against=None, hist=False, calibration=False, gradcheck=False, digest=True)
    plain = plain.but(to=request.to.but(path=None, format=FORMATS["json"], beside=None, append=False))
    result = result_alone(plain)
    now = json.loads(FORMATS["json"].encode(ResultReport(result, RowNames(None, ()), {}, None), plain.to.style))
    return rerun_of(document, now, [*differences(document, result)])
