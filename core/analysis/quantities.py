"""Reads a quantity with its 95 % interval out of a run record; None where it was not measured."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from core.analysis.statistics import wilson
from core.records.comparison import Estimate, Point, Quantity, Setup
from core.records.latency import LatencyRow
from core.records.run import RunRecord, RunResult

Visitors = Mapping[str, tuple[int, int]]
"""Run id -> (right, all) on the visitors' digits that were kept with their agreement."""

NO_VISITORS: Final[Visitors] = {}


def setup_of(row: LatencyRow) -> Setup:
    """Return on what `row` was measured."""
    return Setup(runtime=row.runtime, device=row.device, batch=row.batch, threads=row.threads)


def setups(records: Iterable[RunRecord]) -> tuple[Setup, ...]:
    """Return every setup that some run was measured on, those of most runs first."""
    counts: dict[Setup, int] = {}
    for record in records:
        for row in record.result.latency if record.result else ():
            if row.p50_ms is not None:
                counts[setup_of(row)] = counts.get(setup_of(row), 0) + 1
    return tuple(sorted(counts, key=lambda setup: (-counts[setup], setup != Setup(), setup)))


def row_of(record: RunRecord, setup: Setup) -> LatencyRow | None:
    """Return the row of `record` that was measured on `setup`, the latest where there are several."""
    rows = record.result.latency if record.result else ()
    return next((row for row in reversed(rows) if row.p50_ms is not None and _is_on(row, setup)), None)


def _is_on(row: LatencyRow, setup: Setup) -> bool:
    """As `setup_of(row) == setup`, for tables of thousands."""
    asked = (setup.runtime, setup.device, setup.batch, setup.threads)
    return (row.runtime, row.device, row.batch, row.threads) == asked


def estimate(
    record: RunRecord, quantity: Quantity, setup: Setup, visitors: Visitors = NO_VISITORS
) -> Estimate | None:
    """Return `quantity` of `record`: shares in 0..1, times in ms, sizes in bytes, energy in J per 1,000.

    The size is that of the file which `setup` runs (int8 is smaller), else that of the run's own .tflite.
    """
    if record.result is None:
        return None
    if quantity is Quantity.VISITORS:
        right, total = visitors.get(record.run_id, (0, 0))
        return _share(right, total)
    row = row_of(record, setup)
    if quantity.is_timed:
        return _TIMED[quantity](row) if row else None
    if quantity is Quantity.SIZE and row and row.size_bytes:
        return _exact(row.size_bytes)
    return _COUNTED[quantity](record.result)


def points(
    records: Iterable[RunRecord], x: Quantity, y: Quantity, setup: Setup, visitors: Visitors = NO_VISITORS
) -> tuple[Point, ...]:
    """Return the runs that have both quantities, as points."""
    made = (_point(record, x, y, setup, visitors) for record in records)
    return tuple(point for point in made if point)


def _point(record: RunRecord, x: Quantity, y: Quantity, setup: Setup, visitors: Visitors) -> Point | None:
    at_x, at_y = estimate(record, x, setup, visitors), estimate(record, y, setup, visitors)
    if at_x is None or at_y is None or record.result is None:
        return None
    row = row_of(record, setup) if x.is_timed or y.is_timed else None
    return Point(
        run_id=record.run_id,
        title=record.title,
        x=at_x,
        y=at_y,
        architecture=record.spec.architecture,
        conv=record.spec.conv,
        method=record.spec.method,
        ratio=record.spec.ratio,
        parameters=record.result.parameters,
        caveats=row.warnings if row else (),
        origin=record.origin,
        recorded_on=record.recording,
    )


def _exact(value: float | None) -> Estimate | None:
    return None if value is None else Estimate(value, value, value)


def _share(right: int, total: int) -> Estimate | None:
    if not total:
        return None
    interval = wilson(right, total)
    return Estimate(interval.estimate, interval.low, interval.high)


def _accuracy(result: RunResult) -> Estimate | None:
    return _share(result.num_test_images - result.errors, result.num_test_images)


def _errors(result: RunResult) -> Estimate | None:
    share = _accuracy(result)
    if share is None:
        return None
    low, high = share.bounds
    total = result.num_test_images
    return Estimate(float(result.errors), (1 - high) * total, (1 - low) * total)


def _throughput(row: LatencyRow) -> Estimate | None:
    """Return images/s; the interval is that of p50, since a query of `batch` images takes p50."""
    if row.images_per_s is None:
        return None
    if row.p50_ms is None or row.p50_low_ms is None or row.p50_high_ms is None:
        return Estimate(row.images_per_s)
    by_time = row.images_per_s * row.p50_ms
    return Estimate(row.images_per_s, by_time / row.p50_high_ms, by_time / row.p50_low_ms)


def _plain(value: float | None, low: float | None = None, high: float | None = None) -> Estimate | None:
    return None if value is None else Estimate(value, low, high)


_COUNTED: dict[Quantity, Callable[[RunResult], Estimate | None]] = {
    Quantity.ACCURACY: _accuracy,
    Quantity.ERRORS: _errors,
    Quantity.PARAMETERS: lambda result: _exact(result.parameters),
    Quantity.MACS: lambda result: _exact(result.macs),
    # A size of 0 is the record's default: nothing was exported.
    Quantity.SIZE: lambda result: _exact(result.size_bytes or None),
}
_TIMED: dict[Quantity, Callable[[LatencyRow], Estimate | None]] = {
    Quantity.P50: lambda row: _plain(row.p50_ms, row.p50_low_ms, row.p50_high_ms),
    Quantity.P90: lambda row: _plain(row.p90_ms, row.p90_low_ms, row.p90_high_ms),
    Quantity.P99: lambda row: _plain(row.p99_ms, row.p99_low_ms, row.p99_high_ms),
    Quantity.THROUGHPUT: _throughput,
    Quantity.SPEEDUP: lambda row: _plain(row.speedup, row.speedup_low, row.speedup_high),
    Quantity.MEMORY: lambda row: _plain(row.peak_memory_bytes),
    Quantity.ENERGY: lambda row: _plain(row.energy_j_per_1000),
}
