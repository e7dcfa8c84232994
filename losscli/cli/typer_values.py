"""The requests from the values that Typer read. No later step sees the dict of options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal

from losscli.catalogue.binding import options_of
from losscli.catalogue.role_words import in_our_roles
from losscli.cli.destination import Destination, destination
from losscli.cli.loss_argument import in_words_of_losses, named_loss
from losscli.cli.options import COMPARE, COMPUTE, LIST, OBJECTIVE, read_values
from losscli.cli.request import CompareRequest, ComputeRequest, ListRequest, ObjectiveRequest
from losscli.cli.streams import to_stderr
from losscli.engine.work import Work
from losscli.errors import UsageError
from losscli.presets import Made
from losscli.record import EMPTY
from losscli.registry import PROPERTIES, Loss, Preset
from losscli.render.cells import option_flag
from losscli.results.gates import Bounds, in_order
from losscli.results.noninferiority import Allowance, Margins, allowance_of
from losscli.results.resamples import Resamples

if TYPE_CHECKING:
    from losscli.catalogue.trust import Trust
    from losscli.data.conditions import Condition
    from losscli.sources.slice_columns import By

__all__ = ["compare_request", "compute_request", "destination_of", "list_request", "objective_request"]


def compute_request(name: str, loss: Loss, preset: Preset, values: Mapping[str, Any], given: Collection[str]) -> ComputeRequest:
    """The request from the values of Typer; `given` are the parameters that the user gave a value.

    Raises UsageError for a value that its option does not take, OutputError for an output that cannot be written.
    """
    values = read_values(COMPUTE, values)
    by = _by(values)
    own = options_of(loss, preset)
    words = [*loss.roles, *(w for w, role in preset.role_words.items() if isinstance(role, Made) and w in values)]
    preset, roles = in_our_roles(loss, preset, {word: values[word] for word in words if values[word] is not None})
    return ComputeRequest(
        **_common(values),
        roles=roles,
        **_gate(values),
        name=name,
        loss=loss,
        preset=preset,
        options={word: values[word] for word in own if word in given},
        **_intervals(values if "classes" not in own else {**values, "classes": None}),
        level=_level(values["ci"] or ("none" if by is None else "95")),  # a slice has few rows, so its interval is shown
        by=by,
        top=values["top"],
        hist=values["hist"],
        calibration=values["calibration"],
        grad=values["grad"],
        gradcheck=values["gradcheck"],
        digest=values["digest"],
    )


def objective_request(path: str, values: Mapping[str, Any]) -> ObjectiveRequest:
    """The request from the values of Typer. Raises what `compute_request` raises, and InputError for a file without an objective."""
    from losscli.sources.objective import read_objective

    values = read_values(OBJECTIVE, values)
    common = _common(values)
    with to_stderr():  # a user's file may print
        objective = read_objective(path, _trust(path, values))
    level, near = _level(values["ci"] or "none"), {"lag": _lag(values["lag"]), "independent": values["independent"]}
    return ObjectiveRequest(
        **common, **_gate(values), **near, roles=_roles(values), objective=objective, level=level,
        grad=values["grad"], gradcheck=values["gradcheck"],
    )  # fmt: skip


def compare_request(values: Mapping[str, Any]) -> CompareRequest:
    """The request from the values of Typer. Raises what `compute_request` raises, and UsageError for a loss that does not exist."""
    values = read_values(COMPARE, values)
    losses = tuple(named_loss(text, trust=_trust(text, values)) for text in values["loss"] or ())
    roles = in_words_of_losses(losses, dict(map(_role, values["role"] or ())))
    return CompareRequest(
        **_common(values),
        roles=roles,
        target=values["target"],
        losses=losses,
        predictions=tuple(values["pred"] or ()),
        baseline=values["baseline"],
        match=values["match"],
        rtol=values["rtol"],
        top=values["top"] or 0,
        bounds=in_order(Bounds(max=values["max"], min=values["min"])),
        margins=_margins(values),
        against=values["against"],
        **_intervals(values),
        level=_level(values["ci"]),
        by=_by(values),
        ledger=values["ledger"],
        adjust=values["adjust"],
        all_pairs=values["all_pairs"],
        mcs=values["mcs"],
        plot=values["plot"],
        calibration=values["calibration"],
    )


def list_request(values: Mapping[str, Any]) -> ListRequest:
    """The request from the values of Typer.

    Raises UsageError for a value that its option does not take, OutputError for an output that cannot be written.
    """
    values = read_values(LIST, values)
    return ListRequest(
        words=tuple(values["words"] or ()),
        task=values["task"],
        kind=values["kind"],
        properties=tuple(p for p in PROPERTIES if values[p]),
        vectors=values["vectors"],
        plot=values["plot"],
        guide=values["guide"],
        all=values["all"],
        allow=tuple(name for name in ("allow_outside", "allow_code") if values[name]),
        to=destination_of(values),
        quiet=values["quiet"],
    )


def _conditions(texts: Collection[str]) -> tuple[Condition, ...]:
    """The conditions that rows have to meet. Raises UsageError for a text that is none."""
    if not texts:
        return ()
    from losscli.data.conditions import read_condition

    return tuple(map(read_condition, texts))


def _trust(path: str, values: Mapping[str, Any]) -> Trust:
    """What an objective may name."""
    from losscli.catalogue.trust import trust_of

    return trust_of(path, values["data"], outside=values["allow_outside"], code=values["allow_code"])


def _common(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Request, except its roles."""
    from losscli.sources.formats import Reading

    return {
        "data": values["data"],
        "reading": Reading(values["input_format"], **{n: values[n] for n in _READING}, **_configured(values)),
        "id": values["id"],
        "where": _conditions(values["where"] or ()),
        "join": values["join"],
        "work": _work(values),
        "threads": values["threads"],
        "to": destination_of(values),
        "quiet": values["quiet"],
        "strict": values["strict"],
        "resamples": _resamples(values),
    }


_READING = ("delimiter", "header", "comment", "decimal", "max_bytes")


def _configured(values: Mapping[str, Any]) -> dict[str, Any]:
    """What only a configuration sets."""
    return {name: values[name] for name in ("csv_delimiter", "role_names") if name in values}


def _intervals(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `compute` and `compare` share: classes, weights, and what the intervals take into account."""
    return {
        "classes": _classes(values["classes"]),
        "sample_weight": values["sample_weight"],
        "clusters": tuple(values["cluster"] or ()),
        "lag": _lag(values["lag"]),
        "folds": values["folds"],
        "test_share": values["test_share"],
        "independent": values["independent"],
    }


def _work(values: Mapping[str, Any]) -> Work:
    """The settings of the computation. A setting that the command or the loss has no option for keeps its default."""
    return Work(**{n: values[n] for n in ("reduction", "per", "nan", "dtype", "class_axis", "broadcast") if n in values})


def destination_of(values: Mapping[str, Any]) -> Destination:
    """Where the result goes, and in which format. Raises what `destination` raises."""
    rows = values.get("rows", "all")  # only compute shows rows
    to = destination(
        format=values["format"],
        output=values["output"],
        precision=values["precision"],
        color=values["color"],
        rows=None if rows == "all" else int(rows),
        configuration=values.get("configuration", EMPTY),
    )
    return to.but(beside=None) if values.get("quiet") else to


def _gate(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a GatedRequest."""
    bounds = {n: values[n] for n in ("max", "min", "expect", "rtol", "atol") if values[n] is not None}
    tolerances = tuple(f"--{n}" for n in ("rtol", "atol") if n in bounds)
    return {"bounds": Bounds(**bounds), "tolerances": tolerances, "margins": _margins(values), "against": values["baseline"]}


def _margins(values: Mapping[str, Any]) -> Margins:
    """What the gates on a difference allow."""
    return Margins(_allowance(values, "fail_if_worse"), _allowance(values, "fail_if_worse_point"), values["confidence"])


def _allowance(values: Mapping[str, Any], name: str) -> Allowance | None:
    text = values[name]
    return None if text is None else allowance_of(text, option_flag(name))


def _resamples(values: Mapping[str, Any]) -> Resamples | None:
    """The resamples; None without --resamples. Raises UsageError for --seed alone."""
    if values["resamples"] is None:
        if values["seed"] is not None:
            raise UsageError("--seed is the seed of --resamples, and there is no --resamples: add --resamples 1000")
        return None
    return Resamples(values["resamples"], values["seed"] or 0)


def _level(text: str) -> float | None:
    return None if text == "none" else float(text)


def _by(values: Mapping[str, Any]) -> By | None:
    """The columns of slices; None without any. Raises UsageError for bins without a number."""
    if values["by"] is None and not values["by_bins"]:
        return None
    from losscli.sources.slice_columns import By, read_bins

    return By(values["by"], tuple(map(read_bins, values["by_bins"] or ())))


def _lag(text: str | None) -> int | Literal["auto"] | None:
    return None if text is None else "auto" if text == "auto" else int(text)


def _classes(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(name.strip() for name in text.split(","))


def _roles(values: Mapping[str, Any]) -> dict[str, str]:
    """The SOURCEs of roles from --pred, --target and --role."""
    return {r: values[r] for r in ("pred", "target") if values[r] is not None} | dict(map(_role, values["role"] or ()))


def _role(text: str) -> tuple[str, str]:
    """The role and the SOURCE of ROLE=SOURCE. Raises UsageError for another text."""
    name, equals, source = text.partition("=")
    if not equals:
        raise UsageError(f"--role takes ROLE=SOURCE, not {text!r}")
    return name.replace("-", "_"), source
