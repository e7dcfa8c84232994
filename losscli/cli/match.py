"""`losscli compare --match NUMBER`: which loss, under which name and options, gives this number for these data."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.catalogue.custom import is_file
from losscli.catalogue.lookup import load_all
from losscli.cli.loss_argument import NamedLoss
from losscli.cli.request import CompareRequest
from losscli.cli.streams import to_stderr
from losscli.errors import ExitCode
from losscli.registry import LOSSES
from losscli.results.candidates import Candidate, NamedDefinition, SearchRequest, Tried, try_losses
from losscli.results.forms import read_given
from losscli.results.matching import Match, find_matches
from losscli.sources.inputs import Inputs
from losscli.sources.pairing import Pairing
from losscli.sources.parts import Sources

__all__ = ["match"]


def match(request: CompareRequest, inputs: Inputs, rows: Pairing, predictions: Mapping[str, str]) -> ExitCode:
    """Run the command; the exit code is that of a gate where no convention gives the number. Raises UsageError and InputError."""
    from losscli.cli.atomic import emit
    from losscli.cli.destination import refuse_to_overwrite
    from losscli.cli.messages import say, warn
    from losscli.cli.progress_bar import progress
    from losscli.render.matching import MatchingReport

    given = read_given(str(request.match), request.rtol)
    searches = _searches(request, inputs, rows, predictions)
    refuse_to_overwrite(request.to.path, inputs.files.names)
    with progress(request.quiet), to_stderr():  # a user's function may print
        tried = [try_losses(search) for search in searches]
    inputs.check_used()
    found = find_matches(given, tried)
    commands = _Commands(request, predictions, tried)
    found = found.but(
        matches=[m.but(command=commands.of(m)) for m in found.matches],
        nearest=[m.but(command=commands.of(m)) for m in found.nearest],
        bindings=tried[0].bindings if len(tried) == 1 else {r: s for r, s in tried[0].bindings.items() if r != "pred"},
        warnings=[*inputs.files.warnings, *dict.fromkeys(w for t in tried for w in t.warnings)],
        header=inputs.files.headers,
        where=tuple(condition.text for condition in request.where),
    )
    warn(found.warnings, quiet=request.quiet, strict=request.strict)
    emit(MatchingReport(found), request.to)
    if not found.matches and not request.quiet:
        say(f"no match: none of {found.numbers:,} numbers is within {given.tolerance:.2g} of {given.text}")
    return ExitCode.DONE if found.matches else ExitCode.GATE


def _searches(request: CompareRequest, inputs: Inputs, rows: Pairing, predictions: Mapping[str, str]) -> list[SearchRequest]:
    """What is searched, for each prediction. Raises InputError and UsageError for a SOURCE that cannot be read."""
    shared = {role: inputs.column(source) for role, source in request.sources.items()}
    weight = None if request.sample_weight is None else inputs.column(request.sample_weight)
    losses = [d for named in request.losses for d in _named(named)] or _all_losses()
    several = len(predictions) > 1
    return [
        SearchRequest(
            losses=losses,
            sources=Sources(inputs, {"pred": inputs.column(source), **shared}, rows, weight, where=request.where),
            work=request.work,
            threads=request.threads,
            named=bool(request.losses),
            prediction=name if several else None,
        )
        for name, source in predictions.items()
    ]


def _named(named: NamedLoss) -> Iterator[NamedDefinition]:
    """The loss of one -l: all its names, or only the one that the user gave with options, or of a framework."""
    if isinstance(named.definition, tuple):  # objectives are refused
        loss, preset = named.definition
        name = named.text.rpartition(":")[0] if named.options else named.text
        yield NamedDefinition(loss, preset if preset.names or named.options or is_file(name) else None, named.options, name)


def _all_losses() -> list[NamedDefinition]:
    """The losses of predictions against a target; which of them have all their roles is seen when these are read."""
    load_all()
    return [NamedDefinition(loss, None, {}, loss.name) for loss in LOSSES.values() if {"pred", "target"} <= set(loss.roles)]


# --- the command that computes a match -------------------------------------------------------------------------------------


class _Commands:
    """Makes the command line that computes a candidate."""

    def __init__(self, request: CompareRequest, predictions: Mapping[str, str], tried: Sequence[Tried]) -> None:
        self.request = request
        self.predictions = dict(predictions)
        self.bindings = {t.prediction: t.bindings for t in tried}

    def of(self, match: Match) -> str:
        """The command that computes the value of a match, before its form."""
        c, r = match.candidate, self.request
        preset = c.convention.preset
        words = ["losscli", "compute", c.convention.named, *([r.data] if r.data else []), *self._roles(c)]
        for word, value in c.convention.options.items():
            words += _flag(word, value)
        if c.reduction and (c.reduction != (preset.reduction or c.loss.reduction) or r.work.reduction):
            words += ["-r", c.reduction]
        words += _flag("per", c.per) if c.per else []
        return shlex.join([*words, *self._shared_options(c)])

    def _roles(self, c: Candidate) -> Iterator[str]:
        """The roles, with the name of a file in place of one that has to be transformed first."""
        sources = {"pred": self.predictions[c.prediction or next(iter(self.predictions))], **self.request.sources}
        if any(not t.role for t in c.transforms):
            bound = {**self.bindings[c.prediction], **sources}
            sources = {**sources, "pred": bound["target"], "target": bound["pred"]}
        sources |= {t.role: t.file for t in c.transforms if t.role}
        for role, source in sources.items():
            if role in c.loss.roles:
                yield from ({"pred": "-p", "target": "-t"}.get(role, f"--{role.replace('_', '-')}"), source)

    def _shared_options(self, c: Candidate) -> Iterator[str]:
        """The other options of the request that change the number or the reading."""
        r = self.request
        reading = {n: getattr(r.reading, n) for n in ("delimiter", "header", "comment", "decimal")} | {"input_format": r.reading.format}
        work: dict[str, Any] = {
            "nan": r.work.nan if r.work.nan != "error" else None,
            "dtype": r.work.dtype if r.work.dtype != "float64" else None,
        }
        work |= {"broadcast": r.work.broadcast or None, "class_axis": r.work.class_axis}
        for condition in r.where:
            yield from ("--where", condition.text)
        for name, value in {
            "id": r.id,
            "join": r.join if r.join != "exact" else None,
            "sample_weight": r.sample_weight,
            "classes": ",".join(r.classes) or None,
            **work,
            **reading,
        }.items():
            classes_only = name == "class_axis" and not any(role.domain.classes for role in c.loss.roles.values())
            if value is not None and not classes_only:
                yield from _flag(name, value)


def _flag(word: str, value: Any) -> list[str]:
    """An option as it is typed."""
    name = word.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", ",".join(map(str, value)) if isinstance(value, list) else str(value)]
