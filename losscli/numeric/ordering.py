"""The order of many rows by one key or several, from sorts of whole numbers that hold the first bits of a key and the place of its row; and
sums over later rows of lower rank."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.version import SORTS_EDITION

try:
    from losscli.numeric import _sorts

    AVAILABLE = _sorts.EDITION == SORTS_EDITION
except (ImportError, AttributeError):  # no C compiler, or one that was compiled from other sources
    AVAILABLE = False

__all__ = ["AVAILABLE", "lower_after", "order_by", "stable_order"]

FEW = 1000  # rows that NumPy's own sort takes no longer for
CLOSE = 2**16


def order_by(*keys: Array) -> Array:
    """The rows by the first key, those that are equal in it by the second, and so on; at last by their places, as `np.lexsort` has them.

    A sort moves numbers of 64 bits: the group of rows that are equal so far, then the first bits of a key, then the place. Few rows are
    equal in all of these bits, and only those are sorted again, by the next bits.
    """
    if len(keys[0]) < FEW:
        return np.lexsort(keys[::-1])
    group, rest = _codes(keys[0]), keys[1:]
    if group is None:
        bits = _sortable(keys[0])
    else:  # a few different whole numbers, which leave room for bits of the next key
        bits, rest = (_sortable(rest[0]) if rest else np.zeros(len(group), np.uint64)), rest[1:]
    order, used, at, group = _sorted(bits, group)
    bits = bits[order[at]] << np.uint64(used)
    for key in (None, *rest):
        bits = bits if key is None else _sortable(np.asarray(key)[order[at]])
        while np.any((bits[1:] != bits[:-1]) & (group[1:] == group[:-1])):
            place, used, tied, group = _sorted(bits, group)
            order[at] = order[at[place]]
            bits, at = bits[place[tied]] << np.uint64(used), at[tied]
    return order


def stable_order(codes: Array) -> Array:
    """The places by whole numbers from 0 on, as `np.argsort(codes, kind="stable")` has them."""
    below = len(codes).bit_length()
    if len(codes) < FEW or int(codes.max()).bit_length() + below > 64:
        return np.argsort(codes, kind="stable")
    numbers = codes.astype(np.uint64) << np.uint64(below)
    numbers |= np.arange(len(codes), dtype=np.uint64)
    return (_in_order(numbers, below) & np.uint64((1 << below) - 1)).view(np.int64)


def lower_after(rank: Array, w: Array) -> Array:
    """For each place, the sum of the weights of the later places with a lower rank; ranks are whole numbers from 0 on."""
    if not AVAILABLE or len(rank) >= 2**32:
        return _lower_after(rank, w)
    found = np.empty(len(rank))
    _sorts.lower_after(rank.astype(np.uint32), np.ascontiguousarray(w, np.float64), found)
    return found


def _lower_after(rank: Array, w: Array) -> Array:
    """The same without the compiled part. Ranks are split by one bit after the other, the highest first: of two places that agree in
    all bits before, the one with a 0 is lower. Each bit moves those with a 0 to the front of their group."""
    n = len(rank)
    order, found, at = np.arange(n), np.zeros(n), np.arange(n)
    for bit in reversed(range(int(rank.max(initial=0)).bit_length())):
        zero, group = (rank >> bit) & 1 == 0, rank >> (bit + 1)
        begins = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
        ends = np.append(begins[1:], n)
        size = ends - begins
        sums = np.concatenate([[0.0], np.cumsum(np.where(zero, w, 0.0))])
        found += np.where(zero, 0.0, np.repeat(sums[ends], size) - sums[1:])
        zeros = np.concatenate([[0], np.cumsum(zero)])
        before = zeros[:-1] - np.repeat(zeros[begins], size)  # zeros of the group at earlier places
        to = np.where(zero, np.repeat(begins, size) + before, at - before + np.repeat(zeros[ends] - zeros[begins], size))
        moved: list[Array] = [np.empty_like(x) for x in (rank, w, order, found)]
        for x, y in zip((rank, w, order, found), moved, strict=True):
            y[to] = x
        rank, w, order, found = moved
    back = np.empty(n)
    back[order] = found
    return back


def _sorted(bits: Array, group: Array | None) -> tuple[Array, int, Array, Array]:
    """The places by group and by the first bits; how many bits; the places after the sort that are equal to one beside them, in groups."""
    below, above = len(bits).bit_length(), 0 if group is None else int(group.max()).bit_length()
    numbers = bits >> np.uint64(below + above)
    numbers <<= np.uint64(below)
    numbers |= np.arange(len(bits), dtype=np.uint64)
    if above and group is not None:
        numbers |= group << np.uint64(64 - above)
    numbers = _in_order(numbers, below)
    place = (numbers & np.uint64((1 << below) - 1)).view(np.int64)
    numbers >>= np.uint64(below)
    same = numbers[1:] == numbers[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    return place, 64 - below - above, tied, np.cumsum(np.append(True, ~same)[tied], dtype=np.uint64) - np.uint64(1)


def _in_order(numbers: Array, first: int) -> Array:
    """The numbers by their bits from the first on; the other bits rise already."""
    if not AVAILABLE:
        numbers.sort()
        return numbers
    room = np.empty_like(numbers)
    return room if _sorts.sort(numbers, room, first) else numbers


def _codes(x: Array) -> Array | None:
    """Whole numbers from 0 on, if the key holds whole numbers that lie close together."""
    x = np.asarray(x)
    if x.dtype.kind not in "biu" or int(x.max()) - int(x.min()) >= CLOSE:
        return None
    return (x.astype(np.int64) - int(x.min())).astype(np.uint64)


def _sortable(x: Array) -> Array:
    """Whole numbers of 64 bits without a sign, in the order of the given numbers. The two zeros are equal."""
    x = np.asarray(x)
    if x.dtype.kind in "biu":
        return x.astype(np.int64).view(np.uint64) ^ np.uint64(1 << 63)
    bits = (x.astype(np.float64, copy=False) + 0.0).view(np.int64)
    bits ^= (bits >> 63) & np.int64(2**63 - 1)
    return bits.view(np.uint64) ^ np.uint64(1 << 63)
