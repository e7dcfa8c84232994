"""The reports of `losscli list`: a table of losses for each task, a search, the guide, a page, or test vectors. NumPy is not loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from losscli.catalogue.guide import GUIDE
from losscli.catalogue.pages import Page, topics
from losscli.catalogue.search import Found
from losscli.errors import counted
from losscli.registry import PROPERTIES, TASKS, Loss
from losscli.render.cells import nested
from losscli.render.grid import Grid, Style, number
from losscli.render.preset_text import short
from losscli.version import SCHEMA

__all__ = ["GuideReport", "ListReport", "PageReport", "SearchReport", "VectorsReport"]

_NEXT = "losscli list NAME shows the card of a loss, losscli list WORDS searches"
_GUIDE_NAMES = ("task", "data", "matters", "losses")
_MARKED = ("convex", "differentiable", "robust")  # properties with a column of their own


class ListReport:
    """Some losses, each as plain data from the index."""

    def __init__(self, losses: Sequence[Mapping[str, Any]]) -> None:
        self.losses = losses

    def items(self) -> Iterable[Mapping[str, Any]]:
        return self.losses

    def loss_names(self) -> Sequence[str]:
        return [loss["name"] for loss in self.losses]

    def numbers(self) -> Sequence[float]:
        return []

    def document(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "losses": list(self.losses)}

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        names = ("name", "task", "kind", "roles", "params", "units", *PROPERTIES, "reference", "summary", "use")
        return names, (
            (
                loss["name"], loss["task"], loss["kind"], _role_names(loss),
                " ".join(f"{o['name']}={o['default']}" for o in loss["params"]), loss["units"],
                *(p in loss["properties"] for p in PROPERTIES), loss["reference"], loss["summary"], loss["use"],
            )
            for loss in self.losses
        )  # fmt: skip

    def grids(self, style: Style) -> list[Grid]:
        """A table for each task with the number of its losses, and how to go on."""
        grids = [
            _task_grid(f"{task}: {about} ({_losses(len(rows))})", rows) for task, about in TASKS.items() if (rows := self._of_task(task))
        ]
        if not grids:
            return grids
        legend = Grid(("",), [], below=[", ".join(f"{p[0]} {p}" for p in _MARKED)])
        foot = Grid(("",), [], below=[f"{_losses(len(self.losses))}. {_NEXT}", _pages()])
        return [*grids[:-1], grids[-1].but(narrow=[*grids[-1].narrow, legend]), foot]

    def _of_task(self, task: str) -> list[Mapping[str, Any]]:
        return [loss for loss in self.losses if loss["task"] == task]


class SearchReport(ListReport):
    """The losses that a search found, the best first; a table shows the first of them."""

    def __init__(self, words: Sequence[str], found: Found, most: int | None) -> None:
        super().__init__(found.losses)
        self.words, self.all_words, self.most = words, found.all_words, most

    def grids(self, style: Style) -> list[Grid]:
        shown = self.losses[: self.most]
        rows = [(loss["name"], loss["task"], _role_names(loss), loss["use"]) for loss in shown]
        narrow = [(loss["name"], loss["use"]) for loss in shown]
        matches = f"{_losses(len(self.losses))} for {' '.join(self.words)!r}, the best first"
        title = matches if self.all_words else f"no loss matches all words; {matches}"
        below = [] if len(shown) == len(self.losses) else ["", f"{len(self.losses) - len(shown)} more: --all shows them"]
        header = ("name", "task", "roles", "use it when")
        small = Grid(("name", "use it when"), narrow, frozenset(range(2)), title=title, below=below)
        return [Grid(header, rows, frozenset(range(4)), title=title, below=below, narrow=[small])]


class PageReport:
    """A page of the documentation."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def items(self) -> Iterable[Mapping[str, Any]]:
        return (self.document()["page"],)

    def numbers(self) -> Sequence[float]:
        return []

    def document(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "page": {"name": self.page.name, "title": self.page.title, "text": self.page.text}}

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        return ("name", "title", "text"), [(self.page.name, self.page.title, self.page.text)]

    def grids(self, style: Style) -> list[Grid]:
        return [Grid(("",), [], page=self.page.text)]


class GuideReport:
    """The guide: the losses to begin with, by the task, the data, and what matters."""

    def items(self) -> Iterable[Mapping[str, Any]]:
        return ({**dict(zip(_GUIDE_NAMES, row, strict=True)), "losses": row[-1].split(", ")} for row in GUIDE)

    def numbers(self) -> Sequence[float]:
        return []

    def document(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "guide": list(self.items())}

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        return _GUIDE_NAMES, GUIDE

    def grids(self, style: Style) -> list[Grid]:
        """A table for each task."""
        tasks = dict.fromkeys(row[0] for row in GUIDE)
        rows = {task: [row[1:] for row in GUIDE if row[0] == task] for task in tasks}
        grids = [Grid(("you have", "what matters", "begin with"), rows[task], frozenset(range(3)), title=task) for task in tasks]
        below = ["", _NEXT, _pages()]
        return [*grids[:-1], grids[-1].but(below=below)]


def _losses(number: int) -> str:
    return "1 loss" if number == 1 else f"{number} losses"


def _pages() -> str:
    return f"losscli list TOPIC shows a page: {', '.join(topics())}"


def _task_grid(title: str, losses: Sequence[Mapping[str, Any]]) -> Grid:
    """The losses of one task. The narrow form has one column of letters for the properties."""
    wide, narrow = [], []
    for loss in losses:
        has = [p in loss["properties"] for p in _MARKED]
        params = " ".join(f"{o['name']}={short(o['default'])}" for o in loss["params"])
        wide.append((loss["name"], _role_names(loss), params, *("yes" if h else "" for h in has), loss["units"], loss["use"]))
        narrow.append((loss["name"], "".join(p[0] if h else "-" for p, h in zip(_MARKED, has, strict=True)), loss["use"]))
    header = ("name", "roles", "parameters", *_MARKED, "units", "use it when")
    letters = "".join(p[0] for p in _MARKED)
    return Grid(
        header,
        wide,
        frozenset(range(len(header))),
        title=title,
        narrow=[Grid(("name", letters, "use it when"), narrow, frozenset(range(3)), title=title)],
    )


def _role_names(loss: Mapping[str, Any]) -> str:
    return " ".join(r["name"] for r in loss["roles"])


# --- test vectors ----------------------------------------------------------------------------------------------------------


class VectorsReport:
    """The test vectors of one loss; `named` is the framework's name that the user typed; None for our name."""

    def __init__(self, loss: Loss, named: str | None, vectors: Sequence[dict[str, Any]]) -> None:
        self.loss, self.named, self.vectors = loss, named, vectors

    def items(self) -> Iterable[dict[str, Any]]:
        """Each vector with the name of its loss, so that one file can contain the vectors of several losses."""
        return ({"loss": self.loss.name, **vector} for vector in self.vectors)

    def numbers(self) -> Sequence[float]:
        return []

    def document(self) -> dict[str, Any]:
        from losscli.version import __version__

        named = {} if self.named is None else {"named": self.named}
        return {"schema": SCHEMA, "loss": self.loss.name, **named, "vectors": self.vectors, "version": __version__}

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """A row for each vector; nested values are JSON in one field."""
        names = ("name", "roles", "params", "convention", "value", "gradient", "source", "rtol", "atol", "why")
        return names, ((v["name"], *(nested(v.get(k)) for k in names[1:-1]), v.get("why")) for v in self.vectors)

    def grids(self, style: Style) -> list[Grid]:
        rows = [
            (
                v["name"], self._not_default(v["params"]), v["params"]["reduction"], _size(v["value"]) or number(v["value"], style),
                " ".join(v.get("gradient", ())), v["source"]["version"], v["source"]["origin"],
            )
            for v in self.vectors
        ]  # fmt: skip
        title = f"{self.loss.name}: {counted(len(rows), 'vector')}, whole with -f json, jsonl, yaml or csv"
        header = ("name", "where it differs", "reduction", "value", "gradient", "by", "origin")
        return [Grid(header, rows, frozenset({0, 1, 2, 4, 5, 6}), title=title)]

    def _not_default(self, params: Mapping[str, Any]) -> str:
        """The parameters that differ from the defaults of the loss."""
        defaults = {o.name: o.default for o in self.loss.options.values()} | {"reduction": params["reduction"], "per": self.loss.per}
        return " ".join(f"{k}={_size(v) or short(v)}" for k, v in params.items() if k not in defaults or defaults[k] != v)


def _size(x: Any) -> str:
    """The lengths of nested lists, as '2 × 3'; '' for a number."""
    return " × ".join(map(str, _lengths(x)))


def _lengths(x: Any) -> list[int]:
    return [len(x), *_lengths(x[0] if x else None)] if isinstance(x, list) else []
