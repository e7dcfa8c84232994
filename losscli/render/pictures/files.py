"""Pictures as SVG and PNG, drawn by matplotlib (the `plot` extra). The same numbers give the same bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from losscli.render.pictures.colours import ACCENT, MUTED, colour_of
from losscli.render.pictures.picture import Bars, Intervals, Lines, Picture
from losscli.text import clean, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["image", "installed"]

_WIDTH, _ROW = 7.0, 0.34  # inches
LABEL = 60  # characters of a label
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
_MARKERS = "osD^vX"
# All that a matplotlibrc of the user could change is set from matplotlib's own defaults, then by these.
_STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # matplotlib brings it
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e2e2e2",
    "legend.frameon": False,
    "svg.hashsalt": "losscli",
    "svg.fonttype": "none",  # texts stay texts: they can be searched and read aloud, and the viewer has letters of every script
}


def installed() -> bool:
    """Whether matplotlib is there. It is not loaded."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def image(pictures: Sequence[Picture], format: str) -> bytes:
    """The pictures below each other as one image, with a white background."""
    import warnings
    from io import BytesIO

    import matplotlib as mpl
    from matplotlib.figure import Figure

    out = BytesIO()
    style: Any = {**mpl.rcParamsDefault, **_STYLE}
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        warnings.filterwarnings("ignore", "constrained_layout not applied")  # a line below is wider than the picture
        heights = [_height(p) for p in pictures]
        figure = Figure(figsize=(_WIDTH, sum(heights)), layout="constrained")
        axes = figure.subplots(len(pictures), 1, squeeze=False, height_ratios=heights)
        for picture, (ax,) in zip(pictures, axes, strict=True):
            _draw(picture, ax)
        figure.savefig(out, format=format, dpi=150, metadata={"Date": None} if format == "svg" else {"Software": None})
    return out.getvalue()


def _height(picture: Picture) -> float:
    if isinstance(picture, Intervals):
        return 1.2 + _ROW * len(picture.rows)
    return 6.4 if isinstance(picture, Lines) and picture.diagonal else 4.2


def _draw(picture: Picture, ax: Axes) -> None:
    ax.set_title(_plain(picture.title), loc="left")
    if not _has_numbers(picture):
        ax.set_axis_off()
        ax.text(0.5, 0.5, _plain("\n".join(picture.below) or "nothing to draw"), ha="center", va="center", transform=ax.transAxes)
        return
    if isinstance(picture, Bars):
        _bars(picture, ax)
    elif isinstance(picture, Intervals):
        _intervals(picture, ax)
    else:
        _lines(picture, ax)
    ax.set_xlabel(_plain("\n".join([picture.x, *picture.below])))


def _has_numbers(picture: Picture) -> bool:
    if isinstance(picture, Bars):
        return bool(picture.bars)
    return bool(picture.rows) if isinstance(picture, Intervals) else any(line.x for line in picture.lines)


def _plain(text: str) -> str:
    """The lines of a text without matplotlib's mathematics, where a $ is a $, and without characters that SVG cannot hold."""
    return "\n".join(map(clean, text.split("\n"))).replace("$", r"\$")


def _label(text: str) -> str:
    """The text beside an axis or in a legend, which must leave room for the picture."""
    return _plain(shortened(text, LABEL))


def _bars(picture: Bars, ax: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    lengths = [b.length for b in picture.bars]
    ax.grid(False, axis="x")
    if picture.edges:
        ax.stairs(lengths, picture.edges, fill=True, color=ACCENT)
        ax.vlines(picture.edges[1:-1], 0, [min(a, b) for a, b in pairwise(lengths)], color="white", linewidth=0.7)
    else:
        ax.bar(range(len(lengths)), lengths, width=0.7, color=ACCENT)
        ax.set_xticks(range(len(lengths)), [_label(b.label) for b in picture.bars])
    if picture.edges and picture.mean is not None and picture.edges[0] <= picture.mean <= picture.edges[-1]:
        ax.axvline(picture.mean, color=colour_of(1), linestyle="--", label=f"mean {picture.mean:.6g}")
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)
    ax.set_ylabel(_plain(picture.y))
    if not picture.weighted:
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))


def _intervals(picture: Intervals, ax: Axes) -> None:
    rows = picture.rows
    ax.grid(False, axis="y")
    if picture.reference is not None:
        ax.axvline(picture.reference, color=MUTED, linestyle="--", linewidth=1.0)
    for at, row in enumerate(rows):
        if math.isfinite(row.low) and math.isfinite(row.high):
            ax.plot([row.low, row.high], [at, at], color=ACCENT, linewidth=2.0, marker="|", markersize=9.0)
        if math.isfinite(row.value):
            ax.plot([row.value], [at], color=ACCENT, marker="o")
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), [_label(r.label) for r in rows])
    beside = ax.secondary_yaxis("right")
    beside.set_yticks(range(len(rows)), [_plain(r.text) for r in rows])
    beside.tick_params(length=0)
    beside.spines["right"].set_visible(False)


def _lines(picture: Lines, ax: Axes) -> None:
    if picture.diagonal:
        ax.axline((0, 0), slope=1, color=MUTED, linestyle=":", linewidth=1.0)
        ax.set_aspect("equal")
    for number, line in enumerate(picture.lines):
        style: dict[str, Any] = {"color": colour_of(number), "label": _label(line.name)}
        if line.points:
            ax.plot(line.x, line.y, linestyle="", marker=_MARKERS[number % len(_MARKERS)], **style)
        else:
            ax.plot(line.x, line.y, linestyle=_DASHES[number % len(_DASHES)], linewidth=1.8, **style)
    for set_limits, (low, high), margin in ((ax.set_xlim, picture.x_range, 0.02), (ax.set_ylim, picture.y_range, 0.025)):
        set_limits(low - margin * (high - low), high + margin * (high - low))  # a line at the edge stays visible
    ax.set_ylabel(_plain(picture.y))
    if len(picture.lines) > 1:
        columns = max(1, 80 // (8 + max(len(line.name) for line in picture.lines)))
        ax.figure.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=columns)
