"""The request of each command: a frozen record, which `typer_values` makes from the options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from losscli.cli.destination import Destination
from losscli.cli.loss_argument import NamedLoss
from losscli.engine.work import Work
from losscli.record import Record
from losscli.registry import Loss, Preset
from losscli.results.gates import Bounds
from losscli.results.noninferiority import Margins
from losscli.results.resamples import Resamples

if TYPE_CHECKING:
    from losscli.catalogue.objective import Objective
    from losscli.data.conditions import Condition
    from losscli.sources.formats import Reading
    from losscli.sources.join import Joining
    from losscli.sources.slice_columns import By

__all__ = [
    "CompareRequest",
    "ComputeRequest",
    "GatedRequest",
    "ListRequest",
    "ObjectiveRequest",
    "Request",
]


class Request(Record):
    """The values that all commands which compute share."""

    data: str | None  # the file that columns come from, DATA
    reading: Reading
    id: str | None  # the SOURCE of the columns that name the rows
    join: str  # what becomes of ids that not every file has
    where: tuple[Condition, ...]  # the conditions that the rows meet
    roles: Mapping[str, str]  # role -> SOURCE
    work: Work
    threads: int  # 0 for all cores
    to: Destination
    quiet: bool
    strict: bool
    resamples: Resamples | None  # None for intervals by Student's t

    @property
    def joining(self) -> Joining | None:
        """How the rows of files are paired by id; None without ids."""
        from losscli.sources.join import Joining

        return None if self.id is None else Joining(self.id, self.join)


class GatedRequest(Request):
    """A request with a gate. `against` is the file of an earlier result, the baseline of the margins."""

    bounds: Bounds
    margins: Margins
    against: str | None
    tolerances: tuple[str, ...]  # the tolerances on the command line: --rtol, --atol

    @property
    def value_bounds(self) -> Bounds:
        """The bounds of the value."""
        return self.bounds

    @property
    def has_gate(self) -> bool:
        """Whether the value has bounds."""
        bounds = self.value_bounds
        return (bounds.max, bounds.min, bounds.expect) != (None, None, None) or bool(self.margins)


class ComputeRequest(GatedRequest):
    """`losscli compute LOSS`."""

    name: str  # of the loss, as the user wrote it
    loss: Loss
    preset: Preset
    options: Mapping[str, Any]  # of the loss, by their names in the framework
    classes: tuple[str, ...]
    sample_weight: str | None
    level: float | None  # of the interval, in percent; None for no interval
    by: By | None  # the columns of slices
    clusters: tuple[str, ...]  # SOURCEs of the clusters of rows: one or two
    lag: int | Literal["auto"] | None
    folds: str | None  # the SOURCE of the test folds
    test_share: float | None
    independent: bool  # whether rows are independent, although they look dependent
    top: int | None
    hist: bool
    calibration: bool
    grad: str | None
    gradcheck: bool
    digest: bool  # whether the result says the command and the digests of its inputs
    words: tuple[str, ...] = ()  # of the command line

    @property
    def reduction(self) -> str:
        return self.work.reduction or self.preset.reduction or self.loss.reduction

    @property
    def expects_arrays(self) -> bool:
        """Whether --expect names arrays, which are compared with the elements."""
        from losscli.results.gates import expects_arrays

        return expects_arrays(self.bounds, elements=self.reduction == "none", gradient=bool(self.grad))

    @property
    def value_bounds(self) -> Bounds:
        return self.bounds.but(expect=None) if self.expects_arrays else self.bounds


class ObjectiveRequest(GatedRequest):
    """`losscli compute objective.yaml`."""

    objective: Objective
    grad: str | None
    gradcheck: bool
    level: float | None  # of the interval of the total, in percent; None for no interval
    lag: int | Literal["auto"] | None
    independent: bool  # whether rows are independent, although they look dependent


class CompareRequest(Request):
    """`losscli compare`."""

    losses: tuple[NamedLoss, ...]
    predictions: tuple[str, ...]  # each [NAME=]SOURCE
    target: str | None
    baseline: str | None
    match: str | None  # the number whose convention is looked for
    rtol: float | None  # of match
    top: int
    bounds: Bounds
    margins: Margins
    against: str | None  # the file of an earlier result, the baseline of the margins
    classes: tuple[str, ...]
    sample_weight: str | None
    level: float | None  # of the intervals, in percent; None for no intervals
    by: By | None  # the columns of slices
    clusters: tuple[str, ...]  # SOURCEs of the clusters of rows: one or two
    lag: int | Literal["auto"] | None
    folds: str | None  # the SOURCE of the test folds
    test_share: float | None
    independent: bool
    ledger: str | None  # the file with a line for each run of the gate
    adjust: str | None  # how p-values are adjusted
    all_pairs: bool
    mcs: bool
    plot: bool
    calibration: bool

    @property
    def of_intervals(self) -> list[str]:
        """The options that need intervals."""
        given = {"--adjust": self.adjust, "--all-pairs": self.all_pairs, "--mcs": self.mcs}
        return [flag for flag, value in given.items() if value]

    @property
    def sources(self) -> dict[str, str]:
        """The SOURCEs of the roles that all predictions share."""
        return {**({} if self.target is None else {"target": self.target}), **self.roles}


class ListRequest(Record):
    """`losscli list`."""

    words: tuple[str, ...]
    task: str | None
    kind: str | None
    properties: tuple[str, ...]
    vectors: bool
    plot: bool
    guide: bool
    all: bool  # whether all matches are shown, not only the first
    allow: tuple[str, ...]  # what an objective may do: allow_outside, allow_code
    to: Destination
    quiet: bool

    @property
    def filters(self) -> list[str]:
        """The options that filter the losses."""
        return [*["task"] * bool(self.task), *["kind"] * bool(self.kind), *self.properties]
