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
    axes = _Axis([p.x for p in points], x), _Axis([p.y for p in points], y)
    beats = _beats(*axes)
    beaten: Flags = np.asarray(beats.any(axis=0))
    ordered = np.lexsort((axes[1].value, axes[0].value))
    members = ordered[~beaten[ordered]].tolist()
    leaders = _leaders(members, axes[0].value.tolist(), axes[1].value.tolist())
    ids = [point.run_id for point in points]
    return Front(
        members=tuple(ids[i] for i in members),
        leaders=tuple(ids[i] for i in leaders),
        groups=tuple(tuple(ids[i] for i in group) for group in _groups(leaders, members, axes)),
        dominated_by={ids[i]: ids[_witness(beats, beaten, i)] for i in np.flatnonzero(beaten).tolist()},
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


class _Tie:
    """Runs of which every two overlap on both axes: in one dimension that is a common point (Helly 1923)."""

    def __init__(self) -> None:
        self.runs: list[int] = []
        self._common = [(-np.inf, np.inf), (-np.inf, np.inf)]

    def take(self, run: int, bounds: Sequence[tuple[float, float]]) -> bool:
        """Add `run` if it ties with all; say whether it did."""
        common = [
            (max(low, own_low), min(high, own_high))
            for (low, high), (own_low, own_high) in zip(self._common, bounds, strict=True)
        ]
        if any(low > high for low, high in common):
            return False
        self.runs.append(run)
        self._common = common
        return True


def _beats(a: _Axis, b: _Axis) -> Flags:
    better_a, better_b = a.better(), b.better()
    both: Flags = better_a & better_b
    if a.exact.any():
        both |= better_b & a.equal()
    if b.exact.any():
        both |= better_a & b.equal()
    return both


def _leaders(members: Sequence[int], a: Sequence[float], b: Sequence[float]) -> list[int]:
    """Return, of members ordered by a and then b, those whose value no other equals or betters on both."""
    leaders: list[int] = []
    for i in members:
        if not leaders or b[i] < b[leaders[-1]] or (a[i], b[i]) == (a[leaders[-1]], b[leaders[-1]]):
            leaders.append(i)
    return leaders


def _groups(leaders: Sequence[int], members: Sequence[int], axes: tuple[_Axis, _Axis]) -> list[list[int]]:
    """Return the ties: leaders first, then who ties with all of a group, as ties are no chain."""
    bounds = [list(zip(axis.low.tolist(), axis.high.tolist(), strict=True)) for axis in axes]
    leading, ties = set(leaders), [_Tie() for _ in leaders]
    for i in (*leaders, *(member for member in members if member not in leading)):
        open_ties = (tie for tie in ties if tie.runs or i in leading)
        next((tie for tie in open_ties if tie.take(i, (bounds[0][i], bounds[1][i]))), None)
    return [tie.runs for tie in ties if len(tie.runs) > 1]


def _witness(beats: Flags, beaten: Flags, i: int) -> int:
    return int(np.flatnonzero(beats[:, i] & ~beaten)[0])
