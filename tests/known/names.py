"""Write the names of the public losses of the installed frameworks into tests/catalogue/names.yaml.

    python -m tests.tools names

Run it in the environment of regenerate.py. test_names.py checks that losscli finds each name, or lists why not.
"""

import inspect
import os
from importlib.metadata import version
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import mlx.nn.losses
import optax
import paddle
import sklearn.metrics
import torch
import yaml

FUNCTIONAL = ("binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "kl_div", "linear_cross_entropy")
MEASURES = ("_loss", "_error", "_deviance")
NO_LOSSES = ("Loss", "get", "serialize", "deserialize")
# keras.metrics that are losses or errors; the others are scores.
METRICS = (
    "Hinge", "CategoricalHinge", "SquaredHinge", "KLDivergence", "Poisson", "BinaryCrossentropy", "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy", "CosineSimilarity", "LogCoshError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
    "MeanSquaredError", "MeanSquaredLogarithmicError", "RootMeanSquaredError",
)  # fmt: skip


def public(module: object) -> list[str]:
    """The names of a module's own functions and classes."""
    return sorted(n for n, x in vars(module).items() if not n.startswith("_") and (inspect.isclass(x) or callable(x)))


def names() -> dict[str, list[str]]:
    """The losses of each framework by its version."""
    functional = [n for n in public(torch.nn.functional) if n.endswith("_loss") or n in FUNCTIONAL]
    return {
        f"torch {version('torch').partition('+')[0]}": [
            *(f"torch.nn.{n}" for n in public(torch.nn) if n.endswith("Loss")),
            *(f"torch.nn.functional.{n}" for n in functional),
        ],
        f"keras {version('keras')}": [f"keras.losses.{n}" for n in public(keras.losses) if n not in NO_LOSSES],
        f"keras {version('keras')}, metrics": [f"keras.metrics.{n}" for n in public(keras.metrics) if n in METRICS],
        f"mlx {version('mlx')}": [f"mlx.nn.losses.{n}" for n in public(mlx.nn.losses) if n.endswith(("_loss", "_entropy"))],
        f"paddlepaddle {version('paddlepaddle')}": [
            *(f"paddle.nn.{n}" for n in public(paddle.nn) if n.endswith("Loss")),
            *(f"paddle.nn.functional.{n}" for n in public(paddle.nn.functional) if n.endswith("_loss") or n in FUNCTIONAL),
        ],
        f"optax {version('optax')}": [f"optax.losses.{n}" for n in public(optax.losses)],
        f"scikit-learn {version('scikit-learn')}": [f"sklearn.metrics.{n}" for n in public(sklearn.metrics) if n.endswith(MEASURES)],
    }


if __name__ == "__main__":
    file = Path(__file__).parents[1] / "catalogue" / "names.yaml"
    file.write_text(yaml.safe_dump(names(), sort_keys=False, width=140), encoding="utf-8")
