"""Pictures: where one is not asked for, where a loss has none, and formats without a place for it."""

from __future__ import annotations

from tests.cli.messages.rows import AB, OWN, USAGE, D, Row, compare, mse

PT = ["-p", "1,2", "-t", "2,4"]
PLOT = "error: --plot takes names of losses and nothing else: losscli list huber:delta=2 mae --plot"
NO_ROWS = "is one number over all rows, so there are no losses of rows to draw"


def plot(*words: str, err: str, files: dict[str, str] | None = None) -> Row:
    return Row(["list", *words, "--plot"], USAGE, f"error: {err}", files or {})


ROWS: dict[str, Row] = {
    "calibration with a loss over all rows": Row(
        ["compute", "ece", "-p", "0.5,0.6", "-t", "0,1", "--calibration"],
        USAGE,
        "error: --calibration is shown with losses of each row, and binary_calibration_error is one number for all rows: add --calibration "
        "to brier, or for a column per class to multiclass_brier",
    ),
    # compute
    "a picture of no histogram": Row(
        mse(*PT, "-o", "x.svg"), USAGE, "error: -o x.svg is a picture, and none is asked for: add --hist or --calibration"
    ),
    "histogram of one number": Row(["compute", "rmse", *PT, "--hist"], USAGE, f"error: rmse {NO_ROWS}: --hist needs --per row"),
    "histogram of a statistic without rows": Row(
        ["compute", "barlow_twins", "--z-a", "[[1,2]]", "--z-b", "[[1,2]]", "--hist"],
        USAGE,
        f"error: barlow_twins {NO_ROWS}: --hist needs a loss with a value for each row",
    ),
    "histogram of one's own number": Row(
        ["compute", "m.py::one", *PT, "--hist"], USAGE, f"error: one {NO_ROWS}: leave out --hist", {"m.py": OWN}
    ),
    "histogram in csv": Row(
        mse(*PT, "--hist", "-f", "csv"),
        USAGE,
        "error: -f csv has no place for a histogram: -f json has its numbers, -o FILE.svg its picture",
    ),
    "histogram between lines of elements": Row(
        mse(*PT, "--hist", "-f", "jsonl", "-r", "none"),
        USAGE,
        "error: -f jsonl has no place for a histogram: -f json has its numbers, -o FILE.svg its picture",
    ),
    "calibration of a loss in csv": Row(
        ["compute", "brier", "-p", "0.1", "-t", "1", "--calibration", "-f", "csv"],
        USAGE,
        "error: -f csv has no place for --calibration: -f json has its numbers, -o FILE.svg its picture",
    ),
    "calibration of a number": Row(
        mse(*PT, "--calibration"),
        USAGE,
        "error: --calibration is of probabilities, and mse does not take those of a target of two classes, or of labels: brier, and for a"
        " column per class multiclass_brier, do",
    ),
    "objective as a picture": Row(
        ["compute", "o.yaml", "d.csv", "-o", "x.svg"],
        USAGE,
        "error: an objective has no picture: write .csv or .json",
        {"o.yaml": "terms: {a: {loss: mse}}", **D},
    ),
    # list
    "a picture of no curve": Row(
        ["list", "huber", "-o", "x.svg"],
        USAGE,
        "error: -o x.svg is a picture, and none is asked for: losscli list huber mae --plot -o x.svg",
    ),
    "curves of no loss": Row(["list", "--plot"], USAGE, PLOT),
    "curves of a task": Row(["list", "--plot", "--task", "regression"], USAGE, PLOT),
    "curves and vectors": Row(["list", "huber", "--plot", "--vectors"], USAGE, PLOT),
    "a curve twice": plot("huber", "huber", err="huber is given twice"),
    "curve of classes": plot("cross_entropy", err="cross_entropy has no curve: its value depends on more than one number of pred"),
    "curve of a statistic": plot("rmse", err="rmse has no curve: it has no value for each row"),
    "curve of other roles": plot(
        "triplet_margin",
        err="triplet_margin has no curve: it takes anchor, positive, negative, and curves are drawn of losses of pred and target",
    ),
    "curves on two axes": plot(
        "huber", "bce", err="these losses share no axis: huber is drawn over the residual; bce is drawn over the probability"
    ),
    "curve of an objective": plot(
        "o.yaml", err="o.yaml is an objective, which has no curve: only losses have one", files={"o.yaml": "terms: {a: {loss: mse}}"}
    ),
    "curves with a comma": plot("huber,mae", err="huber,mae: write each as a word of its own: huber mae"),
    "a curve's option without a value": plot("huber:delta", err="huber:delta: 'delta' is no KEY=VALUE"),
    "a loss as an option of a curve": plot(
        "huber:delta=2,mae", err="huber:delta=2,mae: 'mae' is no KEY=VALUE: another loss is a word of its own: mae"
    ),
    # compare
    "a picture of no comparison": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "-o", "x.png"),
        USAGE,
        "error: -o x.png is a picture, and none is asked for: add --plot or --calibration",
        AB,
    ),
    "calibration in csv": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "-f", "csv", "--calibration"),
        USAGE,
        "error: -f csv has no place for --calibration: -f json has its numbers, -o FILE.svg its picture",
        AB,
    ),
    "a forest plot in csv": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "-f", "csv", "--plot"),
        USAGE,
        "error: -f csv has no place for --plot: -f json has its numbers, -o FILE.svg its picture",
        AB,
    ),
    "a forest plot in junit": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "-f", "junit", "--plot"),
        USAGE,
        "error: -f junit has no place for --plot: -f json has its numbers, -o FILE.svg its picture",
        AB,
    ),
    "calibration in junit": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "-f", "junit", "--calibration"),
        USAGE,
        "error: -f junit has no place for --calibration: -f json has its numbers, -o FILE.svg its picture",
        AB,
    ),
    "calibration of numbers": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--calibration"),
        USAGE,
        "error: --calibration is of probabilities, and none of the losses takes those of a target of two classes, or of labels:"
        " add -l brier, or for a column per class -l multiclass_brier",
        AB,
    ),
}
