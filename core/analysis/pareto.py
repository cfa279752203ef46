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
_Interval = tuple[float, float]


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
        dominated_by={ids[i]: ids[winner] for i, winner in _witnesses(beats, beaten).items()},
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
        self._a = self._b = (-np.inf, np.inf)

    def take(self, run: int, a: _Interval, b: _Interval) -> bool:
        """Add `run` if it ties with all; say whether it did."""
        (low_a, high_a), (low_b, high_b) = self._a, self._b
        if a[0] > high_a or a[1] < low_a or b[0] > high_b or b[1] < low_b:
            return False
        self.runs.append(run)
        self._a = max(low_a, a[0]), min(high_a, a[1])
        self._b = max(low_b, b[0]), min(high_b, b[1])
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
    a, b = (list(zip(axis.low.tolist(), axis.high.tolist(), strict=True)) for axis in axes)
    ties: list[_Tie] = []
    for i in leaders:
        if not any(tie.take(i, a[i], b[i]) for tie in ties):
            ties.append(_Tie())
            ties[-1].take(i, a[i], b[i])
    leading = set(leaders)
    for i in members:
        if i not in leading:
            any(tie.take(i, a[i], b[i]) for tie in ties)
    return [tie.runs for tie in ties if len(tie.runs) > 1]


def _witnesses(beats: Flags, beaten: Flags) -> dict[int, int]:
    """Return for each beaten run the first unbeaten one that beats it."""
    unbeaten, losers = np.flatnonzero(~beaten), np.flatnonzero(beaten)
    if not len(losers):
        return {}
    winners = unbeaten[beats[np.ix_(unbeaten, losers)].argmax(axis=0)]
    return dict(zip(losers.tolist(), winners.tolist(), strict=True))
