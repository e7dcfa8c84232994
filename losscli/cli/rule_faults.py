"""What is wrong with a request, for the table of rules: each function returns the fault, or a false value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from losscli.cli.loss_argument import NamedLoss
from losscli.cli.request import CompareRequest, ComputeRequest, GatedRequest, ListRequest, ObjectiveRequest, Request
from losscli.errors import UsageError

if TYPE_CHECKING:
    from losscli.catalogue.objective import Objective

__all__ = [
    "bound_option",
    "elements_without_place",
    "gates_for_roles",
    "is_one_number",
    "join_without_id",
    "joined_clusters",
    "lacks_matplotlib",
    "margin_option",
    "needs_matplotlib",
    "not_of_ledger",
    "not_of_match",
    "not_of_resamples",
    "objectives",
    "option_of_terms",
    "picture_without_place",
    "pictures_without_place",
    "repeated_loss",
    "roles",
    "said_without_intervals",
    "table_without_place",
    "unknown_role",
    "unused_confidence",
    "unused_tolerance",
    "without_interval",
    "without_open_pred",
    "without_pred",
    "without_total",
]


def unused_tolerance(r: GatedRequest) -> str:
    """The first tolerance on the command line, where nothing is compared with a tolerance; '' otherwise."""
    if r.bounds.expect is not None or (isinstance(r, ComputeRequest | ObjectiveRequest) and r.gradcheck):
        return ""
    return next(iter(r.tolerances), "")


def unused_confidence(r: Request) -> bool:
    """Whether --confidence is given without --fail-if-worse."""
    margins = r.margins if isinstance(r, GatedRequest | CompareRequest) else None
    return margins is not None and margins.confidence is not None and margins.worse is None


def margin_option(r: GatedRequest | CompareRequest) -> str:
    """The option that says how much worse a candidate may be."""
    return "--fail-if-worse" if r.margins.worse is not None else "--fail-if-worse-point"


def bound_option(r: CompareRequest) -> str:
    """The bound on the command line; '' without one."""
    return "--max" if r.bounds.max is not None else "--min" if r.bounds.min is not None else ""


def is_one_number(r: ComputeRequest) -> bool:
    """Whether the loss is known to have no value for each row."""
    per = r.work.per or r.preset.per or (r.loss.per if r.loss.kind == "statistic" else "row")
    return r.loss.kind != "batch" and "row" not in per.split(",") and (per != "all" or r.loss.kind == "statistic")


def lacks_matplotlib(r: Request | ListRequest) -> bool:
    """Whether a picture is to be written, and matplotlib is not installed."""
    if not r.to.format.picture:
        return False
    from losscli.render.pictures.files import installed

    return not installed()


def needs_matplotlib(r: Request | ListRequest, _: bool) -> UsageError:
    """The error for a picture without matplotlib."""
    return UsageError(
        f"-o {r.to.path} needs the plot extra: pip install 'losscli[plot]'; without -o the picture is drawn in characters, and -f json has"
        " its numbers"
    )


def unknown_role(roles: Iterable[str], taken: Collection[str]) -> str:
    """The first role that is not among those taken; '' without one."""
    return next((role for role in roles if role not in taken), "")


def roles(r: CompareRequest) -> set[str]:
    """The roles of all the losses."""
    return {role for loss in r.losses for role in loss.roles}


def repeated_loss(r: CompareRequest) -> str:
    """The first loss that is given twice; '' without one."""
    return next((text for text, n in Counter(loss.text for loss in r.losses).items() if n > 1), "")


def without_pred(r: CompareRequest) -> NamedLoss | None:
    """The first loss without predictions."""
    return next((x for x in r.losses if isinstance(x.definition, tuple) and "pred" not in x.definition[0].roles), None)


def not_of_match(r: CompareRequest) -> str:
    """The first option that a search for a number would ignore; '' without one."""
    given = {
        "--by": r.by, "--cluster": r.clusters, "--lag": r.lag is not None, "--folds": r.folds, "--independent": r.independent,
        "--adjust": r.adjust,
        "--all-pairs": r.all_pairs, "--mcs": r.mcs, "--ledger": r.ledger, "--against": r.against, "--fail-if-worse": r.margins,
        bound_option(r): bound_option(r), "--top": r.top, "--plot": r.plot, "--calibration": r.calibration,
        f"-f {r.to.format.name}": r.to.format.ci,
    }  # fmt: skip
    return next((flag for flag, value in given.items() if value), "")


def not_of_ledger(r: CompareRequest) -> str:
    """The first option under which the bets of a ledger would not be fair, or would not be all there are; '' without one."""
    given = {"--lag": r.lag is not None, "--folds": r.folds is not None, "two --cluster": len(r.clusters) > 1, "--by": r.by is not None}
    return next((flag for flag, value in given.items() if value), "")


def not_of_resamples(r: Request) -> str:
    """The first option that resamples do not take into account; '' without one."""
    if not isinstance(r, CompareRequest | ComputeRequest):
        return ""
    given = {"--lag": r.lag is not None, "--folds": r.folds is not None, "two --cluster": len(r.clusters) > 1}
    return next((flag for flag, value in given.items() if value), "")


def picture_without_place(r: CompareRequest) -> str:
    """The first picture that the format cannot contain; '' without one."""
    to = r.to.format
    given = {"--plot": r.plot, "--calibration": r.calibration}
    return next((flag for flag, value in given.items() if value and (to.stream or to.gates_only)), "")


def elements_without_place(r: ComputeRequest) -> str:
    """The first option about elements, where the format contains only values and gates; '' otherwise."""
    given = {"--top": r.top, "--hist": r.hist, "--calibration": r.calibration, "--grad": r.grad}
    return next((flag for flag, value in given.items() if value and r.to.format.gates_only), "")


def pictures_without_place(r: ComputeRequest) -> str:
    """The pictures of a loss, where the format holds one number, or a line for each element; '' otherwise."""
    to, given = r.to.format, [*["a histogram"] * r.hist, *["--calibration"] * r.calibration]
    no_place = to.value_only or (to.stream and (r.calibration or r.reduction == "none" or r.grad))
    return " and ".join(given) if no_place else ""


def table_without_place(r: CompareRequest) -> str:
    """The first option that adds a table or a line which the format cannot contain; '' without one."""
    to = r.to.format
    pairs = {"--all-pairs": r.all_pairs, "--mcs": r.mcs}
    given = {**pairs, "--top": r.top} if to.gates_only else pairs if to.numbers_only else {}
    return next((flag for flag, value in given.items() if value), "")


def objectives(r: CompareRequest) -> list[tuple[NamedLoss, Objective]]:
    """The losses that are objectives, each with its objective."""
    return [(x, x.definition) for x in r.losses if not isinstance(x.definition, tuple)]


def said_without_intervals(r: CompareRequest | ComputeRequest | ObjectiveRequest) -> str:
    """The first option about dependence, where there are no intervals; '' otherwise."""
    said = [*["--lag"] * (r.lag is not None), *["--independent"] * r.independent]
    if not isinstance(r, ObjectiveRequest):
        folds = [*["--folds"] * (r.folds is not None), *["--test-share"] * (r.test_share is not None)]
        said = [*["--cluster"] * bool(r.clusters), *said[:-1], *folds, *said[-1:]]
    of_gate = not isinstance(r, CompareRequest) and r.margins.worse is not None and r.against is not None
    return said[0] if said and r.level is None and not of_gate else ""


def joined_clusters(r: CompareRequest | ComputeRequest) -> str:
    """The first of two clusters that is no column of DATA; '' otherwise."""
    return next((text for text in r.clusters if "::" in text.removeprefix("::")), "") if len(r.clusters) == 2 else ""


def without_interval(r: GatedRequest) -> bool:
    """Whether resamples are asked for, and no interval."""
    level = r.level if isinstance(r, ComputeRequest | ObjectiveRequest) else None
    return r.resamples is not None and level is None


def without_total(r: CompareRequest) -> str:
    """The first objective without a total; '' without one."""
    return next((x.text for x, objective in objectives(r) if objective.total == "none"), "")


def without_open_pred(r: CompareRequest) -> str:
    """The first objective whose terms all give their predictions themselves; '' without one."""
    return next((x.text for x, objective in objectives(r) if "pred" not in objective.open_roles), "")


def option_of_terms(r: CompareRequest) -> tuple[str, str] | None:
    """An option on the command line that belongs in the file of an objective, for each term, and the objective."""
    options = {
        "reduction": r.work.reduction,
        "sample_weight": r.sample_weight,
        "class_axis": r.work.class_axis,
        "broadcast": r.work.broadcast or None,
        "classes": r.classes or None,
    }
    present = [name for name, value in options.items() if value is not None]
    return next(((name, x.text) for x, _ in objectives(r) for name in present), None)


def names_ids(objective: Objective) -> bool:
    """Whether an objective, or a term of it, says which columns name the rows."""
    inner = (term.definition for term in objective.terms)
    return (
        objective.id is not None
        or any(t.id is not None for t in objective.terms)
        or any(names_ids(x) for x in inner if not isinstance(x, tuple))
    )


def join_without_id(r: Request) -> bool:
    """Whether --join is given, and no ids are named."""
    every = [r.objective] if isinstance(r, ObjectiveRequest) else []
    every += [x for _, x in objectives(r)] if isinstance(r, CompareRequest) else []
    return r.join != "exact" and r.id is None and not any(map(names_ids, every))


def gates_for_roles(request: ComputeRequest) -> bool:
    """Whether --min and --max may be meant as roles, which a framework calls so: the roles are missing."""
    words = {role for word, role in request.preset.role_words.items() if word in ("min", "max")}
    bounds = (request.bounds.min, request.bounds.max)
    return bool(words) and any(b is not None for b in bounds) and request.data is None and not words & request.roles.keys()
