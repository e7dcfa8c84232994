"""Candidates for a number: each convention of each loss that takes the data, with its value under each reduction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.catalogue.binding import BoundLoss
from losscli.catalogue.conventions import Convention, conventions
from losscli.choices import PER
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.domains import Images, Signals
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.plan import prepare
from losscli.engine.work import Work
from losscli.errors import DataWarning, InputError, LossError
from losscli.record import Record
from losscli.registry import OURS, Loss, Preset
from losscli.results.domain_checks import DomainChecks
from losscli.results.transforms import Prepared, Transform
from losscli.sources.parts import Sources, columns_of

__all__ = ["Candidate", "NamedDefinition", "SearchRequest", "Tried", "try_losses"]

PAIRS = 300  # rows up to which losses over pairs of rows are tried: a loss over triplets takes a second for them
LONG = 1000  # numbers: a longer vector is hardly one sample
REDUCTION_BITS = {"mean": 0.5, "sum": 1.0, "batchmean": 1.5, "sum_over_batch_size": 1.0}  # where it is not the default
PER_BITS = 1.0
MOST_BITS, MOST_BITS_OF_NAMED = 6.5, 10.0  # a convention that is more complicated is not tried: chance would find it as well


class Candidate(Record):
    """A convention with the number that it gives for the data. `bits` says how much there is to say about it."""

    prediction: str | None  # its name, where there are several
    convention: Convention
    params: Mapping[str, Any]
    transforms: tuple[Transform, ...]
    reduction: str | None  # None for a number over all rows, which is not reduced
    usual: bool  # whether the reduction is the default
    per: str | None  # None for the default
    value: float
    rows: int
    classes: int  # the length of the class axis of pred, 0 for one number a row
    bits: float

    @property
    def loss(self) -> Loss:
        return self.convention.loss

    @property
    def words(self) -> list[str]:
        """The convention in words, beyond the name of the loss."""
        name = [self.convention.named] if self.convention.named != self.loss.name else []
        options = [f"{word}={str(value).lower() if isinstance(value, bool) else value}" for word, value in self.convention.options.items()]
        reduction = [self.reduction] if self.reduction and not self.usual else []
        return [*name, *options, *reduction, *([f"per {self.per}"] if self.per else []), *(t.words for t in self.transforms)]


class Tried(Record):
    """All candidates, and the losses that were left out: why one does not take the data, and those that would take too long."""

    candidates: Sequence[Candidate]
    refused: Mapping[str, LossError]  # loss -> why
    over_pairs: Sequence[str]
    prediction: str | None
    bindings: Mapping[str, str]  # role -> source
    warnings: Sequence[DataWarning]


class NamedDefinition(Record):
    """A loss to try."""

    loss: Loss
    preset: Preset | None  # of the name that the user gave; None for all names
    options: Mapping[str, Any]  # that the user gave
    name: str  # to type


class SearchRequest(Record):
    """The losses to try on the columns of one prediction."""

    losses: Sequence[NamedDefinition]
    sources: Sources
    work: Work
    threads: int
    named: bool  # whether the user named the losses: then none is left out for the time that it takes
    prediction: str | None  # its name, where there are several


class _Search:
    """The columns of the losses, each read once."""

    def __init__(self, request: SearchRequest) -> None:
        self.prediction, self.sources = request.prediction, request.sources
        self.work, self.threads = request.work, request.threads
        self._columns: dict[Any, tuple[dict[str, Column], Column | None]] = {}
        self._in_memory: dict[Any, Column] = {}
        self.domains = DomainChecks()
        self._prepared: dict[Any, Prepared] = {}
        self.streamed: set[int] = set()  # the arrays whose rows are surely rows
        self.most_bits = MOST_BITS_OF_NAMED if request.named else MOST_BITS
        self.bindings: dict[str, str] = {}
        self.warnings: dict[DataWarning, None] = {}

    def columns(self, bound: BoundLoss) -> tuple[Prepared, Column | None]:
        """The columns of a loss and the sample weights, in memory. Raises LossError where it has no such columns."""
        roles = bound.loss.roles.values()
        key = tuple((r.name, type(r.domain).__name__, r.domain.takes_words, r.domain.pair, r.domain.size, r.domain.shared) for r in roles)
        if key not in self._columns:
            given = {r: source for r, source in self.sources.roles.items() if r in bound.loss.roles}
            matched = columns_of(bound, self.sources.but(roles=given))
            self.bindings = {r: c.source for r, c in matched.columns.items()} | self.bindings
            self.warnings |= dict.fromkeys(matched.warnings)
            self._columns[key] = {r: self._numbers(c) for r, c in matched.columns.items()}, matched.weight and self._numbers(matched.weight)
        columns, weight = self._columns[key]
        same = tuple((r, id(c)) for r, c in columns.items())
        return self._prepared.setdefault(same, Prepared(columns)), weight

    def _numbers(self, column: Column) -> Column:
        """The column with all its numbers in one array. Raises InputError for a word that is no label."""
        x = column.array
        if x is not None and (not x.ndim or (column.labels is None and x.dtype.kind not in "OU")):
            return column
        key = (id(column.stream), id(x), column.keys, column.stacked, repr(column.labels))
        if key not in self._in_memory:
            array = Data({"": column}).all()[""]
            origin = (column, np.arange(len(array)))  # for the lines in messages
            self._in_memory[key] = column.but(array=array, stream=None, keys=(), stacked=False, labels=None, origin=origin)
            if x is None:
                self.streamed.add(id(array))
        return self._in_memory[key]

    def one_sample_is_unlikely(self, bound: BoundLoss, columns: Mapping[str, Column]) -> bool:
        """Whether a vector of many rows, or a column of a table, would be taken as one sample."""
        for role, column in columns.items():
            domain, x = bound.loss.roles[role].domain.of(bound.options), np.asarray(column.array)
            if isinstance(domain, Images | Signals) and x.ndim <= domain.ndim:
                return True
            if domain.ndim and x.ndim == domain.ndim and (len(x) > LONG or id(column.array) in self.streamed or domain.ndim > 1):
                return True
            if domain.paired and x.ndim > 1 and x.size * x.shape[-1] > LONG * LONG * 100:
                return True
        return False


def try_losses(request: SearchRequest) -> Tried:
    """Compute every convention of every loss that takes the data."""
    search, over_pairs, named = _Search(request), [], request.named
    found: list[Candidate] = []
    refused: dict[str, LossError] = {}
    for named_loss in request.losses:
        loss, preset, given = named_loss.loss, named_loss.preset, named_loss.options
        try:
            data, weight = search.columns(Convention(loss, preset or OURS, named_loss.name, (), given, 0.0).bound())
            if loss.kind == "batch" and not named and len(data.array("pred")) > PAIRS:
                over_pairs.append(loss.name)
                continue
            with np.errstate(all="ignore"):
                of_loss = [c for x in _conventions(named_loss) for c in _candidates(search, x, data, weight, refused)]
        except LossError as error:
            refused.setdefault(loss.name, error)
            continue
        found += of_loss
    fitting = {c.loss.name for c in found}
    refused = {name: why for name, why in refused.items() if name not in fitting}
    return Tried(found, refused, over_pairs, request.prediction, search.bindings, list(search.warnings))


def _conventions(named: NamedDefinition) -> Iterator[Convention]:
    """The conventions of a loss; one that the user named keeps this name."""
    for convention in conventions(named.loss, named.preset, named.options):
        yield convention if named.preset is None else convention.but(named=named.name)


def _candidates(
    search: _Search, convention: Convention, data: Prepared, weight: Column | None, refused: dict[str, LossError]
) -> Iterator[Candidate]:
    """The candidates of one convention: for each transform, each --per and each reduction."""
    try:
        bound = convention.bound()
    except LossError as error:
        refused.setdefault(convention.loss.name, error)
        return
    for transforms in data.transforms(convention.loss, bound.options):
        if convention.bits + sum(t.bits for t in transforms) > search.most_bits:
            continue
        columns = data.after(transforms)
        if search.one_sample_is_unlikely(bound, columns):
            refused.setdefault(convention.loss.name, InputError("it takes more than one number a row"))
            continue
        for per in _axes(convention, data) if not search.work.per else [None]:
            try:
                values = list(_values(search, bound, columns, weight, per))
            except LossError as error:
                refused.setdefault(convention.loss.name, error)
                continue
            of_all = Candidate(
                prediction=search.prediction,
                convention=convention,
                params={n: v.tolist() if hasattr(v, "tolist") else v for n, v in bound.options.items()},
                transforms=transforms,
                reduction=None,
                usual=True,
                per=per,
                value=0.0,
                rows=0,
                classes=data.classes,
                bits=convention.bits + sum(t.bits for t in transforms) + PER_BITS * (per is not None),
            )
            for reduction, usual, value, rows in values:
                more = REDUCTION_BITS[reduction] if not usual and reduction else 0.0
                yield of_all.but(reduction=reduction, usual=usual, value=value, rows=rows, bits=of_all.bits + more)


def _axes(convention: Convention, data: Prepared) -> list[str | None]:
    """The values of --per that may change the number, first None for the default."""
    loss = convention.loss
    if not loss.allows_per or data.array("pred").ndim < 2:
        return [None]
    default = convention.preset.per or loss.per
    return [None, *(p for p in PER.words if p != default)]


# --- the values of one job -------------------------------------------------------------------------------------------------


def _values(
    search: _Search, bound: BoundLoss, columns: Mapping[str, Column], weight: Column | None, per: str | None
) -> Iterator[tuple[str | None, bool, float, int]]:
    """The finite values under each reduction: the reduction (None where there is none), whether it is the default, the value, the rows."""
    asked, default = search.work.reduction, bound.preset.reduction or bound.loss.reduction
    default = "mean" if default == "none" else default

    def outcome(reduction: str) -> Outcome:
        return _outcome(search, bound, columns, weight, search.work.but(reduction=reduction, per=per))

    first = outcome(asked or default)
    values = {asked or default: first.reduced.value}
    if asked is None and np.ndim(first.reduced.value) == 0:
        values = dict(_by_reduction(first, bound, outcome)) | values
    if first.empty:
        raise InputError("nothing is left to average")
    for reduction, value in values.items():
        if np.ndim(value) == 0 and np.isfinite(value):
            reduces = first.reduced.total is not None or first.reduced.kind is not None
            yield reduction if reduces else None, reduction == default or not reduces, float(value), first.rows_kept


def _by_reduction(first: Outcome, bound: BoundLoss, outcome: Callable[[str], Outcome]) -> Iterator[tuple[str, float]]:
    """The value under each reduction, from the sums of one run where they are enough; nothing for one number over all rows."""
    reduced = first.reduced
    if reduced.kind == "channels":
        yield "sum", reduced.value * reduced.denominator
    elif reduced.total is None:
        return
    elif bound.loss.mean == "mean of ratios" or bound.preset.by_reduction:
        yield from _separately(outcome)
    else:
        yield from (("mean", np.divide(reduced.total, reduced.count)), ("sum", reduced.total))
        yield "batchmean", np.divide(reduced.total, first.rows_kept)
        if reduced.kind == "weights":
            yield "sum_over_batch_size", outcome("sum_over_batch_size").reduced.value


def _separately(outcome: Callable[[str], Outcome]) -> Iterator[tuple[str, float]]:
    for reduction in ("mean", "sum", "batchmean"):
        try:
            yield reduction, outcome(reduction).reduced.value
        except LossError:  # the framework has no such reduction here
            continue


def _outcome(search: _Search, bound: BoundLoss, columns: Mapping[str, Column], weight: Column | None, work: Work) -> Outcome:
    """The outcome of one run. Raises LossError where the loss does not take the data."""
    if not any(role.domain.classes for role in bound.loss.roles.values()):
        work = work.but(class_axis=None)
    job, needed = prepare(bound, {r: c for r, c in columns.items() if r in bound.loss.roles}, work, weight=weight)
    data = Data(needed, omit=work.nan == "omit")
    search.domains.check(job, data)
    return run([job], data, threads=search.threads)[0]
