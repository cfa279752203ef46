"""What a trace adds up to: use, memory, energy; each figure says how it was measured and where it misleads.

Pure. Its sentences are fixed texts, so that the page can translate them.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.records import LatencyRow, Measured, RunResult, Source, Stage, StageTime, TraceSummary, Window
from core.records.telemetry import Floats
from core.text import mark

TRAINING = (Stage.TRAINING, Stage.FINE_TUNING)

GPU_USE: Final = mark("samples of the driver's utilisation, five a second")
GPU_USE_LIMITS: Final = mark(
    "it says that some kernel ran, not that the chip was full; other programs on this GPU are counted as well"
)
CPU_USE: Final = mark("samples of the processor time of all cores, five a second")
CPU_USE_LIMITS: Final = mark("the whole machine: other programs and other runs are counted as well")
MEMORY: Final = mark("highest of the samples, five a second")
GPU_MEMORY_LIMITS: Final = mark(
    "the whole GPU: TensorFlow reserves more than it needs, and peaks between two samples are missed"
)
CPU_MEMORY: Final = mark("highest of the samples of our processes' memory, one every two seconds")
CPU_MEMORY_LIMITS: Final = mark("this program and all runs at that time; short peaks are missed")
COUNTER: Final = mark("difference of the energy counter between start and end of training and fine-tuning")
INTEGRATED: Final = mark(
    "power samples added up over training and fine-tuning; this device has no energy counter"
)
ENERGY_LIMITS: Final = mark(
    "the whole chip, idle power included; the driver samples power only part of the time (arXiv 2312.02741)"
)
COUNTED: Final = mark("energy counter over some seconds of nothing but queries, divided by their number")
COUNTED_LIMITS: Final = mark("the whole chip, idle power included; compare only within one machine")
PER_1000: Final = mark("mean power in the measuring stage times the median time of a query")
PER_1000_LIMITS: Final = mark(
    "the whole chip, idle power and other runtimes of that stage included; compare only within one machine"
)
NO_SAMPLES: Final = mark("nothing was sampled in that time")
NO_POWER: Final = mark("this machine tells neither power nor energy")
NO_TRAINING: Final = mark("this run trained nothing")
NO_LATENCY: Final = mark("no query was measured on this device")


def summary(
    window: Window, device: str, stages: Sequence[StageTime], result: RunResult | None = None
) -> TraceSummary:
    """Return what a run on `device` (`cpu` or `gpu:N`) asked of it, by the samples in `window`."""
    source = source_of(window, device)
    use = "utilization_percent" if source.is_gpu else "cpu_percent"
    how, limits = (GPU_USE, GPU_USE_LIMITS) if source.is_gpu else (CPU_USE, CPU_USE_LIMITS)
    return TraceSummary(
        device=source.label if source.is_gpu else "host",
        uuid=source.uuid,
        num_samples=len(source.series.t),
        elapsed_s=window.ended - window.began,
        utilization_mean_percent=_measured(mean_over_time(source, use), how, limits),
        utilization_peak_percent=_measured(_peak(source, use), how, limits),
        memory_peak_bytes=_memory(source),
        energy_training_j=_training_energy(source, stages),
        energy_j_per_1000=_energy_of_queries(source, stages, result),
    )


def source_of(window: Window, device: str) -> Source:
    """Return the source that `device` names; the host where that GPU was not sampled."""
    kind, _, number = device.partition(":")
    gpus = (gpu for gpu in window.gpus if kind == "gpu" and str(gpu.index) == number)
    return next(gpus, window.host)


def mean_over_time(source: Source, field: str) -> float | None:
    """Return the mean of a field weighted by time: a slow stretch of samples counts for its length."""
    t, values = _known(source, field)
    if len(t) < 2:
        return float(values[0]) if len(t) else None
    return float(np.trapezoid(values, t) / (t[-1] - t[0]))


def energy_j(source: Source, began: float, ended: float) -> tuple[float | None, str]:
    """Return the joules between two Unix times and how they are known: by counter, else by power."""
    for field, how in (("energy_j", COUNTER), ("power_w", INTEGRATED)):
        t, values = _known(source, field)
        if len(t) >= 2 and t[0] < ended and t[-1] > began:
            if field == "energy_j":
                joules = float(np.interp(ended, t, values) - np.interp(began, t, values))
                if joules < 0:  # the driver was loaded anew in between
                    continue
                return joules, how
            grid = np.unique(np.concatenate([[began, ended], t[(t > began) & (t < ended)]]))
            return float(np.trapezoid(np.interp(grid, t, values), grid)), how
    return None, NO_POWER


def mean_power_w(source: Source, began: float, ended: float) -> float | None:
    """Return watts between two Unix times; None where neither energy nor power is known."""
    joules, _ = energy_j(source, began, ended)
    return None if joules is None or ended <= began else joules / (ended - began)


def _known(source: Source, field: str) -> tuple[Floats, Floats]:
    values = source.series.values.get(field)
    if values is None:
        return np.empty(0), np.empty(0)
    known = np.isfinite(values)
    return source.series.t[known], values[known]


def _peak(source: Source, field: str) -> float | None:
    _, values = _known(source, field)
    return float(values.max()) if len(values) else None


def _measured(value: float | None, how: str, limits: str) -> Measured:
    return Measured(value, NO_SAMPLES) if value is None else Measured(value, how, limits)


def _memory(source: Source) -> Measured:
    if source.is_gpu:
        return _measured(_peak(source, "memory_used_bytes"), MEMORY, GPU_MEMORY_LIMITS)
    return _measured(_peak(source, "own_memory_bytes"), CPU_MEMORY, CPU_MEMORY_LIMITS)


def _training_energy(source: Source, stages: Sequence[StageTime]) -> Measured:
    spans = [span for stage in TRAINING if (span := _span(stages, stage))]
    if not spans:
        return Measured(None, NO_TRAINING)
    found = [energy_j(source, *span) for span in spans]
    known = [joules for joules, _ in found if joules is not None]
    if len(known) < len(spans):
        return Measured(None, found[0][1])
    return Measured(sum(known), found[0][1], ENERGY_LIMITS)


def _energy_of_queries(source: Source, stages: Sequence[StageTime], result: RunResult | None) -> Measured:
    """Take the fastest row with an energy of its own, else watts times the time of the fastest row."""
    rows = [row for row in (result.latency if result else ()) if _ran_on(row, source)]
    if not rows:
        return Measured(None, NO_LATENCY)
    counted = [row for row in rows if row.energy_j_per_1000 is not None]
    row = min(counted or rows, key=lambda row: (row.p50_ms or 0.0) / row.batch)
    detail = f"{row.runtime}, batch {row.batch}"
    if counted:
        return Measured(row.energy_j_per_1000, COUNTED, COUNTED_LIMITS, detail)
    joules = _per_1000(row, source, stages)
    return Measured(None, NO_POWER) if joules is None else Measured(joules, PER_1000, PER_1000_LIMITS, detail)


def _ran_on(row: LatencyRow, source: Source) -> bool:
    return row.p50_ms is not None and row.device == (f"gpu:{source.index}" if source.is_gpu else "cpu")


def _per_1000(row: LatencyRow, source: Source, stages: Sequence[StageTime]) -> float | None:
    """Watts times the seconds of 1,000 predictions: p50_ms / batch, a thousand times."""
    span = _span(stages, Stage.MEASURING)
    power = mean_power_w(source, *span) if span else None
    return None if power is None or row.p50_ms is None else power * row.p50_ms / row.batch


def _span(stages: Sequence[StageTime], stage: Stage) -> tuple[float, float] | None:
    for place, found in enumerate(stages):
        if found.stage is stage and (found.elapsed_s or place + 1 < len(stages)):
            elapsed = found.elapsed_s
            return found.began_at, found.began_at + elapsed if elapsed else stages[place + 1].began_at
    return None
