"""The readings of this machine as one document or as lines: what `gpu` and `doctor` print. English only."""

import time
from dataclasses import fields
from typing import Any

from core.records import DriverState, GpuReading, HostReading, Snapshot, Source, Window, to_dict
from core.telemetry import words
from core.telemetry.sampling import Sampler, sampler
from core.telemetry.summary import mean_over_time

SPANNED = ("utilization_percent", "memory_used_bytes", "power_w", "temperature_c", "sm_clock_mhz")
SPANNED_HOST = ("cpu_percent", "memory_used_bytes")
START_S = 15.0
"""How long a driver may take to start: a GPU without persistence mode needs seconds."""
HIDDEN = ("t", "reasons", "key", "index", "processes", "mig_instances")


def watched(seconds: float) -> tuple[Snapshot, Window]:
    """Read for `seconds` and return the last readings and all of them; ends this process's sampler."""
    source = sampler()
    try:
        began = time.time()
        snapshot = watch(source, seconds)
        return snapshot, source.between(began, time.time())
    finally:
        source.close()


def watch(watched: Sampler, seconds: float) -> Snapshot:
    """Wait for the driver's first word and `seconds` more; return the last readings, PCIe among them."""
    watched.ask_pcie()
    watched.wait(START_S, driver=True)
    ends = time.monotonic() + max(seconds, 2 / watched.hz)
    while (left := ends - time.monotonic()) > 0:
        watched.ask_pcie()
        time.sleep(min(left, 1.0))
    return watched.latest()


def report(snapshot: Snapshot, window: Window) -> dict[str, Any]:
    """Return the document: state of the driver, each GPU and the host, with what was seen over time."""
    sources = {gpu.key: gpu for gpu in window.gpus}
    return {
        "status": snapshot.driver.state.value,
        "message": _message(snapshot),
        "driver": to_dict(snapshot.driver),
        "devices": [
            {**to_dict(reading), "over_time": over_time(sources.get(reading.key), SPANNED)}
            for reading in snapshot.gpus
        ],
        "host": {**to_dict(snapshot.host), "over_time": over_time(window.host, SPANNED_HOST)}
        if snapshot.host
        else None,
    }


def over_time(source: Source | None, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the number of samples, and mean, lowest and highest of each field that has numbers."""
    if source is None:
        return {"num_samples": 0}
    told: dict[str, Any] = {"num_samples": len(source.series.t)}
    for name in names:
        values = source.series.values.get(name)
        mean = None if values is None else mean_over_time(source, name)
        if values is not None and mean is not None:
            known = values[values == values]
            told[name] = {"mean": mean, "lowest": float(known.min()), "highest": float(known.max())}
    return told


def lines(snapshot: Snapshot) -> list[str]:
    """Return the readings as text, a missing one with its reason."""
    told = [_message(snapshot)]
    for reading in snapshot.gpus:
        told += ["", f"GPU {reading.index}: {reading.name or '?'} ({reading.state})", *_fields(reading)]
    return [*told, "", "Host:", *_fields(snapshot.host)] if snapshot.host else told


def _message(snapshot: Snapshot) -> str:
    notice = words.driver_notice(snapshot.driver)
    if silent_s := snapshot.silent_s(snapshot.t):
        return f"The GPU driver has not answered for {silent_s:.0f} s; what is told of GPUs is from before."
    if snapshot.driver.state is DriverState.OK:
        versions = f"driver {snapshot.driver.driver_version}, CUDA {snapshot.driver.cuda_version}"
        return f"{notice.title} {len(snapshot.gpus)} GPU(s), {versions}."
    return f"{notice.title} {notice.fix}".strip()


def _fields(reading: GpuReading | HostReading) -> list[str]:
    told = []
    for name in (field.name for field in fields(reading)):
        value = getattr(reading, name)
        if name in HIDDEN:
            continue
        shown = reading.reasons.get(name, "none") if value is None else _written(value)
        told.append(f"  {name:28} {shown}")
    return told


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_written(part) for part in value) or "none"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
