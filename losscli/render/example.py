"""Turn the example in the docstring of a loss into a command line."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping
from typing import Any

from losscli.catalogue.binding import options_of
from losscli.registry import OURS, Loss, Preset
from losscli.render.cells import option_flag

__all__ = ["command_line"]


_IMAGE = "-p '[[[0,0.5]]]' -t '[[[0.5,0.5]]]' --data-range 1 --sigma 0.1"
_LINES = {  # of names that take other numbers than the example of their loss
    "lightgbm.gamma": "-p 1,2 -t 1,3",  # means, not their logarithms
    "xgboost.gamma-nloglik": "-p 1,2 -t 1,3",
    "lightgbm.tweedie": "-p 1,2 -t 0,3",
    "xgboost.tweedie-nloglik": "-p 1,2 -t 0,3",
    "torchmetrics.StructuralSimilarityIndexMeasure": _IMAGE,  # its window follows from sigma
    "torchmetrics.MultiScaleStructuralSimilarityIndexMeasure": f"{_IMAGE} --betas 1",
    "sksurv.metrics.brier_score": "-p '[[0.5],[0.25]]' --time 1,3 --event 1,1 --times 2",  # times within those of the rows
    "sksurv.metrics.integrated_brier_score": "-p '[[0.5,0.5],[0.5,0.25]]' --time 1,3 --event 1,1 --times 1,2",
    "torchaudio.functional.rnnt_loss": "-p '[[[[0,0],[0,0]]]]' -t '[[0]]'",  # the last class is the blank
    "transformers.loss.loss_rnnt.rnnt_loss": "-p '[[[[0,0],[0,0]]]]' -t '[[0]]'",
}
_OF_SEVERAL = {  # of losses that have no value of the one row in their docstring
    "concordance_correlation": "-p 3,1,4 -t 2,1,4",
    "concordance_survival": "-p 0.5,0.25,1 --time 2,3,4 --event 1,1,0",
    "cosent": "--input1 '[[1,0],[1,0]]' --input2 '[[1,0],[0,1]]' -t 1,0",
    "d2_binary_log_loss": "-p 0.75,0.5 -t 1,0",
    "d2_brier": "-p '[[0.75,0.25],[0.5,0.5]]' -t 0,1",
    "d2_log_loss": "-p '[[0.75,0.25],[0.5,0.5]]' -t 0,1",
    "d2_pinball": "-p 3,1,4 -t 2,1,4",
    "d2_tweedie": "-p 3,1,4 -t 2,1,4",
    "direct_clr": "--z-a '[[2,0,1],[0,1,1]]' --z-b '[[0,1,2],[1,1,0]]' --loss-dim 2",
    "explained_variance": "-p 3,1,4 -t 2,1,4",
    "laplacian_variance": "-p '[[[0,0,0],[0,1,0],[0,0,0]],[[0,1,0],[0,0,0],[0,0,0]]]'",
    "macl": "--z-a '[[3,4],[1,0]]' --z-b '[[3,4],[0,1]]'",
    "r2": "-p 3,1,4 -t 2,1,4",
    "rank_loss_deephit_cr": "-p '[[[0,1]],[[1,0]]]' --interval 0,1 --event 1,0",
    "rank_loss_deephit_single": "-p '[[0,1],[1,0]]' --interval 0,1 --event 1,0",
    "vicreg": "--z-a '[[1,2],[3,5]]' --z-b '[[3,4],[2,2]]'",
}


def command_line(loss: Loss, short: Mapping[str, str], preset: Preset = OURS) -> str:
    """The roles and options of the example's call: -p 3 -t 0 --delta 2. `short` are the flags of one letter.

    Under a framework's name, `preset`, options that it does not take are left out; where its numbers have time first, so has the example.
    """
    if (line := next((_LINES[n] for n in preset.names if n in _LINES), None)) is not None:
        return line
    if loss.name in _OF_SEVERAL:
        return _OF_SEVERAL[loss.name]
    statement = ast.parse(_first_statement(loss.example))
    call = next(n for n in ast.walk(statement) if isinstance(n, ast.Call) and ast.unparse(n.func) == loss.name)
    arrays = dict(zip(loss.roles, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg in loss.roles}
    words = [f"{short.get(role, option_flag(role))} {_typed(_rows_first(_value(node), role, preset))}" for role, node in arrays.items()]
    taken = {o.name for word, o in options_of(loss, preset).items() if preset.converted(word) is None}
    words += [_option(str(k.arg), _value(k.value)) for k in call.keywords if k.arg in loss.options and k.arg in taken]
    return " ".join(words)


def _rows_first(value: Any, role: str, preset: Preset) -> Any:
    """The numbers of a role, its first two axes in the other order where the name has time first."""
    return [list(rows) for rows in zip(*value, strict=True)] if role == preset.swapped_axes else value


def _first_statement(example: str) -> str:
    first, *rest = example.splitlines()
    more = itertools.takewhile(lambda line: line.startswith("..."), rest)
    return "\n".join([first.removeprefix(">>> "), *(line.removeprefix("... ") for line in more)])


def _option(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return option_flag(name) if value else option_flag(f"no_{name}")
    return f"{option_flag(name)} {_typed(value)}"


def _value(node: ast.expr) -> Any:
    """The value of an argument: a literal, the list in np.array(…), or what NumPy computes."""
    try:
        return ast.literal_eval(node.args[0] if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.array" else node)
    except ValueError:  # np.log([0.5]) and the like
        from losscli.numeric.lazy import np

        value = eval(ast.unparse(node), {"np": np})  # noqa: S307 - our own docstring
        return value.tolist() if hasattr(value, "tolist") else value


def _typed(value: Any) -> str:
    """Numbers as a shell takes them: 1,2 or '[[1,2],[3,4]]'."""
    if isinstance(value, list) and value and not isinstance(value[0], list):
        return ",".join(map(_typed, value))
    if isinstance(value, list):
        return f"'{_nested(value)}'"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _nested(value: Any) -> str:
    return "[" + ",".join(map(_nested, value)) + "]" if isinstance(value, list) else _typed(value)
