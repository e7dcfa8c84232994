"""Blocks that are joined from the pieces of a reader."""

from __future__ import annotations

import numpy as np

from losscli.data.blocks import Block, _joined


def test_arrays_under_several_names_are_joined_once_and_equal_numbers_elsewhere_apart() -> None:
    x = np.arange(6.0)
    columns = {"a": x[:4], "b": x[:4], "copy": x[:4].copy(), "back": x[3::-1], "later": x[1:5], "whole": x[:4].view(np.int64)}
    joined = _joined(3, [Block(0, 4, columns, None), Block(4, 4, columns, None)])
    assert (joined.start, joined.rows) == (3, 8)
    for name, piece in columns.items():
        np.testing.assert_array_equal(joined.columns[name], np.concatenate([piece, piece]))
    assert joined.columns["a"] is joined.columns["b"]
    assert len({id(c) for c in joined.columns.values()}) == 5
