"""Survival times: intervals and causes of columns, times of curves, bounds of a time."""

from __future__ import annotations

from tests.cli.messages.rows import INPUT, USAGE, Row

_CURVES = ("-p", "[[0.9,0.5],[0.8,0.3]]", "--time", "1,2", "--event", "1,0")
ROWS: dict[str, Row] = {
    "an interval that is no column": Row(
        ["compute", "nll_pmf", "-p", "[[1,2],[0,1]]", "--interval", "5,0", "--event", "1,0"],
        INPUT,
        "error: interval: row 0 is 5, which is not the number of a column of pred, from 0",
    ),
    "a cause that is no vector": Row(
        ["compute", "nll_pmf_cr", "-p", "[[[1,2],[0,1]]]", "--interval", "1", "--event", "3"],
        INPUT,
        "error: event: row 0 is 3, which is not a cause, from 1 to the number of vectors in a row of pred, or 0 for a censored row",
    ),
    "other times than columns": Row(
        ["compute", "brier_survival", *_CURVES, "--times", "1,2,3"],
        USAGE,
        "error: brier_survival: times has 3 numbers, but the last axis of pred has 2",
    ),
    "weights of censoring for other times than columns": Row(
        ["compute", "brier_survival_weighted", *_CURVES, "--times", "1,2", "--censoring-weight", "[[1,2,3],[1,2,3]]"],
        INPUT,
        "error: a row has 2 times, but 3 weights: give one for each, or one for all",
    ),
    "curves without times": Row(
        ["compute", "brier_survival", *_CURVES],
        0,
        "note: brier_survival is ours here; yardstick.brier_survival is brier_survival_weighted\n"
        "warning: W114 2 rows: no --times: the columns of pred are taken for the times 1, 2, 3, …",
    ),
    "an integral over times that fall": Row(
        ["compute", "brier_survival_integrated", *_CURVES, "--times", "2,1"],
        USAGE,
        "error: --times needs two times or more, in increasing order, for an integral over them",
    ),
    "bounds in the wrong order": Row(
        ["compute", "aft", "-p", "1,1", "--lower", "3,1", "--upper", "2,inf"],
        0,
        "warning: W104 1 row: upper below lower: the two are taken in the right order; a row with no upper bound has upper inf",
    ),
    "a bound of pycox that is two bounds": Row(
        ["compute", "pycox.CoxCCLoss", "-p", "1,2", "--control", "[[1],[2]]", "--clamp", "3"],
        USAGE,
        "error: no such option --clamp: our most is the upper one of its two bounds\nsee `losscli compute pycox.CoxCCLoss --help`",
    ),
    "no pair to compare": Row(
        ["compute", "c_index", "-p", "1,2", "--time", "1,2", "--event", "0,0"],
        0,
        "warning: W105 concordance_survival is nan: nothing is left to average (no pair, no positive, no elements, "
        "or all masked, padded or of weight 0)",
    ),
    "no row left at a time": Row(
        ["compute", "brier_survival", "-p", "[[0.5],[0.6]]", "--time", "1,2", "--event", "0,0", "--times", "3", "--max", "1"],
        1,
        "note: brier_survival is ours here; yardstick.brier_survival is brier_survival_weighted\n"
        "warning: W105 brier_survival is nan: nothing is left to average (no pair, no positive, no elements, or all masked, padded or of "
        "weight 0)\n"
        "gate failed: brier_survival nan, must be at most 1.0",
    ),
    "an integral over one time": Row(
        ["compute", "brier_survival_integrated", "-p", "[[0.5],[0.6]]", "--time", "1,2", "--event", "1,0", "--times", "1.5"],
        USAGE,
        "error: --times needs two times or more, in increasing order, for an integral over them",
    ),
    "all censored, for scikit-survival": Row(
        ["compute", "sksurv.metrics.brier_score", *_CURVES, "--times", "1,1.5", "--train-time", "1,2", "--train-event", "0,0"],
        USAGE,
        "error: --at-event at, as scikit-survival: train_event is 0 in every row, and all rows censored say nothing",
    ),
    "a time past the last row, for scikit-survival": Row(
        ["compute", "sksurv.metrics.brier_score", *_CURVES, "--times", "1,2"],
        USAGE,
        "error: --at-event at, as scikit-survival: times has to be at least 1, the first time, and below 2, the last",
    ),
    "a row past the last training row, for scikit-survival": Row(
        ["compute", "sksurv.metrics.brier_score", *_CURVES, "--times", "1,1.5", "--train-time", "1,1.5", "--train-event", "1,1"],
        USAGE,
        "error: --at-event at, as scikit-survival: time has 2, which is after 1.5, the last train_time",
    ),
    "weights that have no effect": Row(
        ["compute", "xgboost.cox_nloglik", "-p", "0.5,1", "--time", "1,2", "--event", "1,1", "-w", "1,2"],
        0,
        "warning: W127 xgboost.cox_nloglik ignores weights: sample_weight has no effect",
    ),
}
