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
    (draws,) = _resampled((blocks,), seed)
    return _around(estimate, np.log(draws) - np.log(np.median(blocks)), len(blocks))


def ratio_interval(
    numerator: Processes, denominator: Processes, *, is_paired: bool = True, seed: int = 0
) -> Interval:
    """Return median(numerator) / median(denominator) with its 95 % bootstrap interval.

    Paired: the two were measured interleaved in the same processes, so process and block are drawn for both
    together. Otherwise (two runtimes, say) each is drawn by itself.
    """
    top, bottom = _of_blocks(numerator), _of_blocks(denominator)
    if is_paired:
        blocks = min(top.shape[1], bottom.shape[1])
        top, bottom = top[:, :blocks], bottom[:, :blocks]
        first, second = _resampled((top, bottom), seed)
    else:
        (first,), (second,) = _resampled((top,), seed), _resampled((bottom,), seed + 1)
    estimate = float(np.median(pooled(numerator)) / np.median(pooled(denominator)))
    centre = np.log(np.median(top)) - np.log(np.median(bottom))
    return _around(estimate, np.log(first) - np.log(second) - centre, min(len(top), len(bottom)))


def difference_interval(larger: Processes, smaller: Processes, *, seed: int = 0) -> Interval:
    """Return median(larger) - median(smaller), measured interleaved, with its 95 % bootstrap interval."""
    top, bottom = _of_blocks(larger), _of_blocks(smaller)
    blocks = min(top.shape[1], bottom.shape[1])
    top, bottom = top[:, :blocks], bottom[:, :blocks]
    first, second = _resampled((top, bottom), seed)
    estimate = float(np.median(pooled(larger)) - np.median(pooled(smaller)))
    low, high = _widened(first - second - (np.median(top) - np.median(bottom)), len(top))
    return Interval(estimate, estimate + low, estimate + high)


def product(factors: Sequence[Interval]) -> Interval:
    """Return the product of independent factors; their relative errors add up as squares."""
    logs = [(np.log(f.estimate), np.log(f.estimate / f.low), np.log(f.high / f.estimate)) for f in factors]
    centre, low, high = sum(row[0] for row in logs), *(sqrt(sum(row[i] ** 2 for row in logs)) for i in (1, 2))
    return Interval(float(np.exp(centre)), float(np.exp(centre - low)), float(np.exp(centre + high)))


def _of_blocks(samples: Processes, share: float = 0.5) -> Floats:
    """Return a percentile of each block, (process, block), of the blocks that all processes have."""
    blocks = min(len(process) for process in samples)
    return np.array([[np.quantile(block, share) for block in process[:blocks]] for process in samples], float)


def _resampled(series: tuple[Floats, ...], seed: int) -> list[Floats]:
    """Return, per series, its median in each resample; all series share the draws."""
    processes, blocks = series[0].shape
    random = np.random.default_rng(seed)
    rows = random.integers(processes, size=(RESAMPLES, processes, 1))
    columns = random.integers(blocks, size=(RESAMPLES, processes, blocks))
    return [np.median(each[rows, columns].reshape(RESAMPLES, -1), axis=1) for each in series]


def _around(estimate: float, log_errors: Floats, processes: int) -> Interval:
    low, high = _widened(log_errors, processes)
    return Interval(estimate, float(estimate * np.exp(low)), float(estimate * np.exp(high)))


def _widened(errors: Floats, processes: int) -> tuple[float, float]:
    """Return the 95 % bounds of bootstrap errors, never on the wrong side of zero, wider for few processes.

    A bootstrap of n values is too narrow by sqrt((n - 1) / n) and knows no Student t (Hesterberg 2015,
    "What Teachers Should Know About the Bootstrap", section 5); with three processes that is a factor of 2.7.
    """
    low, high = np.quantile(errors, (0.025, 0.975)) * _widening(processes)
    return float(min(low, 0.0)), float(max(high, 0.0))


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
