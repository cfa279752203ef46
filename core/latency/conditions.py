"""The machine around a measurement: processor, frequency, load, versions."""

import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from core.records import Conditions

PACKAGES = ("tensorflow", "keras", "ai-edge-litert", "onnxruntime", "openvino", "numpy")


@cache
def cpu_name() -> str:
    """Return the processor's own name, or the machine's kind where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    # ARM boards have `Model` instead.
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return names[0] if names else platform.processor() or platform.machine()


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the runtimes' packages that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def frequency_mhz() -> float | None:
    """Return the processor's present frequency, or None where it cannot be read."""
    try:
        frequency = psutil.cpu_freq()
    except (OSError, NotImplementedError, RuntimeError):
        return None
    return float(frequency.current) if frequency and frequency.current else None


def load_before() -> float | None:
    """Return the load average of the last minute per core."""
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return None


def at_start(cores: list[int]) -> Conditions:
    """Return what holds before anything is measured on `cores`."""
    return Conditions(
        cpu=cpu_name(),
        num_cores=os.cpu_count() or 0,
        pinned_core=cores[0] if hasattr(os, "sched_setaffinity") else None,
        frequency_mhz=frequency_mhz(),
        load_before=load_before(),
        versions=versions(),
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def with_gpu(facts: Conditions, device: str) -> Conditions:
    """Add what the driver says of `device` before our children start; MeasurementError where it refuses.

    Processes of ours do not count, see `gpu`.
    """
    if device == "cpu":
        return facts
    from core.latency.gpu import Gpu

    found = Gpu(device).facts()
    return replace(facts, gpu=found.name, gpu_processes=found.processes)


def at_end(before: Conditions, rounds: Sequence[dict[str, Any]], device: str) -> Conditions:
    """Return `before` with what was seen meanwhile: the worst of the rounds, the GPU just after the last."""
    if device != "cpu":
        from core.latency.gpu import Gpu

        found = Gpu(device).facts()
        before = replace(before, gpu_clock_mhz=found.clock_mhz, throttle_reasons=found.limits)
    return replace(
        before,
        load_during=max(each["load_during"] for each in rounds),
        core_shared=max(each["core_shared"] for each in rounds),
        overhead_us=max(each["overhead_us"] for each in rounds),
    )
