"""The timing loop of a measuring child. Imports nothing heavy and allocates nothing while the clock runs."""

import gc
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import Any

Query = Callable[[Any], Any]

WINDOW_S = 0.02
WINDOW_QUERIES = 5
SETTLED_WINDOWS = 3
SETTLED_SPREAD = 0.02
SETTLED_ERRORS = 3.3
"""Standard errors that three medians of a query which changes no more lie within, 95 times in 100."""


@dataclass(frozen=True, slots=True)
class Warmup:
    """Queries spent before timing, whether their rolling median settled, and that median in nanoseconds."""

    queries: int
    is_settled: bool
    p50_ns: float


def time_queries(query: Query, inputs: Sequence[Any], times: "array[int]") -> None:
    """Fill `times` with nanoseconds a query, input in to output out; `inputs` are taken in turn."""
    clock = time.perf_counter_ns
    num_inputs = len(inputs)
    for i in range(len(times)):
        x = inputs[i % num_inputs]
        begin = clock()
        query(x)
        times[i] = clock() - begin


def timed(query: Query, inputs: Sequence[Any], num_queries: int) -> "array[int]":
    """Return the nanoseconds of `num_queries` queries."""
    times = array("q", bytes(8 * num_queries))
    time_queries(query, inputs, times)
    return times


def warm_up(query: Query, inputs: Sequence[Any], *, limit_s: float) -> Warmup:
    """Run until the medians of the last windows agree, or `limit_s` has passed.

    They agree within 2 %, or within what five queries of a noisy runtime can tell: more of the same would not
    settle them either.
    """
    medians: list[float] = []
    errors: list[float] = []
    queries, began = 0, time.perf_counter()
    while True:
        window = _window(query, inputs)
        queries += len(window)
        medians.append(median(window))
        errors.append(_standard_error(window, medians[-1]))
        if _has_settled(medians, errors):
            return Warmup(queries, True, medians[-1])
        if time.perf_counter() - began > limit_s:
            return Warmup(queries, False, median(medians[-SETTLED_WINDOWS:]))


def _window(query: Query, inputs: Sequence[Any]) -> list[int]:
    times: list[int] = []
    while len(times) < WINDOW_QUERIES or sum(times) < WINDOW_S * 1e9:
        times.extend(timed(query, inputs, max(1, len(times))))
    return times


def _standard_error(times: Sequence[int], middle: float) -> float:
    """Return the standard error of a median, by the median absolute deviation (of a normal distribution)."""
    deviation = 1.4826 * median(abs(each - middle) for each in times)
    return 1.2533 * deviation / sqrt(len(times))


def _has_settled(medians: Sequence[float], errors: Sequence[float]) -> bool:
    last = medians[-SETTLED_WINDOWS:]
    allowed = max(SETTLED_SPREAD * min(last), SETTLED_ERRORS * median(errors[-SETTLED_WINDOWS:]))
    return len(last) == SETTLED_WINDOWS and max(last) - min(last) <= allowed


def overhead_ns() -> float:
    """Return what the loop itself adds to a query: the median time of a query that does nothing."""

    def nothing(x: Any) -> Any:
        return x

    timed(nothing, [None], 2_000)
    return median(timed(nothing, [None], 5_000))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector out of the timed part."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
