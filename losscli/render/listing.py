"""The report of the losses there are: a table by task, or one loss's card. Read from the registry; NumPy is not needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from losscli.registry import PROPERTIES, SCHEMA, TASKS, Loss, Option, Preset
from losscli.render.grid import Grid, Style

__all__ = ["ListReport", "described", "differs"]


@dataclass
class ListReport:
    """Some losses; `card` shows all that is known of the only one."""

    losses: list[Loss]
    card: bool = False

    def items(self) -> Iterable[dict[str, Any]]:
        return [described(known) for known in self.losses]

    def numbers(self) -> Iterable[float]:
        return []

    def document(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "losses": [described(known) for known in self.losses]}

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        names = ("name", "task", "kind", "roles", "params", "units", *PROPERTIES, "reference", "summary", "use")
        return names, (
            (
                known.name, known.task, known.kind, " ".join(known.roles),
                " ".join(f"{o.name}={o.default}" for o in known.options.values()), known.units,
                *(p in known.properties for p in PROPERTIES), known.reference, known.summary, known.use,
            )
            for known in self.losses
        )  # fmt: skip

    def grids(self, style: Style) -> list[Grid]:
        return _card(self.losses[0]) if self.card else _by_task(self.losses)


def described(known: Loss) -> dict[str, Any]:
    """One loss as plain data."""
    return {
        "name": known.name,
        "aliases": list(known.aliases),
        "names": [n for p in known.presets for n in p.names],
        "task": known.task,
        "kind": known.kind,
        "summary": known.summary,
        "use": known.use,
        "roles": [{"name": r.name, "domain": _domain(r.domain), "optional": r.optional} for r in known.roles.values()],
        "params": [{"name": o.name, "type": o.kind, "default": o.default, "domain": o.says} for o in known.options.values()],
        "formula": known.formula,
        "reduction": known.reduction,
        "reference": known.reference,
        "properties": [p for p in PROPERTIES if p in known.properties],
        "units": known.units,
        "see": dict(known.see),
        "example": known.example,
    }


def _domain(domain: Any) -> str:
    shape = {0: "", 1: "rows of numbers, each "}.get(domain.ndim, "rows of vectors, each ") if domain.size is None else ""
    return ("shared " if domain.shared else "") + shape + domain.says


def _by_task(losses: Sequence[Loss]) -> list[Grid]:
    grids = []
    for task, about in TASKS.items():
        rows = [_row(known) for known in losses if known.task == task]
        if rows:
            header = ("name", "roles", "parameters", "convex", "differentiable", "robust", "units", "use it when")
            title = f"{task}: {about}"
            short = [(r[0], "".join(h[0] if mark else "-" for h, mark in zip(header[3:6], r[3:6], strict=True)), r[-1]) for r in rows]
            narrow = Grid(("name", "cdr", "use it when"), list(short), frozenset(range(3)), title=title)
            grids.append(Grid(header, list(rows), frozenset(range(8)), title=title, narrow=[narrow]))
    if grids:
        grids[-1].narrow = [*grids[-1].narrow, Grid(("",), [], below=["c convex, d differentiable, r robust"])]
    return grids


def _row(known: Loss) -> Sequence[str]:
    marks = ["yes" if p in known.properties else "" for p in ("convex", "differentiable", "robust")]
    return (known.name, " ".join(known.roles), " ".join(_default(o) for o in known.options.values()), *marks, known.units, known.use)


def _default(o: Option) -> str:
    return f"{o.name}={_short(o.default)}"


def _short(x: Any) -> str:
    if isinstance(x, bool):
        return "yes" if x else "no"
    return "none" if x is None else f"{x:.4g}" if isinstance(x, float) else str(x)


def _card(known: Loss) -> list[Grid]:
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
    roles = [(f"--{r.name.replace('_', '-')}", _domain(r.domain) + (" (optional)" if r.optional else "")) for r in known.roles.values()]
    options = [(f"--{o.name.replace('_', '-')}", f"{o.says} [{_short(o.default)}]".strip()) for o in known.options.values()]
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


def differs(preset: Preset) -> str:
    """What a framework's name changes, in words."""
    said = [f"{k}={_short(v)}" for k, v in preset.options.items()]
    said += [f"its {theirs} is our {ours}" for theirs, ours in preset.renames.items()]
    said += [f"reduction {preset.reduction}"] if preset.reduction else []
    said += ["a weighted mean divides by the elements"] if preset.weighted == "elements" else []
    said += [f"takes the {preset.last_axis} of the last axis first"] if preset.last_axis else []
    said += [f"maps {preset.signs} 0 to -1"] if preset.signs else []
    return "; ".join(said) or "in nothing"
