"""Messages from Python name keywords, where the same messages of the command name options."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.api.words import in_python
from losscli.errors import LossError
from tests import PACKAGE

OPTION = re.compile(r"(?<![\w-])(--[a-z]|-[rpltw] )")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("is nan; --nan omit leaves them out, --nan propagate computes", "is nan; nan='omit' leaves them out, nan='propagate' computes"),
        ("--from-logits takes logits, --from-probs probabilities", "from_logits=True takes logits, from_probs=True probabilities"),
        ("took axis 1; --class-axis -1 takes the last", "took axis 1; class_axis=-1 takes the last"),
        ("bounded by --floor or --clip", "bounded by floor or clip"),
        ("huber gives a value: --per is for losses", "huber gives a value: per is for losses"),
        ("leave out --per row,channel", "leave out per='row,channel'"),
        ("-r batchmean needs --per row", "reduction='batchmean' needs per='row'"),
        ("--no-shift for labels", "shift=False for labels"),
        ("give it as (N, 1) and use --broadcast", "give it as (N, 1) and use broadcast=True"),
        ("use --box-format xywh, with the centre cxcywh", "use box_format='xywh', with the centre cxcywh"),
        ("give --pred SOURCE --target SOURCE", "give pred=… target=…"),
        ("use --lag auto, or --independent if", "use lag='auto', or independent=True if"),
        ("use -r mean or sum, or -r none", "use reduction='mean' or 'sum', or reduction='none'"),
        ("images of 8 bits need --data-range 255", "images of 8 bits need data_range=255"),
        ("a well-known dash - and -1", "a well-known dash - and -1"),
    ],
)  # fmt: skip
def test_an_option_becomes_a_keyword(said: str, meant: str) -> None:
    for name in ("giou", "causal_lm", "bce"):  # their options are known then
        losscli.find(name)
    assert in_python(said) == meant


NAN, TWO = float("nan"), np.zeros((2, 2))
CALLS: dict[str, Callable[[], Any]] = {
    "a missing value": lambda: losscli.compute("mse", pred=[NAN], target=[1.0]),
    "a logit": lambda: losscli.compute("bce", pred=[2.0], target=[1.0]),
    "a missing role": lambda: losscli.compute("mse", pred=[1.0]),
    "per": lambda: losscli.compute("mse", pred=[1.0], target=[1.0], per="row"),
    "a choice": lambda: losscli.compute("mse", pred=[1.0], target=[1.0], nan="drop"),
    "an axis": lambda: losscli.compute("mse", pred=[1.0], target=[1.0], class_axis=1),
    "shapes": lambda: losscli.compute("mse", pred=[[1.0, 2.0], [3.0, 4.0]], target=[1.0]),
    "boxes": lambda: losscli.compute("giou", pred=[[2.0, 0, 1, 1]], target=[[0.0, 0, 1, 1]]),
    "a label": lambda: losscli.compute("cross_entropy", pred=TWO, target=[NAN, 1.0]),
    "a derivative": lambda: losscli.gradient("bce", pred=[2.0], target=[1.0]),
    "a comparison": lambda: losscli.compare({"a": [2.0], "b": [0.5]}, losses="bce", target=[1.0]),
    "a search": lambda: losscli.match("x", pred=[1.0], target=[1.0]),
    "log-probabilities": lambda: losscli.compute("nll", pred=[[0.5, 0.5]], target=[1]),
    "probabilities": lambda: losscli.compute("cross_entropy", pred=[[0.5, 0.5]], target=[1]),
    "an epsilon": lambda: losscli.compute("kl_div_probs", pred=[[0.0, 1.0]], target=[[0.5, 0.5]]),
    "a history": lambda: losscli.compute("logit_adjusted_ce", pred=TWO, target=[1, 0]),
}


@pytest.mark.parametrize("name", CALLS)
def test_no_message_names_an_option(name: str) -> None:
    try:
        result = CALLS[name]()
    except LossError as error:
        said = [str(error)]
    else:
        said = [w.message for w in result.warnings]
    assert said and not any(OPTION.search(text) for text in said), said


def test_every_option_in_a_message_below_the_interfaces_is_translated() -> None:
    """Every text of the layers that both interfaces use has no option left after the translation."""
    for room in ("catalogue", "domains", "engine", "losses", "pairs"):
        for file in (PACKAGE / room).rglob("*.py"):
            for text in re.findall(r'"([^"\n]*--[a-z][^"\n]*)"', file.read_text(encoding="utf-8")):
                assert not OPTION.search(in_python(text)), text
