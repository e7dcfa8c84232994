"""Pictures: what the commands draw in characters, as files, and as numbers."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import losscli
from losscli.cli.app import run
from losscli.render.grid import Style, drawn, plain, width_of
from losscli.render.pictures.characters import grid_of
from losscli.render.pictures.colours import COLOURS
from losscli.render.pictures.files import image
from losscli.render.pictures.picture import Bar, Bars, Interval, Intervals, Line, Lines, Picture
from tests import SAMPLES
from tests.support.output import Cli

DIABETES = ("compute", "mse", f"{SAMPLES}/diabetes.csv", "-p", "ridge", "-t", "y_true")
CANCER = ("compare", f"{SAMPLES}/breast_cancer.csv", "-l", "bce", "-p", "logistic", "-p", "forest", "-t", "target")
CURVES = ("list", "huber:delta=2", "mse", "mae", "--plot")


def document(cli: Cli, *argv: str) -> Any:
    said = cli(*argv, "-f", "json", "-q")
    assert said.code == 0, said.err
    return json.loads(said.out)


# --- every picture, in characters and as a file ----------------------------------------------------------------------------

X = np.linspace(-3, 3, 61)
BARS = [Bar("0 to 1", 3, "3  30.0%"), Bar("1 to 2", 0, "0   0.0%"), Bar("2 to 3", 7, "7  70.0%")]
ROWS = [Interval("gbm", 3, 1, 5, "3 (1 to 5)"), Interval("net", -2, -4, 0.5, "-2 (-4 to 0.5)")]
MANY = [Line(f"line {k} with a name", X.tolist(), (k * X**2).tolist()) for k in range(8)]
PICTURES: dict[str, Picture] = {
    "bars": Bars("a title", "x [unit]", "number", BARS, edges=(0, 1, 2, 3), mean=1.5, below=["10 values"]),
    "bars of values": Bars("a title", "x", "number", [Bar("zwölf", 3, "3"), Bar("日本", 1, "1")]),
    "no bars": Bars("a title", "x", "number", [], below=["nothing to draw"]),
    "intervals": Intervals("a title", "difference", ROWS, 0.0),
    "intervals with long texts": Intervals("a title", "x", [Interval("of a long name", 1, 0.5, 1.5, "1.2345 (1.01 to 1.457)")]),
    "no interval": Intervals("a title", "value", [Interval("gbm", 3, np.nan, np.nan, "3")]),
    "no intervals": Intervals("a title", "value", []),
    "one line": Lines("a title", "x", "y", [Line("mse", X.tolist(), (X**2).tolist())], (-3, 3), (0, 9)),
    "lines": Lines("a title", "x", "y", MANY, (-3, 3), (0, 9)),
    "lines with gaps": Lines("a title", "x", "y", [Line("$a_1$", X.tolist(), np.where(X > 0, X, np.nan).tolist())], (-3, 3), (0, 3)),
    "points": Lines("a title", "x", "y", [Line("p", [0.1, 0.5], [0.2, 0.4], points=True)], (0, 1), (0, 1), diagonal=True),
    "no lines": Lines("a title", "x", "y", [], (0, 1), (0, 1), diagonal=True, below=["nothing to draw"]),
}  # fmt: skip


def lines_of(picture: Picture, style: Style) -> list[str]:
    return ["".join(text for text, _ in spans) for spans in grid_of(picture, style).drawing]


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("width", [34, 50, 60, 80, 200])
@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("colour", [False, True])
def test_no_line_is_wider_than_the_terminal(picture: Picture, width: int, ascii: bool, colour: bool) -> None:
    style = Style(terminal=True, colour=colour, width=width, ascii=ascii)
    lines = lines_of(picture, style)
    assert all(width_of(line.rstrip()) <= width for line in lines)
    words = "".join(c for line in lines for c in line)
    assert not ascii or all(c.isascii() or c.isalpha() for c in words)
    text = drawn([grid_of(picture, style)], style)
    assert ("\x1b[" in text) == colour
    for name in _words_of(picture):
        assert name in text, name


def _words_of(picture: Picture) -> Sequence[str]:
    """The texts that a picture must show, whole."""
    if isinstance(picture, Bars):
        return [picture.title, *picture.below, *(t for b in picture.bars for t in (b.label, b.remark))]
    if isinstance(picture, Intervals):
        return [picture.title, *(t for r in picture.rows for t in (r.label, r.text))]
    return [picture.title, *picture.below, *(line.name for line in picture.lines)]


def test_a_pipe_has_no_colours_and_eighty_columns() -> None:
    for picture in PICTURES.values():
        text = plain([grid_of(picture, Style(width=10_000))])
        assert "\x1b" not in text and all(width_of(line) <= 80 for line in text.splitlines())


def test_the_longest_bar_fills_its_room_and_none_is_invisible() -> None:
    bars = Bars("t", "x", "n", [Bar("a", 1000, "1000"), Bar("b", 500, "500"), Bar("c", 1, "1"), Bar("d", 0, "0")])
    drawing = [spans[1][0] for spans in grid_of(bars, Style(terminal=True, width=43)).drawing]
    assert drawing == ["█" * 34, "█" * 17 + " " * 17, "▏" + " " * 33, " " * 34]
    assert [s[1][0].rstrip() for s in grid_of(bars, Style(terminal=True, width=43, ascii=True)).drawing] == ["#" * 34, "#" * 17, "#", ""]


def test_an_interval_is_where_its_numbers_are() -> None:
    """From -4.45 to 5.45 over 24 columns: 0 is in column 10, 1 in 13, 3 in 17, 5 in 22."""
    (first, second, axis, *_) = lines_of(PICTURES["intervals"], Style(terminal=True, width=45))
    start = len("gbm  ")
    places = {c: first.index(c) - start for c in "┊├●┤"}
    low, high = -4 - 9 / 20, 5 + 9 / 20
    room = 45 - start - len("  -2 (-4 to 0.5)")
    assert places == {c: round((x - low) / (high - low) * (room - 1)) for c, x in {"┊": 0, "├": 1, "●": 3, "┤": 5}.items()}
    assert second.index("├") < second.index("●") < second.index("┼") < second.index("┤")  # 0 lies in this interval
    assert second.index("┼") == first.index("┊") and axis.count("┬") >= 2


def test_a_line_of_dots_goes_through_its_points() -> None:
    """y = x from corner to corner: the dots of the first and the last column."""
    picture = Lines("t", "x", "y", [Line("a", [0.0, 1.0], [0.0, 1.0])], (0, 1), (0, 1))
    rows = [spans[1:] for spans in grid_of(picture, Style(terminal=True, colour=True, width=46)).drawing if len(spans) > 10]
    top, bottom = [c for c, _ in rows[0]], [c for c, _ in rows[-1]]
    assert top[-1] != " " and bottom[0] != " " and top[0] == bottom[-1] == " "
    assert sum(c != " " for row in rows for c, _ in row) >= 16


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_files(picture: Picture) -> None:
    svg, png = image([picture], "svg"), image([picture], "png")
    ElementTree.fromstring(svg)
    assert b"<dc:date>" not in svg
    assert png.startswith(b"\x89PNG") and struct.unpack(">II", png[16:24])[0] == 1050
    assert Image.open(io.BytesIO(png)).convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert image([picture], "svg") == svg and image([picture], "png") == png


def test_a_users_style_changes_no_byte(tmp_path: Path) -> None:
    import matplotlib as mpl

    expected = image([PICTURES["lines"]], "svg")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black", "svg.hashsalt": None, "lines.linewidth": 9}):
        assert image([PICTURES["lines"]], "svg") == expected


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("background", ["#ffffff", "#000000"])
def test_colours_are_seen_on_light_and_dark(colour: str, background: str) -> None:
    """The contrast of WCAG 2.1 for graphics is at least 3."""
    bright, dark = sorted((_luminance(colour), _luminance(background)), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 3


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


# --- compute --hist --------------------------------------------------------------------------------------------------------


def test_histogram_of_a_file(cli: Cli) -> None:
    found = document(cli, *DIABETES, "--hist")["histogram"]
    columns = np.genfromtxt(SAMPLES / "diabetes.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    losses = (columns["ridge"] - columns["y_true"]) ** 2
    assert found["counts"] == np.histogram(losses, found["edges"])[0].tolist()
    assert found["total"] == sum(found["counts"]) == 110


def test_histogram_in_a_table(cli: Cli) -> None:
    out = cli("compute", "zero_one", "-p", "1,2,3,4", "-t", "1,2,3,5", "--hist").out
    title, zero, one = out.splitlines()[-4:-1]
    assert title == "distribution of the losses: zero_one"
    assert zero == f"0  {'█' * 66}  3   75.0%" and one == f"1  {'█' * 22}{' ' * 44}  1   25.0%"
    assert out.endswith("\n4 values\n")


def test_tails_nan_and_ignored(cli: Cli) -> None:
    x = ",".join(map(str, [*np.linspace(1, 2, 50), 1e6]))
    found = document(cli, "compute", "mae", "-p", x, "-t", "0," * 50 + "0", "--hist")["histogram"]
    assert found["above"] == {"count": 1, "max": 1e6} and sum(found["counts"]) == 50 and found["edges"][-1] < 10
    out = cli("compute", "mae", "-p", x, "-t", "0," * 50 + "0", "--hist").out
    assert f"above {found['edges'][-1]:g}, not drawn: 1 (1.96%), the largest 1e+06" in out
    out = cli("compute", "mse", "-p", "nan,inf,1,1", "-t", "1,1,1,1", "--nan", "propagate", "--hist", "-q").out
    assert "nan, not drawn: 1\ninfinite, not drawn: 1\n" in out
    found = document(cli, "compute", "cross_entropy", "-p", "[[1,2],[3,1],[2,2]]", "-t", "0,-100,1", "--hist")["histogram"]
    assert (found["total"], found["ignored"]) == (2, 1)


def test_histogram_counts_each_loss_with_its_weight(cli: Cli) -> None:
    """The losses are 1, 4, 1 and 0; another row is left out for nan, and the last has weight 0."""
    argv = ("compute", "mse", "-p", "1,nan,3,5,7", "-t", "2,1,5,6,7", "-w", "2,1,1.5,1,0", "--nan", "omit", "--hist")
    found = document(cli, *argv)["histogram"]
    assert found["counts"] == np.histogram([1, 4, 1], found["edges"], weights=[2, 1.5, 1])[0].tolist()
    assert (found["total"], found["weighted"]) == (4.5, True)
    assert "sum of the weights: 4.5" in cli(*argv).out


def test_histogram_with_derivatives(cli: Cli) -> None:
    for more in ((), ("-w", "1,2,1")):
        argv = ("compute", "mse", "-p", "1,2,3", "-t", "2,3,4", *more, "--hist")
        assert document(cli, *argv, "--grad", "pred")["histogram"] == document(cli, *argv)["histogram"]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_histogram_of_many_rows(cli: Cli, threads: str) -> None:
    p = np.random.default_rng(0).normal(size=600_000)
    np.save("p.npy", p)
    np.save("t.npy", np.zeros(len(p)))
    found = document(cli, "compute", "mse", "-p", "p.npy", "-t", "t.npy", "--hist", "--threads", threads)["histogram"]
    losses = p**2
    edges = np.array(found["edges"])
    assert found["counts"] == np.histogram(losses[losses < edges[-1]], edges)[0].tolist()
    assert found["above"] == {"count": int((losses >= edges[-1]).sum()), "max": losses.max()}


def test_no_losses(cli: Cli) -> None:
    said = cli("compute", "mse", "-p", "[]", "-t", "[]", "--hist")
    assert "nothing to draw: there are no finite losses" in said.out
    assert document(cli, "compute", "mse", "-p", "[]", "-t", "[]", "--hist")["histogram"]["counts"] == []
    assert cli("compute", "mse", "-p", "[]", "-t", "[]", "--hist", "-o", "x.svg", "-q").code == 0


def test_histogram_of_a_statistic_of_rows_and_of_ones_own_loss(cli: Cli) -> None:
    found = document(cli, "compute", "dice", "-p", "[[0,1],[1,0]]", "-t", "[[0,1],[0,1]]", "--per", "row", "--hist")
    assert found["histogram"]["total"] == 2
    Path("m.py").write_text("def f(pred, target): return (pred - target) ** 4\n")
    assert document(cli, "compute", "m.py::f", "-p", "1,2", "-t", "1,1", "--hist")["histogram"]["total"] == 2


# --- list --plot -----------------------------------------------------------------------------------------------------------

AXES = {
    "residual": (["huber:delta=2", "mse", "mae", "quantile:tau=0.9"], 0.0),
    "margin": (["hinge", "bce_with_logits"], 1.0),
    "probability": (["bce", "brier"], 1.0),
    "pred": (["mape", "mae", "msle"], 1.0),
}


@pytest.mark.parametrize("axis", AXES)
def test_curves_are_the_losses(cli: Cli, axis: str) -> None:
    words, target = AXES[axis]
    found = document(cli, "list", *words, "--plot")["curves"]
    assert (found["axis"], found["target"]) == (axis, target)
    x = np.array(found["x"])
    for line, word in zip(found["lines"], words, strict=True):
        name, _, option = word.partition(":")
        options = dict([option.split("=")]) if option else {}
        expected = losscli.compute(
            name, pred=x, target=np.full(x.shape, target), reduction="none", **{k: float(v) for k, v in options.items()}
        )
        assert line["values"] == expected.values.tolist() and line["text"] == word


def test_the_axis_holds_the_middle_and_twice_the_scale(cli: Cli) -> None:
    x = document(cli, *CURVES)["curves"]["x"]
    assert (x[0], x[-1], 0.0 in x) == (-4.0, 4.0, True)


def test_curves_as_rows(cli: Cli) -> None:
    rows = cli(*CURVES, "-f", "csv").out.splitlines()
    assert rows[0] == "residual,huber:delta=2,mse,mae" and rows[1] == "-4.0,6.0,16.0,4.0"
    assert json.loads(cli(*CURVES, "-f", "jsonl").out.splitlines()[0]) == {"residual": -4.0, "huber:delta=2": 6.0, "mse": 16.0, "mae": 4.0}


def test_what_is_hidden_or_beyond_is_said(cli: Cli) -> None:
    assert "huber is hidden: it is the same as smooth_l1 here" in cli("list", "huber", "smooth_l1", "--plot").out
    assert "above the picture: mse" in cli("list", "huber", "mae", "tukey", "mse", "--plot").out


def test_ones_own_loss_has_a_curve(cli: Cli) -> None:
    Path("m.py").write_text("def f(pred, target, *, power=4.0): return abs(pred - target) ** power\n")
    found = document(cli, "list", "m.py::f:power=2", "mse", "--plot")["curves"]
    assert found["axis"] == "residual" and found["lines"][0]["values"] == found["lines"][1]["values"]


# --- compare --plot --------------------------------------------------------------------------------------------------------

COMPARED = ("compare", f"{SAMPLES}/diabetes.csv", "-l", "mse", "-l", "rmse", "-p", "ridge", "-p", "gbm", "-t", "y_true")


def drawn_forests(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[Any, dict[str, Intervals]]:
    """The document of a comparison, and its forest plots by their titles."""
    pictures: list[Picture] = []

    def spied(found: Sequence[Picture], format: str) -> bytes:
        pictures.extend(found)
        return b""

    with patch("losscli.render.pictures.files.image", spied):
        assert run([*argv, "--plot", "-o", "x.svg"]) == 0
    assert run([*argv, "-f", "json"]) == 0
    return json.loads(capsys.readouterr().out), {p.title: p for p in pictures if isinstance(p, Intervals)}


def test_forests_show_the_values_and_the_differences_of_the_document(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    found, plots = drawn_forests(capsys, *COMPARED, "--ci", "90")
    results = {(r["prediction"], r["loss"]): r for r in found["results"]}
    assert len(plots) == 4
    for loss in ("mse", "rmse"):
        values, differences = plots[f"{loss}, 90 % intervals"], plots[f"{loss}: difference to ridge, 90 % intervals; left of 0 is better"]
        assert [r.label for r in values.rows] == ["ridge", "gbm"] and [r.label for r in differences.rows] == ["gbm"]
        for row in values.rows:
            r = results[row.label, loss]
            assert (row.value, row.low, row.high) == (r["value"], r["interval"]["low"], r["interval"]["high"])
        r = results["gbm", loss]
        (row,) = differences.rows
        assert (row.value, row.low, row.high) == (r["difference"], r["paired"]["low"], r["paired"]["high"])
        assert differences.reference == 0.0 and values.reference is None
    assert [r.strong for r in plots["mse, 90 % intervals"].rows] == [True, False]


def test_forests_without_intervals_are_points(cli: Cli) -> None:
    for more in (("--ci", "none"), ("-l", "median_ae")):
        out = cli("compare", "-l", "mse", *more, "-p", "a=1,2,4", "-p", "b=1,3,3", "-t", "1,4,2", "--plot", "-q").out
        assert "●" in out and "mse: difference to a" in out
    one = cli("compare", "-l", "mse", "-p", "a=1,2,4", "-t", "1,4,2", "--plot").out
    assert "├" in one and "difference to" not in one.split("rows read")[1]


def test_forests_of_nan_and_of_no_rows_say_that_there_is_nothing(cli: Cli) -> None:
    said = cli("compare", "-l", "mse", "-p", "a=[]", "-p", "b=[]", "-t", "[]", "--plot", "-q")
    assert said.code == 0 and said.out.count("nothing to draw: no value is a finite number") == 2
    assert cli("compare", "-l", "mse", "-p", "a=[]", "-t", "[]", "--plot", "-q", "-o", "x.svg").code == 0


def test_both_pictures(cli: Cli) -> None:
    said = cli(*CANCER, "--plot", "--calibration", "-q")
    assert said.out.index("bce, 95 % intervals") < said.out.index("reliability diagram") < said.out.index("MCB")
    assert cli(*CANCER, "--plot", "--calibration", "-q", "-o", "x.svg").code == 0


# --- compare --calibration -------------------------------------------------------------------------------------------------


def test_calibration_of_two_classes(cli: Cli) -> None:
    """The Brier score and the log score are those of the losses; the parts add up."""
    found = document(cli, *CANCER, "-l", "brier", "--calibration")
    values = {(r["prediction"], r["loss"]): r["value"] for r in found["results"]}
    for c in found["calibration"]:
        assert c["brier"]["score"] == pytest.approx(values[c["prediction"], "brier"], rel=1e-12)
        for score in ("brier", "log"):
            parts = {k: float(v) for k, v in c[score].items()}
            assert parts["score"] == pytest.approx(parts["miscalibration"] - parts["discrimination"] + parts["uncertainty"])
    assert found["calibration"][0]["log"]["score"] == pytest.approx(values["logistic", "bce"], rel=1e-9)
    assert [c["event"] for c in found["calibration"]] == ["target 1", "target 1"]


CLASSES = "y,p_cat,p_dog\ncat,0.9,0.1\ndog,0.2,0.8\ncat,0.4,0.6\ndog,0.3,0.7\n"


def test_calibration_of_classes(cli: Cli) -> None:
    """Top classes: 0.9 right, 0.8 right, 0.6 wrong, 0.7 right. The two classes of the Brier score make that of the loss."""
    Path("d.csv").write_text(CLASSES)
    found = document(cli, "compare", "d.csv", "-l", "multiclass_brier", "-p", "a=p_*", "-t", "y", "--calibration")
    events = {c["event"]: c for c in found["calibration"]}
    assert list(events) == ["top class", "class cat", "class dog"]
    assert events["top class"]["brier"]["score"] == pytest.approx((0.01 + 0.04 + 0.36 + 0.09) / 4)
    assert events["top class"]["curve"] == {"lower": [0.6, 0.7], "upper": [0.6, 0.9], "share": [0.0, 1.0], "weight": [1.0, 3.0]}
    assert events["class cat"]["brier"]["score"] + events["class dog"]["brier"]["score"] == pytest.approx(found["results"][0]["value"])
    out = cli("compare", "d.csv", "-l", "multiclass_brier", "-p", "a=p_*", "-t", "y", "--calibration").out
    assert "top class: the class with the highest probability" in out and "class cat" in out


def test_calibration_respects_weights_nan_and_ignored_labels(cli: Cli) -> None:
    argv = ("compare", "-l", "bce", "-p", "a=0.1,0.9,nan,0.4", "-t", "0,1,1,1", "--nan", "omit", "-w", "1,2,5,0", "--calibration")
    (found,) = document(cli, *argv)["calibration"]
    assert found["weight"] == 3.0 and found["event_share"] == 2 / 3
    assert found["brier"]["score"] == pytest.approx(0.01)
    (top, *_) = document(
        cli, "compare", "-l", "logloss", "-p", "a=[[0.1,0.9],[0.2,0.8],[0.7,0.3]]", "-t", "1,0,0", "-w", "1,0,1", "--calibration"
    )["calibration"]
    assert (top["weight"], top["event_share"]) == (2.0, 1.0)


def test_calibration_uses_the_rows_of_the_comparison(cli: Cli) -> None:
    """A row is left out where a column of another loss is nan, and a masked value is left out of that loss alone."""
    Path("m.py").write_text(
        "import numpy as np\n"
        "from losscli.domains import Probability\n"
        "def other(pred: Probability, target: Probability, more): return pred * more\n"
        "def masked(pred: Probability, target: Probability): return np.ma.masked_array(abs(pred - target), pred == 0.4)\n"
    )
    argv = ("-p", "a=0.1,0.9,0.4", "-t", "0,1,1", "--nan", "omit", "--calibration")
    (found,) = document(cli, "compare", "-l", "brier", "-l", "m.py::other", "--role", "more=1,nan,2", *argv)["calibration"]
    assert found["weight"] == 2.0 and found["brier"]["score"] == pytest.approx((0.01 + 0.36) / 2)
    (found,) = document(cli, "compare", "-l", "m.py::masked", *argv)["calibration"]
    assert found["weight"] == 2.0 and found["brier"]["score"] == pytest.approx(0.01)


def test_calibration_of_one_loss(cli: Cli) -> None:
    """The parts beside the value of the loss, with the histogram of its values where that is asked for too."""
    argv = ("brier", "-p", "0.1,0.9,0.6,0.4,0.4", "-t", "0,1,0,1,1", "-w", "1,2,1,1,0")
    found = document(cli, "compute", *argv, "--calibration", "--hist")
    (of_event,) = found["calibration"]
    assert found["value"] == of_event["brier"]["score"] and of_event["weight"] == 5.0 and "histogram" in found
    mcb = document(cli, "compute", "corp_miscalibration", *argv[1:])["value"]
    assert of_event["brier"]["miscalibration"] == pytest.approx(mcb, rel=1e-14)
    assert "MCB" in cli("compute", *argv, "--calibration").out
    Path("d.csv").write_text(CLASSES)
    events = document(cli, "compute", "logloss", "d.csv", "-p", "p_*", "-t", "y", "--calibration")["calibration"]
    assert [c["event"] for c in events] == ["top class", "class cat", "class dog"]


def test_calibration_of_nothing(cli: Cli) -> None:
    argv = ("compare", "-l", "bce", "-p", "a=[]", "-t", "[]", "--calibration", "-q")
    assert "a: nothing to draw, there are no probabilities" in cli(*argv).out
    assert document(cli, *argv[:-1])["calibration"] == [{"prediction": "a", "event": "target 1"}]


def test_equal_predictions_hide_each_other(cli: Cli) -> None:
    argv = ("compare", "-l", "bce", "-p", "a=0.1,0.2", "-p", "b=0.1,0.2", "-t", "0,1", "--calibration")
    assert "a is hidden: it is the same as b" in cli(*argv).out


# --- files and formats -----------------------------------------------------------------------------------------------------

COMMANDS = {
    "hist": (*DIABETES, "--hist"),
    "curves": CURVES,
    "forest": (*CANCER, "--plot", "-q"),
    "calibration": (*CANCER, "--calibration", "-q"),
}


@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
def test_a_file_appears_and_standard_output_is_empty(cli: Cli, argv: tuple[str, ...]) -> None:
    for name in ("x.svg", "x.PNG", "y.svg"):
        said = cli(*argv, "-o", name)
        assert (said.code, said.out) == (0, ""), said.err
    assert Path("x.svg").read_bytes() == Path("y.svg").read_bytes()
    assert Path("x.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
def test_markdown_keeps_the_picture_as_text(cli: Cli, argv: tuple[str, ...]) -> None:
    out = cli(*argv, "-f", "markdown").out
    assert out.count("```text\n") == out.count("```\n") == (2 if "--plot" in argv and argv[0] == "compare" else 1)


def test_a_terminal_without_unicode(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    with patch("sys.stdout", out):
        assert run(list(CURVES)) == 0
        out.flush()
        text = out.buffer.getvalue().decode("ascii")
    assert "* huber:delta=2   o mse   x mae" in text and "?" not in text


@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
def test_matplotlib_is_loaded_for_files_alone(cli: Cli, argv: tuple[str, ...]) -> None:
    import subprocess
    import sys

    code = f"import sys; from losscli.cli.app import run; run({list(argv)!r}); print('matplotlib' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip().endswith("False")
