"""Worked examples of documentation pages and tutorials: the inputs, the number that is printed there, and the convention behind it.

Facts only. Where a page gives a class by a word, it is an index here; a page of scikit-learn that prints 0.708... has cut the digits off.
`loss` is our name, `form` what is done to its value, as `compare --match` says it, and `note` what is special, or wrong.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["ENTRIES", "write_tutorials"]

SKLEARN = "https://scikit-learn.org/stable/modules/generated/sklearn.metrics.{}.html"
KERAS = "https://github.com/keras-team/keras/blob/master/keras/src/losses/losses.py"
TORCHMETRICS = "https://github.com/Lightning-AI/torchmetrics/tree/master/src/torchmetrics/functional/{}.py"
BROWNLEE = "https://machinelearningmastery.com/cross-entropy-for-machine-learning/"

FOUR, FOUR_PRED = [3, -0.5, 2, 7], [2.5, 0.0, 2, 8]
PAIRS, PAIRS_PRED = [[0.5, 1], [-1, 1], [7, -6]], [[0, 2], [-1, 2], [8, -5]]
COUNT, COUNT_PRED = [0, 1, 2, 2], [0, 1, 2, 3]
LOGITS, LOGITS_TARGET = [[-18.6, 0.51], [2.94, -12.8]], [[0, 1], [0, 0]]
THREE, THREE_TARGET = [[0.05, 0.95, 0], [0.1, 0.8, 0.1]], [1, 2]
ORDERS, ORDERS_PRED = [1, 10, 1e6], [0.9, 15, 1.2e6]
P, Q = [[0.36, 0.48, 0.16]], [[1 / 3, 1 / 3, 1 / 3]]
MASKS = [[[1, 1], [0, 0]], [[1, 1], [0, 0]]], [[[0.0, 1.0], [0.0, 1.0]], [[0.4, 0.0], [0.0, 0.9]]]
EVENTS, EVENTS_PRED = [[0.10, 0.40, 0.50]], [[0.80, 0.15, 0.05]]


def _entry(name: str, pred: Any, target: Any, printed: str, loss: str, origin: str, url: str, **more: str) -> tuple[str, dict[str, Any]]:
    return name, {"pred": pred, "target": target, "printed": printed, "loss": loss, **more, "origin": origin, "url": url}


def _sklearn(function: str, pred: Any, target: Any, printed: str, loss: str, suffix: str = "", **more: str) -> tuple[str, dict[str, Any]]:
    return _entry(f"sklearn_{function}{suffix}", pred, target, printed, loss, "scikit-learn 1.9", SKLEARN.format(function), **more)


def _keras(name: str, pred: Any, target: Any, printed: str, loss: str, **more: str) -> tuple[str, dict[str, Any]]:
    return _entry(f"keras_{name}", pred, target, printed, loss, "Keras 3", KERAS, **more)


def _torchmetrics(name: str, file: str, pred: Any, target: Any, printed: str, loss: str, **more: str) -> tuple[str, dict[str, Any]]:
    return _entry(f"torchmetrics_{name}", pred, target, printed, loss, "TorchMetrics", TORCHMETRICS.format(file), **more)


ENTRIES: dict[str, dict[str, Any]] = dict(
    [
        _sklearn("mean_squared_error", FOUR_PRED, FOUR, "0.375", "mse"),
        _sklearn("mean_squared_error", PAIRS_PRED, PAIRS, "0.708", "mse", "_of_2"),
        _sklearn("root_mean_squared_error", PAIRS_PRED, PAIRS, "0.822", "rmse", "_of_2", note="the mean of the roots of two outputs"),
        _sklearn("mean_squared_log_error", [2.5, 5, 4, 8], [3, 5, 2.5, 7], "0.039", "msle"),
        _sklearn("root_mean_squared_log_error", [2.5, 5, 4, 8], [3, 5, 2.5, 7], "0.199", "rmsle"),
        _sklearn("mean_absolute_percentage_error", FOUR_PRED, FOUR, "0.3273", "mape"),
        _sklearn("mean_pinball_loss", [0, 2, 3], [1, 2, 3], "0.03", "quantile", note="alpha = 0.1, which only -l quantile:tau=0.1 finds"),
        _sklearn("mean_poisson_deviance", [0.5, 0.5, 2.0, 2.0], [2, 0, 1, 4], "1.4260", "tweedie_deviance"),
        _sklearn("mean_gamma_deviance", [0.5, 0.5, 2.0, 2.0], [2, 0.5, 1, 4], "1.0568", "tweedie_deviance"),
        _sklearn("log_loss", [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]], [1, 0, 0, 1], "0.21616", "logloss"),
        _sklearn("hinge_loss", [-2.18, 2.36, 0.09], [-1, 1, 1], "0.30", "hinge"),
        _sklearn("brier_score_loss", [0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0], "0.0375", "brier"),
        _sklearn("brier_score_loss", [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.2, 0.2, 0.6]], [0, 1, 2], "0.146", "multiclass_brier", "_of_3"),
        _sklearn("zero_one_loss", [1, 2, 3, 4], [2, 2, 3, 4], "0.25", "zero_one"),
        _sklearn("accuracy_score", [0, 2, 1, 3], [0, 1, 2, 3], "0.5", "zero_one", note="1 − zero_one, which is the same here"),
        _sklearn("r2_score", FOUR_PRED, FOUR, "0.948", "rse", form="1 −"),
        _sklearn("jaccard_score", [[1, 1, 1], [1, 0, 0]], [[0, 1, 1], [1, 1, 0]], "0.6", "iou", form="1 −"),
        _sklearn("label_ranking_loss", [[0.75, 0.5, 1], [1, 0.2, 0.1]], [[1, 0, 0], [0, 0, 1]], "0.75", "label_ranking"),
        _keras("mse", [0.9, 0.1, 0.8], [1, 0, 1], "0.02", "mse"),
        _keras("mae", [1.9, 0.3, 1.8], [1.0, 0.3, 1.0], "0.5666667", "mae"),
        _keras("mape", [90, 210, 310], [100, 200, 300], "6.111111", "mape", note="percent"),
        _keras("bce_from_logits", LOGITS, LOGITS_TARGET, "0.8654", "bce_with_logits"),
        _keras("bce_from_logits_sum", LOGITS, LOGITS_TARGET, "1.730", "bce", note="a sum over the rows of means over the columns"),
        _keras("focal_from_logits", LOGITS, LOGITS_TARGET, "0.691", "focal_from_probs"),
        _keras("focal_from_logits_balanced", LOGITS, LOGITS_TARGET, "0.51", "focal_from_probs", note="apply_class_balancing=True"),
        _keras("categorical_crossentropy", THREE, THREE_TARGET, "1.177", "categorical_cross_entropy"),
        _keras("categorical_crossentropy_sum", THREE, THREE_TARGET, "2.354", "categorical_cross_entropy"),
        _keras("categorical_focal", THREE, THREE_TARGET, "0.23315276", "categorical_focal"),
        _keras("dice", MASKS[1], MASKS[0], "0.6164384", "dice"),
        _keras("huber", [[0.6, 0.4], [0.4, 0.6]], [[0, 1], [0, 0]], "0.155", "huber"),
        _keras("log_cosh", [[1, 1], [0, 0]], [[0, 1], [0, 0]], "0.108", "log_cosh"),
        _torchmetrics("msle", "regression/log_mse", COUNT_PRED, COUNT, "0.0207", "msle"),
        _torchmetrics("mape", "regression/mape", ORDERS_PRED, ORDERS, "0.2667", "mape"),
        _torchmetrics("smape", "regression/symmetric_mape", ORDERS_PRED, ORDERS, "0.2290", "smape"),
        _torchmetrics("kl_divergence", "regression/kl_divergence", Q, P, "0.0853", "kl_div_probs"),
        _torchmetrics("js_divergence", "regression/js_divergence", Q, P, "0.0225", "js_divergence"),
        _torchmetrics("gamma_deviance", "regression/tweedie_deviance", [4, 3, 2, 1], [1, 2, 3, 4], "1.2083", "tweedie_deviance"),
        _torchmetrics("rse", "regression/rse", FOUR_PRED, FOUR, "0.0514", "rse"),
        _torchmetrics("nrmse_std", "regression/nrmse", COUNT_PRED, COUNT, "0.6030", "nrmse"),
        _torchmetrics("log_cosh", "regression/log_cosh", [3.0, 5.0, 2.5, 7.0], [2.5, 5.0, 4.0, 8.0], "0.3523", "log_cosh"),
        _torchmetrics("hinge", "classification/hinge", [0.25, 0.25, 0.55, 0.75, 0.75], [0, 0, 1, 1, 1], "0.6900", "hinge"),
        _torchmetrics("squared_hinge", "classification/hinge", [0.25, 0.25, 0.55, 0.75, 0.75], [0, 0, 1, 1, 1], "0.6905", "squared_hinge"),
        _torchmetrics(
            "multiclass_hinge",
            "classification/hinge",
            [[0.25, 0.20, 0.55], [0.55, 0.05, 0.40], [0.10, 0.30, 0.60], [0.90, 0.05, 0.05]],
            [0, 1, 2, 0],
            "0.9125",
            "multiclass_hinge",
        ),
        _entry("cross_entropy_in_bits", EVENTS_PRED, EVENTS, "3.288", "categorical_cross_entropy", "J. Brownlee, 2019", BROWNLEE,
               form="÷ ln 2 (bits)"),
        _entry("kl_divergence_in_bits", EVENTS_PRED, EVENTS, "1.927", "kl_div_probs", "J. Brownlee, 2019", BROWNLEE,
               form="÷ ln 2 (bits)"),
        _entry("cross_entropy_of_labels", [0.8, 0.9, 0.9, 0.6, 0.8, 0.1, 0.4, 0.2, 0.1, 0.3], [1, 1, 1, 1, 1, 0, 0, 0, 0, 0], "0.247",
               "bce", "J. Brownlee, 2019", BROWNLEE),
        _entry("d2l_cross_entropy", [[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]], [0, 2], "1.4979", "logloss", "Dive into Deep Learning",
               "https://d2l.ai/chapter_linear-classification/softmax-regression-scratch.html"),
        _entry("cross_entropy_from_scratch", [[0.1, 0.2, 0.7], [0.9, 0.05, 0.05], [0.1, 0.1, 0.8]], [0, 1, 2], "1.8404869726207487",
               "logloss", "a notebook", "https://github.com/shiv314/Data-Science-from-scratch"),
        _entry("cross_entropy_of_logits", [[-0.0820, 0.0076, -0.0952, 0.0285]], [1], "1.3449", "cross_entropy",
               "PyTorch's forum, 2021", "https://discuss.pytorch.org"),
        _entry("cross_entropy_of_probabilities", [[0, 0, 0, 1]], [3], "0.7437", "cross_entropy", "a question about PyTorch",
               "https://openillumi.com/?p=73112", note="wrong: 0 was expected, but the probabilities are taken for logits"),
        _entry("cross_entropy_of_rounded", [[1.04, 0.0, 0.14]], [0], "0.56", "cross_entropy", "an article, 2026",
               "https://dev.to/rijultp/exploring-cross-entropy-the-essential-component-for-softmax-backpropagation-465i",
               note="wrong in the last digit: 0.5653, from probabilities that were rounded first"),
        _entry("dice_score", [1, 1, 0, 0, 0, 1], [1, 1, 0, 1, 0, 1], "0.857", "dice", "Deep-ML",
               "https://www.deep-ml.com/problem/Dice%20Score%20for%20Classification", form="1 −"),
    ]
)  # fmt: skip


def write_tutorials(out: Path) -> None:
    """Write the entries as one JSON object, with one entry a line."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in ENTRIES.items())
    (out / "tutorials.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8", newline="\n")
