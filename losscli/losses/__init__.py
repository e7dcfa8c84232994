"""The families, in the order in which `list` shows them."""

from losscli.losses import (  # noqa: I001 - the order is the order of `list`
    regression,
    probabilistic,
    classification,
    segmentation,
    detection,
    embedding,
    contrastive,
)

__all__ = ["classification", "contrastive", "detection", "embedding", "probabilistic", "regression", "segmentation"]
