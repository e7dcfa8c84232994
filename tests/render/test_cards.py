"""The card of a loss: the options that its name takes, and what other names change."""

from __future__ import annotations

import re

import pytest

from tests.support.command import cli


def flags(name: str) -> set[str]:
    """The options on the card of a name."""
    text = cli(["list", name]).out
    return set(re.findall(r"^ *(--[a-z-]+)", text.partition("option ")[2].partition("use it when")[0], re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "refused", "chooses"),
    [("trl.DPO", "--label-smoothing", "--loss-type"), ("smp.DiceLoss", "--alpha", "--mode"), ("crps", "--sigma", "--dist")],
)
def test_a_card_has_the_options_of_its_name(name: str, refused: str, chooses: str) -> None:
    assert chooses in flags(name)
    assert refused not in flags(name)


def test_a_card_says_once_that_an_option_chooses_the_loss() -> None:
    text = cli(["list", "trl.DPO"]).out
    assert "--loss-type chooses the loss: hinge, ipo, " in text
    assert "loss_type=" not in text


def test_a_name_without_a_difference() -> None:
    assert re.search("catboost.Huber +no difference", cli(["list", "huber"]).out)
