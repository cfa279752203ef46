"""Where the separable network stops being the faster one, over the ratio, at one batch. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from core.records import Convolution, CrossingPoint


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who is faster at one batch: at the smallest ratio, where that changes, and where intervals overlap.

    `starts_with_separable` is None where no ratio was measured for both.
    """

    starts_with_separable: bool | None
    crossings: tuple[float, ...] = ()
    in_doubt: tuple[float, ...] = ()


def verdict(points: Sequence[CrossingPoint], batch: int) -> Verdict:
    """Return who is faster where, among the ratios that were measured for both convolutions."""
    gaps = [(ratio, gap) for ratio, gap in _gaps(points, batch) if gap]
    if not gaps:
        return Verdict(None)
    doubts = tuple(ratio for ratio, _ in _gaps(points, batch) if is_clear(points, batch, ratio) is False)
    return Verdict(gaps[0][1] > 0, crossings(points, batch), doubts)


def batches(points: Sequence[CrossingPoint]) -> tuple[int, ...]:
    """Return the batches that were measured, smallest first."""
    return tuple(sorted({point.batch for point in points}))


def crossings(points: Sequence[CrossingPoint], batch: int) -> tuple[float, ...]:
    """Return the ratios at which the two curves cross, by interpolating the log of their quotient linearly.

    Only ratios that were measured for both count. Where the curves only touch, that is no crossing.
    """
    signed = [(ratio, gap) for ratio, gap in _gaps(points, batch) if gap]
    return tuple(
        left + (right - left) * before / (before - after)
        for (left, before), (right, after) in pairwise(signed)
        if before * after < 0
    )


def is_clear(points: Sequence[CrossingPoint], batch: int, ratio: float) -> bool | None:
    """Whether the intervals of the two at `ratio` are apart; None where one of them was not measured."""
    found = {point.conv: point for point in points if point.batch == batch and point.ratio == ratio}
    one, other = found.get(Convolution.STANDARD), found.get(Convolution.SEPARABLE)
    if one is None or other is None:
        return None
    return one.high_ms < other.low_ms or other.high_ms < one.low_ms


def _gaps(points: Sequence[CrossingPoint], batch: int) -> list[tuple[float, float]]:
    """Return each ratio with the log of standard over separable: above zero, separable is faster."""
    standard, separable = (
        _by_ratio(points, batch, conv) for conv in (Convolution.STANDARD, Convolution.SEPARABLE)
    )
    return [
        (ratio, log(standard[ratio] / separable[ratio]))
        for ratio in sorted(standard.keys() & separable.keys())
    ]


def _by_ratio(points: Sequence[CrossingPoint], batch: int, conv: Convolution) -> dict[float, float]:
    return {point.ratio: point.p50_ms for point in points if point.batch == batch and point.conv == conv}
