"""One table by every road gives the same bits: 100 examples here, thousands by `python -m tests.tools metamorphic`."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from tests.support import metamorphic
from tests.support.command import Outcome, cli_here
from tests.support.metamorphic import FLAT, Failed, check, drawn, failures


@pytest.mark.parametrize("start", range(0, 100, 5))
def test_relations(start: int) -> None:
    assert list(failures(range(start, start + 5))) == []


def test_most_examples_say_something() -> None:
    samples = [sample for seed in range(100) if (sample := drawn(seed)) is not None]
    assert len(samples) > 60 and len({sample.loss.name for sample in samples}) > 50 and len(FLAT) > 200


def test_a_road_with_another_number_is_found() -> None:
    """Break the reading of JSON lines by one unit: the relation has to fail."""
    sample = next(s for seed in range(100) if (s := drawn(seed)) is not None and s.loss.kind == "pointwise")

    def broken(argv: list[str], stdin: str | None = None) -> Outcome:
        done = cli_here(argv, stdin)
        return Outcome(done.code, done.out.replace("0", "1", 1), done.err) if "d.jsonl" in argv else done

    with patch.object(metamorphic, "cli_here", broken), pytest.raises(Failed, match=r"d\.jsonl"):
        check(sample)
