"""Where to try next between ratios that keep the accuracy and ratios that do not. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

HIGHEST = 0.97
RESOLUTION = 0.02
"""Ratios nearer than this hardly differ in channels, and less in accuracy than the test set can tell."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A ratio and whether the network kept enough accuracy."""

    ratio: float
    is_good: bool


def next_ratio(tried: Sequence[Tried]) -> float:
    """Return the ratio to try next: more is faster, so the largest good one is sought by halving.

    Once it is known to RESOLUTION, the gap beyond the first bad ratio is halved: accuracy is noisy, and one
    unlucky training must not hide everything behind it.
    """
    low = max((each.ratio for each in tried if each.is_good), default=0.0)
    bounds = [*sorted(each.ratio for each in tried if each.ratio > low), HIGHEST]
    edges = [low, *bounds]
    for lower, upper in itertools.pairwise(edges):
        if upper - lower > RESOLUTION:
            return round((lower + upper) / 2, 4)
    return _widest(sorted({0.0, *(each.ratio for each in tried), HIGHEST}))


def _widest(ratios: Sequence[float]) -> float:
    lower, upper = max(itertools.pairwise(ratios), key=lambda gap: gap[1] - gap[0])
    return round((lower + upper) / 2, 4)
