"""Why a latency deserves doubt: rules over its samples and conditions. Pure."""

import numpy as np

from core.analysis.statistics import Floats, Processes, mad, pooled, process_medians
from core.records import Caveat, Conditions

NOISY_MAD = 0.10
NOISY_SPREAD = 0.10
LOADED_CORE = 0.05
LOADED_MACHINE = 0.25
SLOW_MS = 2.0
LEAST = (1_024, 1.0)
LEAST_SLOW = (100, 3.0)
"""Queries and seconds of each process: what a measurement aims at, and what is too short below."""


def caveats(
    samples_ns: Processes, conditions: Conditions, *, quick: bool = False, is_settled: bool = True
) -> tuple[Caveat, ...]:
    """Return the doubts about one network's samples: nanoseconds by process and block."""
    found = {
        Caveat.QUICK: quick,
        Caveat.NOISY: is_noisy(samples_ns) or not is_settled,
        Caveat.LOADED: is_loaded(conditions),
        Caveat.THROTTLED: bool(conditions.throttle_reasons),
        Caveat.SHARED_GPU: (conditions.gpu_processes or 0) > 0,
        Caveat.TOO_SHORT: not quick and is_too_short(samples_ns),
    }
    return tuple(caveat for caveat, holds in found.items() if holds)


def is_noisy(samples_ns: Processes) -> bool:
    """Whether queries scatter by more than a tenth of their median, or the processes' medians do."""
    values = pooled(samples_ns)
    middle = float(np.median(values))
    medians = process_medians(samples_ns)
    return mad(values) > NOISY_MAD * middle or max(medians) - min(medians) > NOISY_SPREAD * middle


def is_loaded(conditions: Conditions) -> bool:
    """Whether others took a twentieth of the measured core, or a quarter of the machine."""
    return (conditions.core_shared or 0.0) > LOADED_CORE or (conditions.load_during or 0.0) > LOADED_MACHINE


def is_too_short(samples_ns: Processes) -> bool:
    """Whether any process ran fewer than 1,024 queries or less than 1 s (over 2 ms a query: 100 and 3 s).

    What is slow and still reached 1,024 queries and 1 s is long enough as well.
    """
    is_slow = np.median(pooled(samples_ns)) > SLOW_MS * 1e6
    rules = (LEAST, LEAST_SLOW) if is_slow else (LEAST,)
    runs = [pooled([process]) for process in samples_ns]
    return any(not any(_reaches(run, *rule) for rule in rules) for run in runs)


def _reaches(run: Floats, least: int, seconds: float) -> bool:
    return len(run) >= least and float(run.sum()) >= 0.98 * seconds * 1e9
