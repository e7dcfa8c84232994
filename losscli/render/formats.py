"""A report as text: one function for each format, all with the same two arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from losscli.render.cells import encoded, exact, strict
from losscli.render.grid import Grid, Style, clean, drawn, number, plain

__all__ = ["FORMATS", "SUFFIXES", "Report", "Style"]


class Report(Protocol):
    """Something that can be written in every format."""

    def grids(self, style: Style) -> list[Grid]:
        """For the eye."""

    def document(self) -> dict[str, Any]:
        """All of it, nested."""

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """Flat: the names of the columns, and the rows."""

    def numbers(self) -> Iterable[float]:
        """Just the numbers."""

    def items(self) -> Iterable[dict[str, Any]]:
        """What the result is made of, one by one: elements, comparisons, losses, or the document itself."""


def table(report: Report, style: Style) -> str:
    grids = report.grids(style)
    return drawn(grids, style) if style.terminal else plain(grids)


def value(report: Report, style: Style) -> str:
    return "".join((exact(x) if style.precision is None else number(float(x), style)) + "\n" for x in report.numbers())


def json(report: Report, style: Style) -> str:
    import json as _json

    return _json.dumps(strict(report.document()), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def jsonl(report: Report, style: Style) -> str:
    import json as _json

    return "".join(_json.dumps(strict(item), ensure_ascii=False, allow_nan=False) + "\n" for item in report.items())


def csv(report: Report, style: Style) -> str:
    return _delimited(report, ",")


def tsv(report: Report, style: Style) -> str:
    return _delimited(report, "\t")


def _delimited(report: Report, delimiter: str) -> str:
    import csv as _csv
    from io import StringIO

    out = StringIO()
    writer = _csv.writer(out, delimiter=delimiter, lineterminator="\n")
    names, rows = report.records()
    writer.writerow(names)
    writer.writerows([exact(c) for c in row] for row in rows)
    return out.getvalue()


def yaml(report: Report, style: Style) -> str:
    import yaml as _yaml

    return _yaml.dump(
        _encodable(strict(report.document())), sort_keys=False, allow_unicode=True, Dumper=getattr(_yaml, "CSafeDumper", _yaml.SafeDumper)
    )


def _encodable(x: Any) -> Any:
    """Words that libyaml can write."""
    if isinstance(x, str):
        return x if x.isascii() else encoded(x).decode()
    if isinstance(x, dict):
        return {_encodable(k): _encodable(v) for k, v in x.items()}
    return [_encodable(v) for v in x] if isinstance(x, list) else x


def markdown(report: Report, style: Style) -> str:
    return "\n\n".join(part for grid in report.grids(style) for part in _parts(grid)) + "\n"


def _parts(grid: Grid) -> list[str]:
    """A title, a table, paragraphs: each without the empty lines around it."""
    parts = [f"**{_escaped(grid.title)}**"] if grid.title else []
    if grid.rows:
        marks = ["---" if k in grid.left else "---:" for k in range(len(grid.header))]
        parts.append(
            "\n".join(
                "| " + " | ".join(cells) + " |" for cells in (map(_escaped, grid.header), marks, *(map(_escaped, r) for r in grid.rows))
            )
        )
    if grid.code:
        return [*parts, "\n".join(["```python", *grid.below, "```"])]
    return parts + [_escaped(line) for line in grid.below if line.strip()]


def _escaped(text: str) -> str:
    """The text itself, whatever of it Markdown would take for markup."""
    from re import sub

    return sub(r"([\\|*`<])", r"\\\1", clean(text).strip())


FORMATS: dict[str, Callable[[Report, Style], str]] = {
    "table": table, "value": value, "json": json, "jsonl": jsonl, "csv": csv, "tsv": tsv, "yaml": yaml, "markdown": markdown,
}  # fmt: skip
SUFFIXES = {f".{n}": n for n in ("json", "jsonl", "csv", "tsv", "yaml")} | {
    ".yml": "yaml", ".ndjson": "jsonl", ".md": "markdown", ".txt": "table", ".npy": "npy",
}  # fmt: skip
