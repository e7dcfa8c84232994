"""The table of rules about combinations of options: which requests a rule is for, what it refuses, and the error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from os.path import abspath
from typing import TYPE_CHECKING, Any, TypeVar

from losscli.catalogue.lookup import is_objective
from losscli.cli.loss_argument import NamedLoss
from losscli.cli.request import CompareRequest, ComputeRequest, GatedRequest, ListRequest, ObjectiveRequest, Request
from losscli.errors import LossError, UsageError, suggest
from losscli.record import Record

if TYPE_CHECKING:
    from losscli.catalogue.objective import Objective

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


# --- faults of more than one line -------------------------------------------------------------------------------------


def _unused_tolerance(r: GatedRequest) -> str:
    """The first tolerance on the command line, where nothing is compared with a tolerance; '' otherwise."""
    if r.bounds.expect is not None or (isinstance(r, ComputeRequest) and r.gradcheck):
        return ""
    return next(iter(r.tolerances), "")


def _unused_confidence(r: Request) -> bool:
    margins = r.margins if isinstance(r, GatedRequest | CompareRequest) else None
    return margins is not None and margins.confidence is not None and margins.worse is None


def _margin_option(r: GatedRequest | CompareRequest) -> str:
    return "--fail-if-worse" if r.margins.worse is not None else "--fail-if-worse-point"


def _bound_option(r: CompareRequest) -> str:
    """The bound on the command line; '' without one."""
    return "--max" if r.bounds.max is not None else "--min" if r.bounds.min is not None else ""


def _is_one_number(r: ComputeRequest) -> bool:
    """Whether the loss is known to have no value for each row."""
    return r.loss.kind == "statistic" and "row" not in (r.work.per or r.preset.per or r.loss.per)


def _lacks_matplotlib(r: Request | ListRequest) -> bool:
    if not r.to.format.picture:
        return False
    from losscli.render.pictures.files import installed

    return not installed()


def _needs_matplotlib(r: Request | ListRequest, _: bool) -> UsageError:
    return UsageError(
        f"-o {r.to.path} needs the plot extra: pip install 'losscli[plot]'; without -o the picture is drawn in characters, and -f json has"
        " its numbers"
    )


def _unknown_role(roles: Iterable[str], taken: Collection[str]) -> str:
    """The first role that is not among those taken; '' without one."""
    return next((role for role in roles if role not in taken), "")


def _roles(r: CompareRequest) -> set[str]:
    """The roles of all the losses."""
    return {role for loss in r.losses for role in loss.roles}


def _repeated_loss(r: CompareRequest) -> str:
    return next((text for text, n in Counter(loss.text for loss in r.losses).items() if n > 1), "")


def _without_pred(r: CompareRequest) -> NamedLoss | None:
    return next((x for x in r.losses if isinstance(x.definition, tuple) and "pred" not in x.definition[0].roles), None)


def _not_of_match(r: CompareRequest) -> str:
    """The first option that a search for a number would ignore; '' without one."""
    given = {
        "--by": r.by, "--cluster": r.clusters, "--lag": r.lag is not None, "--folds": r.folds, "--independent": r.independent,
        "--adjust": r.adjust,
        "--all-pairs": r.all_pairs, "--mcs": r.mcs, "--ledger": r.ledger, "--against": r.against, "--fail-if-worse": r.margins,
        _bound_option(r): _bound_option(r), "--top": r.top, "--plot": r.plot, "--calibration": r.calibration,
        f"-f {r.to.format.name}": r.to.format.ci,
    }  # fmt: skip
    return next((flag for flag, value in given.items() if value), "")


def _not_of_ledger(r: CompareRequest) -> str:
    """The first option under which the bets of a ledger would not be fair, or would not be all there are; '' without one."""
    given = {"--lag": r.lag is not None, "--folds": r.folds is not None, "two --cluster": len(r.clusters) > 1, "--by": r.by is not None}
    return next((flag for flag, value in given.items() if value), "")


def _picture_without_place(r: CompareRequest) -> str:
    """The first picture that the format cannot contain; '' without one."""
    to = r.to.format
    given = {"--plot": r.plot, "--calibration": r.calibration}
    return next((flag for flag, value in given.items() if value and (to.stream or to.gates_only)), "")


def _table_without_place(r: CompareRequest) -> str:
    """The first option that adds a table or a line which the format cannot contain; '' without one."""
    to = r.to.format
    pairs = {"--all-pairs": r.all_pairs, "--mcs": r.mcs}
    rows = {"--top": r.top, "--by": r.by is not None and not r.margins}
    given = {**pairs, **rows} if to.gates_only else pairs if to.numbers_only else {}
    return next((flag for flag, value in given.items() if value), "")


def _objectives(r: CompareRequest) -> list[tuple[NamedLoss, Objective]]:
    return [(x, x.definition) for x in r.losses if not isinstance(x.definition, tuple)]


def _said_without_intervals(r: CompareRequest | ComputeRequest) -> str:
    """The first option about dependence, where there are no intervals; '' otherwise."""
    folds = [*["--folds"] * (r.folds is not None), *["--test-share"] * (r.test_share is not None)]
    independent = r.independent and isinstance(r, CompareRequest)  # compute has a rule of its own
    said = [*["--cluster"] * bool(r.clusters), *["--lag"] * (r.lag is not None), *folds, *["--independent"] * independent]
    of_gate = isinstance(r, ComputeRequest) and r.margins.worse is not None and r.against is not None
    return said[0] if said and r.level is None and not of_gate else ""


def _joined_clusters(r: CompareRequest | ComputeRequest) -> str:
    """The first of two clusters that is no column of DATA; '' otherwise."""
    return next((text for text in r.clusters if "::" in text.removeprefix("::")), "") if len(r.clusters) == 2 else ""


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
        _rule(kind, _joined_clusters, lambda r, text: UsageError(f"--cluster {text}: clusters of two kinds have to be columns of DATA")),
    ]


def _without_total(r: CompareRequest) -> str:
    return next((x.text for x, objective in _objectives(r) if objective.total == "none"), "")


def _without_open_pred(r: CompareRequest) -> str:
    return next((x.text for x, objective in _objectives(r) if "pred" not in objective.open_roles), "")


def _option_of_terms(r: CompareRequest) -> tuple[str, str] | None:
    """An option on the command line that belongs in the file of an objective, for each term, and the objective."""
    options = {
        "reduction": r.work.reduction,
        "sample_weight": r.sample_weight,
        "class_axis": r.work.class_axis,
        "broadcast": r.work.broadcast or None,
        "classes": r.classes or None,
    }
    present = [name for name, value in options.items() if value is not None]
    return next(((name, x.text) for x, _ in _objectives(r) for name in present), None)


def _names_ids(objective: Objective) -> bool:
    """Whether an objective, or a term of it, says which columns name the rows."""
    inner = (term.definition for term in objective.terms)
    return (
        objective.id is not None
        or any(t.id is not None for t in objective.terms)
        or any(_names_ids(x) for x in inner if not isinstance(x, tuple))
    )


def _join_without_id(r: Request) -> bool:
    objectives = [r.objective] if isinstance(r, ObjectiveRequest) else []
    objectives += [x for _, x in _objectives(r)] if isinstance(r, CompareRequest) else []
    return r.join != "exact" and r.id is None and not any(map(_names_ids, objectives))


# --- the table -------------------------------------------------------------------------------------------------------------

RULES = (
    # slices
    _rule(ComputeRequest, lambda r: r.reduction == "none" and r.by is not None,
          lambda r, _: UsageError("a slice has one number: give -r mean (or sum, …), not -r none")),
    _rule(ComputeRequest, lambda r: r.by is not None and bool(r.grad),
          lambda r, _: UsageError("--by shows values: for the derivatives in one slice give --grad with --where 'COL=value'")),
    # reading
    _rule(Request, _join_without_id,
          lambda r, _: UsageError(f"--join {r.join} leaves out rows by their ids: add --id NAME")),
    # a gate
    _rule(GatedRequest, _unused_tolerance,
          lambda r, flag: UsageError(f"{flag} is how far from --expect the value may be, and there is no --expect")),
    _rule(ComputeRequest, lambda r: r.reduction == "none" and r.has_gate,
          lambda r, _: UsageError("a gate needs one number: give -r mean (or sum, …), not -r none")),
    _rule(GatedRequest, lambda r: r.margins and r.against is None,
          lambda r, _: UsageError(f"{_margin_option(r)} needs an earlier result to compare with: add --baseline FILE")),
    _rule(GatedRequest, lambda r: r.against is not None and not r.margins,
          lambda r, _: UsageError("--baseline is the baseline of --fail-if-worse or --fail-if-worse-point: add one of them")),
    _rule(CompareRequest, lambda r: r.against is not None and not r.margins,
          lambda r, _: UsageError("--against is the baseline of --fail-if-worse or --fail-if-worse-point: add one of them")),
    _rule(Request, _unused_confidence,
          lambda r, _: UsageError("--confidence is how sure --fail-if-worse has to be, and there is no --fail-if-worse")),
    _rule(ComputeRequest, lambda r: r.against is not None and r.by is not None,
          lambda r, _: UsageError("--baseline judges all rows, not each slice of --by: run them apart, or compare two predictions with"
                                  " losscli compare --by, whose --fail-if-worse judges each slice")),
    _rule(ComputeRequest, lambda r: r.against is not None and r.grad,
          lambda r, _: UsageError("--baseline compares losses, --grad shows derivatives: run them apart")),
    _rule(CompareRequest, lambda r: r.ledger is not None and r.margins.worse is None,
          lambda r, _: UsageError("--ledger holds the runs of --fail-if-worse, and there is no --fail-if-worse: add it")),
    _rule(CompareRequest, lambda r: r.ledger is not None and r.against is not None,
          lambda r, _: UsageError("--ledger bets on the differences of rows, and --against is the file of a result: give both"
                                  " predictions with -p")),
    _rule(CompareRequest, lambda r: _not_of_ledger(r) if r.ledger is not None else "",
          lambda r, given: UsageError(f"--ledger bets on rows, or on the clusters of one --cluster, and knows no bets with {given}: leave"
                                      " out one of the two")),
    _rule(CompareRequest, lambda r: r.ledger is not None and r.to.path is not None and abspath(r.ledger) == abspath(r.to.path),
          lambda r, _: UsageError(f"-o {r.to.path} is also the ledger: write the result to another file")),
    _rule(CompareRequest, lambda r: r.margins.worse is not None and r.level is None,
          lambda r, _: UsageError("--fail-if-worse needs the standard errors that --ci none leaves out: give --fail-if-worse-point, or no"
                                  " --ci none")),
    _rule(CompareRequest, lambda r: len(r.losses) > 1 and _bound_option(r),
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
    _rule(CompareRequest, _said_without_intervals, lambda r, flag: UsageError(f"{flag} is about intervals, and --ci none leaves them out")),
    _rule(ComputeRequest, lambda r: r.independent and r.margins.worse is None,
          lambda r, _: UsageError("--independent is about the differences of --fail-if-worse: add --baseline FILE --fail-if-worse …")),
    _rule(ComputeRequest, _said_without_intervals, lambda r, flag: UsageError(f"{flag} is about the interval: add --ci 95")),
    *(rule for kind in (CompareRequest, ComputeRequest) for rule in _cluster_rules(kind)),
    # what is written in which format
    _rule(ComputeRequest, lambda r: r.top and _is_one_number(r),
          lambda r, _: UsageError(f"{r.loss.name} is one number over all rows: --top needs --per row")),
    _rule(ComputeRequest, lambda r: r.top and r.grad and r.to.format.stream is not None,
          lambda r, _: UsageError(f"-f {r.to.format.name} holds the {r.top} largest losses or derivatives: leave out --top or --grad, or"
                                  " write json")),
    _rule(ComputeRequest, lambda r: r.to.format.binary and not r.to.format.picture and r.reduction != "none" and not r.grad,
          lambda r, _: UsageError("an NPY file holds the values of the elements: add -r none, or --grad ROLE for derivatives")),
    _rule(ComputeRequest, lambda r: r.top and r.reduction != "none" and r.to.format.value_only,
          lambda r, _: UsageError(f"-f {r.to.format.name} holds one number: add -r none for the {r.top} largest, or -f json for both")),
    _rule(ComputeRequest, lambda r: r.to.format.picture and not r.hist,
          lambda r, _: UsageError(f"-o {r.to.path} is a picture, and none is asked for: add --hist")),
    _rule(ComputeRequest, lambda r: r.hist and _is_one_number(r),
          lambda r, _: UsageError(f"{r.loss.name} is one number over all rows, so there are no losses of rows to draw:"
                                  f" --hist needs {'--per row' if r.loss.allows_per else 'a loss with a value for each row'}")),
    _rule(ComputeRequest, lambda r: r.hist and (r.to.format.value_only or (r.to.format.stream and (r.reduction == "none" or r.grad))),
          lambda r, _: UsageError(f"-f {r.to.format.name} has no place for a histogram: -f json has its numbers, -o FILE.svg its picture")),
    _rule(ObjectiveRequest, lambda r: r.to.format.picture,
          lambda r, _: UsageError("an objective has no picture: write .csv or .json")),
    _rule(ObjectiveRequest, lambda r: r.to.format.binary,
          lambda r, _: UsageError("an objective is no array: write .csv or .json")),
    _rule(CompareRequest, lambda r: r.to.format.picture and not (r.calibration or r.plot),
          lambda r, _: UsageError(f"-o {r.to.path} is a picture, and none is asked for: add --plot or --calibration")),
    _rule(CompareRequest, lambda r: r.to.format.binary and not r.to.format.picture,
          lambda r, _: UsageError("a comparison is no array: write .csv or .json")),
    _rule(CompareRequest, lambda r: r.top and r.to.format.numbers_only,
          lambda r, _: UsageError(f"-f {r.to.format.name} holds the values alone: add -f csv for the rows of --top, or -f json for both")),
    _rule(CompareRequest, _picture_without_place,
          lambda r, flag: UsageError(f"-f {r.to.format.name} has no place for {flag}: -f json has its numbers, -o FILE.svg its picture")),
    _rule(CompareRequest, _table_without_place,
          lambda r, flag: UsageError(f"-f {r.to.format.name} has no place for {flag}: -f json has its numbers")),
    _rule(CompareRequest, lambda r: r.of_intervals if r.level is None else [],
          lambda r, flags: UsageError(f"{flags[0]} needs intervals: leave out --ci none")),
    _rule(CompareRequest, lambda r: r.work.reduction == "none",
          lambda r, _: UsageError("compare needs one number from each loss: -r none gives none")),
    _rule(ListRequest, lambda r: r.to.format.ci,
          lambda r, _: UsageError(f"a list has no values and no gates: -f {r.to.format.name} does not apply")),
    _rule(ListRequest, lambda r: r.to.format.picture and not r.plot,
          lambda r, _: UsageError(f"-o {r.to.path} is a picture, and none is asked for: losscli list huber mae --plot -o {r.to.path}")),
    _rule(ListRequest, lambda r: r.to.format.numbers_only,
          lambda r, _: UsageError(f"a list is no number: -f {r.to.format.name} does not apply")),
    _rule(Request, _lacks_matplotlib, _needs_matplotlib),
    _rule(ListRequest, _lacks_matplotlib, _needs_matplotlib),
    # the roles that an objective takes
    _rule(ObjectiveRequest, lambda r: _unknown_role(r.roles, r.objective.open_roles),
          lambda r, role: UsageError(f"{r.objective.path}: no term leaves {role} open{suggest(role, r.objective.open_roles)}; the roles"
                                     f" left open: {', '.join(sorted(r.objective.open_roles)) or 'none'}")),
    # what can be compared
    _rule(CompareRequest, lambda r: r.rtol is not None and r.match is None,
          lambda r, _: UsageError("--rtol is how far from --match a value may be, and there is no --match")),
    _rule(CompareRequest, lambda r: _not_of_match(r) if r.match is not None else "",
          lambda r, flag: UsageError(f"--match looks for the convention of one number: it takes no {flag}")),
    _rule(CompareRequest, lambda r: r.match is not None and r.baseline is not None,
          lambda r, _: UsageError("--match looks for a number, and compares nothing with a --baseline: leave one of them out")),
    _rule(CompareRequest, lambda r: _objectives(r) if r.match is not None else [],
          lambda r, found: UsageError(f"--match looks for a single loss, and {found[0][0].text} is an objective: name its losses with -l")),
    _rule(CompareRequest, lambda r: not r.losses and r.match is None,
          lambda r, _: UsageError("compare needs a loss: -l mse, -l huber:delta=2, …")),
    _rule(CompareRequest, _repeated_loss,
          lambda r, text: UsageError(f"-l {text} is given twice")),
    _rule(CompareRequest, lambda r: not r.predictions,
          lambda r, _: UsageError("compare needs predictions: -p COLUMN or -p NAME=SOURCE, one or more")),
    _rule(CompareRequest, lambda r: _unknown_role(r.roles, _roles(r)) if r.losses else "",
          lambda r, role: UsageError(f"--role {role}: none of the losses has such a role{suggest(role, _roles(r))}; they have"
                                     f" {', '.join(sorted(_roles(r)))}")),
    _rule(CompareRequest, _without_pred,
          lambda r, x: UsageError(f"compare needs a loss with predictions, and {x.definition[0].name} has none: its roles are"
                                  f" {', '.join(x.definition[0].roles)}")),
    _rule(CompareRequest, _without_total,
          lambda r, text: UsageError(f"{text} has no total (total: none), so there is no number to compare")),
    _rule(CompareRequest, _without_open_pred,
          lambda r, text: UsageError(f"{text}: every term gives its pred itself, so there is nothing to compare: leave pred out of one")),
    _rule(CompareRequest, _option_of_terms,
          lambda r, x: UsageError(f"--{x[0].replace('_', '-')} does not apply to the terms of {x[1]}: write {x[0]} into the file")),
    # what can be listed
    _rule(ListRequest, lambda r: r.vectors and (len(r.words) != 1 or r.filters),
          lambda r, _: UsageError("--vectors takes the name of one loss and nothing else: losscli list huber --vectors")),
    _rule(ListRequest, lambda r: r.plot and (not r.words or r.filters or r.vectors),
          lambda r, _: UsageError("--plot takes names of losses and nothing else: losscli list huber:delta=2 mae --plot")),
    _rule(ListRequest, lambda r: r.plot and next((w for w, n in Counter(r.words).items() if n > 1), ""),
          lambda r, word: UsageError(f"{word} is given twice")),
    _rule(ListRequest, lambda r: r.vectors and is_objective(r.words[0]),
          lambda r, _: UsageError(f"{r.words[0]} is an objective, which has no test vectors: only losses have them")),
    _rule(ListRequest, lambda r: len(r.words) == 1 and is_objective(r.words[0]) and r.filters,
          lambda r, filters: UsageError(f"--{filters[0]} filters losses, and {r.words[0]} is an objective")),
)  # fmt: skip
