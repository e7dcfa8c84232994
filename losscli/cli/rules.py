"""The table of rules about combinations of options: which requests a rule is for, what it refuses, and the error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from os.path import abspath
from typing import TYPE_CHECKING, Any, TypeVar

from losscli.catalogue.lookup import is_objective
from losscli.cli.request import CompareRequest, ComputeRequest, GatedRequest, ListRequest, ObjectiveRequest, Request
from losscli.cli.rule_faults import (
    bound_option,
    elements_without_place,
    gates_for_roles,
    is_one_number,
    join_without_id,
    joined_clusters,
    lacks_matplotlib,
    margin_option,
    needs_matplotlib,
    not_of_ledger,
    not_of_match,
    not_of_resamples,
    objectives,
    option_of_terms,
    picture_without_place,
    pictures_without_place,
    repeated_loss,
    roles,
    said_without_intervals,
    table_without_place,
    unknown_role,
    unused_confidence,
    unused_tolerance,
    without_interval,
    without_open_pred,
    without_pred,
    without_total,
)
from losscli.errors import LossError, UsageError, suggest
from losscli.record import Record

if TYPE_CHECKING:
    pass

__all__ = ["check_rules"]

R = TypeVar("R", bound=Record)


class Rule(Record):
    """A rule for one type of request. `fault` returns what is wrong, or a false value; `error` makes the error from both."""

    request_type: type[Record]
    fault: Callable[[Any], Any]
    error: Callable[[Any, Any], LossError]


def check_rules(request: Record) -> None:
    """Raise the error of the first rule that the request breaks."""
    for rule in RULES:
        if isinstance(request, rule.request_type) and (fault := rule.fault(request)):
            raise rule.error(request, fault)


def _rule(request_type: type[R], fault: Callable[[R], Any], error: Callable[[R, Any], LossError]) -> Rule:
    return Rule(request_type, fault, error)


def _cluster_rules(kind: type[CompareRequest] | type[ComputeRequest]) -> list[Rule]:
    """The rules about --cluster, for a command."""
    return [
        _rule(
            kind,
            lambda r: r.test_share is not None and r.folds is None,
            lambda r, _: UsageError("--test-share is about the folds of a cross-validation: add --folds COL"),
        ),
        _rule(
            kind,
            lambda r: r.folds is not None and (r.clusters or r.lag is not None or r.independent),
            lambda r, _: UsageError("--folds says how scores depend on each other: give it without --cluster, --lag and --independent"),
        ),
        _rule(
            kind,
            lambda r: r.independent and (r.clusters or r.lag is not None),
            lambda r, _: UsageError("--independent says that no rows depend on each other: give it without --cluster and --lag"),
        ),
        _rule(kind, lambda r: len(r.clusters) > 2, lambda r, _: UsageError("--cluster takes clusters of one kind or of two")),
        _rule(kind, lambda r: len(set(r.clusters)) < len(r.clusters), lambda r, _: UsageError(f"--cluster {r.clusters[0]} is given twice")),
        _rule(kind, joined_clusters, lambda r, text: UsageError(f"--cluster {text}: clusters of two kinds have to be columns of DATA")),
    ]


# --- the table -------------------------------------------------------------------------------------------------------------

RULES = (
    # slices
    _rule(ComputeRequest, lambda r: r.reduction == "none" and r.by is not None,
          lambda r, _: UsageError("a slice has one number: give -r mean (or sum, …), not -r none")),
    _rule(ComputeRequest, lambda r: r.by is not None and bool(r.grad),
          lambda r, _: UsageError("--by shows values: for the derivatives in one slice give --grad with --where 'COL=value'")),
    # reading
    _rule(Request, join_without_id,
          lambda r, _: UsageError(f"--join {r.join} leaves out rows by their ids: add --id NAME")),
    _rule(ComputeRequest, lambda r: r.digest and r.to.format.name != "json",
          lambda r, _: UsageError("--digest adds to the JSON: add -f json, or -o FILE.json")),
    # a gate
    _rule(GatedRequest, unused_tolerance,
          lambda r, flag: UsageError(f"{flag} is how far from --expect the value may be, and there is no --expect")),
    _rule(ComputeRequest, gates_for_roles,
          lambda r, _: UsageError(f"--min and --max are bounds of the value: give the min and max of {r.name} as --lower and --upper")),
    _rule(ComputeRequest, lambda r: r.reduction == "none" and r.has_gate,
          lambda r, _: UsageError("a gate needs one number: give -r mean (or sum, …), not -r none")),
    _rule(GatedRequest, lambda r: r.margins and r.against is None,
          lambda r, _: UsageError(f"{margin_option(r)} needs an earlier result to compare with: add --baseline FILE")),
    _rule(GatedRequest, lambda r: r.against is not None and not r.margins,
          lambda r, _: UsageError("--baseline is the baseline of --fail-if-worse or --fail-if-worse-point: add one of them")),
    _rule(CompareRequest, lambda r: r.against is not None and not r.margins,
          lambda r, _: UsageError("--against is the baseline of --fail-if-worse or --fail-if-worse-point: add one of them")),
    _rule(Request, unused_confidence,
          lambda r, _: UsageError("--confidence is how sure --fail-if-worse has to be, and there is no --fail-if-worse")),
    _rule(ComputeRequest, lambda r: r.against is not None and r.by is not None,
          lambda r, _: UsageError("--baseline judges all rows, not each slice of --by: run them apart, or compare two predictions with"
                                  " losscli compare --by, whose --fail-if-worse judges each slice")),
    _rule(CompareRequest, lambda r: r.against is not None and r.by is not None,
          lambda r, _: UsageError("--against judges all rows, not each slice of --by: run them apart, or give both predictions with -p")),
    _rule(ComputeRequest, lambda r: r.against is not None and r.grad,
          lambda r, _: UsageError("--baseline compares losses, --grad shows derivatives: run them apart")),
    _rule(CompareRequest, lambda r: r.ledger is not None and r.margins.worse is None,
          lambda r, _: UsageError("--ledger holds the runs of --fail-if-worse, and there is no --fail-if-worse: add it")),
    _rule(CompareRequest, lambda r: r.ledger is not None and r.against is not None,
          lambda r, _: UsageError("--ledger bets on the differences of rows, and --against is the file of a result: give both"
                                  " predictions with -p")),
    _rule(CompareRequest, lambda r: not_of_ledger(r) if r.ledger is not None else "",
          lambda r, given: UsageError(f"--ledger bets on rows, or on the clusters of one --cluster, and knows no bets with {given}: leave"
                                      " out one of the two")),
    _rule(CompareRequest, lambda r: r.ledger is not None and r.to.path is not None and abspath(r.ledger) == abspath(r.to.path),
          lambda r, _: UsageError(f"-o {r.to.path} is also the ledger: write the result to another file")),
    _rule(CompareRequest, lambda r: r.margins.worse is not None and r.level is None,
          lambda r, _: UsageError("--fail-if-worse needs the standard errors that --ci none leaves out: give --fail-if-worse-point, or no"
                                  " --ci none")),
    _rule(CompareRequest, lambda r: len(r.losses) > 1 and bound_option(r),
          lambda r, flag: UsageError(f"{flag} bounds the values of one loss, and there are {len(r.losses)}: run compare for each, or write"
                                     " an objective, whose terms have bounds of their own")),
    _rule(ComputeRequest, lambda r: r.reduction == "none" and r.level is not None,
          lambda r, _: UsageError("an interval needs one number: give -r mean (or sum, …), not -r none")),
    _rule(ComputeRequest, lambda r: r.gradcheck and r.work.dtype != "float64",
          lambda r, _: UsageError("--gradcheck needs float64: differences of float32 have hardly a digit")),
    _rule(ObjectiveRequest, lambda r: r.level is not None and r.objective.total == "none",
          lambda r, _: UsageError(f"{r.objective.path} has no total (total: none) that could have an interval")),
    _rule(ObjectiveRequest, lambda r: r.has_gate and r.objective.total == "none",
          lambda r, _: UsageError(f"{r.objective.path} has no total (total: none) that a gate could judge: its terms"
                                  " have gates of their own")),
    # dependence of rows
    _rule(CompareRequest, said_without_intervals, lambda r, flag: UsageError(f"{flag} is about intervals, and --ci none leaves them out")),
    _rule(ComputeRequest, said_without_intervals, lambda r, flag: UsageError(f"{flag} is about the interval: add --ci 95")),
    _rule(ObjectiveRequest, said_without_intervals, lambda r, flag: UsageError(f"{flag} is about the interval: add --ci 95")),
    _rule(ObjectiveRequest, lambda r: r.independent and r.lag is not None,
          lambda r, _: UsageError("--independent says that no rows depend on each other: give it without --lag")),
    *(rule for kind in (CompareRequest, ComputeRequest) for rule in _cluster_rules(kind)),
    _rule(Request, lambda r: not_of_resamples(r) if r.resamples is not None else "",
          lambda r, flag: UsageError(f"--resamples draws rows, or whole clusters of one --cluster, and not with {flag}: leave out one of"
                                     " the two")),
    _rule(CompareRequest, lambda r: r.resamples is not None and r.level is None,
          lambda r, _: UsageError("--resamples is about intervals, and --ci none leaves them out")),
    _rule(GatedRequest, lambda r: r.resamples is not None and r.against is not None,
          lambda r, _: UsageError("--resamples is about the interval, and --baseline compares with one of another run: leave"
                                  " one of them out")),
    _rule(CompareRequest, lambda r: r.resamples is not None and r.against is not None,
          lambda r, _: UsageError("--resamples is about differences on the same rows, and --against is a result of another run: leave one"
                                  " of them out")),
    _rule(GatedRequest, without_interval,
          lambda r, _: UsageError("--resamples is about the interval: add --ci 95")),
    # what is written in which format
    _rule(ComputeRequest, lambda r: r.top and is_one_number(r),
          lambda r, _: UsageError(f"{r.loss.name} is one number over all rows: --top needs --per row")),
    _rule(ComputeRequest, lambda r: r.top and r.grad and r.to.format.stream is not None,
          lambda r, _: UsageError(f"-f {r.to.format.name} holds the {r.top} largest losses or derivatives: leave out --top or --grad, or"
                                  " write json")),
    _rule(ComputeRequest, lambda r: r.to.format.binary and not r.to.format.picture and r.reduction != "none" and not r.grad,
          lambda r, _: UsageError("an NPY file holds the values of the elements: add -r none, or --grad ROLE for derivatives")),
    _rule(ComputeRequest, lambda r: r.top and r.reduction != "none" and r.to.format.value_only,
          lambda r, _: UsageError(f"-f {r.to.format.name} holds one number: add -r none for the {r.top} largest, or -f json for both")),
    _rule(ComputeRequest, lambda r: r.to.format.picture and not (r.hist or r.calibration),
          lambda r, _: UsageError(f"-o {r.to.path} is a picture, and none is asked for: add --hist or --calibration")),
    _rule(ComputeRequest, lambda r: r.hist and is_one_number(r),
          lambda r, _: UsageError(f"{r.loss.name} is one number over all rows, so there are no losses of rows to draw:"
                                  f" --hist needs {'--per row' if r.loss.allows_per else 'a loss with a value for each row'}")),
    _rule(ComputeRequest, elements_without_place,
          lambda r, flag: UsageError(f"-f {r.to.format.name} has no place for {flag}: -f json has its numbers")),
    _rule(ComputeRequest, pictures_without_place,
          lambda r, flag: UsageError(f"-f {r.to.format.name} has no place for {flag}: -f json has its numbers, -o FILE.svg its picture")),
    _rule(ObjectiveRequest, lambda r: r.to.format.picture,
          lambda r, _: UsageError("an objective has no picture: write .csv or .json")),
    _rule(ObjectiveRequest, lambda r: r.to.format.binary and not r.grad,
          lambda r, _: UsageError("an objective is no array: write .csv or .json")),
    _rule(ObjectiveRequest, lambda r: r.grad and r.objective.total == "none",
          lambda r, _: UsageError(f"--grad is of the total, and {r.objective.path} has none (total: none): give --grad to one loss")),
    _rule(ObjectiveRequest, lambda r: r.gradcheck and r.objective.total == "none",
          lambda r, _: UsageError(f"--gradcheck is of the total, and {r.objective.path} has none (total: none): give --gradcheck to"
                                  " one loss")),
    _rule(ObjectiveRequest, lambda r: r.grad and r.to.format.gates_only,
          lambda r, _: UsageError(f"-f {r.to.format.name} has no place for --grad: -f json has its numbers")),
    _rule(ObjectiveRequest, lambda r: r.grad and "," in r.grad and r.to.format.numbers_only,
          lambda r, _: UsageError(f"-f {r.to.format.name} holds one array: --grad with one name, or write json")),
    _rule(ComputeRequest, lambda r: r.to.format.names_numbers and r.work.reduction == "none",
          lambda r, _: UsageError(f"-f {r.to.format.name} holds a number with a name for each loss: leave out -r none, or write csv")),
    _rule(CompareRequest, lambda r: r.to.format.picture and not (r.calibration or r.plot),
          lambda r, _: UsageError(f"-o {r.to.path} is a picture, and none is asked for: add --plot or --calibration")),
    _rule(CompareRequest, lambda r: r.to.format.binary and not r.to.format.picture,
          lambda r, _: UsageError("a comparison is no array: write .csv or .json")),
    _rule(CompareRequest, lambda r: r.top and r.to.format.numbers_only,
          lambda r, _: UsageError(f"-f {r.to.format.name} holds the values alone: add -f csv for the rows of --top, or -f json for both")),
    _rule(CompareRequest, picture_without_place,
          lambda r, flag: UsageError(f"-f {r.to.format.name} has no place for {flag}: -f json has its numbers, -o FILE.svg its picture")),
    _rule(CompareRequest, table_without_place,
          lambda r, flag: UsageError(f"-f {r.to.format.name} has no place for {flag}: -f json has its numbers")),
    _rule(CompareRequest, lambda r: r.of_intervals if r.level is None else [],
          lambda r, flags: UsageError(f"{flags[0]} needs intervals: leave out --ci none")),
    _rule(CompareRequest, lambda r: r.work.reduction == "none",
          lambda r, _: UsageError("compare needs one number from each loss: -r none gives none")),
    _rule(ListRequest, lambda r: r.to.format.ci,
          lambda r, _: UsageError(f"a list has no values and no gates: -f {r.to.format.name} does not apply")),
    _rule(ListRequest, lambda r: r.to.format.picture and not r.plot,
          lambda r, _: UsageError(f"-o {r.to.path} is a picture, and none is asked for: losscli list huber mae --plot -o {r.to.path}")),
    _rule(ListRequest, lambda r: r.to.format.numbers_only and r.to.format.binary,
          lambda r, _: UsageError(f"a list is no number: -f {r.to.format.name} does not apply")),
    _rule(Request, lacks_matplotlib, needs_matplotlib),
    _rule(ListRequest, lacks_matplotlib, needs_matplotlib),
    # the roles that an objective takes
    _rule(ObjectiveRequest, lambda r: unknown_role(r.roles, r.objective.open_roles),
          lambda r, role: UsageError(f"{r.objective.path}: no term leaves {role} open{suggest(role, r.objective.open_roles)}; the roles"
                                     f" left open: {', '.join(sorted(r.objective.open_roles)) or 'none'}")),
    # what can be compared
    _rule(CompareRequest, lambda r: r.rtol is not None and r.match is None,
          lambda r, _: UsageError("--rtol is how far from --match a value may be, and there is no --match")),
    _rule(CompareRequest, lambda r: not_of_match(r) if r.match is not None else "",
          lambda r, flag: UsageError(f"--match looks for the convention of one number: it takes no {flag}")),
    _rule(CompareRequest, lambda r: r.match is not None and r.baseline is not None,
          lambda r, _: UsageError("--match looks for a number, and compares nothing with a --baseline: leave one of them out")),
    _rule(CompareRequest, lambda r: objectives(r) if r.match is not None else [],
          lambda r, found: UsageError(f"--match looks for a single loss, and {found[0][0].text} is an objective: name its losses with -l")),
    _rule(CompareRequest, lambda r: not r.losses and r.match is None,
          lambda r, _: UsageError("compare needs a loss: -l mse, -l huber:delta=2, …")),
    _rule(CompareRequest, repeated_loss,
          lambda r, text: UsageError(f"-l {text} is given twice")),
    _rule(CompareRequest, lambda r: not r.predictions,
          lambda r, _: UsageError("compare needs predictions: -p COLUMN or -p NAME=SOURCE, one or more")),
    _rule(CompareRequest, lambda r: unknown_role(r.roles, roles(r)) if r.losses else "",
          lambda r, role: UsageError(f"--role {role}: none of the losses has such a role{suggest(role, roles(r))}; they have"
                                     f" {', '.join(sorted(roles(r)))}")),
    _rule(CompareRequest, without_pred,
          lambda r, x: UsageError(f"compare needs a loss with predictions, and {x.definition[0].name} has none: its roles are"
                                  f" {', '.join(x.definition[0].roles)}")),
    _rule(CompareRequest, without_total,
          lambda r, text: UsageError(f"{text} has no total (total: none), so there is no number to compare")),
    _rule(CompareRequest, without_open_pred,
          lambda r, text: UsageError(f"{text}: every term gives its pred itself, so there is nothing to compare: leave pred out of one")),
    _rule(CompareRequest, option_of_terms,
          lambda r, x: UsageError(f"--{x[0].replace('_', '-')} does not apply to the terms of {x[1]}: write {x[0]} into the file")),
    # what can be listed
    _rule(ListRequest, lambda r: r.guide and (r.words or r.filters or r.vectors or r.plot or r.all),
          lambda r, _: UsageError("--guide shows the whole guide: losscli list --guide")),
    _rule(ListRequest, lambda r: r.vectors and (len(r.words) != 1 or r.filters),
          lambda r, _: UsageError("--vectors takes the name of one loss and nothing else: losscli list huber --vectors")),
    _rule(ListRequest, lambda r: r.plot and (not r.words or r.filters or r.vectors),
          lambda r, _: UsageError("--plot takes names of losses and nothing else: losscli list huber:delta=2 mae --plot")),
    _rule(ListRequest, lambda r: r.allow and not any(map(is_objective, r.words)) and r.allow[0],
          lambda r, name: UsageError(f"--{name.replace('_', '-')} is about an objective, and no word names one: losscli list FILE.yaml")),
    _rule(ListRequest, lambda r: r.plot and next((w for w, n in Counter(r.words).items() if n > 1), ""),
          lambda r, word: UsageError(f"{word} is given twice")),
    _rule(ListRequest, lambda r: r.vectors and is_objective(r.words[0]),
          lambda r, _: UsageError(f"{r.words[0]} is an objective, which has no test vectors: only losses have them")),
    _rule(ListRequest, lambda r: len(r.words) == 1 and is_objective(r.words[0]) and r.filters,
          lambda r, filters: UsageError(f"--{filters[0]} filters losses, and {r.words[0]} is an objective")),
)  # fmt: skip
