"""The plan of `losscli compute LOSS`: the files are opened, and all is decided before the first block is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from losscli.catalogue.binding import bind
from losscli.cli.earlier_gate import earlier_of, has_rows, watched_of
from losscli.cli.request import ComputeRequest
from losscli.cli.rules import check_rules
from losscli.record import EMPTY, Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from losscli.autodiff.derivatives import Extras
    from losscli.data.blocks import Data
    from losscli.data.columns import Column
    from losscli.data.slices import Slices
    from losscli.engine.groups import Part
    from losscli.results.dependence import Dependence
    from losscli.results.earlier import Earlier
    from losscli.results.gates import Gate
    from losscli.results.intervals import Intervals
    from losscli.sources.inputs import Inputs
    from losscli.sources.pairing import Pairing

__all__ = ["LEVEL", "Plan", "plan_of"]

LEVEL = 95.0  # of the interval that shows the standard error of a gate


class Plan(Record):
    """All that is decided before the first block is read."""

    request: ComputeRequest
    inputs: Inputs
    rows: Pairing  # how the rows of several files are matched
    part: Part
    data: Data
    gate: Gate | None
    extras: Extras | None
    dependence: Dependence  # of the rows
    slices: Slices | None = None
    earlier: Earlier | None = None  # the baseline of the margins
    watched: Mapping[str, Column] = EMPTY  # columns that may number groups of rows, for the dependence alarm

    @property
    def pairs_rows(self) -> bool:
        """Whether the earlier result has values of rows."""
        return has_rows(self.earlier)

    @property
    def intervals(self) -> Intervals | None:
        """How the interval is computed; a gate on a difference needs the standard error also where no interval was asked for."""
        level, needed = self.request.level, self.request.margins.worse is not None and not self.pairs_rows
        level = LEVEL if level is None and needed else level
        if level is None:
            return None
        from losscli.results.intervals import Intervals

        return Intervals(level, self.dependence, self.request.resamples)


def plan_of(request: ComputeRequest) -> Plan:
    """Open the files and plan the loss.

    Raises UsageError for options that exclude each other, InputError for files that cannot be read or whose columns do not fit together.
    """
    from losscli.cli.destination import refuse_to_overwrite
    from losscli.data.blocks import Data
    from losscli.results.dependence import Dependence
    from losscli.results.gates import gate_of
    from losscli.sources.inputs import Inputs
    from losscli.sources.join import pairing
    from losscli.sources.open_files import OpenFiles

    check_rules(request)
    gate = gate_of(request.value_bounds)
    earlier = earlier_of(request)
    inputs = Inputs(request.data, OpenFiles(request.reading), request.classes)
    rows = pairing(inputs, request.joining)
    part, slices = _part(request, inputs, rows)
    texts, flag = (request.clusters, "--cluster") if request.folds is None else ((request.folds,), "--folds")
    groups = _groups(inputs, rows, texts, flag) if texts else {}
    folds = request.folds is not None
    dependence = Dependence(tuple(groups), request.lag, request.independent, folds=folds, test_share=request.test_share)
    watched = {} if dependence.said or not (request.level or request.margins.worse) else watched_of(inputs, rows, part)
    if has_rows(earlier) and watched:
        groups = watched
    data = Data({**part.columns, **groups}, omit=request.work.nan == "omit")
    extras = _extras(request, part, data, rows)
    if extras is not None and extras.expected is not None:
        warnings = (*part.job.warnings, *extras.expected.file.warnings)
        part = part.but(job=part.job.but(warnings=warnings))
    against = [] if earlier is None else [earlier.path]
    refuse_to_overwrite(request.to.path, [*inputs.files.names, *(() if gate is None else gate.files), *against])
    return Plan(request, inputs, rows, part, data, gate, extras, dependence, slices, earlier, watched)


def _groups(inputs: Inputs, rows: Pairing, texts: Sequence[str], flag: str) -> dict[str, Column]:
    from losscli.sources.cell_columns import cluster_columns

    return cluster_columns(inputs, rows, texts, flag)


def _part(request: ComputeRequest, inputs: Inputs, rows: Pairing) -> tuple[Part, Slices | None]:
    """The loss on the columns of its roles, and the slices of the rows."""
    from losscli.sources.parts import Sources, columns_of, option_values, part_on_columns

    bound = bind(request.loss, request.preset, option_values(request.loss, request.preset, request.options, inputs))
    columns = columns_of(bound, Sources(inputs, request.roles, rows, request.sample_weight, request.where))
    slices = None
    if request.by is not None:
        from losscli.sources.slice_columns import slices_of

        slices = slices_of(inputs, rows, request.by)
    inputs.check_used()
    part = part_on_columns(bound, columns, request.work)
    bindings = part.bindings if columns.weight is None else {**part.bindings, "sample_weight": columns.weight.source}
    return part.but(job=part.job.but(notes=(*part.job.notes, *inputs.files.notes)), bindings=bindings), slices


def _extras(request: ComputeRequest, part: Part, data: Data, rows: Pairing) -> Extras | None:
    """The derivatives to compute and the arrays to compare with. None without any, so that the tape is not loaded."""
    if not (request.grad or request.gradcheck or request.expects_arrays):
        return None
    from losscli.autodiff.derivatives import Extras
    from losscli.autodiff.with_respect_to import differentiable
    from losscli.results.expected_arrays import expected_arrays

    wrt = differentiable(request.grad, part.job, data) if request.grad else []
    roles_to_check = (wrt or differentiable("all", part.job, data)) if request.gradcheck else []
    words = [part.job.preset.word(n) if n in part.job.options else n for n in wrt]
    expected = expected_arrays(request.bounds, rows, part.job, words) if request.expects_arrays else None
    return Extras(wrt, roles_to_check, expected, request.bounds, request.to.format.holds_elements)
