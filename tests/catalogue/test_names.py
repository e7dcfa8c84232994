"""Every public loss of the frameworks is found under its qualified name, or is listed here with the reason why not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from losscli.catalogue.lookup import find
from losscli.errors import UsageError

NAMES = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"))
OUT_OF_SCOPE = {
    "torch.nn.AdaptiveLogSoftmaxWithLoss": "carries trained parameters: it is a layer",
    "paddle.nn.AdaptiveLogSoftmaxWithLoss": "carries trained parameters: it is a layer",
    "paddle.nn.HSigmoidLoss": "carries trained parameters: it is a layer",
    "paddle.nn.functional.hsigmoid_loss": "takes trained parameters: it is a layer",
    "paddle.nn.functional.adaptive_log_softmax_with_loss": "takes trained parameters: it is a layer",
    "paddle.nn.functional.npair_loss": "a loss that losscli does not have: of two sets of embeddings with labels, and an L2 term",
    "optax.losses.make_fenchel_young_loss": "makes a loss from a function that is given to it",
    "optax.losses.smooth_labels": "changes labels: the option label_smoothing of the losses that take it",
}


@pytest.mark.parametrize("name", [n for names in NAMES.values() for n in names])
def test_found_or_out_of_scope(name: str) -> None:
    if name in OUT_OF_SCOPE:
        with pytest.raises(UsageError):
            find(name)
        return
    assert name in find(name)[1].names
    if name.partition(".")[0] in ("torch", "optax", "sklearn") or name.startswith("keras.losses."):
        find(name.rpartition(".")[2])  # without the framework too: our conventions, of the loss that this word most often means


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("F.huber_loss", "torch.nn.functional.huber_loss"),
        ("nn.HuberLoss", "torch.nn.HuberLoss"),
        ("NN.huberloss", "torch.nn.HuberLoss"),
        ("functional.mse_loss", "torch.nn.functional.mse_loss"),
        ("tf.keras.losses.Huber", "keras.losses.Huber"),
        ("keras.Huber", "keras.losses.Huber"),
        ("optax.huber-loss", "optax.losses.huber_loss"),
        ("sklearn.mean_squared_error", "sklearn.metrics.mean_squared_error"),
        ("torchvision.sigmoid_focal_loss", "torchvision.ops.sigmoid_focal_loss"),
    ],
)
def test_ways_of_writing_a_qualified_name(written: str, meant: str) -> None:
    assert meant in find(written)[1].names


@pytest.mark.parametrize("written", ["huber", "Huber", "HUBER", "huber_loss", "huber-loss", "HuberLoss", "huberloss", " huber "])
def test_ways_of_writing_a_name(written: str) -> None:
    known, preset = find(written)
    assert (known.name, preset.names) == ("huber", ())


def test_a_short_name_gives_our_conventions() -> None:
    assert find("mse_loss")[1].names == ()
    assert find("CrossEntropyLoss")[0].name == "cross_entropy"
