"""Laws of values: convexity, zeros, symmetry, growth, finite numbers, and rows that are ignored."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.domains import LabelIn
from losscli.testing import samples
from losscli.testing.case import Case, Skipped
from losscli.testing.laws.checks import (
    assert_close,
    takes_reduction,
    written,
)
from losscli.testing.laws.law import (
    declared,
    law,
    with_labels,
)

__all__: list[str] = []  # they are in LAWS


@law("a convex loss lies under its chords", declared("convex"))
def chords(case: Case) -> None:
    rng = case.rng()
    a, b = case.example(rng, 200), case.example(rng, 200)
    first = case.loss.first
    others = {name: x for name, x in a.items() if name != first}
    settings = (
        {"reduction": "none"} if case.loss.kind != "statistic" else {"per": "row", "reduction": "none"} if case.loss.allows_per else {}
    )
    ends = [np.asarray(case.value({first: x[first], **others}, **settings)) for x in (a, b)]
    some = ~np.isnan(ends[0]) if settings.get("per") == "row" else np.full(ends[0].shape, True)  # a row may be computed from nothing
    assert some.any(), "no row has a value"
    for share in (0.1, 0.5, 0.8):
        inside = case.value({first: share * a[first] + (1 - share) * b[first], **others}, **settings)
        chord = share * ends[0] + (1 - share) * ends[1]
        below = np.where(some, inside <= chord + 1e-9 * (1 + np.abs(chord)), np.isnan(inside))
        assert below.all(), f"{np.max((inside - chord)[some]):g} above a chord"


@law("equal roles give 0", declared("zero"))
def zero(case: Case) -> None:
    data = case.example(case.rng(), 20)
    first, second = list(data)[:2]
    data[first] = data[second].copy()
    values = np.asarray(case.value(data, **({"reduction": "none"} if case.loss.kind != "statistic" else {})))
    assert (values == 0).all(), f"{first} equal to {second} gives up to {np.max(np.abs(values)):g}"


@law("a symmetric loss is the same when its first two roles are swapped", declared("symmetric"))
def symmetry(case: Case) -> None:
    data = case.example(case.rng(), 20)
    first, second = list(data)[:2]
    swapped = {**data, first: data[second], second: data[first]}
    assert_close(case.value(swapped), case.value(data), rtol=1e-12)


@law("a robust loss grows no faster than the error", declared("robust"))
def robustness(case: Case) -> None:
    data = case.example(case.rng(), 50)
    first = case.loss.first
    near, far = (np.max(case.value({**data, first: data[first] + error}, reduction="none")) for error in (1e4, 1e6))
    assert far <= 101 * max(near, 1), f"100 times the error gives {far / max(near, 1):g} times the loss"


@law("no nan for any finite input in the domains")
def extremes(case: Case) -> None:
    if case.make is not None:
        raise Skipped("the data are yours, and the domains of the roles are not known")
    data = samples.extremes(case.loss, case.options)
    with np.errstate(all="ignore"):
        values = np.asarray(case.value(data, **({"reduction": "none"} if takes_reduction(case, data, "none") else {})))
    bad = np.argwhere(np.isnan(values))
    where = {name: x[tuple(bad[0])[:1]] for name, x in data.items()} if len(bad) and values.ndim else data if len(bad) else {}
    assert not len(bad), f"nan for {where}"


@law("float32 gives the value of float64, to the precision of float32")
def single_precision(case: Case) -> None:
    data = case.example(case.rng(), 30)
    single = case.result(data, dtype="float32")
    assert single.dtype == "float32"
    assert_close(single.value, case.value(data), rtol=2e-4, atol=1e-5)
    if takes_reduction(case, data, "none"):
        values = case.value(data, dtype="float32", reduction="none")
        assert values.dtype == np.float32, f"the values are {values.dtype}"


@law("ignored rows change nothing, for any options", with_labels)
def ignored_rows(case: Case) -> None:
    rng = case.rng()
    data, more = case.example(rng, 12), case.example(rng, 5)
    labels = case.loss.roles["target"].domain
    classes = labels.count(data) if isinstance(labels, LabelIn) else 1
    for ignore in (-100, 2):
        data["target"] = np.where(data["target"] == ignore, 0, data["target"])
        added = {name: np.full_like(x, ignore) if name == "target" else x for name, x in more.items()}
        longer = {name: x if case.loss.roles[name].domain.shared else np.concatenate([x, added[name]]) for name, x in data.items()}
        for options in _label_options(case, ignore, classes):
            for reduction in ("mean", "sum"):
                short = case.result(data, **options, reduction=reduction)
                long = case.result(longer, **options, reduction=reduction)
                assert_close(long.value, short.value, rtol=1e-13, err_msg=written({**options, "reduction": reduction}))
                more_ignored = long.rows.ignored - short.rows.ignored
                assert (long.rows.read, more_ignored) == (17, more["target"].size), f"rows are counted as {long.rows}"
                assert long.rows.used == 12, f"rows are counted as {long.rows}"


def _label_options(case: Case, ignore: int, classes: int) -> list[dict[str, Any]]:
    """All combinations of the label options of a loss."""
    combinations = []
    for smoothing in (0.0, 0.3):
        for weights in (None, np.resize([0.2, 1.5, 3.0, 0.7], classes)):
            options = {"ignore_index": ignore, "class_weight": weights, "label_smoothing": smoothing}
            combinations.append({name: x for name, x in options.items() if name in case.loss.options})
    return combinations
