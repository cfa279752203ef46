"""A Pareto front that knows its noise: one run beats another only where their intervals do not overlap.

Being clearly better on both axes is a strict partial order (a product of interval orders), so every run off
the front is beaten by a run on it. "Clearly better on one axis, not clearly worse on the other" is not: a
chain of small, unproven losses could hide a run that is provably better than all that remain.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.records.comparison import Estimate, Front, Point, Quantity, Sign

Flags = NDArray[np.bool_]


def sign(best: Estimate, other: Estimate, quantity: Quantity) -> Sign:
    """Say how `other` stands to `best`; WITHIN_NOISE where their intervals overlap."""
    if best.is_exact and other.is_exact and best.value == other.value:
        return Sign.EQUAL
    (low, high), (other_low, other_high) = best.bounds, other.bounds
    if other_low > high:
        return Sign.BETTER if quantity.is_better_high else Sign.WORSE
    if other_high < low:
        return Sign.WORSE if quantity.is_better_high else Sign.BETTER
    return Sign.WITHIN_NOISE


def verdict(best: Estimate, other: Estimate, quantity: Quantity) -> Sign:
    """Say how `other` stands to `best` to a person: NOT_KNOWN where an interval was not measured."""
    if best.has_interval and other.has_interval:
        return sign(best, other, quantity)
    return Sign.NOT_KNOWN


def front(points: Sequence[Point], x: Quantity, y: Quantity) -> Front:
    """Return the runs that no other clearly beats; quadratic, in numpy: 1,000 points take milliseconds."""
    if not points:
        return Front()
    axes = [_Axis([p.x for p in points], x), _Axis([p.y for p in points], y)]
    beats = _beats(*axes)
    members: Flags = np.logical_not(beats.any(axis=0), dtype=np.bool_)
    ordered = sorted(np.flatnonzero(members).tolist(), key=lambda i: (axes[0].value[i], axes[1].value[i]))
    ids = [point.run_id for point in points]
    return Front(
        members=tuple(ids[i] for i in ordered),
        groups=tuple(tuple(ids[i] for i in group) for group in _groups(ordered, _tied(*axes))),
        dominated_by={ids[i]: ids[_witness(beats, members, i)] for i in np.flatnonzero(~members).tolist()},
        plain_axes=tuple(str(q) for q, axis in zip((x, y), axes, strict=True) if not axis.all_intervals),
    )


class _Axis:
    """One axis as arrays, turned so that less is better."""

    def __init__(self, measured: list[Estimate], quantity: Quantity) -> None:
        turn = -1.0 if quantity.is_better_high else 1.0
        bounds = np.array([m.bounds for m in measured]) * turn
        self.low, self.high = bounds.min(axis=1), bounds.max(axis=1)
        self.value = np.array([m.value for m in measured]) * turn
        self.exact = np.array([m.is_exact for m in measured])
        self.all_intervals = all(m.has_interval for m in measured)

    def better(self) -> Flags:
        """[i, j]: i lies clearly below j."""
        below: Flags = np.less.outer(self.high, self.low)
        return below

    def equal(self) -> Flags:
        """[i, j]: both are counted exactly and equal."""
        exact: Flags = np.logical_and.outer(self.exact, self.exact)
        return exact & np.equal.outer(self.value, self.value)


def _beats(a: _Axis, b: _Axis) -> Flags:
    better_a, better_b = a.better(), b.better()
    both: Flags = better_a & better_b
    return both | (better_a & b.equal()) | (better_b & a.equal())


def _tied(a: _Axis, b: _Axis) -> Flags:
    apart_a, apart_b = a.better(), b.better()
    apart: Flags = apart_a | apart_a.T | apart_b | apart_b.T
    return ~apart


def _groups(ordered: Sequence[int], tied: Flags) -> list[list[int]]:
    """Return the ties in greedy order. Each newcomer must tie with all of a group, as ties are no chain."""
    groups: list[list[int]] = []
    for i in ordered:
        home = next((group for group in groups if tied[i, group].all()), None)
        if home is None:
            groups.append([i])
        else:
            home.append(i)
    return [group for group in groups if len(group) > 1]


def _witness(beats: Flags, members: Flags, i: int) -> int:
    return int(np.flatnonzero(beats[:, i] & members)[0])
