"""Statistics of samples: percentiles, spread, bootstrap intervals, Wilson. Pure; times in any unit.

Samples come as processes of blocks of queries, because queries of one block share its luck, and blocks of one
process share its memory layout. Intervals resample whole processes, then whole blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Processes = Sequence[Sequence[NDArray[Any]]]
"""Times of queries by process and block."""

RESAMPLES = 4_000
Z_95 = 1.959964
# Student's t over the normal quantile at 97.5 % for n processes, times sqrt(n / (n - 1)).
_T_975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the bounds of its 95 % interval: low <= estimate <= high."""

    estimate: float
    low: float
    high: float

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def inverse(self) -> "Interval":
        """Return the interval of one over this (for positive values)."""
        return Interval(1 / self.estimate, 1 / self.high, 1 / self.low)


def pooled(samples: Processes) -> Floats:
    """Return all queries of all processes in one array."""
    return np.concatenate([np.asarray(block, float) for process in samples for block in process])


def percentile(values: Floats, share: float) -> float:
    """Return the smallest value with at least `share` (0..1) of the values at or under it (nearest rank)."""
    return float(np.quantile(values, share, method="inverted_cdf"))


def mad(values: Floats) -> float:
    """Return the median absolute deviation from the median, unscaled."""
    return float(np.median(np.abs(values - np.median(values))))


def process_medians(samples: Processes) -> tuple[float, ...]:
    """Return the median query of each process."""
    return tuple(float(np.median(pooled([process]))) for process in samples)


def percentile_interval(samples: Processes, share: float = 0.5, *, seed: int = 0) -> Interval:
    """Return the percentile of all queries with its 95 % bootstrap interval; 0.5 is the median."""
    values = pooled(samples)
    estimate = float(np.median(values)) if share == 0.5 else percentile(values, share)
    blocks = _of_blocks(samples, share)
    draws = _resampled_logs((blocks,), seed)[0]
    return _interval(estimate, draws, float(np.log(np.median(blocks))), len(samples))


def ratio_interval(numerator: Processes, denominator: Processes, *, seed: int = 0) -> Interval:
    """Return median(numerator) / median(denominator) with its 95 % bootstrap interval.

    The two were measured interleaved in the same processes, so process and block are drawn for both together.
    """
    top, bottom = _of_blocks(numerator), _of_blocks(denominator)
    blocks = min(top.shape[1], bottom.shape[1])
    top, bottom = top[:, :blocks], bottom[:, :blocks]
    first, second = _resampled_logs((top, bottom), seed)
    estimate = float(np.median(pooled(numerator)) / np.median(pooled(denominator)))
    centre = np.log(np.median(top)) - np.log(np.median(bottom))
    return _interval(estimate, first - second, centre, len(top))


def _of_blocks(samples: Processes, share: float = 0.5) -> Floats:
    """Return a percentile of each block, (process, block), of the blocks that all processes have."""
    blocks = min(len(process) for process in samples)
    return np.array([[np.quantile(block, share) for block in process[:blocks]] for process in samples], float)


def _resampled_logs(series: tuple[Floats, ...], seed: int) -> list[Floats]:
    """Return, per series, the log of its median in each resample; all series share the draws."""
    processes, blocks = series[0].shape
    random = np.random.default_rng(seed)
    rows = random.integers(processes, size=(RESAMPLES, processes, 1))
    columns = random.integers(blocks, size=(RESAMPLES, processes, blocks))
    return [np.log(np.median(each[rows, columns].reshape(RESAMPLES, -1), axis=1)) for each in series]


def _interval(estimate: float, draws: Floats, centre: float, processes: int) -> Interval:
    """Widen the bootstrap's quantiles for few processes and lay them around the estimate.

    A bootstrap of n values is too narrow by sqrt((n - 1) / n) and knows no Student t (Hesterberg 2015,
    "What Teachers Should Know About the Bootstrap", section 5); with three processes that is a factor of 2.7.
    """
    spread = draws - centre
    low, high = np.quantile(spread, (0.025, 0.975)) * _widening(processes)
    return Interval(
        estimate, float(estimate * np.exp(min(low, 0.0))), float(estimate * np.exp(max(high, 0.0)))
    )


def _widening(processes: int) -> float:
    if processes < 2:
        return 1.0
    return sqrt(processes / (processes - 1)) * _T_975.get(processes, 2.2) / Z_95


def wilson(successes: int, trials: int, z: float = Z_95) -> Interval:
    """Return the share of successes with Wilson's interval (Wilson 1927); ValueError for no trials."""
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(
            f"{successes} of {trials} is no share; give trials >= 1 and 0 <= successes <= trials."
        )
    share, square = successes / trials, z * z
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    half = z / (1 + square / trials) * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))
