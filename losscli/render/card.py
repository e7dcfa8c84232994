"""The card of one loss: its roles, options and facts, the names of frameworks, and examples. NumPy is not loaded."""

from __future__ import annotations

from losscli.catalogue.binding import options_of
from losscli.catalogue.index import describe, domain_text
from losscli.catalogue.other_numbers import name_note
from losscli.catalogue.shell_examples import shell_example
from losscli.registry import OURS, PROPERTIES, Loss, Preset
from losscli.render.cells import option_flag
from losscli.render.grid import Grid, Style
from losscli.render.listing import ListReport
from losscli.render.preset_text import differences, preset_differences, short

__all__ = ["LossCardReport"]


class LossCardReport(ListReport):
    """Everything about one loss, with the options as the framework of `preset` calls them."""

    def __init__(self, loss: Loss, preset: Preset = OURS) -> None:
        super().__init__([describe(loss)])
        self.loss, self.preset = loss, preset

    def grids(self, style: Style) -> list[Grid]:
        loss, left = self.loss, frozenset({0, 1})
        grids = [
            Grid(("",), [], title=f"{loss.name}: {loss.summary}", below=_formula(loss)),
            Grid(("role", "takes"), _role_rows(loss), left),
        ]
        if loss.all_options:
            grids.append(Grid(("option", "takes"), _option_rows(loss, self.preset), left))
        grids.append(Grid(("", ""), [fact for fact in _facts(loss) if fact[1]], left))
        if self.preset.names:
            grids.append(Grid(("", ""), [(f"as {self.preset.names[0]}", preset_differences(self.preset))], left))
        if loss.presets:
            grids.append(_framework_grid(loss))
        if shell := shell_example(loss.name):
            grids.append(Grid(("",), [], title="in a shell", below=[f"$ {shell.command}", *shell.result], code=True))
        if loss.example:
            grids.append(Grid(("",), [], title="in Python", below=loss.example.splitlines(), code=True))
        return grids


def _formula(loss: Loss) -> list[str]:
    return ["", *("  " + line for line in loss.formula.splitlines())] if loss.formula else []


def _framework_grid(loss: Loss) -> Grid:
    """The names of frameworks and what each changes. The narrow form has a number for each change, so that each name has one line."""
    said = {name: differences(preset) for preset in loss.presets for name in preset.names}
    number_of = {text: str(i) for i, text in enumerate(dict.fromkeys(text for texts in said.values() for text in texts), 1)}
    header, left = ("by the name of a framework", "differs from ours"), frozenset({0, 1})
    short_rows = [(name, " ".join(sorted((number_of[text] for text in texts), key=int)) or "no") for name, texts in said.items()]
    notes = Grid(("", ""), [(number, text) for text, number in number_of.items()], left)
    rows = [(name, "; ".join(texts) or "no difference") for name, texts in said.items()]
    return Grid(header, rows, left, narrow=[Grid(header, short_rows, left), *([notes] if number_of else [])])


def _role_rows(loss: Loss) -> list[tuple[str, str]]:
    return [(option_flag(r.name), domain_text(r.domain) + (" (optional)" if r.optional else "")) for r in loss.roles.values()]


def _option_rows(loss: Loss, preset: Preset) -> list[tuple[str, str]]:
    said = {n: form.option.about.rstrip(".") for n, form in loss.form_options.items()}
    rows = [
        (option_flag(word), said.get(o.name) or f"{o.says} [{short(preset.default(o))}]".strip())
        for word, o in options_of(loss, preset).items()
        if word not in preset.by_option
    ]
    chosen = ((word, " or ".join(n for n in names if n not in ("true", "false"))) for word, names in preset.by_option.items())
    return rows + [(option_flag(word), f"chooses the loss: {names}" if names else "chooses the loss") for word, names in chosen]


def _facts(loss: Loss) -> list[tuple[str, str]]:
    return [
        ("use it when", loss.use),
        ("task", loss.task + (f" ({loss.kind})" if loss.kind != "pointwise" else "")),
        ("properties", ", ".join(p for p in PROPERTIES if p in loss.properties)),
        ("units", loss.units),
        ("reduction", _reduction(loss)),
        ("score", f"{loss.score} = 1 - the loss: larger is better, and -r mean shows it too" if loss.score else ""),
        ("reference", loss.reference),
        ("also called", ", ".join(loss.aliases)),
        *((f"the name {name}", note) for name in (loss.name, *loss.aliases) if (note := name_note(name, loss.name))),
        *((f"see {other}", about) for other, about in loss.see.items()),
    ]


def _reduction(loss: Loss) -> str:
    if loss.kind == "statistic":
        return "one number over all rows" if loss.per == "all" else f"one number a {loss.per}, averaged (--per)"
    if loss.mean == "mean of ratios" and loss.reduction == "mean":
        return "mean: Σ s (v / max(u, 1)) / Σ s"
    return {"mean": "mean: Σ s v / Σ s u", "batchmean": "batchmean: Σ s v / rows"}.get(loss.reduction, loss.reduction)
