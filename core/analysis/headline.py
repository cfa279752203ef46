"""What the measurements say in one sentence each, out of the finished runs. Pure.

A finding exists only where both of its sides were measured, interleaved or in one run; none is estimated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.analysis.family import dense_standard_of
from core.analysis.quantities import row_of
from core.records import Caveat, Convolution, LatencyRow, Method, RunRecord, Runtime
from core.records.comparison import Setup

MOST_LOSS = 0.003
"""Accuracy that the fastest network may lose against the dense standard one: 0.3 points."""

DOUBTFUL = frozenset(
    (Caveat.NOISY, Caveat.THROTTLED, Caveat.TOO_SHORT, Caveat.DISAGREES, Caveat.QUICK, Caveat.SHARED_GPU)
)
SLOW_CALL = (Runtime.KERAS_PREDICT, Runtime.KERAS_CALL, Runtime.TF_FUNCTION)


@dataclass(frozen=True, slots=True)
class Headline:
    """The fastest network that is nearly as accurate as `dense`; `loss` is a share, negative for a gain."""

    record: RunRecord
    dense: RunRecord
    row: LatencyRow
    loss: float


@dataclass(frozen=True, slots=True)
class Factor:
    """How many times faster `record` is than what it is compared with: 95 % interval, and doubts about it."""

    record: RunRecord
    value: float
    low: float | None
    high: float | None
    warnings: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True)
class RuntimeGap:
    """One network on two runtimes in one run."""

    record: RunRecord
    slow: LatencyRow
    fast: LatencyRow

    @property
    def factor(self) -> float:
        return (self.slow.p50_ms or 0.0) / (self.fast.p50_ms or 1.0)

    @property
    def warnings(self) -> tuple[Caveat, ...]:
        """The doubts about either time."""
        return tuple(dict.fromkeys((*self.slow.warnings, *self.fast.warnings)))


Finding = TypeVar("Finding", Factor, RuntimeGap)


def headline(
    records: Sequence[RunRecord], *, most_loss: float = MOST_LOSS, setup: Setup | None = None
) -> Headline | None:
    """Return the largest speed-up within `most_loss`; doubtful ones only where all are doubtful."""
    found = [h for record in records if (h := _candidate(record, records, setup or Setup())) is not None]
    good = [candidate for candidate in found if candidate.loss <= most_loss]
    sure = [candidate for candidate in good if not DOUBTFUL & set(candidate.row.warnings)]
    return max(sure or good, key=lambda candidate: candidate.row.speedup or 0.0, default=None)


def zeros(records: Iterable[RunRecord]) -> Factor | None:
    """Return what zeroing the most weights of a standard network, and nothing else, brought in speed."""
    zeroed = (
        r
        for r in records
        if r.spec.method in (Method.MAGNITUDE, Method.RANDOM) and r.spec.conv is Convolution.STANDARD
    )
    return max(_surest(_factors(zeroed)), key=lambda found: found.record.spec.ratio, default=None)


def separable(records: Iterable[RunRecord]) -> Factor | None:
    """Return what depthwise separable convolutions alone brought in speed."""
    dense = (r for r in records if r.spec.is_baseline and r.spec.conv is Convolution.SEPARABLE)
    return next(iter(_surest(_factors(dense))), None)


def runtime_gap(records: Iterable[RunRecord]) -> RuntimeGap | None:
    """Return the widest gap between a Keras or TensorFlow call and LiteRT, of one network in one run."""
    gaps = [gap for record in records if (gap := _gap(record)) is not None]
    return max(_surest(gaps), key=lambda gap: gap.factor, default=None)


def _surest(found: Sequence[Finding]) -> Sequence[Finding]:
    """Return those without a doubt; else those that at most a loaded machine makes doubtful; else all."""
    undoubted = [each for each in found if not each.warnings]
    return undoubted or [each for each in found if not DOUBTFUL & set(each.warnings)] or found


def _candidate(record: RunRecord, records: Sequence[RunRecord], setup: Setup) -> Headline | None:
    row = row_of(record, setup)
    if row is None or row.speedup is None or record.result is None or record.spec.is_baseline:
        return None
    dense = dense_standard_of(record, records)
    if dense is None or dense.result is None:
        return None
    return Headline(record, dense, row, dense.result.accuracy - record.result.accuracy)


def _factors(records: Iterable[RunRecord]) -> list[Factor]:
    return [
        Factor(record, row.speedup, row.speedup_low, row.speedup_high, row.warnings)
        for record in records
        if (row := row_of(record, Setup())) and row.speedup is not None
    ]


def _gap(record: RunRecord) -> RuntimeGap | None:
    fast = row_of(record, Setup())
    slow = next((row for name in SLOW_CALL if (row := row_of(record, Setup(runtime=name)))), None)
    return RuntimeGap(record, slow, fast) if slow and fast else None
