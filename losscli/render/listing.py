"""The report of the losses there are: a table by task, one loss's card, or its test vectors. NumPy is not needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from losscli.catalogue.index import describe, domain_text
from losscli.errors import counted
from losscli.registry import OURS, PROPERTIES, TASKS, Loss, Preset
from losscli.render.cells import nested
from losscli.render.grid import Grid, Style, number
from losscli.version import SCHEMA

__all__ = ["CardReport", "ListReport", "VectorsReport", "differs"]


class ListReport:
    """Some losses, given as plain data."""

    def __init__(self, losses: Sequence[dict[str, Any]]) -> None:
        self.losses = losses

    def items(self) -> Iterable[dict[str, Any]]:
        return self.losses

    def numbers(self) -> Iterable[float]:
        return []

    def document(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "losses": self.losses}

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        names = ("name", "task", "kind", "roles", "params", "units", *PROPERTIES, "reference", "summary", "use")
        return names, (
            (
                known["name"], known["task"], known["kind"], _roles(known),
                " ".join(f"{o['name']}={o['default']}" for o in known["params"]), known["units"],
                *(p in known["properties"] for p in PROPERTIES), known["reference"], known["summary"], known["use"],
            )
            for known in self.losses
        )  # fmt: skip

    def grids(self, style: Style) -> list[Grid]:
        grids = []
        for task, about in TASKS.items():
            rows = [_row(known) for known in self.losses if known["task"] == task]
            if rows:
                header = ("name", "roles", "parameters", "convex", "differentiable", "robust", "units", "use it when")
                title = f"{task}: {about}"
                short = [(r[0], "".join(h[0] if mark else "-" for h, mark in zip(header[3:6], r[3:6], strict=True)), r[-1]) for r in rows]
                narrow = Grid(("name", "cdr", "use it when"), list(short), frozenset(range(3)), title=title)
                grids.append(Grid(header, list(rows), frozenset(range(8)), title=title, narrow=[narrow]))
        if grids:
            grids[-1].narrow = [*grids[-1].narrow, Grid(("",), [], below=["c convex, d differentiable, r robust"])]
        return grids


class CardReport(ListReport):
    """All that is known of one loss."""

    def __init__(self, known: Loss, preset: Preset = OURS) -> None:
        super().__init__([describe(known)])
        self.known, self.preset = known, preset

    def grids(self, style: Style) -> list[Grid]:
        return _card(self.known, self.preset)


class VectorsReport:
    """The test vectors of one loss; `named` is the framework's name that was asked for."""

    def __init__(self, known: Loss, named: str | None, vectors: Sequence[dict[str, Any]]) -> None:
        self.known, self.named, self.vectors = known, named, vectors

    def items(self) -> Iterable[dict[str, Any]]:
        """Each on its own, so that the lines of several losses can stand in one file."""
        return ({"loss": self.known.name, **vector} for vector in self.vectors)

    def numbers(self) -> Iterable[float]:
        return []

    def document(self) -> dict[str, Any]:
        from losscli.version import __version__

        named = {} if self.named is None else {"named": self.named}
        return {"schema": SCHEMA, "loss": self.known.name, **named, "vectors": self.vectors, "version": __version__}

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """What is nested, as JSON in one field."""
        names = ("name", "roles", "params", "convention", "value", "gradient", "source", "rtol", "atol", "why")
        return names, ((v["name"], *(nested(v.get(k)) for k in names[1:-1]), v.get("why")) for v in self.vectors)

    def grids(self, style: Style) -> list[Grid]:
        rows = [
            (
                v["name"],
                _chosen(self.known, v["params"]),
                v["params"]["reduction"],
                _size(v["value"]) or number(v["value"], style),
                " ".join(v.get("gradient", ())),
                v["source"]["version"],
                v["source"]["origin"],
            )
            for v in self.vectors
        ]
        title = f"{self.known.name}: {counted(len(rows), 'vector')}, whole with -f json, jsonl, yaml or csv"
        header = ("name", "where it differs", "reduction", "value", "gradient", "by", "origin")
        return [Grid(header, list(rows), frozenset({0, 1, 2, 4, 5, 6}), title=title)]


def _chosen(known: Loss, params: Mapping[str, Any]) -> str:
    """The parameters that are not as they are by default."""
    usual = {o.name: o.default for o in known.options.values()} | {"reduction": params["reduction"], "per": known.per}
    return " ".join(f"{k}={_size(v) or _short(v)}" for k, v in params.items() if k not in usual or usual[k] != v)


def _size(x: Any) -> str:
    """'2 × 3' of nested numbers; nothing of one."""
    return " × ".join(map(str, _lengths(x)))


def _lengths(x: Any) -> list[int]:
    return [len(x), *_lengths(x[0] if x else None)] if isinstance(x, list) else []


def _roles(known: Mapping[str, Any]) -> str:
    return " ".join(r["name"] for r in known["roles"])


def _row(known: Mapping[str, Any]) -> Sequence[str]:
    marks = ["yes" if p in known["properties"] else "" for p in ("convex", "differentiable", "robust")]
    params = " ".join(f"{o['name']}={_short(o['default'])}" for o in known["params"])
    return (known["name"], _roles(known), params, *marks, known["units"], known["use"])


def _short(x: Any) -> str:
    if isinstance(x, bool):
        return "yes" if x else "no"
    return "none" if x is None else f"{x:.4g}" if isinstance(x, float) else str(x)


def _card(known: Loss, preset: Preset) -> list[Grid]:
    nothing = Grid(("",), [], title=f"{known.name}: {known.summary}", below=["", *("  " + line for line in known.formula.splitlines())])
    facts: list[Sequence[str]] = [
        ("use it when", known.use),
        ("task", known.task + (f" ({known.kind})" if known.kind != "pointwise" else "")),
        ("properties", ", ".join(p for p in PROPERTIES if p in known.properties)),
        ("units", known.units),
        ("reduction", _denominator(known)),
        ("reference", known.reference),
        ("also called", ", ".join(known.aliases)),
        *((f"see {other}", about) for other, about in known.see.items()),
    ]
    roles = [(f"--{r.name.replace('_', '-')}", domain_text(r.domain) + (" (optional)" if r.optional else "")) for r in known.roles.values()]
    names = {o.name: preset.words.get(o.name, o.name).replace("_", "-") for o in known.all_options.values()}
    options = [(f"--{names[o.name]}", f"{o.says} [{_short(preset.default(o))}]".strip()) for o in known.all_options.values()]
    left = frozenset({0, 1})
    grids = [nothing, Grid(("role", "takes"), list(roles), left)]
    grids += [Grid(("option", "takes"), list(options), left)] if options else []
    grids.append(Grid(("", ""), [f for f in facts if f[1]], left))
    if known.presets:
        grids.append(
            Grid(("by the name of a framework", "differs from ours"), [(n, differs(p)) for p in known.presets for n in p.names], left)
        )
    if known.example:
        grids.append(Grid(("",), [], title="in Python", below=known.example.splitlines(), code=True))
    return grids


def _denominator(known: Loss) -> str:
    if known.kind == "statistic":
        return "one number over all rows" if known.per == "all" else f"one number a {known.per}, averaged (--per)"
    if known.mean == "mean of ratios" and known.reduction == "mean":
        return "mean: Σ s (v / max(u, 1)) / Σ s"
    return {"mean": "mean: Σ s v / Σ s u", "batchmean": "batchmean: Σ s v / rows"}.get(known.reduction, known.reduction)


def _renamed(preset: Preset, theirs: str) -> str:
    how = preset.converted(theirs)
    return f"its {theirs} is our {preset.renames[theirs]}" if how is None else f"our {how} is {how.said} its {theirs}"


_OF_NOTHING = {"rows": "without rows", "terms": "where nothing counts"}


def differs(preset: Preset) -> str:
    """What a framework's name changes, in words."""
    said = [f"{k}={_short(v)}" for k, v in preset.options.items()]
    said += [_renamed(preset, theirs) for theirs in preset.renames]
    said += [f"reduction {preset.reduction}"] if preset.reduction else []
    said += ["a weighted mean divides by the elements"] if preset.weighted == "elements" else []
    said += [f"{preset.weight_note}, where elements are weighed here"] if preset.weight_note else []
    said += [f"takes the {preset.last_axis} of the last axis first"] if preset.last_axis else []
    said += [f"maps {preset.signs} 0 to -1"] if preset.signs else []
    said += [f"gives {value:g} {_OF_NOTHING[of]}" for of, value in preset.empty_mean.items()]
    said += [f"of one number a row it is {preset.scalar_loss}"] if preset.scalar_loss else []
    said += ["time is first there, (T, N, C), and rows are here, (N, T, C)"] if preset.swapped_axes else []
    for reduction, sets in preset.by_reduction.items():
        changed = ", ".join(f"{k}={_short(v)}" for k, v in (sets or {}).items())
        said += [f"-r {reduction} sets {changed}" if sets else f"no -r {reduction}"]
    return "; ".join(said) or "in nothing"
