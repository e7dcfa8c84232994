"""The options of all losses over pairs, with what is refused because it would have no effect or no meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from losscli.domains import LabelWeights, Needs, NonNegative, Positive
from losscli.pairs.metric import OF_METRIC
from losscli.pairs.terms import Kind

__all__ = ["DEFAULTS", "HINTS", "OF_METRIC", "OF_MINER", "hints", "implied_reduction", "refusal"]

_DISTANCES = Literal["lp", "cosine", "dot_product", "snr"]
_REDUCERS = Literal["mean", "avg_non_zero", "per_anchor", "class_weighted", "threshold", "sum", "do_nothing"]
_MINERS = Literal["batch_hard", "all", "hard", "semihard", "easy", "multi_similarity"]
BY_MARGIN = ("all", "hard", "semihard", "easy")
_OF_LP = Needs("embedding_regularizer", ("lp",))
HINTS: dict[str, Any] = {
    "distance": Annotated[_DISTANCES, "The distance or similarity of two vectors."],
    "p": Annotated[Positive, "The p of the distance lp, and of the norm by which vectors are divided."],
    "power": Annotated[Positive, "The power of the distance or similarity."],
    "normalize": Annotated[bool, "Divide each vector by its norm."],
    "reducer": Annotated[_REDUCERS, "How the terms become one number."],
    "low": Annotated[float | None, "For --reducer threshold: only terms above it count."],
    "high": Annotated[float | None, "For --reducer threshold: only terms below it count."],
    "weights": Annotated[LabelWeights | None, "For --reducer class_weighted: a weight for each label."],
    "embedding_regularizer": Annotated[Literal["lp", "zero_mean"] | None, "A penalty on the vectors, which is added."],
    "embedding_reg_weight": Annotated[NonNegative, "The weight of the penalty.", Needs("embedding_regularizer")],
    "reg_p": Annotated[Positive, "For --embedding-regularizer lp: the p of the norm.", _OF_LP],
    "reg_power": Annotated[Positive, "For --embedding-regularizer lp: the power of the norm.", _OF_LP],
    "miner": Annotated[_MINERS | None, "The pairs and triplets that count; all without it."],
    "miner_distance": Annotated[
        _DISTANCES | None, "The miner's distance of unit vectors: lp, but for multi_similarity cosine.", Needs("miner")
    ],
    "miner_margin": Annotated[float, "For --miner all, hard, semihard and easy.", Needs("miner", BY_MARGIN)],
    "miner_epsilon": Annotated[float, "For --miner multi_similarity.", Needs("miner", ("multi_similarity",))],
}
SQUARE_OF_LP = Annotated[Positive | None, "The power of the distance or similarity; without it 2 for lp, 1 for others."]
DEFAULTS: dict[str, Any] = dict.fromkeys(HINTS) | {
    "distance": "lp", "p": 2.0, "power": 1.0, "normalize": True, "reducer": "mean", "embedding_reg_weight": 1.0, "reg_p": 2.0,
    "reg_power": 1.0, "miner_margin": 0.2, "miner_epsilon": 0.1,
}  # fmt: skip
OF_MINER = ("miner", "miner_distance", "miner_margin", "miner_epsilon")


def hints(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The hint of each option, for a loss with these defaults."""
    return HINTS if defaults["power"] is not None else HINTS | {"power": SQUARE_OF_LP}


def refusal(options: Mapping[str, Any], kind: Kind, crosses: bool) -> str:
    """What is wrong with some options beside others; '' for nothing. `options` has a value for each name in HINTS.

    `crosses` says that the framework multiplies each term with the weights of all terms.
    """
    if crosses and options["reducer"] == "class_weighted":
        return (
            "--reducer class_weighted multiplies each term with the weights of all terms in pytorch-metric-learning 2.9.0, a mistake: "
            "our own name of the loss weighs each term by its label"
        )
    if options["distance"] == "cosine" and not options["normalize"]:
        return "--distance cosine divides vectors by their norms: with --no-normalize use --distance dot_product"
    return _refused_reducer(options, kind)


def _refused_reducer(options: Mapping[str, Any], kind: Kind) -> str:
    reducer = options["reducer"]
    if reducer == "per_anchor" and kind == "triplet":
        return "--reducer per_anchor takes pairs, and these terms are triplets"
    if (options["weights"] is not None) != (reducer == "class_weighted"):
        return "--reducer class_weighted and --weights need each other"
    if (options["low"] is not None or options["high"] is not None) != (reducer == "threshold"):
        return "--reducer threshold and one of --low and --high need each other"
    return ""


def implied_reduction(options: Mapping[str, Any]) -> str | None:
    """The reduction that options imply. With a penalty it is a sum: a value is what one anchor adds to the mean and the penalty."""
    if options["reducer"] == "do_nothing":
        return "none"
    return "sum" if options["reducer"] == "sum" or options["embedding_regularizer"] is not None else None
