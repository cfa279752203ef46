"""Latency rows: what the pipeline, the command line and the ladder call. Imports no runtime itself."""

import gzip
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core import runtimes as runtimes_room
from core.analysis import statistics
from core.analysis.caveats import caveats
from core.latency import protocol
from core.latency.protocol import FULL, QUICK, Effort, Model, Outcome, Request
from core.latency.subject import Subject
from core.records import Caveat, EventKind, LatencyRow, Runtime, Stage

Emit = Callable[[EventKind, dict[str, Any]], None]
OnRow = Callable[[LatencyRow], None]


def measure(
    candidate: Model,
    *,
    against: Model | None = None,
    runtimes: Iterable[Runtime | str] | None = None,
    batches: Sequence[int] = (1,),
    threads: int = 1,
    processes: int = 3,
    quick: bool = False,
    device: str = "cpu",
    emit: Emit | None = None,
    on_row: OnRow | None = None,
    with_baseline: bool = False,
    effort: Effort | None = None,
) -> tuple[LatencyRow, ...]:
    """Return a row for each runtime and batch of `candidate`; its speed-up is `against`'s time over its own.

    A network is a Subject (see export.prepare), or the path of a .keras (only ours), .tflite or .onnx file.
    `runtimes` None: litert-fp32 and tf-function, or what the file allows. A runtime that knows no GPU is
    measured on the cpu, as its row says. A runtime that fails is a row with `error`; a request that makes no
    sense raises MeasurementError before anything starts. `on_row` gets each row as soon as it is known;
    `with_baseline` adds the rows of `against` after those of `candidate`.
    """
    models = [candidate] if against is None else [candidate, against]
    rows = compare(
        models,
        baseline=len(models) - 1 if against is not None else None,
        runtimes=runtimes,
        batches=batches,
        threads=threads,
        device=device,
        effort=effort or (QUICK if quick else Effort(processes=processes)),
        emit=emit,
        on_row=on_row,
    )
    return tuple(row for each in (rows if with_baseline else rows[:1]) for row in each)


def compare(
    models: Sequence[Model],
    *,
    baseline: int | None = None,
    runtimes: Iterable[Runtime | str] | None = None,
    batches: Sequence[int] = (1,),
    threads: int = 1,
    device: str = "cpu",
    effort: Effort = FULL,
    emit: Emit | None = None,
    on_row: OnRow | None = None,
) -> tuple[tuple[LatencyRow, ...], ...]:
    """Return the rows of each network, all interleaved; `baseline` is the position of the reference."""
    with protocol.resolved(models, runtimes) as subjects:
        request = Request(
            runtimes=_chosen(subjects, runtimes),
            batches=tuple(batches),
            threads=threads,
            device=device,
            effort=effort,
        )
        rows: list[list[LatencyRow]] = [[] for _ in subjects]
        progress = _Progress(emit, len(request.runtimes) * len(request.batches) * effort.processes)
        for outcome in protocol.outcomes(subjects, request, on_round=progress.step, on_wait=progress.tell):
            for index in range(len(subjects)):
                rows[index].append(row(outcome, subjects, index, request, baseline))
            if on_row:
                on_row(rows[0][-1])
    return tuple(tuple(each) for each in rows)


def _chosen(subjects: Sequence[Subject], wanted: Iterable[Runtime | str] | None) -> tuple[Runtime, ...]:
    """Return what was asked for, or what every network can run on by default."""
    if wanted is not None:
        return tuple(dict.fromkeys(runtimes_room.named(name) for name in wanted))
    common = [runtime for runtime in Runtime if all(runtime in each.files for each in subjects)]
    return tuple(sorted(common, key=lambda runtime: runtime not in runtimes_room.LITERT))


def row(
    outcome: Outcome, subjects: Sequence[Subject], index: int, request: Request, baseline: int | None
) -> LatencyRow:
    """Return what `outcome` says about one network, with its speed-up against the one at `baseline`."""
    answers = outcome.answers.get(index)
    plain = LatencyRow(
        model=subjects[index].name,
        runtime=subjects[index].told_as(outcome.runtime),
        device=outcome.device,
        threads=request.threads,
        batch=outcome.batch,
        against=subjects[baseline].name if baseline is not None else "",
        accuracy=answers.accuracy if answers else None,
        agreement=answers.agreement if answers else None,
        max_difference=answers.max_difference if answers else None,
        conditions=outcome.conditions,
    )
    plain = _with_sizes(plain, subjects[index].files.get(outcome.runtime))
    if outcome.series is None:
        warnings = (Caveat.DISAGREES,) if outcome.disagrees else ()
        return replace(plain, error=outcome.error, warnings=warnings)
    return _timed(plain, outcome, index, request, baseline)


def _timed(
    plain: LatencyRow, outcome: Outcome, index: int, request: Request, baseline: int | None
) -> LatencyRow:
    assert outcome.series is not None
    series = outcome.series[index]
    values = statistics.pooled(series.samples) / 1e6
    middle, p90, p99 = (statistics.percentile_interval(series.samples, share) for share in (0.5, 0.9, 0.99))
    energy, note = outcome.energy.get(index, (None, ""))
    row = replace(
        plain,
        processes=len(series.samples),
        queries=len(values),
        p50_ms=float(np.median(values)),
        p50_low_ms=middle.low / 1e6,
        p50_high_ms=middle.high / 1e6,
        p90_ms=p90.estimate / 1e6,
        p99_ms=p99.estimate / 1e6,
        mad_ms=statistics.mad(values),
        process_p50_ms=tuple(each / 1e6 for each in statistics.process_medians(series.samples)),
        warmup_queries=series.warmup_queries,
        images_per_s=1000 * outcome.batch / float(np.median(values)),
        p90_low_ms=p90.low / 1e6,
        p90_high_ms=p90.high / 1e6,
        p99_low_ms=p99.low / 1e6,
        p99_high_ms=p99.high / 1e6,
        peak_memory_bytes=outcome.peak_memory_bytes.get(index),
        energy_j_per_1000=energy,
        energy_note=note,
        warnings=caveats(
            series.samples,
            outcome.conditions,
            quick=request.effort.is_quick,
            is_settled=series.is_settled,
        ),
    )
    if baseline is None:
        return row
    if index == baseline:
        return replace(row, speedup=1.0, speedup_low=1.0, speedup_high=1.0)
    ratio = statistics.ratio_interval(outcome.series[baseline].samples, series.samples)
    return replace(row, speedup=ratio.estimate, speedup_low=ratio.low, speedup_high=ratio.high)


def _with_sizes(row: LatencyRow, path: Path | None) -> LatencyRow:
    if path is None:
        return row
    content = path.read_bytes()
    return replace(row, size_bytes=len(content), size_gzip_bytes=len(gzip.compress(content, mtime=0)))


class _Progress:
    """Counts finished rounds into step events of the measuring stage."""

    def __init__(self, emit: Emit | None, total: int) -> None:
        self.emit, self.total, self.done = emit, total, 0

    def step(self) -> None:
        self.done += 1
        self.tell()

    def tell(self) -> None:
        if self.emit:
            data = {"stage": Stage.MEASURING, "done": self.done, "total": self.total}
            self.emit(EventKind.STEP, data)
