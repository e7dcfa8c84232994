"""Messages with advice about metrics, references and wrong inputs, and that this advice is right."""

from __future__ import annotations

import re
from importlib import import_module

import numpy as np
import pytest

import losscli
from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import explain_no_loss, find
from losscli.catalogue.metrics import _ADVICE, metric
from losscli.errors import UsageError
from losscli.frameworks import libraries
from losscli.registry import LOSSES, Loss
from tests.support.command import cli

losscli.LOSSES  # noqa: B018 - registers them

METRICS = {
    "auc": "auc is a metric, not a loss: scikit-learn computes it (sklearn.metrics.roc_auc_score)",
    "balanced_accuracy": "balanced_accuracy is a metric, not a loss: scikit-learn computes it (sklearn.metrics.balanced_accuracy_score)",
    "F1": "F1 is a metric, not a loss: of predictions 0 and 1 it is 1 - dice with --eps 0; for averages "
    "scikit-learn computes it (sklearn.metrics.f1_score)",
    "sklearn.metrics.cohen_kappa_score": "sklearn.metrics.cohen_kappa_score is a metric, not a loss: scikit-learn computes it"
    " (sklearn.metrics.cohen_kappa_score)",
    "torchmetrics.classification.MulticlassF1Score": "torchmetrics.classification.MulticlassF1Score is a metric, not a loss: of"
    " predictions 0 and 1 it is 1 - dice with --eps 0; for averages scikit-learn computes it (sklearn.metrics.f1_score)",
    "keras.metrics.AUC": "keras.metrics.AUC is a metric, not a loss: scikit-learn computes it (sklearn.metrics.roc_auc_score)",
    "yardstick.j_index_vec": "yardstick.j_index_vec is a metric, not a loss: the R package yardstick computes it (yardstick::j_index),"
    " with its kin",
    "bleu_score": "bleu_score is a metric, not a loss: it compares texts; sacrebleu and torchmetrics compute such metrics",
}


@pytest.mark.parametrize("name", METRICS)
def test_the_error_for_a_metric_says_that_it_is_a_metric(name: str) -> None:
    for argv in (["compute", name, "-p", "1", "-t", "1"], ["compare", "-l", name, "-p", "1", "-t", "1"]):
        got = cli(argv)
        assert (got.code, got.out, got.err) == (2, "", f"error: {METRICS[name]}\n"), argv


def test_list_says_so_where_no_loss_tells_of_a_metric() -> None:
    got = cli(["list", "auc"])
    assert (got.code, got.out, got.err) == (2, "", f"error: {METRICS['auc']}\n")


def refused_names() -> list[tuple[str, str]]:
    """Each name that a library's file refuses, in full, with the reason."""
    found = []
    for library in libraries():
        for names, reason in getattr(import_module(f"losscli.frameworks.{library}"), "REFUSED", {}).items():
            found += [(f"{library}.{name}", reason) for name in names.split()]
    return found


@pytest.mark.every_loss
def test_a_name_that_is_refused_is_no_loss_and_the_losses_it_tells_of_exist() -> None:
    for name, reason in refused_names():
        with pytest.raises(UsageError, match=re.escape(f"{name} cannot be computed here: {reason}")):
            find(name)
    pattern = rf"(?:{'|'.join(libraries())})\.[\w.]*\w|\b[a-z]+_[a-z_]+"
    choices = {choice for loss in LOSSES.values() for option in loss.all_options.values() for choice in option.choices}
    for _, reason in refused_names():
        for word in re.findall(pattern, reason):
            if f"({word})" in reason or word in choices or word == "log_softmax":  # it says where else to compute it, or is an option
                continue
            try:
                find(word)
            except UsageError as error:
                raise AssertionError(f"{word} in {reason!r}") from error


@pytest.mark.every_loss
def test_no_metric_is_the_name_of_a_loss() -> None:
    for name in _ADVICE:
        with pytest.raises(UsageError, match="is a metric, not a loss"):
            find(name)
    assert all(metric(name) is None for known in LOSSES.values() for name in (known.name, *known.aliases))


@pytest.mark.every_loss
def test_the_losses_that_a_metric_is_told_by_exist() -> None:
    for said in set(_ADVICE.values()):
        for name in re.findall(r"1 - (\w+)", said):
            assert find(name)[0].name == name


def test_a_metric_follows_from_the_loss_that_is_named() -> None:
    # by hand: 3 of 5 labels are right; TP 2, FP 1, FN 1, TN 1
    pred, target = np.array([1.0, 1, 1, 0, 0]), np.array([1.0, 1, 0, 1, 0])
    assert 1 - losscli.compute("dice", pred=pred, target=target, eps=0).value == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert 1 - losscli.compute("iou", pred=pred, target=target, eps=0).value == pytest.approx(2 / 4)
    assert 1 - losscli.compute("mcc", pred=pred, target=target, eps=0).value == pytest.approx((2 * 1 - 1 * 1) / (3 * 3 * 2 * 2) ** 0.5)


@pytest.mark.parametrize(
    ("name", "losses"),
    [
        ("gluonts.ev.metrics.MASE", "mase"),
        ("gluonts.ev.metrics.MeanWeightedSumQuantileLoss", "weighted_quantile"),
        ("torch.distributions.Laplace", "laplace_nll"),
    ],
)
def test_a_reference_leads_to_its_loss(name: str, losses: str) -> None:
    for argv in (["compute", name, "-p", "1", "-t", "1"], ["list", name]):
        got = cli(argv)
        try:
            find(name)
        except UsageError:
            assert got.code == 2
            assert re.fullmatch(
                rf"error: no loss is called '{name}'; it is the reference of .*\b{losses}\b.*: name one of these\n", got.err
            )
        else:
            assert losses in got.out + got.err or got.code == 0


@pytest.mark.every_loss
def test_every_dotted_reference_is_a_name_or_leads_to_its_loss() -> None:
    for known in LOSSES.values():
        for word in re.split(r"[\s,;()]+", known.reference):
            if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", word):
                assert _is_a_name(word) or known.name in (explain_no_loss(word) or ""), (known.name, word)


def _is_a_name(word: str) -> bool:
    try:
        find(word)
    except UsageError:
        return False
    return True


@pytest.mark.parametrize(
    ("words", "found", "not_found"),
    [
        (["therwis"], set(), {"mse", "huber"}),  # inside 'otherwise', but no word
        (["cross", "entropy"], {"cross_entropy"}, {"mse"}),  # a name
        (["binary", "entropy"], {"bce", "focal"}, {"mse"}),
        (["outlier", "regression"], {"huber", "mae", "log_cosh"}, {"cross_entropy"}),
        (["outliers"], {"huber"}, set()),
        (["dice", "overlap"], {"dice"}, {"cross_entropy", "nll"}),  # not in 'indices'
        (["HuberLoss", "outliers"], {"huber"}, {"mse"}),
    ],
)
def test_words_are_looked_for_as_words(words: list[str], found: set[str], not_found: set[str]) -> None:
    got = cli(["list", *words, "-f", "csv"])
    names = {line.partition(",")[0] for line in got.out.splitlines()[1:]}
    assert found <= names and not (not_found & names), names
    assert got.code == (0 if found else 2)


SAID = {
    "one row of probabilities": (
        ["cross_entropy", "-p", "[[0.1,0.7,0.2]]", "-t", "1"],
        "W101 pred looks like probabilities (all from 0 to 1, and each row sums to 1), but this loss takes logits: "
        "--from-probs takes probabilities",
    ),
    "probabilities for log-probabilities": (
        ["nll", "-p", "[[0.1,0.9],[0.2,0.8]]", "-t", "1,0"],
        "W102 2 rows: pred is above 0, so it holds no log-probabilities: --from-logits takes logits, --from-probs probabilities",
    ),
    "probabilities for kl": (
        ["kl", "-p", "[[0.1,0.9]]", "-t", "[[0.5,0.5]]"],
        "W102 1 row: pred is above 0, so it holds no log-probabilities: --from-logits takes logits, --from-probs probabilities",
    ),
    "log-probabilities for kld": (
        ["kld", "-p", "[[-0.1,-2.3]]", "-t", "[[0.5,0.5]]"],
        "pred: row 0, element 0 is -0.1, which is not from 0 to 1; --from-logits takes logits, --from-log-probs log-probabilities",
    ),
}


def test_a_label_outside_its_domain_is_not_told_to_be_a_logit() -> None:
    for loss in ("bce", "dice", "kld"):
        rows = "[[0.5,0.5]]" if loss == "kld" else "0.5,0.5"
        labels = "[[2,0.5]]" if loss == "kld" else "2,1"
        got = cli(["compute", loss, "-p", rows, "-t", labels])
        assert got.code == 3 and "is 2, which is not from 0 to 1" in got.err and "logit" not in got.err and "kl_div" not in got.err, got.err


@pytest.mark.parametrize("case", SAID)
def test_a_hint_names_the_loss_that_takes_it(case: str) -> None:
    argv, said = SAID[case]
    assert said in cli(["compute", *argv]).err


def test_the_loss_that_w101_names_gives_the_right_number() -> None:
    got = cli(["compute", "logloss", "-p", "[[0.1,0.7,0.2]]", "-t", "1", "-f", "value"])
    assert float(got.out) == pytest.approx(-np.log(0.7), rel=1e-12)


def test_the_cards_of_the_two_divergences_name_each_other() -> None:
    assert "kld and kl_divergence are its aliases" in cli(["list", "kl"]).out
    assert "kl and kullback_leibler are its aliases" in cli(["list", "kld"]).out


def test_a_class_that_does_not_occur_may_be_counted() -> None:
    # counts 4, 2, 0: two classes occur, n / (k n_c) = 6 / (2 * 4) and 6 / (2 * 2), the third weighs 0
    got = cli(["compute", "cross_entropy", "-p", "[[1,2,3],[3,1,0]]", "-t", "0,1", "--class-counts", "4,2,0", "-f", "json"])
    assert got.code == 0, got.err
    pred = np.array([[1.0, 2, 3], [3, 1, 0]])
    each = np.log(np.exp(pred).sum(-1)) - pred[[0, 1], [0, 1]]
    assert f'"value": {(0.75 * each[0] + 1.5 * each[1]) / 2.25:.12f}'[:22] in got.out


ELSEWHERE = [  # MONAI's words for what is no option here (N9)
    ("MCCLoss", "softmax", "give softmax(logits) over the channels as pred"),
    ("MCCLoss", "sigmoid", "give sigmoid(logits) as pred"),
    ("MCCLoss", "batch", "--per channel takes each channel over all images"),
]


@pytest.mark.parametrize(("name", "word", "says"), ELSEWHERE)
def test_a_framework_s_word_leads_on(name: str, word: str, says: str) -> None:
    data = ["-p", "[[[0.5]]]", "-t", "[[[1]]]"]
    assert f"no such option --{word}: {says}\n" in cli(["compute", f"monai.losses.{name}", *data, f"--{word}"]).err
    assert says in cli(["compare", "-l", f"monai.losses.{name}:{word}=true", *data]).err


@pytest.mark.parametrize("known", LOSSES.values(), ids=lambda known: known.name)
def test_an_option_with_an_alternative_is_refused(known: Loss) -> None:
    """No name of ours is refused for a framework's word: that is renamed, or the loss does not have it."""
    for preset in known.presets:
        assert not set(preset.renames) & set(preset.instead)
        for word in set(preset.instead) & set(known.all_options):
            with pytest.raises(UsageError, match=re.escape(f"{preset.names[0]} has no option {word!r}: {preset.instead[word]}")):
                bind(known, preset, {word: "1"})
