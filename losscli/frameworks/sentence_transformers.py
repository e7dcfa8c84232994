"""Sentence Transformers: a mean over the rows, of the embeddings or scores that its models give."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Converted

__all__ = ["TABLES"]

_SCALE = {"scale": Converted.make("temperature", lambda x: 1 / x, lambda x: 1 / x, "1 over")}
_IN_BATCH = {
    "renames": _SCALE,
    "instead": {
        "negative": "its denominator has all positives and all negatives of the batch; info_nce takes negatives in place of the positives",
        "similarity_fct": "--no-normalize takes the dot product",
        "directions": "clip has both directions",
        "hardness_mode": "only None is available",
    },
}
_DISTANCE = {"distance_metric": "--distance chooses pairwise (Euclidean) or cosine", "size_average": "-r sum is its size_average=False"}
_TEMPERATURES = {
    "instead": {"student_temperature": "--temperature is that of both", "teacher_temperature": "--temperature is that of both"}
}
_ACTIVATION = {"activation_fn": "give the scores after it"}


def _embeddings(*names: str) -> tuple[str, ...]:
    """The names of losses of embeddings, which have a newer path too."""
    return (*(f"losses.{name}" for name in names), *(f"sentence_transformer.losses.{name}" for name in names))


TABLES = (
    Table(
        "sentence_transformers",
        rows=(
            row(
                "info_nce",
                *_embeddings("MultipleNegativesRankingLoss", "CachedMultipleNegativesRankingLoss"),
                options={"temperature": 0.05},
                **_IN_BATCH,
            ),
            row(
                "clip",
                *_embeddings("MultipleNegativesSymmetricRankingLoss", "CachedMultipleNegativesSymmetricRankingLoss"),
                options={"temperature": 0.05},
                renames=_SCALE,
            ),
            row(
                "contrastive",
                *_embeddings("ContrastiveLoss"),
                options={"half": True, "margin": 0.5, "distance": "cosine"},
                instead=_DISTANCE,
            ),
            row(
                "triplet_margin",
                *_embeddings("TripletLoss"),
                options={"margin": 5.0, "eps": 0.0},
                renames={"triplet_margin": "margin"},
                instead=_DISTANCE,
            ),
            row(
                "triplet_all",
                *_embeddings("BatchAllTripletLoss"),
                options={"margin": 5.0, "normalize": False},
                instead=_DISTANCE,
            ),
            row("mse", *_embeddings("MSELoss")),
            row(
                "cosine_distance",
                *_embeddings("EmbedDistillLoss"),
                instead={"distance_metric": "mse is its mse; only cosine and mse are available"},
            ),
            row("distillation", *_embeddings("DistillKLDivLoss"), **_TEMPERATURES),
        ),
    ),
    Table(
        "sentence_transformers.cross_encoder.losses",
        rows=(
            row("bce_with_logits", "BinaryCrossEntropyLoss", weighted="elements", instead=_ACTIVATION),
            row("cross_entropy", "CrossEntropyLoss", renames={"weight": "class_weight"}, instead=_ACTIVATION),
            row("mse", "MSELoss", instead=_ACTIVATION),
            row("listnet", "ListNetLoss", options={"eps": 0.0}, instead=_ACTIVATION),
            row(
                "lambdarank",
                "LambdaLoss",
                options={"weighing_scheme": "ndcgLoss2PP_scheme"},
                reduction="mean",
                renames={"weighting_scheme": "weighing_scheme"},
                instead=_ACTIVATION,
            ),
            row("lambdarank", "RankNetLoss", options={"weighing_scheme": "none"}, reduction="mean", instead=_ACTIVATION),
        ),
    ),
    Table(
        "sentence_transformers.sparse_encoder.losses",
        rows=(
            row("mse", "SparseMSELoss"),
            row(
                "triplet_margin",
                "SparseTripletLoss",
                options={"margin": 5.0, "eps": 0.0},
                renames={"triplet_margin": "margin"},
                instead=_DISTANCE,
            ),
            row("info_nce", "SparseMultipleNegativesRankingLoss", options={"temperature": 1.0, "normalize": False}, **_IN_BATCH),
            row("distillation", "SparseDistillKLDivLoss", options={"temperature": 2.0}, **_TEMPERATURES),
        ),
    ),
)
