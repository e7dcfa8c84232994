"""Peers whose losses we have under names of our own: mlx, PaddlePaddle, catalyst, pytorch_toolbelt, keras.metrics and torchmetrics.

mlx 0.32.4 (with mlx-cpu), paddlepaddle 3.3.1, catalyst 22.4, pytorch_toolbelt 0.8.0.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import distribution
from types import ModuleType
from typing import Any

import numpy as np
import torch

PEERS = {
    "mlx_loss(": "mlx",
    "paddle_loss(": "paddlepaddle",
    "paddle_layer(": "paddlepaddle",
    "catalyst_losses.": "catalyst",
    "toolbelt_losses.": "pytorch_toolbelt",
    "keras_metric(": "keras",
    "torchmetrics_loss(": "torchmetrics",
}


def mlx_loss(name: str, *arrays: Any, **options: Any) -> Any:
    """A loss of mlx.nn.losses in float64."""
    mx = import_module("mlx.core")
    mx.set_default_device(mx.cpu)
    give = lambda x: mx.array(x, dtype=mx.int32 if x.dtype.kind == "i" else mx.float64) if isinstance(x, np.ndarray) else x
    options = {n: give(x) for n, x in options.items()}
    return np.array(getattr(import_module("mlx.nn.losses"), name)(*map(give, arrays), **options))


def _paddle(x: Any) -> Any:
    return import_module("paddle").to_tensor(x) if isinstance(x, np.ndarray) else x


def paddle_loss(name: str, *arrays: Any, **options: Any) -> Any:
    """A loss of paddle.nn.functional in float64."""
    given = {n: _paddle(x) for n, x in options.items()}
    return getattr(import_module("paddle").nn.functional, name)(*map(_paddle, arrays), **given).numpy()


def paddle_layer(name: str, *arrays: Any, **options: Any) -> Any:
    """A loss of paddle.nn in float64."""
    given = {n: _paddle(x) for n, x in options.items()}
    return getattr(import_module("paddle").nn, name)(**given)(*map(_paddle, arrays)).numpy()


def keras_metric(name: str, target: Any, pred: Any, w: Any = None, **options: Any) -> Any:
    """The result of a metric of keras.metrics after one update, in float64."""
    metric = getattr(import_module("keras").metrics, name)(dtype="float64", **options)
    metric.update_state(target, pred, sample_weight=w)
    return float(metric.result())


def in_double(call: Callable[..., torch.Tensor], *arrays: torch.Tensor, **options: Any) -> torch.Tensor:
    """The result of a loss that makes its inputs float32: here they stay float64."""
    single = torch.Tensor.float
    torch.Tensor.float = torch.Tensor.double
    try:
        return call(*arrays, **options)
    finally:
        torch.Tensor.float = single


def _bare(*packages: str) -> None:
    """Let the modules of some packages be imported without what the packages themselves import: OpenCV, torchvision."""
    for name in packages:
        package = sys.modules.setdefault(name, ModuleType(name))
        package.__path__ = [str(distribution(name.partition(".")[0]).locate_file(name.replace(".", "/")))]


def torchmetrics_loss(module: str, *arrays: torch.Tensor, **options: Any) -> torch.Tensor:
    """A function of torchmetrics.functional, which is named by its module, in float64."""
    package, _, name = module.rpartition(".")
    return in_double(getattr(import_module(f"torchmetrics.functional.{package}"), name), *arrays, **options)


catalyst_losses = import_module("catalyst.contrib.losses")
_bare("pytorch_toolbelt", "pytorch_toolbelt.utils")
sys.modules["pytorch_toolbelt.utils"].pytorch_toolbelt_deprecated = lambda _: lambda f: f  # type: ignore[attr-defined]
toolbelt_losses = import_module("pytorch_toolbelt.losses")
