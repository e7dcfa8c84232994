"""--nan propagate: a missing number never becomes a finite loss where it is a label, nor where a mean leaves terms out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.errors import InputError

VECTORS = np.arange(15.0).reshape(5, 3) % 4
GROUPS = [0, 1, 0, 1, 0]
LABELS: dict[str, dict[str, Any]] = {  # the missing value stands in the last role
    "rnnt": {"pred": np.zeros((1, 2, 2, 3)), "target": [[np.nan]]},
    "ctc": {"pred": np.zeros((1, 2, 3)), "target": [[np.nan]]},
    "deephit_single": {"pred": np.zeros((2, 3)), "event": [1, 1], "interval": [np.nan, 1]},
    "triplet_all": {"pred": VECTORS, "target": [0, 1, 0, 1, np.nan]},
    "cosine_embedding": {"input1": VECTORS, "input2": VECTORS, "target": [1, -1, 1, 1, np.nan]},
    "ranknet": {"pred": [[1.0, 2.0]], "target": [[1, np.nan]]},
}


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("nan", ["error", "propagate"])
def test_a_label_that_is_missing_is_refused(name: str, nan: str) -> None:
    role = list(LABELS[name])[-1]
    with pytest.raises(InputError, match=f"{role}: row .* is nan or empty; nan='omit' leaves such rows out$"):
        losscli.compute(name, **LABELS[name], nan=nan)


@pytest.mark.parametrize("name", ["sup_con", "contrastive_all", "triplet_all", "circle", "beta_margin"])
def test_a_mean_over_terms_that_count_is_nan_where_a_term_is(name: str) -> None:
    pred = VECTORS.copy()
    pred[2, 0] = np.nan
    assert np.isnan(losscli.compute(name, pred=pred, target=GROUPS, nan="propagate").value)
