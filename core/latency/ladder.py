"""The acceleration ladder: from the dense standard network on `predict` to the pruned one in int8."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core import runtimes
from core.analysis import statistics
from core.analysis.caveats import caveats
from core.analysis.statistics import Interval
from core.latency import measurement, protocol
from core.latency.group import Servers
from core.latency.protocol import FULL, Effort, Outcome, Request
from core.latency.subject import Subject
from core.records import Ladder, LadderStep, LatencyRow, Lever, Runtime

ALL = tuple(Runtime)
"""The runtimes of a full ladder, the slow ones of Keras first."""


@dataclass(frozen=True, slots=True)
class Networks:
    """What climbs: the dense standard network, the dense one of the run's convolution if other, the result.

    `extra` networks are measured beside them on LiteRT float32 only (a zeroed twin, say).
    """

    standard: Subject
    result: Subject
    dense: Subject | None = None
    extra: tuple[Subject, ...] = ()

    def on(self, runtime: Runtime) -> list[Subject]:
        """Return who is measured on `runtime`: all on LiteRT float32, result and standard elsewhere."""
        if runtime is not Runtime.LITERT_FP32:
            return [self.result, self.standard]
        return [self.result, self.standard, *([self.dense] if self.dense else []), *self.extra]


@dataclass(frozen=True, slots=True)
class Climb:
    """All that was measured: the ladder, and rows of the result, the standard network and the others."""

    ladder: Ladder
    rows: tuple[LatencyRow, ...]
    standard_rows: tuple[LatencyRow, ...]
    extra_rows: tuple[LatencyRow, ...]


@dataclass(frozen=True, slots=True)
class _Rung:
    subject: Subject
    runtime: Runtime
    lever: Lever | None


def climb(
    networks: Networks,
    *,
    wanted: Sequence[Runtime] = ALL,
    threads: int = 1,
    effort: Effort = FULL,
    on_row: Callable[[LatencyRow], None] = lambda _: None,
    on_round: Callable[[], None] = lambda: None,
) -> Climb:
    """Measure all networks on `wanted` runtimes at batch 1 and lay the rungs; raises MeasurementError."""
    measured: dict[Runtime, tuple[list[Subject], Outcome]] = {}
    rows: list[LatencyRow] = []
    standard: list[LatencyRow] = []
    extra: list[LatencyRow] = []
    with Servers() as servers:
        for runtime in wanted:
            request = Request(runtimes=(runtime,), threads=threads, effort=effort)
            subjects = networks.on(runtime)
            outcome = next(iter(protocol.outcomes(subjects, request, servers=servers, on_round=on_round)))
            measured[runtime] = subjects, outcome
            found = [measurement.row(outcome, subjects, i, request, 1) for i in range(len(subjects))]
            rows.append(found[0])
            standard.append(found[1])
            extra.extend(found[2:])
            on_row(found[0])
    ladder = _ladder(list(_rungs(networks, wanted)), measured, effort.is_quick)
    return Climb(ladder, tuple(rows), tuple(standard), tuple(extra))


def _rungs(networks: Networks, wanted: Sequence[Runtime]) -> Iterator[_Rung]:
    order = (*runtimes.TENSORFLOW[:3], Runtime.LITERT_FP32)
    lever = None
    for runtime in (runtime for runtime in order if runtime in wanted):
        yield _Rung(networks.standard, runtime, lever)
        lever = Lever.RUNTIME
    if networks.dense and Runtime.LITERT_FP32 in wanted:
        yield _Rung(networks.dense, Runtime.LITERT_FP32, Lever.ALGORITHM)
    for runtime, how in ((Runtime.LITERT_FP32, Lever.ALGORITHM), (Runtime.LITERT_INT8, Lever.RUNTIME)):
        if runtime in wanted and networks.result not in (networks.dense, networks.standard):
            yield _Rung(networks.result, runtime, how)


def _ladder(
    rungs: list[_Rung], measured: dict[Runtime, tuple[list[Subject], Outcome]], is_quick: bool
) -> Ladder:
    steps: list[LadderStep] = []
    factors: dict[Lever, list[Interval]] = {Lever.ALGORITHM: [], Lever.RUNTIME: []}
    last: tuple[_Rung, Any] | None = None
    for rung in rungs:
        subjects, outcome = measured[rung.runtime]
        if outcome.series is None:
            steps.append(_step(rung, error=outcome.error))
            continue
        series = outcome.series[subjects.index(rung.subject)]
        factor = None
        if last is not None and rung.lever is not None:
            is_paired = last[0].runtime is rung.runtime
            factor = statistics.ratio_interval(last[1].samples, series.samples, is_paired=is_paired)
            factors[rung.lever].append(factor)
        doubts = caveats(series.samples, outcome.conditions, quick=is_quick, is_settled=series.is_settled)
        middle = statistics.percentile_interval(series.samples)
        steps.append(_step(rung, middle.estimate / 1e6, factor, warnings=doubts))
        last = rung, series
    algorithm, runtime = (statistics.product(factors[lever]) for lever in (Lever.ALGORITHM, Lever.RUNTIME))
    total = statistics.product([algorithm, runtime])
    return Ladder(
        steps=tuple(steps),
        algorithm=algorithm.estimate,
        runtime=runtime.estimate,
        total=total.estimate,
        total_low=total.low,
        total_high=total.high,
    )


def _step(
    rung: _Rung, p50_ms: float | None = None, factor: Interval | None = None, **more: Any
) -> LadderStep:
    return LadderStep(
        model=rung.subject.name,
        runtime=rung.runtime,
        lever=rung.lever,
        p50_ms=p50_ms,
        factor=factor.estimate if factor else None,
        factor_low=factor.low if factor else None,
        factor_high=factor.high if factor else None,
        **more,
    )
