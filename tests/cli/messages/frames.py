"""Messages about frames and about results in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import polars as pl

import losscli
from losscli.errors import InputError, LossError, UsageError
from losscli.sources import frames
from losscli.testing import check_conformance

__all__ = ["CALLS"]

P_T = {"p": [1.0], "t": [1.0]}
DATES = pd.date_range("2026-01-01", periods=2)


def _mse(**given: Any) -> Any:
    return losscli.compute("mse", **{"pred": "p", "target": "t", **given})


class Exchanged:
    """A frame of which only the Arrow protocol is known, and that breaks."""

    columns = ("p", "t")

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        raise ValueError("it is broken")


class Unreadable:
    """A column that breaks."""

    def to_numpy(self) -> Any:
        raise ValueError

    def __array__(self, *said: Any) -> Any:
        raise ValueError("it is broken")


def _without_packages() -> Any:
    with patch.object(frames, "polars", lambda: None), patch.object(frames, "_module", lambda name: None):
        return _mse(data=Exchanged())


def _without_frames() -> Any:
    with patch.dict("sys.modules", {"pandas": None, "polars": None}):
        return losscli.compute("mse", pred=[1.0], target=[1.0]).to_frame()


def _half(pred: Any, target: Any) -> Any:
    return (pred - target) ** 2 / 2


compute: Any = losscli.compute  # called in ways that its types forbid
_TWICE = pd.DataFrame([[1, 2, 3]], columns=["p", "p", "t"])
_UNEQUAL = {"p": [[1, 2]], "q": [1], "t": [1]}
CALLS: dict[str, tuple[Callable[[], Any], type[LossError], str]] = {
    "arrays by position": (
        lambda: compute("mse", [1.0], [2.0]),
        UsageError,
        "compute takes 1 argument by position, and arrays and options by name: pred=…, target=…",
    ),
    "ids without a partner": (
        lambda: losscli.compute("mse", pred=pd.DataFrame({"id": [1, 2], "p": [1, 2]}), target=pd.DataFrame({"id": [2], "t": [2]}), id="id"),
        InputError,
        "1 id of pred::id not in target::id: 1; leave such rows out of the frames",
    ),
    "dates of a frame": (
        lambda: _mse(data=pd.DataFrame({"p": DATES, "t": [1, 2]})),
        InputError,
        "data::p holds dates or times (datetime64[us]), which are no numbers; only id takes them",
    ),
    "objects of a frame": (
        lambda: _mse(data={"p": pd.Series([object(), 2]), "t": [1, 2]}),
        InputError,
        "data::p holds a value of type object, which is no number",
    ),
    "complex numbers of a frame": (lambda: _mse(data={"p": [1j], "t": [1]}), InputError, "data::p holds complex128, not numbers"),
    "a broken column": (lambda: _mse(data={"p": Unreadable(), "t": [1]}), InputError, "data::p cannot be read: it is broken"),
    "a broken frame": (
        lambda: _mse(data=Exchanged()), UsageError, "data is of type Exchanged, which cannot be read as a frame: it is broken",
    ),
    "a foreign frame": (_without_packages, UsageError, "data is of type Exchanged, which needs polars or pyarrow to be read"),
    "a column twice": (lambda: _mse(data=_TWICE), InputError, "data has 2 columns called 'p': choose one by its position, ::0 or ::1"),
    "a frame that is an array": (
        lambda: _mse(data=np.zeros((2, 2))),
        UsageError,
        "data takes columns with names: a frame of pandas, polars or pyarrow, a dict of columns, or the name of a file; not ndarray",
    ),
    "a frame that is no file": (lambda: _mse(data="none.csv"), InputError, "data: no file none.csv"),
    "a frame without columns": (lambda: _mse(data=P_T, pred={}), InputError, "pred has no columns"),
    "an unused frame": (lambda: _mse(data={"x": [1]}, pred=[1.0], target=[2.0]), UsageError, "no role uses data"),
    "columns of other shapes": (
        lambda: _mse(data=_UNEQUAL, pred=["p", "q"]), InputError, "data::p,q: these do not have the same shape: p (1, 2), q (1,)",
    ),
    "a column that is not there": (lambda: _mse(data=P_T, pred=["p", "q"]), InputError, "data has no column 'q'; data has p, t"),
    "a name without a frame": (lambda: _mse(), UsageError, "pred is the word 'p': the name of a column needs data=…, numbers need"),
    "a name with an id alone": (
        lambda: _mse(pred=pd.DataFrame({"id": [1]}), id="id"), UsageError, "target='t' names a column, and there is no data: give data=…",
    ),
    "slices without a frame": (
        lambda: _mse(pred=[1.0], target=[1.0], by="x"), UsageError, "by='x' names a column, and there is no data: give data=…",
    ),
    "clusters without a frame": (
        lambda: _mse(pred=[1.0], target=[1.0], cluster="x", ci=95), UsageError, "cluster='x' names a column, and there is no data",
    ),
    "slices of elements": (
        lambda: _mse(data=P_T, by="p", reduction="none"), UsageError, "by takes one number for each slice: give reduction='mean'",
    ),
    "ids that the frame does not have": (
        lambda: _mse(data=P_T, pred=pd.DataFrame({"key": [1], "p": [1.0]}), id="kez"),
        InputError,
        "pred has no column 'kez' of ids (did you mean key?); pred has key, p",
    ),
    "ids that are not named": (
        lambda: _mse(data=P_T, pred=pd.DataFrame({"id": [1], "p": [1.0]})),
        UsageError,
        "pred: the column 'id' seems to hold ids, and a whole file would be taken with it as data: give id=… to pair the rows",
    ),
    "a frame with words as an array": (
        lambda: _mse(pred=pd.DataFrame({"p": [1.0], "w": ["x"]}), target=[1.0]),
        UsageError,
        "pred is a frame with the columns p, w, which are not all numbers: give a column, or data=… and a name",
    ),
    "a role by another library's name": (
        lambda: losscli.compute("mse", y_pred=[1.0], y_true=[1.0]), UsageError, "mse calls y_pred pred: pred=…",
    ),
    "an id without a frame": (
        lambda: _mse(pred=[1.0], target=[1.0], id="x"), UsageError, "id='x' names a column of ids, and there is no frame: give data=…",
    ),
    "no classes": (
        lambda: _mse(pred=[1.0], target=[1.0], classes=[]),
        UsageError,
        "classes is empty: it takes the names of the classes, such as ['cat', 'dog']",
    ),
    "classes without a frame": (
        lambda: _mse(pred=[1.0], target=[1.0], classes=["a"]), UsageError, "classes names the labels of a column: give data=…",
    ),
    "classes that are a number": (
        lambda: _mse(pred=[1.0], target=[1.0], classes=3),
        UsageError,
        "classes takes the names of the classes, such as ['cat', 'dog'], not 3",
    ),
    "a role that no frame has": (
        lambda: losscli.compute("mse", pred=pd.DataFrame({"id": [1], "p": [2.0]}), id="id"), UsageError, "mse needs target: give target=…",
    ),
    "a prediction twice": (
        lambda: losscli.compare(["p", "p"], data=P_T, target="t", losses="mse"), UsageError, "predictions names 'p' twice",
    ),
    "a frame of predictions with a name twice": (
        lambda: losscli.compare(_TWICE, target=[1], losses="mse"), UsageError, "two columns of the frame have the same name: p, p, t",
    ),
    "a search without predictions": (
        lambda: losscli.match("1.5", target=[1]), UsageError, "match needs an array as pred, or data=… with its columns",
    ),
    "a search with a frame": (
        lambda: losscli.match("1.5", pred=pl.DataFrame(P_T), target=[1]), UsageError, "match takes one array as pred, not several by name",
    ),
    "a number of elements": (
        lambda: float(losscli.compute("mse", pred=[1.0], target=[1.0], reduction="none")), UsageError, "mse has no single value here",
    ),
    "a frame of another package": (
        lambda: losscli.compute("mse", pred=[1.0], target=[1.0]).to_frame("panda"),  # type: ignore[arg-type, unused-ignore]
        UsageError,
        "to_frame takes 'pandas' or 'polars', not 'panda' (did you mean pandas?)",
    ),
    "a result as a frame": (_without_frames, UsageError, "to_frame needs pandas or polars, and it is not installed: pip install pandas"),
    "a function to check that is no file": (lambda: check_conformance("mse", "mse"), UsageError, "is written FILE.py::FUNCTION, not 'mse'"),
    "a framework that is none": (
        lambda: check_conformance(_half, "mse", framework="pytorch"), UsageError, "a framework is numpy, torch, jax, tensorflow, not",
    ),
    "tolerances of a function": (lambda: check_conformance(_half, "mse", rtol=-1.0), UsageError, "rtol and atol must be 0 or more"),
}  # fmt: skip
