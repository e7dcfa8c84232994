"""The steps that all losses over pairs share: the same bits in any blocks, reference rows, miners, reducers and penalties."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.errors import LossError
from losscli.testing.case import same_bits, small_blocks

OPTIONS: list[dict[str, Any]] = [
    {"distance": "snr", "normalize": False},
    {"distance": "lp", "p": 1, "power": 2},
    {"reducer": "per_anchor"},
    {"reducer": "threshold", "low": 0.1, "high": 2.0},
    {"reducer": "class_weighted", "weights": [1.0, 2.0, 0.5, 3.0]},
    {"reducer": "sum", "embedding_regularizer": "lp"},
    {"miner": "batch_hard"},
    {"miner": "semihard", "miner_distance": "cosine"},
    {"miner": "multi_similarity", "embedding_regularizer": "zero_mean"},
]
LOSSES = ("contrastive_all", "triplet_all", "lifted_structure", "nca", "sup_con", "nt_xent_labels", "intra_pair_variance")


def data(rows: int = 60, referred: bool = False) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    roles = {"pred": rng.normal(size=(rows, 4)), "target": rng.integers(0, 4, rows)}
    return roles | ({"ref_emb": rng.normal(size=(9, 4)), "ref_labels": rng.integers(0, 4, 9)} if referred else {})


@pytest.mark.parametrize("referred", [False, True], ids=["batch", "reference"])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: " ".join(map(str, o.values())))
@pytest.mark.parametrize("loss", LOSSES)
def test_any_chunks_and_threads_give_the_same_bits(loss: str, options: dict[str, Any], referred: bool) -> None:
    if loss == "triplet_all" and options.get("reducer") == "per_anchor":
        pytest.skip("it is refused")
    roles = data(referred=referred)
    value, slope = losscli.compute(loss, **roles, **options).value, losscli.gradient(loss, **roles, **options)
    assert np.isfinite(value)
    with small_blocks(24):
        found = [losscli.compute(loss, **roles, **options, chunk=c, threads=t).value for c, t in ((1, 1), (13, 2))]
        assert same_bits(*found)
        np.testing.assert_allclose(found[0], value, rtol=1e-12)
        np.testing.assert_allclose(losscli.gradient(loss, **roles, **options), slope, rtol=1e-9, atol=1e-14)


def test_a_reference_set_has_its_own_rows_and_the_batch_itself_as_one_compares_each_row_with_itself() -> None:
    roles = data(5)
    with_itself = losscli.compute("nca", **roles, ref_emb=roles["pred"], ref_labels=roles["target"]).value
    assert with_itself < losscli.compute("nca", **roles).value


def test_words_are_labels_of_both_sets() -> None:
    roles = data(6, referred=True)
    words = {n: np.array(["a", "b", "c", "d"])[x] if x.ndim == 1 else x for n, x in roles.items()}
    assert losscli.compute("nca", **words).value == losscli.compute("nca", **roles).value


@pytest.mark.parametrize(
    ("loss", "options", "said"),
    [
        ("triplet_all", {"reducer": "per_anchor"}, "reducer='per_anchor' takes pairs, and these terms are triplets"),
        ("nca", {"reducer": "threshold"}, "reducer='threshold' and one of low and high need each other"),
        ("nca", {"low": 1.0}, "reducer='threshold' and one of low and high need each other"),
        ("nca", {"reducer": "class_weighted"}, "reducer='class_weighted' and weights need each other"),
        ("nca", {"distance": "cosine", "normalize": False}, "with normalize=False use distance='dot_product'"),
        ("nca", {"embedding_reg_weight": 2.0}, "embedding_reg_weight needs embedding_regularizer: it has no effect here"),
        (
            "nca",
            {"miner_margin": 0.1, "miner": "batch_hard"},
            "miner_margin needs miner='all', 'hard', 'semihard' or 'easy': it has no",
        ),
        ("nca", {"miner_distance": "lp"}, "miner_distance needs miner: it has no effect here"),
        ("nca", {"reducer": "class_weighted", "weights": [1.0, 2.0]}, "target has the label"),
        (
            "triplet_all",
            {"swap": True, "ref_emb": np.ones((2, 4)), "ref_labels": [0, 1]},
            "swap=True takes no ref_emb: leave",
        ),
        ("nca", {"ref_emb": np.ones((2, 4))}, "needs ref_labels"),
        ("nca", {"ref_labels": [0, 1]}, "needs ref_emb"),
        ("nca", {"ref_emb": np.ones((2, 4)), "ref_labels": [0]}, "ref_labels has 1 number, but ref_emb has 2 rows"),
        ("nca", {"ref_emb": np.ones((2, 3)), "ref_labels": [0, 1]}, "their vectors must be of one length"),
    ],
)
def test_what_has_no_meaning_is_refused(loss: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(LossError, match=re.escape(said)):
        losscli.compute(loss, **data(), **options)


def test_the_refusal_speaks_in_the_words_of_the_name() -> None:
    with pytest.raises(LossError, match="with normalize_embeddings=False use distance='dot_product'"):
        losscli.compute("pytorch_metric_learning.losses.NCALoss", **data(), distance="cosine", normalize_embeddings=False)


def test_a_miner_that_finds_nothing_leaves_a_loss_of_0() -> None:
    far = {"pred": [[1.0, 0.0], [1.0, 0.01], [-1.0, 0.0], [-1.0, 0.01]], "target": [0, 0, 1, 1]}
    assert losscli.compute("triplet_all", **far, margin=3.0, miner="semihard", miner_margin=0.1).value == 0
    assert losscli.compute("triplet_all", **far, margin=3.0).value > 0
