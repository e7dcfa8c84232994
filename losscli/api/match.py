"""The search for the convention of a number, for arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.api.arrays import check_counts
from losscli.api.frames import Frames, check_used, frames_of, names_columns
from losscli.api.losses import NamedLosses, named_losses
from losscli.api.shown import Shown, columns_of_records
from losscli.api.words import in_python_words
from losscli.catalogue.custom import CustomLoss, is_file
from losscli.catalogue.lookup import load_all
from losscli.catalogue.loss_text import split_text
from losscli.data.columns import Column
from losscli.engine.work import Work
from losscli.errors import UsageError, suggest
from losscli.numeric.arrays import as_array
from losscli.registry import LOSSES
from losscli.render.grid import Grid, Style
from losscli.results.candidates import Candidate, NamedDefinition, SearchRequest, try_losses
from losscli.results.forms import read_given
from losscli.results.matching import Match, Matching, find_matches
from losscli.sources.frames import is_frame
from losscli.sources.inputs import Inputs
from losscli.sources.join import pairing
from losscli.sources.parts import Sources

__all__ = ["MatchingOfArrays", "match"]


class MatchingOfArrays(Shown, Matching):
    """The matches of a number: `matches` from the simplest on, each with its `value` and the `command` that computes it in Python."""

    def _grids(self, style: Style) -> list[Grid]:
        from losscli.render.matching import MatchingReport

        return MatchingReport(self).grids(style)

    def _columns(self) -> Mapping[str, Any]:
        from losscli.render.matching import MatchingReport

        return columns_of_records(*MatchingReport(self).records())


@in_python_words
def match(
    number: float | str,
    *,
    pred: Any = None,
    data: Any = None,
    id: str | Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    losses: NamedLosses | None = None,
    rtol: float | None = None,
    reduction: str | None = None,
    sample_weight: Any = None,
    nan: str = "error",
    dtype: Any = np.float64,
    class_axis: int | None = None,
    broadcast: bool = False,
    threads: int = 0,
    **roles: Any,
) -> MatchingOfArrays:
    """Which loss, under which name and options, gives a number that was printed: `match("0.2675", pred=[0.1, 0.9], target=[0, 1])`.

    `number` is a text as it was printed, whose last digit says how exact it is, or a number with all its digits. Every loss that takes the
    data is tried, or only `losses` (as in `compare`). `rtol` is the relative tolerance instead of half a unit in the last digit. `target`
    and other roles are keywords; the other arguments are those of `compute`.

    Raises UsageError where no number is given, or no loss takes the data, InputError for shapes and values; both are ValueErrors.
    """
    check_counts(threads=threads)
    if pred is None and data is None:
        raise UsageError("match needs an array as pred, or data=… with its columns")
    if data is None and id is None and is_frame(pred):
        raise UsageError("match takes one array as pred, not several by name")
    if rtol is not None and not 0 <= rtol < float("inf"):
        raise UsageError(f"rtol must be 0 or more, and finite, not {rtol!r}")
    given = read_given(str(number), rtol, "match")
    arrays = {"pred": pred, **roles}
    load_all()
    definitions = _definitions(losses)
    known = {role for loss in [*LOSSES.values(), *(d.loss for d in definitions)] for role in loss.roles}
    if unknown := [r for r in roles if r not in known]:
        raise UsageError(f"no loss has a role {unknown[0]!r}{suggest(unknown[0], known)}")
    frames = frames_of(data, id, classes, arrays)
    given_roles = {role: x for role, x in arrays.items() if x is not None}
    columns, sources = _sources(frames, given_roles, sample_weight)
    work = Work(reduction, None, nan, dtype, class_axis, broadcast)
    tried = try_losses(SearchRequest(definitions, sources, work, threads, losses is not None, None))
    found = find_matches(given, [tried])
    check_used(frames)
    more = [f"{name}={name}" for name, x in {"data": data, "id": id, "sample_weight": sample_weight}.items() if x is not None]
    call = _Call({role: _text(role, x) for role, x in {**_found_in_data(tried.bindings, frames), **given_roles}.items()}, more)
    found = found.but(
        matches=[m.but(command=call.of(m)) for m in found.matches],
        nearest=[m.but(command=call.of(m)) for m in found.nearest],
        bindings=dict.fromkeys(columns, "array") if frames is None else tried.bindings,
        warnings=list(dict.fromkeys(tried.warnings)),
    )
    return MatchingOfArrays(**vars(found))


def _sources(frames: Frames | None, given: Mapping[str, Any], sample_weight: Any) -> tuple[dict[str, Column], Sources]:
    """The columns of the roles that were given, and where those of the others are searched."""
    if frames is None:
        columns = {role: Column(role, as_array(role, x)) for role, x in given.items()}
        inputs = Inputs(None, flag=lambda role: f"{role}=…")
        weight = None if sample_weight is None else Column("sample_weight", as_array("sample_weight", sample_weight))
        return columns, Sources(inputs, columns, pairing(inputs, None), weight)
    columns = {role: frames.column(role, x) for role, x in given.items()}
    weight = None if sample_weight is None else frames.column("sample_weight", sample_weight)
    return columns, Sources(frames.inputs, columns, frames.rows, weight)


def _found_in_data(bindings: Mapping[str, str], frames: Frames | None) -> dict[str, str]:
    """By role, the column of `data` that was found by its name."""
    if frames is None:
        return {}
    before = f"{frames.inputs.data}::"
    return {role: source.removeprefix(before) for role, source in bindings.items() if source.startswith(before) and "," not in source}


def _text(role: str, x: Any) -> str:
    """A role in a call: names of columns as they are, for arrays the name of the role."""
    return repr(x) if names_columns(x) else role


def _definitions(losses: NamedLosses | None) -> Sequence[NamedDefinition]:
    """The losses to try: all names of a loss, or only the one that was given with options, or of a framework."""
    if losses is None:
        return [NamedDefinition(x, None, {}, x.name) for x in LOSSES.values() if {"pred", "target"} <= set(x.roles)]
    found = []
    for text, name, (loss, preset), options in named_losses(losses):
        as_given = preset.names or options or callable(name) or is_file(text)
        found.append(NamedDefinition(loss, preset if as_given else None, options, split_text(text)[0]))
    return found


class _Call:
    """Makes the call in Python that computes a candidate."""

    def __init__(self, roles: Mapping[str, str], more: Sequence[str]) -> None:
        self.roles, self.more = roles, more

    def of(self, m: Match) -> str:
        """The call that computes the value of a match, before its form."""
        c: Candidate = m.candidate
        names: dict[str, str] = {role: text for role, text in self.roles.items() if role in c.loss.roles}
        if any(not t.role for t in c.transforms):
            names |= {"pred": self.roles["target"], "target": self.roles["pred"]}
        names |= {t.role: t.file.removesuffix(".npy") for t in c.transforms if t.role}
        preset, named = c.convention.preset, c.convention.named
        words = [named if isinstance(c.loss, CustomLoss) and not is_file(named) else repr(named)]
        words += [f"{role}={name}" for role, name in names.items()]
        values = {word: c.params.get(preset.renames.get(word, word), value) for word, value in c.convention.options.items()}
        words += [f"{word}={value!r}" for word, value in values.items()]
        if c.reduction and c.reduction != (preset.reduction or c.loss.reduction):
            words.append(f"reduction={c.reduction!r}")
        words += [f"per={c.per!r}"] if c.per else []
        return f"losscli.compute({', '.join([*words, *self.more])})"
