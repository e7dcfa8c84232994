"""The families of losses, in the order of `losscli list`. A family is imported when one of its losses is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["FAMILIES", "mentioning", "sources"]

FAMILIES = (
    "regression",
    "log_errors",
    "robust",
    "residual",
    "forecast",
    "forecast_errors",
    "typical_errors",
    "scaled_errors",
    "series_errors",
    "probabilistic",
    "mixtures",
    "log_link",
    "scores",
    "ensembles",
    "weighted_ensembles",
    "quantiles",
    "coverage",
    "crps",
    "crps_amounts",
    "log_scores",
    "bounded_scores",
    "truncated_scores",
    "count_scores",
    "calibration",
    "ordinal",
    "divergence",
    "binary",
    "multiclass",
    "multilabel",
    "explained",
    "agreement",
    "decisions",
    "adjusted",
    "imbalance",
    "margin",
    "binary_margin",
    "probability_margin",
    "tempered",
    "overlap",
    "focal",
    "capped_focal",
    "masks",
    "segmentation",
    "mask_shapes",
    "mined_masks",
    "detection",
    "box_regression",
    "dense_detection",
    "keypoints",
    "set_prediction",
    "images",
    "image_quality",
    "colour_quality",
    "image_statistics",
    "local_similarity",
    "remote_sensing",
    "fields",
    "audio",
    "spectra",
    "separation",
    "mel_spectra",
    "embedding",
    "metric_learning",
    "proxies",
    "class_centers",
    "batch_ranks",
    "batch_pairs",
    "contrastive",
    "sentences",
    "guided",
    "self_supervised",
    "views",
    "coding_rate",
    "patches",
    "ranking",
    "listwise",
    "list_pairs",
    "list_order",
    "neural_sort",
    "clicks",
    "query",
    "sampled",
    "generative",
    "semi_supervised",
    "preference",
    "rewards",
    "reference_preference",
    "unreferenced_preference",
    "policy",
    "token_policy",
    "policy_variants",
    "distributional",
    "tokens",
    "sequence",
    "survival",
    "discrete_survival",
    "survival_scores",
    "penalty",
)
_LOWER = bytes(range(256)).lower()


def sources() -> dict[str, bytes]:
    """The source text of each family; empty if the package was installed without its source files."""
    try:
        return dict(_texts())
    except OSError:
        return {}


def _texts() -> Iterator[tuple[str, bytes]]:
    """Each family with its source text, read when it is asked for. Raises OSError where the package has no source files."""
    folder = Path(__file__).parent
    for family in FAMILIES:
        yield family, (folder / f"{family}.py").read_bytes()


def mentioning(key: str) -> Iterator[str]:
    """The families that may define a name: first those with a function of that name, then those with the name in quotation marks.

    Files are read one after the other, and no more of them than are asked for: to read all takes milliseconds.
    """
    word = key.replace("_", "")
    function, quoted = (n.encode("utf-8", "surrogatepass") for n in (f"def {word}(", f'"{word}"'))
    others = []
    with suppress(OSError):
        for family, text in _texts():
            plain = text.translate(_LOWER, b"-_")
            if function in plain:
                yield family
            elif quoted in plain:
                others.append(family)
    yield from others
