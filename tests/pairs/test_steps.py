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
            {"swap": True, "swap_from": "batch", "ref_emb": np.ones((61, 4)), "ref_labels": [5] * 60 + [1]},
            "reference row 60 is a positive, but the batch has no row 60",
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


# --- losses with a vector for each class -------------------------------------------------------------------------------------------


def classes(**options: Any) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    return {"pred": rng.normal(size=(7, 3)), "proxies": rng.normal(size=(3, 3)), "target": [0, 0, 1, 1, 2, 2, 0], **options}


@pytest.mark.parametrize("name", ["proxy_nca", "proxy_arcface", "proxy_anchor"])
def test_penalties_are_added(name: str) -> None:
    given = classes()
    w = given["proxies"]
    penalty = 0.5 * (w**2).sum(-1).mean() + np.abs(given["pred"].sum(-1)).mean()
    options = {"weight_regularizer": "lp", "weight_reg_power": 2.0, "weight_reg_weight": 0.5, "embedding_regularizer": "zero_mean"}
    for reducer in ("mean", "sum", "avg_non_zero"):
        plain = losscli.compute(name, **given, reducer=reducer).value
        assert losscli.compute(name, **given, reducer=reducer, **options).value == pytest.approx(plain + penalty, rel=1e-12)


def test_a_miner_weighs_the_rows() -> None:
    given = classes()
    values = losscli.compute("proxy_cosface", **given, reduction="none").values
    mined = losscli.compute("proxy_cosface", **given, reduction="none", miner="batch_hard").values
    times = np.asarray(mined) / np.asarray(values)
    assert times.max() == 1 and times.min() >= 0 and len(set(np.round(times, 9))) > 1


def test_a_miner_shifts_the_exponents_of_proxy_anchor() -> None:
    given, alpha, margin = classes(), 2.0, 0.1
    times = np.asarray(losscli.compute("proxy_cosface", **given, reduction="none", miner="batch_hard").values) / np.asarray(
        losscli.compute("proxy_cosface", **given, reduction="none").values
    )
    x, w = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in (given["pred"], given["proxies"]))
    s, own = x @ w.T, np.asarray(given["target"])[:, None] == np.arange(3)
    pull = np.log1p((own * np.exp(-alpha * (s - margin) + times[:, None] - 1)).sum(0)).mean()
    push = np.log1p((~own * np.exp(alpha * (s + margin) + times[:, None] - 1)).sum(0)).mean()
    assert losscli.compute("proxy_anchor", **given, alpha=alpha, miner="batch_hard").value == pytest.approx(pull + push, rel=1e-12)


def test_the_power_of_nca_is_2_for_lp_only() -> None:
    for name, given in (("nca", {k: v for k, v in classes().items() if k != "proxies"}), ("proxy_nca", classes())):
        assert losscli.compute(name, **given).value == losscli.compute(name, **given, distance="lp", power=2.0).value
        assert losscli.compute(name, **given, distance="snr").value == losscli.compute(name, **given, distance="snr", power=1.0).value


def test_options_that_need_all_rows_do_not_change_the_kind() -> None:
    assert losscli.find("proxy_arcface").kind == "pointwise"
    assert losscli.find("proxy_anchor").kind == "statistic"


def test_a_reference_row_is_swapped_with_itself_and_not_with_a_row_of_the_batch() -> None:
    x, ref = np.array([[0.0, 0.0], [5.0, 5.0]]), np.array([[1.0, 0.0], [1.5, 0.0]])
    given = {"pred": x, "target": [0, 2], "ref_emb": ref, "ref_labels": [0, 1], "normalize": False, "margin": 1.0, "swap": True}
    # d(a, p) = 1; d(a, n) = 1.5; d(p, n) = 0.5; the row of the batch is the anchor itself, at 1.5 from n
    assert losscli.compute("triplet_all", **given).value == 1.5
    assert losscli.compute("triplet_all", **given, swap_from="batch").value == 0.5
