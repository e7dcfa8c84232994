"""The table of output formats. The fields of a `Format` say what it can contain, so that no other code compares names of formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.render.cells import encoded, exact, json_text, strict
from losscli.render.grid import Grid, Style, drawn, number, plain
from losscli.render.layouts import LineLayout, csv_layout, jsonl_layout, tsv_layout, value_layout
from losscli.text import clean

if TYPE_CHECKING:
    from losscli.render.elements import ElementWriter, RowNames
    from losscli.render.pictures.picture import Picture

__all__ = ["FORMATS", "SUFFIXES", "Format", "Named", "Pictured", "Report", "Style"]


class Report(Protocol):
    """A result that can be written in every format."""

    def grids(self, style: Style) -> list[Grid]:
        """Tables for people."""
        ...

    def document(self) -> dict[str, Any]:
        """The whole result, nested."""
        ...

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """The result as one flat table: the names of the columns, and the rows."""
        ...

    def numbers(self) -> Array | Sequence[float]:
        """The numbers alone."""
        ...

    def items(self) -> Iterable[Mapping[str, Any]]:
        """The parts of the result, one by one: elements, comparisons, losses, or the document itself."""
        ...


class Pictured(Report, Protocol):
    """A result with pictures."""

    pictures: Sequence[Picture]


@runtime_checkable
class Named(Protocol):
    """A list of losses, whose names are its only values."""

    def loss_names(self) -> Sequence[str]: ...


class Format(Record):
    """One output format. A new format needs only a name, suffixes and `write`: it then writes the whole document from memory.

    `stream` writes elements as they are computed. Without it, a format `for_people` shows the first and the last elements,
    and every other format gets all elements in the document.
    """

    name: str
    suffixes: tuple[str, ...]
    write: Callable[[Report, Style], str | bytes | Iterator[str]]
    stream: Callable[[RowNames, Style], ElementWriter] | None = None
    for_people: bool = False  # rounded numbers in tables
    colour: bool = False  # a terminal gets colours
    precision: bool = False  # --precision counts the digits
    value_only: bool = False  # for a reduced loss only the value, without the summary and the largest elements
    numbers_only: bool = False  # numbers without names: one array
    binary: bool = False  # bytes, written only to a file: its suffix names the format
    ci: bool = False  # for programs of CI: values and gates, so not for lists
    gates_only: bool = False  # of a comparison only the values and the gates, without its tables
    log: Callable[[Report], str] | None = None  # lines for standard output; then the report goes to the summary file of the CI
    picture: bool = False  # the pictures alone
    names_numbers: bool = False  # a name and a number for each loss, so not the values of elements

    @property
    def holds_elements(self) -> bool:
        """Whether what is written contains all elements."""
        return self.stream is None and not self.for_people and not self.picture and not self.ci

    def encode(self, report: Report, style: Style) -> bytes:
        """The report as bytes."""
        return b"".join(self.pieces(report, style))

    def pieces(self, report: Report, style: Style) -> Iterator[bytes]:
        """The report as bytes, piece by piece where it may be large."""
        text = self.write(report, style)
        if isinstance(text, bytes):
            yield text
        else:
            yield from map(encoded, [text] if isinstance(text, str) else text)


# --- whole reports ---------------------------------------------------------------------------------------------------------


def _table(report: Report, style: Style) -> str:
    grids = report.grids(style)
    return drawn(grids, style) if style.terminal else plain(grids)


def _value(report: Report, style: Style) -> str:
    if isinstance(report, Named):
        return "".join(f"{name}\n" for name in report.loss_names())
    numbers = np.ravel(report.numbers()).tolist()
    return "".join((exact(x) if style.precision is None else number(x, style)) + "\n" for x in numbers)


def _document(item: Mapping[str, Any], style: Style) -> Mapping[str, Any]:
    """The item, if it is the whole result with what a file of settings or a variable set."""
    if not style.configuration or "schema" not in item:
        return item
    at = list(item).index("warnings") if "warnings" in item else len(item)
    parts = list(item.items())
    return dict([*parts[:at], ("configuration", style.configuration), *parts[at:]])


def _json(report: Report, style: Style) -> Iterator[str] | str:
    document = _document(report.document(), style)
    if not _has_long(document):
        return json_text(strict(document), indent=2) + "\n"
    from losscli.render.json_text import json_pieces

    return json_pieces(document)


def _has_long(document: Mapping[str, Any]) -> bool:
    """Whether the document has values of elements or derivatives."""
    return any(key in document for key in ("values", "gradient"))


def _jsonl(report: Report, style: Style) -> str:
    return "".join(json_text(strict(_document(item, style))) + "\n" for item in report.items())


def _csv(report: Report, style: Style) -> str:
    return _delimited(report, ",")


def _tsv(report: Report, style: Style) -> str:
    return _delimited(report, "\t")


def _delimited(report: Report, separator: str) -> str:
    import csv
    from io import StringIO

    out = StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    names, rows = report.records()
    writer.writerow(names)
    writer.writerows([exact(c) for c in row] for row in rows)
    return out.getvalue()


def _yaml(report: Report, style: Style) -> str:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    value = _encodable(strict(_document(report.document(), style)))
    text: str = yaml.dump(value, sort_keys=False, allow_unicode=True, width=_UNFOLDED, Dumper=dumper)
    if text.replace("\n", "").isprintable():
        return text
    return yaml.dump(value, sort_keys=False, width=_UNFOLDED, Dumper=dumper)  # characters that act on a terminal are escaped


_UNFOLDED = 2**31 - 1  # characters of a line: a part of a text is never at the beginning of one


def _encodable(x: Any) -> Any:
    """The same values, with texts that libyaml can write."""
    if isinstance(x, str):
        return x if x.isascii() else encoded(x).decode()
    if isinstance(x, dict):
        return {_encodable(k): _encodable(v) for k, v in x.items()}
    return [_encodable(v) for v in x] if isinstance(x, list) else x


def _markdown(report: Report, style: Style) -> str:
    parts = [part for grid in report.grids(style) for part in _parts(grid)]
    return "\n\n".join([*_heading(report), *parts]) + "\n"


def _heading(report: Report) -> Iterator[str]:
    """A heading that names the losses, and a list of the outcomes of the gates; neither for a list of losses."""
    from losscli.render.ci import GatedReport, losses_of, outcomes_of

    if isinstance(report, GatedReport):
        yield f"## {_escaped(', '.join(losses_of(report)))}"
        if outcomes := outcomes_of(report):
            yield "\n".join(f"- {_escaped(line)}" for line in outcomes)


def _parts(grid: Grid) -> list[str]:
    """A title, a table, paragraphs: each without the empty lines around it."""
    if grid.page:
        return [grid.page.strip()]
    parts = [f"**{_escaped(grid.title)}**"] if grid.title else []
    if grid.drawing:
        parts.append(_fenced("text", [clean("".join(text for text, _ in spans)).rstrip() for spans in grid.drawing]))
    if grid.rows:
        rule = ["---" if k in grid.left else "---:" for k in range(len(grid.header))]
        rows = (map(_escaped, grid.header), rule, *(map(_escaped, r) for r in grid.rows))
        parts.append("\n".join("| " + " | ".join(cells) + " |" for cells in rows))
    if grid.code:
        return [*parts, _fenced("python", grid.below)]
    return parts + [_escaped(line) for line in grid.below if line.strip()]


def _fenced(language: str, lines: Sequence[str]) -> str:
    """Lines of code between fences that are longer than any in them."""
    fence = "`" * max(3, *(len(line) - len(line.lstrip("`")) + 1 for line in map(str.lstrip, lines)), 3)
    return "\n".join([f"{fence}{language}", *lines, fence])


def _escaped(text: str) -> str:
    """The text with a backslash before each character that Markdown would read as markup, and GitHub as the address of a page."""
    from re import sub

    return sub(_MARKUP, r"\\\g<0>", clean(text).strip())


_MARKUP = (
    r"[\\|*`<&~]|(?<!\w)_|_(?!\w)"  # an underscore inside a word is none
    r"|\](?=[(\[:])"  # links and images, and what they refer to
    r"|(?i:(?<=http)|(?<=https)|(?<=ftp)):(?=//)|(?i:(?<=\bwww))\."
    r"|^(?:#(?=#{0,5}\s)|>|[-+](?=\s|[-+]*$)|=(?==*$))|(?:(?<=^\d)|(?<=^\d\d)|(?<=^\d\d\d))[.)](?=\s)"  # the beginning of a block
)


def _github(report: Report, style: Style) -> str:
    """The summary of a run: the outcome of each gate, then the tables of the result."""
    from losscli.render.ci import summary_grids

    parts = [part for grid in (*summary_grids(report), *report.grids(style)) for part in _parts(grid)]
    return "\n\n".join(parts) + "\n\n"  # other steps append to the same file


def _github_log(report: Report) -> str:
    from losscli.render.ci import github_annotations

    return github_annotations(report)


def _junit(report: Report, style: Style) -> str:
    from losscli.render.ci import junit

    return junit(report)


def _metrics(report: Report, style: Style) -> str:
    from losscli.render.metrics import metrics

    return json_text(metrics(report.document()), indent=2, allow_nan=True) + "\n"  # NaN and Infinity, as Python's json reads them


def _npy(report: Report, style: Style) -> bytes:
    from losscli.render.elements import npy

    return npy(np.asarray(report.numbers()))


def _image(format: str) -> Callable[[Report, Style], bytes]:
    """A writer of the pictures of a report. matplotlib is loaded when it is used."""

    def write(report: Report, style: Style) -> bytes:
        from losscli.render.pictures.files import image

        return image(cast("Pictured", report).pictures, format)

    return write


# --- elements as they are computed -----------------------------------------------------------------------------------------


def _lines(layout: Callable[[Sequence[str], Style], LineLayout]) -> Callable[[RowNames, Style], ElementWriter]:
    """A stream that writes a line for each element. NumPy is loaded when it is used."""

    def stream(names: RowNames, style: Style) -> ElementWriter:
        from losscli.render.elements import TextElements

        return TextElements(layout, names, style)

    return stream


def _value_stream(names: RowNames, style: Style) -> ElementWriter:
    from losscli.render.elements import TextElements

    return TextElements(value_layout, None, style)


def _npy_stream(names: RowNames, style: Style) -> ElementWriter:
    from losscli.render.elements import NpyElements

    return NpyElements()


_ALL = (
    Format("table", (".txt",), _table, for_people=True, colour=True, precision=True),
    Format("value", (), _value, _value_stream, value_only=True, numbers_only=True, precision=True),
    Format("json", (".json",), _json),
    Format("jsonl", (".jsonl", ".ndjson"), _jsonl, _lines(jsonl_layout)),
    Format("csv", (".csv",), _csv, _lines(csv_layout), value_only=True),
    Format("tsv", (".tsv",), _tsv, _lines(tsv_layout), value_only=True),
    Format("yaml", (".yaml", ".yml"), _yaml),
    Format("markdown", (".md",), _markdown, for_people=True, precision=True),
    Format("github", (), _github, precision=True, ci=True, log=_github_log),
    Format("junit", (".xml",), _junit, ci=True, gates_only=True),
    Format("metrics", (), _metrics, ci=True, gates_only=True, names_numbers=True),
    Format("npy", (".npy",), _npy, _npy_stream, value_only=True, numbers_only=True, binary=True),
    Format("svg", (".svg",), _image("svg"), binary=True, picture=True),
    Format("png", (".png",), _image("png"), binary=True, picture=True),
)
FORMATS = {f.name: f for f in _ALL}
SUFFIXES = {suffix: f for f in _ALL for suffix in f.suffixes}
