"""Several series, told by a name: names without a history, histories without a scale."""

from __future__ import annotations

import re

from tests.cli.messages.rows import INPUT, USAGE, Row


def _mase(series: str, history: str, names: str, *more: str) -> list[str]:
    return ["compute", "series_mase", "-p", "1,2", "-t", "1,4", "--series", series, "--history", history, "--history-series", names, *more]


_FILES = {"a.csv": "id,y,p\nA,3,2\nC,3,3\n", "h.csv": "id,y\nA,1\nA,2\nB,5\n"}
ROWS: dict[str, Row] = {
    "a series without a history": Row(
        _mase("7,8", "1,2", "7,7"), INPUT, "error: series: row 1 is 8, a series without a history: it is not in history_series"
    ),
    "a series without a history, by a word": Row(
        [
            "compute",
            "series_mase",
            "a.csv",
            "-p",
            "p",
            "-t",
            "y",
            "--series",
            "id",
            "--history",
            "h.csv::y",
            "--history-series",
            "h.csv::id",
        ],
        INPUT,
        "error: series = a.csv::id: row 1 (line 3) is C, a series without a history: it is not in history_series",
        _FILES,
    ),
    "a name that is no whole number": Row(
        _mase("7,7.5", "1,2", "7,7"),
        INPUT,
        "error: series: row 1 is 7.5, which is not a whole number or a word that is in history_series",
    ),
    "names for a history of each row": Row(
        _mase("7,8", "[[1,2],[2,3]]", "7,8"),
        INPUT,
        "error: series_mase: history (2, 2) has one series for each row: leave out history_series and series",
    ),
    "names of a part of the history": Row(
        _mase("7,8", "1,2,3", "7,8"), INPUT, "error: series_mase: history_series has 2 numbers, but history has 3 rows"
    ),
    "series without the names of the history": Row(
        ["compute", "series_mase", "-p", "1", "-t", "1", "--history", "1,2", "--series", "7"],
        USAGE,
        "error: series_mase needs history_series: give --history-series SOURCE",
    ),
    "a series whose history does not vary": Row(
        _mase("7,8", "2,2,1,3", "7,7,8,8", "--max", "9"),
        1,
        "warning: W110 series_scaled_error is nan: the history of a series does not vary, so its scale is 0\n"
        "gate failed: series_scaled_error nan, must be at most 9.0",
    ),
    "words in one file and numbers in the other": Row(
        ["compute", "series_mase", "a.csv", "-p", "p", "-t", "y", "--series", "id", "--history", "1,2", "--history-series", "1,1"],
        INPUT,
        "error: series_mase: series (a.csv::id) holds words, history_series (inline) numbers alone: a series needs the same name in both",
        _FILES,
    ),
    "a missing number in a history": Row(
        _mase("7,7", "1,nan,3", "7,7,7", "--nan", "omit"),
        INPUT,
        "error: history: row 1 is nan or empty, and all rows share this role: --nan omit has no row to leave out, so delete it",
    ),
    "a role by two names in compare": Row(
        ["compare", "-l", "scoringrules.logs_laplace", "-p", "1", "--role", "obs=1", "--role", "target=2", "--role", "scale=1"],
        USAGE,
        "error: --role: obs, target, scale: two of them are target: give one",
    ),
    "a role of one loss in compare": Row(
        ["compare", "a.csv", "-l", "series_mase", "-p", "p", "-t", "y", "--series", "id", "--history", "h.csv::y"],
        USAGE,
        re.compile("^error: no such option --series: it is a role of series_mase, so write --role series=id$", re.M),
        _FILES,
    ),
    "a series with one value": Row(
        _mase("7,8", "2,1,3", "7,8,8"),
        0,
        "warning: W104 1 row: a history is not longer than --seasonality, so a seasonality of 1 is used for its series\n"
        "warning: W110 series_scaled_error is nan: the history of a series holds a single value",
    ),
}
