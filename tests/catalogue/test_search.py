"""Search by what people call a loss, names that are written loosely, and the guide."""

from __future__ import annotations

import json

import pytest

import losscli
from losscli.catalogue.guide import GUIDE
from losscli.catalogue.index import loss_facts
from losscli.catalogue.lookup import load_all
from losscli.catalogue.search import LIBRARIES, search
from losscli.frameworks import libraries, short_beginnings
from losscli.registry import LOSSES
from tests.support.output import Cli, cli

__all__ = ["cli"]

load_all()

# What people call it -> a loss that comes first or second.
PHRASES = {
    "regression": "mse",
    "outliers": "huber",
    "outlier regression": "huber",
    "percentage error": "mape",
    "forecasting": "quantile",
    "demand forecasting": "wape",
    "prediction interval": "interval_score",
    "count data": "poisson_nll",
    "overdispersed counts": "negative_binomial_nll",
    "insurance claims": "tweedie_deviance",
    "survival analysis": "cox_ph",
    "proportional hazards": "cox_ph",
    "competing risks": "nll_pmf_cr",
    "c index": "concordance_survival",
    "weibull": "survival_nll",
    "accelerated failure time": "aft",
    "discrete time survival": "nll_logistic_hazard",
    "survival curve": "brier_survival",
    "heteroscedastic": "gaussian_nll",
    "weather forecast": "crps_ensemble",
    "binary classification": "bce_with_logits",
    "two classes": "bce_with_logits",
    "2 classes": "bce_with_logits",
    "yes/no questions": "bce_with_logits",
    "multi-label": "bce_with_logits",
    "multi-class classification": "cross_entropy",
    "pick one from many": "cross_entropy",
    "pick one of many": "cross_entropy",
    "imbalanced data": "focal",
    "class imbalance": "focal",
    "noisy labels": "generalized_cross_entropy",
    "label noise": "generalized_cross_entropy",
    "support vector machine": "hinge",
    "knowledge distillation": "distillation",
    "compare probabilities": "kl_div",
    "earth mover": "wasserstein_1d",
    "variational autoencoder": "gaussian_kl",
    "medical imaging": "tversky",
    "semantic segmentation": "dice_ce",
    "bounding boxes": "giou",
    "bounding box regression": "giou",
    "face matching": "triplet_margin",
    "face verification": "arcface",
    "measuring similarity": "cosine_embedding",
    "learn embeddings": "triplet_margin",
    "siamese network": "contrastive",
    "contrastive learning": "info_nce",
    "images and text": "clip",
    "ranking items": "margin_ranking",
    "learning to rank": "listnet",
    "recommendation": "bpr",
    "recommender system": "bpr",
    "generative adversarial": "gan_vanilla",
    "semi-supervised": "consistency_mse",
    "active learning": "least_confidence",
    "reward model": "reward_bradley_terry",
    "human preferences": "dpo",
    "reinforcement learning": "policy_gradient",
    "speech recognition": "ctc",
    "speech separation": "si_sdr",
    "image quality": "ssim",
    "next token": "causal_lm",
    "weight decay": "l2_penalty",
    "super-resolution": "charbonnier",
}


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_finds_its_loss_first_or_second(phrase: str) -> None:
    found = search(loss_facts(), phrase.split())
    assert PHRASES[phrase] in [loss["name"] for loss in found.losses[:2]]
    assert found.all_words


@pytest.mark.parametrize("words", ["therwis", "ossen", "zzz", "weather zzz xxx"])
def test_the_inside_of_a_word_is_no_match(words: str) -> None:
    assert not search(loss_facts(), words.split()).losses


def test_where_no_loss_matches_all_words_most_of_them_do(cli: Cli) -> None:
    out = cli("list", "robust", "regression", "xylophone").out
    assert out.startswith("no loss matches all words; ")
    assert "\nhuber " in out


def test_every_word_of_a_question_may_be_a_stop_word() -> None:
    assert search(loss_facts(), ["one", "of"]).losses


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Huber Loss", "huber"),
        ("huber loss", "huber"),
        ("cross entropy", "cross_entropy"),
        ("Cross-Entropy Loss", "cross_entropy"),
        ("l2 loss", "half_squared_error"),
        ("mse-loss", "mse"),
        ("dice", "dice"),
        ("tversky loss", "tversky"),
        (" KL div ", "kl_div"),
        ("wing loss", "wing"),
    ],
)
def test_names_are_forgiving(written: str, name: str, cli: Cli) -> None:
    assert losscli.find(written).name == name
    assert cli("list", *written.split()).out.startswith(f"{name}: ")


def test_a_table_shows_the_best_and_says_how_many_more(cli: Cli) -> None:
    first = cli("list", "classification").out.splitlines()
    whole = cli("list", "classification", "--all").out.splitlines()
    count = int(first[0].split()[0])
    assert first[0] == f"{count} losses for 'classification', the best first"
    assert first[-1] == f"{count - 20} more: --all shows them"
    assert len(whole) == count + 2
    assert len(json.loads(cli("list", "classification", "-f", "json").out)["losses"]) == count
    assert "more:" not in cli("list", "wasserstein").out


def test_the_guide_names_losses_and_uses_each_row_once(cli: Cli) -> None:
    rows = json.loads(cli("list", "--guide", "-f", "json").out)["guide"]
    assert [len(row) for row in rows] == [4] * len(GUIDE)
    assert all(name in LOSSES for row in rows for name in row["losses"])
    assert len({row[:3] for row in GUIDE}) == len(GUIDE)
    out = cli("list", "--guide").out
    assert all(task in out for task, *_ in GUIDE)


@pytest.mark.parametrize(("short", "library"), sorted(LIBRARIES.items()))
def test_the_short_name_of_a_library_finds_its_losses(short: str, library: str) -> None:
    found = search(loss_facts(), [short])
    assert found.losses and all(any(n.startswith(f"{library}.") for n in loss["names"]) for loss in found.losses)


def test_every_short_name_of_a_whole_library_is_known_to_the_search() -> None:
    """tf is more than tensorflow: tf.keras is Keras."""
    short = {
        s.rstrip("."): long.rstrip(".") for library in libraries() for s, long in short_beginnings(library).items() if s.count(".") == 1
    }
    whole = {s: long for s, long in short.items() if "." not in long}
    assert whole.items() <= LIBRARIES.items()


def test_a_library_and_a_word() -> None:
    assert next(loss["name"] for loss in search(loss_facts(), ["smp", "dice"]).losses) == "multiclass_dice"
    assert search(loss_facts(), ["smp", "phoneme"]).losses == []
