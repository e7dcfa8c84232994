"""Branches of np.where that take many steps: they are computed for the rows that take the branch alone, beside each other in memory.

A formula that is exact near a minimum, or by a series near 0, has a long branch for few of its numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from losscli.fusion.graph import AVAILABLE, CHOOSE, GATHER, INPUT, INT, MAP, SCATTER, Node

if AVAILABLE:
    from losscli.fusion import _tiles

__all__ = ["with_branches_of_few_rows"]

LONG = 16  # steps: to gather their inputs takes as long as a few


def with_branches_of_few_rows(nodes: Sequence[Node], order: Sequence[int], ends: Collection[int]) -> tuple[list[Node], list[int]]:
    """The same graph and the order of its nodes, with long branches computed for few rows. The nodes in `ends` remain.

    All nodes have a number for each row, or one for all rows.
    """
    nodes, order = [*nodes], [*order]
    for at in order[:]:
        if nodes[at].kind == MAP and nodes[at].loop[0] == _tiles.SELECT:
            branch = _branch(nodes, order, at, ends)
            if len(branch) >= LONG:
                order = _moved(nodes, order, at, branch)
    return nodes, order


def _branch(nodes: Sequence[Node], order: Sequence[int], at: int, ends: Collection[int]) -> list[int]:
    """The steps that only the first branch of a choice needs, in order."""
    users: dict[int, set[int]] = {}
    for user in order:
        for source in nodes[user].inputs:
            users.setdefault(source, set()).add(user)
    condition, first, second = nodes[at].inputs
    found: set[int] = set()
    for x in reversed(order[: order.index(at)]):
        needed = x == first if not found else users.get(x, {at}) <= found
        if needed and nodes[x].kind == MAP and not nodes[x].compact and x not in (condition, second, *ends) and users[x] <= {*found, at}:
            found.add(x)
    return [x for x in order if x in found]


def _moved(nodes: list[Node], order: Sequence[int], at: int, branch: Sequence[int]) -> list[int]:
    """Move a branch next to its choice, where the rows that take it are known, and gather its inputs there. Returns the new order."""
    condition, first, second = nodes[at].inputs
    new: list[int] = []

    def add(node: Node) -> int:
        nodes.append(node)
        new.append(len(nodes) - 1)
        return new[-1]

    chosen = add(Node(CHOOSE, inputs=(condition,), dtype=INT))
    compact: dict[int, int] = {}
    for x in branch:
        for source in nodes[x].inputs:
            if source not in compact and source not in branch and not _is_one_number(nodes[source]):
                compact[source] = add(Node(GATHER, inputs=(chosen, source), dtype=nodes[source].dtype, compact=True))
        compact[x] = add(nodes[x].but(inputs=tuple(compact.get(s, s) for s in nodes[x].inputs), compact=True))
    nodes[at] = Node(SCATTER, inputs=(chosen, compact[first], second), dtype=nodes[at].dtype)
    place = order.index(at)
    return [*(x for x in order[:place] if x not in branch), *new, *order[place:]]


def _is_one_number(node: Node) -> bool:
    """Whether a node is a number that all rows share."""
    return node.kind == INPUT and not isinstance(node.source, str) and np.ndim(node.source) == 0
