"""Sentence Transformers: a mean over the rows, of the embeddings or scores that its models give."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Converted

__all__ = ["REFUSED", "TABLES"]

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
_OF_ROWS = {"distance_metric": "--distance chooses euclidean or cosine"}
_CHOSEN = {"loss_fct": "only the squared error is available", "cos_score_transformation": "only the cosine itself is available"}
_TEMPERATURES = {
    "instead": {"student_temperature": "--temperature is that of both", "teacher_temperature": "--temperature is that of both"}
}
_ACTIVATION = {"activation_fn": "give the scores after it"}
_DISCOUNT = {"lambda_weight": "--places first is its default, --places equal --no-normalize its None; other discounts are not available"}
_DRAWN = {
    "num_negatives": "it draws texts of other rows at random: give the scores of the negatives that were drawn",
    "activation_fn": "--activation chooses sigmoid, tanh or none",
}


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
            row("batch_hard_triplet", *_embeddings("BatchHardTripletLoss"), options={"margin": 5.0, "alone": "zero"}, instead=_OF_ROWS),
            row(
                "batch_hard_triplet",
                *_embeddings("BatchHardSoftMarginTripletLoss"),
                options={"soft": True, "alone": "zero"},
                instead=_OF_ROWS,
            ),
            row("semi_hard_triplet", *_embeddings("BatchSemiHardTripletLoss"), options={"margin": 5.0}, instead=_OF_ROWS),
            row("cosent", *_embeddings("CoSENTLoss"), instead={"similarity_fct": "--similarity chooses cosine or angle"}),
            row("cosent", *_embeddings("AnglELoss"), options={"similarity": "angle"}),
            row("cosine_mse", *_embeddings("CosineSimilarityLoss"), instead=_CHOSEN),
            row("margin_mse", *_embeddings("MarginMSELoss"), instead={"similarity_fct": "only the dot product is available"}),
            row("online_contrastive", *_embeddings("OnlineContrastiveLoss"), instead=_OF_ROWS),
            row("contrastive_tension", *_embeddings("ContrastiveTensionLoss")),
            row("clip", *_embeddings("ContrastiveTensionLossInBatchNegatives"), options={"temperature": 0.05}, renames=_SCALE),
            row("mega_batch_margin", *_embeddings("MegaBatchMarginLoss")),
            row(
                "gist",
                *_embeddings("GISTEmbedLoss", "CachedGISTEmbedLoss"),
                instead={"guide": "give the vectors of the guide: --guide-anchor, --guide-positive and --guide-negative"},
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
            row("score_margin_mse", "MarginMSELoss", instead=_ACTIVATION),
            row("listnet", "ListNetLoss", options={"eps": 0.0}, instead=_ACTIVATION),
            row(
                "p_listmle",
                "PListMLELoss",
                options={"respect_input_order": True, "eps": 1e-10, "padding": "zero"},
                instead=_ACTIVATION | _DISCOUNT,
            ),
            row(
                "p_listmle",
                "ListMLELoss",
                options={"respect_input_order": True, "eps": 1e-10, "padding": "zero", "places": "equal", "normalize": False},
                instead=_ACTIVATION,
            ),
            row(
                "sampled_softmax",
                "MultipleNegativesRankingLoss",
                "CachedMultipleNegativesRankingLoss",
                options={"temperature": 0.1, "activation": "sigmoid"},
                renames=_SCALE,
                instead=_DRAWN,
            ),
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
            row("cosent", "SparseCoSENTLoss"),
            row("cosent", "SparseAnglELoss", options={"similarity": "angle"}),
            row("cosine_mse", "SparseCosineSimilarityLoss", instead=_CHOSEN),
            row("margin_mse", "SparseMarginMSELoss", instead={"similarity_fct": "only the dot product is available"}),
            row("flops", "FlopsLoss", instead={"threshold": "set the rows with few activations to 0 before"}),
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

# Names that need more than arrays -> why, and what to use.
_PREFIXES = (
    "it adds another loss of the first numbers of the vectors. An objective, a YAML file, does that exactly, with a term for each length:"
    ' `terms: {d64: {loss: sentence_transformers.MultipleNegativesRankingLoss, anchor: "a_0:a_63", positive: "p_0:p_63", weight: 1.0}, …}`;'
    " losses of cosines need no more, for others divide each row by its length before"
)
REFUSED = {
    "MatryoshkaLoss": _PREFIXES,
    "Matryoshka2dLoss AdaptiveLayerLoss": "it draws layers of a model at random, and adds another loss of each; an objective adds losses",
    "SpladeLoss": "it adds another loss and flops of the documents and of the queries, each with its weight; an objective does that",
    "CSRLoss": "it adds a reconstruction and another loss of the codes; an objective adds losses with their weights",
    "CSRReconstructionLoss": ("it adds errors of several outputs of a sparse autoencoder; an objective adds losses"),
    "DenoisingAutoEncoderLoss": "it decodes with a model; causal_lm takes the logits of the tokens",
    "SoftmaxLoss": "it has a layer with weights; cross_entropy takes the logits of that layer",
    "CachedLossDecorator BatchHardTripletLossDistanceFunction": "it is no loss, but a part of losses",
}
