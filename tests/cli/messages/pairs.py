"""Losses over the pairs of a batch: options that need others, and reference rows."""

from __future__ import annotations

import re

from tests.cli.messages.rows import INPUT, USAGE, Row


def _loss(name: str, *argv: str) -> list[str]:
    return ["compute", name, "-p", "[[1,0],[0,1],[1,1]]", "-t", "0,0,1", *argv]


_PML = "pytorch_metric_learning.losses."
_REF = ("--ref-emb", "[[1,0],[0,1]]", "--ref-labels", "0,1")
ROWS: dict[str, Row] = {
    "reducer without its weights": Row(
        _loss("nca", "--reducer", "class_weighted"), USAGE, "error: nca: --reducer class_weighted and --weights need each other"
    ),
    "cosine without norms": Row(
        _loss(f"{_PML}NCALoss", "--distance", "cosine", "--no-normalize-embeddings"),
        USAGE,
        "error: nca: --distance cosine divides vectors by their norms: with --no-normalize-embeddings use --distance dot_product",
    ),
    "a mistake of the framework": Row(
        _loss(f"{_PML}CircleLoss", "--reducer", "class_weighted", "--weights", "1,2"),
        USAGE,
        re.compile(r"^error: circle: --reducer class_weighted multiplies each term with the weights of all terms"),
    ),
    "a label without a weight": Row(
        _loss("nca", "--reducer", "class_weighted", "--weights", "2"),
        USAGE,
        "error: weights has a number for each label from 0 to 0, but target has the label 1",
    ),
    "a mean of a loss and a penalty": Row(
        _loss("nca", "--embedding-regularizer", "lp", "-r", "mean"),
        USAGE,
        "error: nca: with these options the result is -r sum: leave out -r mean",
    ),
    "a loss with a state": Row(
        ["compute", f"{_PML}DynamicSoftMarginLoss"],
        USAGE,
        f"error: {_PML}DynamicSoftMarginLoss cannot be computed here: its margins come from a histogram that each batch changes;"
        " triplet_all has a fixed margin",
    ),
    "swap by a row that the batch does not have": Row(
        _loss(f"{_PML}TripletMarginLoss", "--swap", "--ref-emb", "[[1,0],[0,1],[1,2],[2,1]]", "--ref-labels", "1,1,1,0"),
        USAGE,
        "error: --swap-from batch: reference row 3 is a positive, but the batch has no row 3: give at most 3 of them",
    ),
    "centers of a class that has one": Row(
        ["compute", "soft_triple", "-p", "[[1,0]]", "--proxies", "[[[1,0]],[[0,1]]]", "-t", "0", "--weight-regularizer", "sparse_centers"],
        USAGE,
        "error: --weight-regularizer sparse_centers takes several vectors for each class, and proxies has one",
    ),
    "a distance where only the cosine is taken": Row(
        ["compute", f"{_PML}ArcFaceLoss", "-p", "[[1,0]]", "--proxies", "[[1,0],[0,1]]", "-t", "0", "--distance", "lp"],
        USAGE,
        re.compile(r"it takes only the cosine"),
    ),
    "an empty range of returns": Row(
        ["compute", "categorical_projection", "-p", "[[0,0]]", "--next-logits", "[[0,0]]", "-t", "[[0,4]]", "--v-max", "-20"],
        USAGE,
        "error: categorical_projection: --v-max -20 must be above --v-min -10",
    ),
    "reference rows without labels": Row(
        _loss("triplet_all", *_REF[:2]), USAGE, "error: triplet_all needs ref_labels: give --ref-labels SOURCE"
    ),
    "fewer labels than reference rows": Row(
        _loss("triplet_all", *_REF[:3], "0"), INPUT, "error: triplet_all: ref_labels has 1 number, but ref_emb has 2 rows"
    ),
}
