"""What this machine allows at most, by the same library: a dense product's peak and a copy's bandwidth.

Imports keras.
"""

import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from core.analysis import statistics
from core.errors import MeasurementError
from core.latency import cores, export, protocol
from core.latency.protocol import Effort, Request
from core.latency.subject import Subject
from core.records import LayerTime, Roofline, Runtime

SIZE = 512
"""Rows, inputs and outputs of the product: 268 million multiply-adds on 1 MB a matrix."""
EFFORT = Effort(processes=3, blocks=10, min_queries=50, min_s=0.2, slow_queries=50, slow_s=0.2, warmup_s=1.0)
COPY_BYTES = 2 * 2**20
COPIES = 200


def roofline(processes: int = EFFORT.processes) -> Roofline:
    """Measure peak (GFLOP/s, LiteRT, one thread, the fastest query) and bandwidth (GB/s read and written)."""
    return Roofline(peak_gflops=peak_gflops(processes), bandwidth_gbps=bandwidth_gbps())


def peak_gflops(processes: int = EFFORT.processes) -> float:
    """Return the peak of LiteRT's own matrix product of 512 x 512 x 512 on one thread, in `processes`."""
    inputs = keras.Input((SIZE,), batch_size=SIZE)
    product = keras.Model(inputs, keras.layers.Dense(SIZE, use_bias=False)(inputs), name="product")
    with tempfile.TemporaryDirectory(prefix="roofline-") as work:
        path = Path(work) / "product.tflite"
        export.write_litert(product, path, batch=SIZE)
        effort = replace(EFFORT, processes=processes)
        request = Request(runtimes=(Runtime.LITERT_FP32,), batches=(SIZE,), effort=effort)
        outcome = next(iter(protocol.outcomes([Subject("product", {Runtime.LITERT_FP32: path})], request)))
    if outcome.series is None:
        raise MeasurementError(f"the machine's peak cannot be measured: {outcome.error}")
    fastest_ns = statistics.percentile(statistics.pooled(outcome.series[0].samples), 0.01)
    return 2 * SIZE**3 / fastest_ns


def bandwidth_gbps() -> float:
    """Return GB/s of a copy of 2 MB, about what a small network's weights are, read and write counted."""
    source = np.ones(COPY_BYTES // 8)
    target = np.empty_like(source)
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if before:
        os.sched_setaffinity(0, set(cores.quiet(1)))
    try:
        times = [_copy_s(source, target) for _ in range(COPIES)]
    finally:
        if before:
            os.sched_setaffinity(0, before)
    return 2 * COPY_BYTES / float(np.quantile(times, 0.1)) / 1e9


def _copy_s(source: np.ndarray, target: np.ndarray) -> float:
    began = time.perf_counter()
    np.copyto(target, source)
    return time.perf_counter() - began


def bounded(times: Iterable[LayerTime], machine: Roofline) -> tuple[LayerTime, ...]:
    """Add to each layer the least time: its MACs at the peak, or its weights at the bandwidth."""
    return tuple(replace(each, bound_ms=bound_ms(each, machine)) for each in times)


def bound_ms(layer: LayerTime, machine: Roofline) -> float:
    """Return the larger of compute and memory time of one query, milliseconds (Williams et al. 2009)."""
    compute_ms = 2 * layer.macs / machine.peak_gflops / 1e6
    memory_ms = layer.weight_bytes / machine.bandwidth_gbps / 1e6
    return max(compute_ms, memory_ms)
