"""`python -m core gpu`: the readings of this machine, for people or as one JSON document."""

import json
import sys
import time
from dataclasses import fields
from typing import Any

import click

from core.records import DriverState, GpuReading, HostReading, Snapshot, Source, Window, to_dict
from core.telemetry import words
from core.telemetry.sampling import Sampler, sampler
from core.telemetry.summary import mean_over_time

SPANNED = ("utilization_percent", "memory_used_bytes", "power_w", "temperature_c", "sm_clock_mhz")
SPANNED_HOST = ("cpu_percent", "memory_used_bytes")
START_S = 15.0
"""How long a driver may take to start: a GPU without persistence mode needs seconds."""


@click.command("gpu")
@click.option(
    "--seconds", type=click.FloatRange(0, 3600), default=1.0, show_default=True, help="How long to watch."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def gpu(seconds: float, as_json: bool) -> None:
    """Show what GPUs, driver and host say; several seconds add mean and extremes."""
    watched = sampler()
    began = time.time()
    snapshot = watch(watched, seconds)
    document = report(snapshot, watched.between(began, time.time()))
    watched.close()
    if as_json:
        json.dump(document, sys.stdout)
        sys.stdout.write("\n")
    else:
        for line in lines(snapshot):
            click.echo(line)


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
    if snapshot.driver.state is DriverState.OK:
        versions = f"driver {snapshot.driver.driver_version}, CUDA {snapshot.driver.cuda_version}"
        return f"{notice.title} {len(snapshot.gpus)} GPU(s), {versions}."
    return f"{notice.title} {notice.fix}".strip()


def _fields(reading: GpuReading | HostReading) -> list[str]:
    told = []
    for name in (field.name for field in fields(reading)):
        value = getattr(reading, name)
        if name in ("t", "reasons", "key", "index", "processes", "mig_instances"):
            continue
        shown = reading.reasons.get(name, "none") if value is None else _written(value)
        told.append(f"  {name:28} {shown}")
    return told


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_written(part) for part in value) or "none"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
