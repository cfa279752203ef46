"""What was read, kept in memory: every sample of the last half hour, and means of ten seconds before that.

One thread appends, any thread reads.
"""

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from core.records import Series
from core.records.telemetry import Floats

KEEP_S = 30 * 60
COARSE_S = 10.0
COARSE_KEEP_S = 24 * 3600


class Ring:
    """The last `capacity` rows of numbers, each with its Unix time; the oldest give way."""

    def __init__(self, capacity: int, num_columns: int) -> None:
        self._capacity = capacity
        self._rows = np.full((min(256, capacity), num_columns + 1), np.nan)
        self._end = 0

    @property
    def last_t(self) -> float:
        """Return the time of the newest row; minus infinity where there is none."""
        return float(self._rows[(self._end - 1) % self._capacity, 0]) if self._end else -np.inf

    def append(self, t: float, values: Floats) -> None:
        """Add one row; the caller keeps times ascending."""
        if self._end == len(self._rows) < self._capacity:
            more = min(self._capacity - len(self._rows), len(self._rows))
            self._rows = np.concatenate([self._rows, np.full((more, self._rows.shape[1]), np.nan)])
        row = self._rows[self._end % self._capacity]
        row[0], row[1:] = t, values
        self._end += 1

    def rows(self, began: float, ended: float) -> Floats:
        """Return a copy of the rows from `began` to `ended`: time first, then the columns."""
        start = self._end % self._capacity
        rows = self._rows[: self._end]
        if self._end > self._capacity:
            rows = np.concatenate([self._rows[start:], self._rows[:start]])
        low, high = np.searchsorted(rows[:, 0], [began, np.nextafter(ended, np.inf)])
        return rows[low:high].copy()


class Track:
    """One source: a fine ring and a coarse one; there, counters keep their last value, others their mean."""

    def __init__(self, fields: Sequence[str], hz: float, counters: Iterable[str] = ()) -> None:
        self.fields = tuple(fields)
        self._last_wins = np.array([field in set(counters) for field in self.fields], dtype=bool)
        self._hz = hz
        self._lock = threading.Lock()
        self._clear()

    def append(self, t: float, values: Sequence[float | None]) -> None:
        """Add a sample. A clock that was set back starts the history anew: times must ascend."""
        row = np.array(values, dtype=np.float64)
        with self._lock:
            if t <= self._fine.last_t:
                self._clear()
            self._fine.append(t, row)
            self._coarsen(t, row)

    def window(self, began: float, ended: float) -> Series:
        """Return what is kept between two Unix times, coarse where only that is left."""
        with self._lock:
            fine = self._fine.rows(began, ended)
            until = fine[0, 0] if len(fine) else ended
            coarse = self._coarse.rows(began, np.nextafter(until, -np.inf))
        rows = np.concatenate([coarse, fine])
        return Series(rows[:, 0], {field: rows[:, place + 1] for place, field in enumerate(self.fields)})

    def _clear(self) -> None:
        self._fine = Ring(int(KEEP_S * self._hz), len(self.fields))
        self._coarse = Ring(int(COARSE_KEEP_S / COARSE_S), len(self.fields))
        self._bucket: list[Floats] = []

    def _coarsen(self, t: float, row: Floats) -> None:
        self._bucket.append(row)
        if t - self._coarse.last_t < COARSE_S:
            return
        bucket = np.stack(self._bucket)
        self._coarse.append(t, np.where(self._last_wins, bucket[-1], mean(bucket)))
        self._bucket = []


def mean(rows: Floats) -> Floats:
    """Return the mean of each column over the numbers in it; NaN where there is none."""
    known = np.isfinite(rows)
    counts = known.sum(axis=0)
    sums = np.where(known, rows, 0.0).sum(axis=0)
    means: Floats = np.divide(sums, counts, out=np.full(rows.shape[1], np.nan), where=counts > 0)
    return means


def thinned(series: Series, num_points: int, last: Iterable[str] = ()) -> Series:
    """Return about `num_points` means of equal steps of time, whose borders stay where they are as time goes.

    `last` names fields that keep the step's last value. A step without a number stays NaN: a gap.
    """
    if len(series.t) <= num_points:
        return series
    width = _step_s((series.t[-1] - series.t[0]) / num_points)
    starts = np.flatnonzero(np.diff(np.floor(series.t / width), prepend=-1.0))
    columns = np.column_stack([series.t, *series.values.values()])
    known = np.isfinite(columns)
    counts = np.add.reduceat(known, starts, axis=0, dtype=np.int64)
    sums = np.add.reduceat(np.where(known, columns, 0.0), starts, axis=0)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    values = {field: means[:, place + 1] for place, field in enumerate(series.values)}
    ends = np.append(starts[1:], len(series.t)) - 1
    values.update({field: series.values[field][ends] for field in last if field in values})
    return Series(means[:, 0], values)


def _step_s(wanted_s: float) -> float:
    """Return the next larger of 0.1, 0.2, 0.5, 1, 2 ... seconds: a growing window rarely changes it."""
    scale = 10.0 ** np.floor(np.log10(max(wanted_s, 0.1)))
    return float(next(scale * step for step in (1, 2, 5, 10) if scale * step >= wanted_s))
