"""Where the separable network stops being the faster one, over the ratio, at one batch. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from math import log

from core.records import Convolution, CrossingPoint


def crossings(points: Sequence[CrossingPoint], batch: int) -> tuple[float, ...]:
    """Return the ratios at which the two curves cross, by interpolating the log of their quotient linearly.

    Only ratios that were measured for both count. Where the curves only touch, that is no crossing.
    """
    standard, separable = (
        _by_ratio(points, batch, conv) for conv in (Convolution.STANDARD, Convolution.SEPARABLE)
    )
    gaps = [
        (ratio, log(standard[ratio] / separable[ratio]))
        for ratio in sorted(standard.keys() & separable.keys())
    ]
    signed = [(ratio, gap) for ratio, gap in gaps if gap]
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


def _by_ratio(points: Sequence[CrossingPoint], batch: int, conv: Convolution) -> dict[float, float]:
    return {point.ratio: point.p50_ms for point in points if point.batch == batch and point.conv == conv}
