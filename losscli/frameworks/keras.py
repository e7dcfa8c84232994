"""Keras: a mean over the last axis first, then over the number of values: weights are not in the denominator."""

from __future__ import annotations

from collections.abc import Iterator

from losscli.frameworks import Row, Table, row
from losscli.registry import Setting

__all__ = ["REFUSED", "SHORT", "TABLES"]

SHORT = {
    "tf.keras.": "keras.",
    "tf.losses.": "keras.losses.",
    "tf.metrics.": "keras.metrics.",
    "tensorflow.keras.": "keras.",
    "tensorflow.losses.": "keras.losses.",
    "tensorflow.metrics.": "keras.metrics.",
}

_IN_METRICS = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "log_cosh",
    "huber",
    "squared_hinge",
    "categorical_hinge",
    "kl_divergence",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "sparse_categorical_crossentropy",
)

_AXIS = {"axis": "class_axis"}
_AXES = {"axis": "--per row sums over all axes but the first, --per channel over all but the second"}
_REF = {"ref_embeddings": "--ref-emb takes them, with --ref-labels"}
_ALL_WRONG = {"rows": 1.0, "terms": 1.0}  # an accuracy of 0
_ARGMAX = {"k": 1, "ties": "first"}
_SORTED = {"from_sorted_ids": "give the scores of the classes"}
_R2 = {
    "class_aggregation": Setting(
        "uniform_average",
        {
            "uniform_average": {},
            "variance_weighted_average": {"options": {"average": "variance"}},
            "none": {"per": "output", "reduction": "none"},
        },
        "The mean of the outputs, their mean weighted by the variance of the target, or each.",
    )
}
_ADJUSTED = {"num_regressors": "multiply the loss by (n - 1) / (n - num_regressors - 1), n the number of rows"}

_LOSSES = (
    # No terms give 0.
    Table(
        "keras.losses",
        shared={
            "reduction": "sum_over_batch_size",
            "none_reduction": "none",
            "weighted": "elements",
            "last_axis": "mean",
            "class_axis": -1,
            "empty_mean": {"terms": 0.0},
        },
        rows=(
            row("mse", "MeanSquaredError", "mean_squared_error"),
            row("mae", "MeanAbsoluteError", "mean_absolute_error"),
            row("huber", "Huber", "huber"),
            row("log_cosh", "LogCosh", "log_cosh"),
            row("mape", "MeanAbsolutePercentageError", "mean_absolute_percentage_error", options={"epsilon": 1e-7, "percent": True}),
            row("msle", "MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", options={"clip": 1e-7}),
            row("poisson_nll", "Poisson", "poisson", options={"log_input": False, "eps": 1e-7}),
            row("kl_div_probs", "KLDivergence", "kl_divergence", last_axis=None),
            row("bce", "BinaryCrossentropy", "binary_crossentropy", options={"clip": 1e-7}, general=_AXIS),
            row("focal_from_probs", "BinaryFocalCrossentropy", "binary_focal_crossentropy", general=_AXIS),
            row("categorical_cross_entropy", "CategoricalCrossentropy", "categorical_crossentropy", last_axis=None, general=_AXIS),
            row(
                "categorical_cross_entropy",
                "SparseCategoricalCrossentropy",
                "sparse_categorical_crossentropy",
                last_axis=None,
                renames={"ignore_class": "ignore_index"},
                general=_AXIS,
                reduction="mean",
                weighted="kept",
            ),
            row("categorical_focal", "CategoricalFocalCrossentropy", "categorical_focal_crossentropy", last_axis=None, general=_AXIS),
            row("generalized_cross_entropy", "CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy", last_axis=None),
            row("hinge", "Hinge", "hinge", signs="target"),
            row("squared_hinge", "SquaredHinge", "squared_hinge", signs="target"),
            row("categorical_hinge", "CategoricalHinge", "categorical_hinge", last_axis=None),
            row(
                "circle",
                "Circle",
                "circle",
                options={"normalize": False, "ref_diagonal": False},
                reduction="mean",
                weighted="kept",
                last_axis=None,
                instead=_REF,
            ),
            row("neg_cosine_similarity", "CosineSimilarity", "cosine_similarity", options={"eps": 1e-7}, last_axis=None, general=_AXIS),
            row("ctc", "CTC", "ctc", options={"from_logits": True, "padding": 0}, last_axis=None),
        ),
    ),
    # One number for the batch, with 1e-7 in the denominator alone, so that two empty masks give 1, not 0.
    Table(
        "keras.losses",
        shared={
            "options": {"eps": 1e-7, "smooth_numerator": False},
            "none_reduction": "none",
            "empty_mean": {"rows": 1.0, "terms": 0.0},
            "weight_note": "multiplies its one number by the weights",
        },
        rows=(
            row("dice", "Dice", "dice", instead=_AXES),
            row(
                "tversky",
                "Tversky",
                "tversky",
                options={"alpha": 0.5, "beta": 0.5},
                renames={"alpha": "beta", "beta": "alpha"},
                instead=_AXES,
            ),
        ),
    ),
    Table(
        "keras.regularizers",
        rows=(
            row("l1_penalty", "L1", options={"l1": 0.01}),
            row("l2_penalty", "L2", options={"l2": 0.01}),
            row("elastic_net", "L1L2", "l1_l2", options={"l1": 0.0, "l2": 0.0}),
        ),
    ),
)

# A metric divides by the sum of the weights, and is 0 where nothing was added.
_METRICS = (
    Table(
        "keras.metrics",
        shared={"last_axis": "mean", "class_axis": -1, "empty_mean": {"rows": 0.0, "terms": 0.0}},
        rows=(
            row("mse", "MeanSquaredError"),
            row("mae", "MeanAbsoluteError"),
            row("mape", "MeanAbsolutePercentageError", options={"epsilon": 1e-7, "percent": True}),
            row("msle", "MeanSquaredLogarithmicError", options={"clip": 1e-7}),
            row("log_cosh", "LogCoshError"),
            row("poisson_nll", "Poisson", options={"log_input": False, "eps": 1e-7}),
            row("bce", "BinaryCrossentropy", options={"clip": 1e-7}),
            row("hinge", "Hinge", signs="target"),
            row("squared_hinge", "SquaredHinge", signs="target"),
        ),
    ),
    Table(
        "keras.metrics",
        shared={"class_axis": -1, "empty_mean": {"rows": 0.0, "terms": 0.0}},
        rows=(
            row("rmse", "RootMeanSquaredError", per="all"),
            row("cosine_similarity", "CosineSimilarity", options={"eps": 1e-7}, reduction="mean", general=_AXIS),
            row("kl_div_probs", "KLDivergence"),
            row("categorical_hinge", "CategoricalHinge"),
            row("categorical_cross_entropy", "CategoricalCrossentropy", general=_AXIS),
            # Its mean counts ignored rows too.
            row(
                "categorical_cross_entropy",
                "SparseCategoricalCrossentropy",
                general=_AXIS,
                renames={"ignore_class": "ignore_index"},
                counts_ignored=True,
            ),
            # Scores: the value is the loss, 1 - the score.
            row("hamming", "Accuracy", score="accuracy", class_axis=None, empty_mean=_ALL_WRONG),
            row("binary_error", "BinaryAccuracy", "binary_accuracy", score="binary_accuracy", class_axis=None, empty_mean=_ALL_WRONG),
            *(
                row("top_k_error", name, function, options=_ARGMAX, score=function, empty_mean=_ALL_WRONG)
                for name, function in (
                    ("CategoricalAccuracy", "categorical_accuracy"),
                    ("SparseCategoricalAccuracy", "sparse_categorical_accuracy"),
                )
            ),
            *(
                row("top_k_error", name, function, instead=_SORTED, score=function, empty_mean=_ALL_WRONG)
                for name, function in (
                    ("TopKCategoricalAccuracy", "top_k_categorical_accuracy"),
                    ("SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy"),
                )
            ),
            row(
                "concordance_correlation",
                "ConcordanceCorrelation",
                "concordance_correlation",
                options={"eps": 1e-7},
                per="row",
                class_axis=None,
                score="concordance_correlation",
                empty_mean=_ALL_WRONG,
                instead={"axis": "it is −1, the last: each row has a value"},
            ),
            row(
                "r2",
                "R2Score",
                options={"force_finite": True},
                settings=_R2,
                class_axis=None,
                instead=_ADJUSTED,
                score="r2_score",
                empty_mean={},
            ),
        ),
    ),
)


def _functions() -> Iterator[Table]:
    """The functions of keras.losses that stand in keras.metrics too, except those whose names differ from a metric by case alone."""
    for table in _LOSSES:
        rows = [Row(r.loss, tuple(n for n in r.names if n.islower() and n in _IN_METRICS), r.differs) for r in table.rows]
        yield Table("keras.metrics", tuple(r for r in rows if r.names), table.shared)


TABLES = (*_LOSSES, *_METRICS, *_functions())

REFUSED = {
    "Mean Sum": "it is the mean or the sum of numbers, not of errors: mean_error of pred and a target of 0",
    "MeanMetricWrapper": "it makes a metric of a function: give the function, losscli compute FILE.py::FUNCTION",
}
