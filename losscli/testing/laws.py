"""The laws: statements that hold for every loss, or for every loss with a property. A law that fails raises AssertionError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from losscli.autodiff.tape import NoDerivative
from losscli.catalogue.custom import CustomLoss
from losscli.domains import LabelIn, Whole
from losscli.errors import InputError, UsageError
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.signature import Option
from losscli.testing import samples
from losscli.testing.case import Case, Skipped, same_bits, small_blocks

__all__ = ["LAWS", "Law"]


class Law(Record):
    """A statement about a loss and its check. `applies` returns '', or the reason why the law does not apply."""

    name: str
    statement: str
    check: Callable[[Case], None]
    applies: Callable[[Case], str]


LAWS: dict[str, Law] = {}


def law(statement: str, applies: Callable[[Case], str] = lambda case: "") -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    """Register a check under the name of its function."""

    def register(check: Callable[[Case], None]) -> Callable[[Case], None]:
        LAWS[check.__name__] = Law(check.__name__, statement, check, applies)
        return check

    return register


def declared(name: str) -> Callable[[Case], str]:
    """Applies to losses that declare a property."""
    return lambda case: "" if name in case.properties else f"it is not declared {name}"


def not_kind(kind: str, reason: str) -> Callable[[Case], str]:
    """Applies to all losses but those of a kind."""
    return lambda case: reason if case.loss.kind == kind else ""


def only_kind(*kinds: str) -> Callable[[Case], str]:
    """Applies to losses of these kinds."""
    return lambda case: "" if case.loss.kind in kinds else f"it is a {case.loss.kind} loss"


def with_labels(case: Case) -> str:
    """Applies to losses that ignore the labels equal to ignore_index."""
    return "" if "ignore_index" in case.loss.options else "it has no ignore_index"


def with_per(case: Case) -> str:
    """Applies to losses that can be taken within each row."""
    if isinstance(case.loss, CustomLoss) and case.loss.kind == "pointwise":
        return "it is a function with a value for each element"
    return "" if case.loss.takes_per else "it is not a statistic of each row"


def with_float_roles(case: Case) -> str:
    """Applies to losses with a role that a derivative can be taken with respect to."""
    return "" if samples.float_roles(case.loss, case.example(case.rng(), 2)) else "no role has a derivative"


def with_numeric_options(case: Case) -> str:
    """Applies to losses with an option that is a number."""
    return "" if _numeric_options(case) else "it has no option that is a number"


# --- blocks, weights, rows -------------------------------------------------------------------------------------------------


@law("any chunking and any number of threads give the same bits, for values and for gradients")
def chunking(case: Case) -> None:
    data = case.example(case.rng(), 85)  # a few blocks and a rest; losses of pairs and triplets take rows² or rows³
    if case.loss.kind == "pointwise" and data[case.loss.first].size >= 12 * 85:  # of images a block holds one or two
        data = case.example(case.rng(), 27)
    weight = case.rng().exponential(size=len(data[case.loss.first])) if _takes_weights(case, data) else None
    role = next(iter(samples.float_roles(case.loss, data)), None)
    with small_blocks(24):
        for reduction in ("none", *case.reductions) if not isinstance(case.loss, CustomLoss) else _accepted(case, data):
            settings = {"reduction": reduction, "sample_weight": weight}
            expected = case.value(data, **settings)
            slope = None if role is None else case.gradient(data, **settings, wrt=role)
            for chunk, threads in ((1, 1), (7, 2), (24, 2), (40, 3), (None, 2)):
                chunked = {**settings, "chunk": chunk, "threads": threads}
                assert same_bits(case.value(data, **chunked), expected), f"the value changes with {_written(chunked)}"
                if role is not None:
                    assert same_bits(case.gradient(data, **chunked, wrt=role), slope), f"the gradient changes with {_written(chunked)}"


@law("many blocks give the value of one block")
def blocks(case: Case) -> None:
    data = case.example(case.rng(), 150)
    role = next(iter(samples.float_roles(case.loss, data)), None)
    whole = case.value(data)
    slope = np.zeros(0) if role is None else case.gradient(data, wrt=role)
    with small_blocks(32):
        _assert_close(case.value(data), whole, rtol=1e-12)
        if role is not None:
            _assert_close(case.gradient(data, wrt=role), slope, rtol=1e-9, atol=1e-14)


@law(
    "a weight of n is the row n times, a weight of 0 is the row removed",
    not_kind("batch", "each row is compared with all rows, also with itself"),
)
def weights_repeat(case: Case) -> None:
    data = _of_finite_loss(case, 24)
    if not _takes_weights(case, data):
        raise Skipped("it takes no sample weights")
    times = np.arange(24) % 4
    repeated = samples.take_rows(case.loss, data, np.repeat(np.arange(24), times))
    for reduction in ("mean",) if case.loss.kind == "statistic" else ("mean", "sum"):
        weighted = case.value(data, sample_weight=times.astype(float), reduction=reduction)
        _assert_close(weighted, case.value(repeated, reduction=reduction), rtol=1e-12)


@law("weights of 1 change nothing")
def weights_of_one(case: Case) -> None:
    data = case.example(case.rng(), 20)
    if not _takes_weights(case, data):
        raise Skipped("it takes no sample weights")
    for reduction in case.reductions:
        plain = case.value(data, reduction=reduction)
        _assert_close(case.value(data, reduction=reduction, sample_weight=np.ones(20)), plain, rtol=1e-14)


@law("permuting the rows permutes the values")
def permutation(case: Case) -> None:
    data = case.example(case.rng(), 40)
    order = case.rng().permutation(40)
    shuffled = samples.take_rows(case.loss, data, order)
    if not _takes_reduction(case, data, "none"):
        # rows move to other blocks: the step after the last yield must not use the rows of the first block
        _assert_close(case.value(shuffled), case.value(data), rtol=1e-12)
        return
    values, permuted = case.value(data, reduction="none"), case.value(shuffled, reduction="none")
    if case.loss.kind == "pointwise":
        assert same_bits(permuted, values[order]), "the values of the rows change with their order"
    else:
        _assert_close(permuted, values[order], rtol=1e-12)


@law("the statistic or mean for each row equals that of the row alone, and likewise for each channel", with_per)
def per_row_and_channel(case: Case) -> None:
    rng = case.rng()
    own = {name for name, role in case.loss.roles.items() if not role.domain.shared}
    data = case.example(rng, 7)
    data |= {name: np.stack([x, *(case.example(rng, 7)[name] for _ in range(2))], 1) for name, x in data.items() if name in own}
    whole: dict[str, Any] = {"per": "all"}
    if case.loss.kind == "pointwise":
        whole |= {"reduction": "mean"} | ({"class_axis": -1} if case.loss.roles[case.loss.first].domain.classes else {})
    each = [case.value(samples.take_rows(case.loss, data, slice(i, i + 1)), **whole) for i in range(7)]
    kept = whole | {"per": "row"}
    try:
        _assert_close(case.value(data, **kept | {"reduction": "none"}), each, rtol=1e-12)
    except UsageError as refused:
        raise Skipped("it has one value for each row, whatever its elements") from refused
    _assert_close(case.value(data, **kept | {"reduction": "mean"}), np.mean(each), rtol=1e-12)
    if _of_whole_pixels(case, data, whole):
        return  # one number, or values of pixels, over all its classes
    channels = [case.value({name: x[:, c] if name in own else x for name, x in data.items()}, **whole) for c in range(3)]
    _assert_close(case.value(data, **whole | {"per": "channel", "reduction": "none"}), channels, rtol=1e-12)
    _assert_close(case.value(data, **whole | {"per": "channel", "reduction": "mean"}), np.mean(channels), rtol=1e-12)


def _of_whole_pixels(case: Case, data: samples.Data, whole: Mapping[str, Any]) -> bool:
    """Whether a loss of classes has no mean of a channel: it is one number over all classes, or has a value for each class of a pixel."""
    if not case.loss.roles[case.loss.first].domain.classes:
        return False
    try:
        case.value(data, **{**whole, "per": "channel", "reduction": "none"})
    except UsageError:
        return True
    return False


@law("without rows, or with all weights 0, the mean is nan with a warning")
def nothing(case: Case) -> None:
    data = case.example(case.rng(), 4)
    mean = {} if case.loss.reduction == "mean" else {"reduction": "mean"}  # the sum of no rows is 0
    empty = case.result(samples.take_rows(case.loss, data, slice(0, 0)), **mean)
    assert empty.empty and np.isnan(empty.value).all(), f"without rows the value is {empty.value}"
    assert "W105" in [w.code for w in empty.warnings], "without rows there is no warning W105"
    if _takes_weights(case, data):
        unweighted = case.result(data, **mean, sample_weight=np.zeros(4))
        assert unweighted.empty and np.isnan(unweighted.value).all(), f"with all weights 0 the value is {unweighted.value}"


# --- derivatives -----------------------------------------------------------------------------------------------------------


@law("gradients match central differences", with_float_roles)
def gradients(case: Case) -> None:
    data = _of_finite_loss(case, 5)
    weight = np.array([0.5, 2.0, 1.0, 0.0, 3.0])
    settings: list[dict[str, Any]] = [{"reduction": "mean"}]
    if _takes_weights(case, data):
        settings += [{"reduction": r, "sample_weight": weight} for r in ("none", "sum")]
    for role in samples.float_roles(case.loss, data):
        for setting in settings:
            slope = case.gradient(data, wrt=role, **setting)
            assert slope.shape == data[role].shape, f"the gradient for {role} has shape {slope.shape}, not {data[role].shape}"
            expected = central_differences(case, data, role, setting)
            _assert_close(slope, expected, rtol=2e-6, atol=2e-7, err_msg=f"{role} {_written(setting)}")


def central_differences(case: Case, data: samples.Data, role: str, settings: Mapping[str, Any], h: float = 1e-5) -> Array:
    """(f(x + h) − f(x − h)) / 2h for each number of a role; near 0 the steps are shorter, since slopes may be steep there."""
    slopes = np.zeros(data[role].shape)
    for at in np.ndindex(slopes.shape):
        step = h * float(np.clip(np.abs(data[role][at]), 0.05, 1))
        ends = [np.sum(case.value({**data, role: _moved(data[role], at, move)}, **settings)) for move in (step, -step)]
        slopes[at] = (ends[0] - ends[1]) / (2 * step)
    return slopes


@law("derivatives with respect to numeric options match differences of values", with_numeric_options)
def option_gradients(case: Case) -> None:
    for option in _numeric_options(case):
        x = np.asarray(case.options.get(option.name, option.default), np.float64)
        moved = [np.asarray(y) for y in (2 * x, x + 0.05, x - 0.05)]
        near = [x, *(y for y in moved if option.domain is None or not option.domain.wrong(y, {}).any())]
        for value in near:  # a formula may have a branch for its default, whose derivative the tape does not have
            given = {option.name: value.tolist()}
            data = case.but(options={**case.options, **given}).example(case.rng(), 5)
            try:
                slope = case.gradient(data, **given, wrt=option.name)
                expected, rounding = _differences_by_option(case, data, option, value)
            except (NoDerivative, UsageError, InputError):  # the command shows differences; an option may need another one, or other data
                continue
            if not np.isfinite(expected).all():
                continue
            _assert_close(slope, expected, rtol=1e-4, atol=1e-6 + rounding, err_msg=_written(given))
            break


def _numeric_options(case: Case) -> list[Option]:
    """The options with a finite number, or several."""
    options = [o for o in case.loss.options.values() if o.kind in ("float", "array") and not isinstance(o.domain, Whole)]
    values = {o.name: case.options.get(o.name, o.default) for o in options}
    return [o for o in options if values[o.name] is not None and np.isfinite(np.asarray(values[o.name], np.float64)).all()]


def _differences_by_option(case: Case, data: samples.Data, option: Option, x: Array, h: float = 2e-6) -> tuple[Array, float]:
    """(f(x + h) − f(x − h)) / 2h for each number of an option; at a bound of its domain from the three values on one side.

    With what four units in the last place of a value do to them, which is much where a tiny option makes a tiny step.
    """
    slopes, rounding = np.zeros(x.shape), 0.0
    for at in np.ndindex(x.shape):
        step = h * float(np.clip(np.abs(x[at]), 1e-4, 1))

        def value(k: int, at: tuple[int, ...] = at, step: float = step) -> float:
            return float(np.sum(case.value(data, **{option.name: _moved(x, at, k * step).tolist()})))

        outside = [option.domain is not None and bool(option.domain.wrong(x[at] + k * step, {}).any()) for k in (-1, 1)]
        side = 1 if outside[0] else -1
        ends = (4 * value(side) - 3 * value(0) - value(2 * side)) * side if any(outside) else value(1) - value(-1)
        slopes[at] = ends / (2 * step)
        rounding = max(rounding, 4 * float(np.spacing(abs(value(0)))) / step)
    return slopes, rounding


@law("a differentiable loss has the same slope from both sides, also where two roles are equal", declared("differentiable"))
def one_slope(case: Case) -> None:
    data = case.example(case.rng(), 12)
    first, second = [*data, *data][:2]
    if data[second].shape == data[first].shape:
        data[first][:4] = np.clip(data[second][:4], 0.01, None) if data[first].min() >= 0 else data[second][:4]
    slope = case.gradient(data, reduction="sum", wrt=first)
    here = np.sum(case.value(data, reduction="sum"))
    for at in np.ndindex(data[first].shape):
        for step in (1e-6, -1e-6):
            change = np.sum(case.value({**data, first: _moved(data[first], at, step)}, reduction="sum")) - here
            _assert_close(change / step, slope[at], rtol=1e-3, atol=5e-3, err_msg=str(at))


@law("an ignored row may have any finite values, and its gradient is 0", with_labels)
def ignored_gradient(case: Case) -> None:
    data = case.example(case.rng(), 3)
    data["target"][1] = -100
    hard = np.resize([1e308, -1e308, 0, 745], data["pred"][1].shape)
    inside = ~case.loss.roles["pred"].domain.of(samples.defaults(case.loss)).wrong(hard, {})
    data["pred"][1] = np.where(inside, hard, 0)
    slope = case.gradient(data)
    assert np.isfinite(slope).all(), f"the gradient is {slope}"
    assert (slope[1] == 0).all(), f"the ignored row has the gradient {slope[1]}"


# --- values ----------------------------------------------------------------------------------------------------------------


@law("a convex loss lies under its chords", declared("convex"))
def chords(case: Case) -> None:
    rng = case.rng()
    a, b = case.example(rng, 200), case.example(rng, 200)
    first = case.loss.first
    others = {name: x for name, x in a.items() if name != first}
    settings = {"reduction": "none"} if case.loss.kind != "statistic" else {"per": "row", "reduction": "none"}
    ends = [case.value({first: x[first], **others}, **settings) for x in (a, b)]
    for share in (0.1, 0.5, 0.8):
        inside = case.value({first: share * a[first] + (1 - share) * b[first], **others}, **settings)
        chord = share * ends[0] + (1 - share) * ends[1]
        assert (inside <= chord + 1e-9 * (1 + np.abs(chord))).all(), f"{np.max(inside - chord):g} above a chord"


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
    _assert_close(case.value(swapped), case.value(data), rtol=1e-12)


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
        values = np.asarray(case.value(data, **({"reduction": "none"} if _takes_reduction(case, data, "none") else {})))
    bad = np.argwhere(np.isnan(values))
    where = {name: x[tuple(bad[0])[:1]] for name, x in data.items()} if len(bad) and values.ndim else data if len(bad) else {}
    assert not len(bad), f"nan for {where}"


@law("float32 gives the value of float64, to the precision of float32")
def single_precision(case: Case) -> None:
    data = case.example(case.rng(), 30)
    single = case.result(data, dtype="float32")
    assert single.dtype == "float32"
    _assert_close(single.value, case.value(data), rtol=2e-4, atol=1e-5)
    if _takes_reduction(case, data, "none"):
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
                _assert_close(long.value, short.value, rtol=1e-13, err_msg=_written({**options, "reduction": reduction}))
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


# --- helpers ---------------------------------------------------------------------------------------------------------------


def _assert_close(actual: Any, expected: Any, *, rtol: float, atol: float = 0.0, err_msg: str = "") -> None:
    """Assert that numbers are close; nan is close to nothing, so that a loss which is always nan keeps no law."""
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol, equal_nan=False, err_msg=err_msg)


def _moved(x: Array, at: tuple[int, ...], by: float) -> Array:
    """A copy in which one number is changed."""
    moved = x.copy()
    moved[at] += by
    return moved


def _of_finite_loss(case: Case, rows: int) -> samples.Data:
    """Random rows; those of finite loss, where the loss is infinite for some: for a target that the forecast excludes."""
    rng = case.rng()
    data = case.example(rng, rows)
    if case.loss.kind != "pointwise" or np.isfinite(case.value(data, reduction="none")).all():
        return data
    data = case.example(rng, 40 * rows)
    values = case.value(data, reduction="none")
    finite = np.flatnonzero(np.isfinite(values.reshape(len(values), -1)).all(-1))
    if len(finite) < rows:  # of too few rows: the law fails with what it finds in any
        finite = np.arange(rows)
    return samples.take_rows(case.loss, data, finite[:rows])


def _takes_weights(case: Case, data: samples.Data) -> bool:
    """Whether the loss takes sample weights: a function that returns one number for all rows does not."""
    return not isinstance(case.loss, CustomLoss) or _accepts(case, data, sample_weight=np.ones(len(data[case.loss.first])))


def _takes_reduction(case: Case, data: samples.Data, reduction: str) -> bool:
    """Whether the loss takes a reduction: a statistic, and a function that returns one number for all rows, has no values of elements."""
    if case.loss.kind == "statistic" and reduction == "none":
        return False
    return not isinstance(case.loss, CustomLoss) or _accepts(case, data, reduction=reduction)


def _accepted(case: Case, data: samples.Data) -> list[str]:
    """The reductions that a function takes."""
    return [r for r in ("none", *case.reductions) if _accepts(case, data, reduction=r)]


def _accepts(case: Case, data: samples.Data, **settings: Any) -> bool:
    try:
        case.value(data, **settings)
    except UsageError:
        return False
    return True


def _written(settings: Mapping[str, Any]) -> str:
    """Settings as text, for a message."""
    return ", ".join(f"{name}={'an array' if isinstance(x, np.ndarray) else x}" for name, x in settings.items() if x is not None)
