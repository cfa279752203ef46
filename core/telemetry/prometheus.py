"""The readings in Prometheus's text form, by its standard client library where that is installed."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from core.errors import LabError
from core.records import DriverState, GpuReading, GpuState, HostReading, Snapshot, Throttle

if TYPE_CHECKING:
    from prometheus_client.core import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNITS = (
    ("_percent", "_ratio", 0.01),
    ("_bytes_per_s", "_bytes_per_second", 1.0),
    ("_bytes", "_bytes", 1.0),
    ("_w", "_watts", 1.0),
    ("_j", "_joules", 1.0),
    ("_c", "_celsius", 1.0),
    ("_mhz", "_hertz", 1e6),
)
"""Our endings and Prometheus's base units with the factor between them."""
COUNTERS = ("energy_j", "ecc_corrected_errors", "ecc_uncorrected_errors")
SKIPPED = ("t", "index")


def is_available() -> bool:
    """Whether the client library is installed."""
    return find_spec("prometheus_client") is not None


def exposition(snapshot: Snapshot) -> str:
    """Return every number of `snapshot` as metrics; what has no value or is stale is left out, never 0.

    Raises LabError where the client library is missing.
    """
    if not is_available():
        raise LabError("/metrics needs the prometheus-client package: pip install prometheus-client")
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(snapshot))
    return generate_latest(registry).decode()


class _Collector:
    """Hands a snapshot to the client library."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator["Metric"]:
        from prometheus_client.core import GaugeMetricFamily

        driver = self._snapshot.driver
        is_silent = self._snapshot.silent_s(self._snapshot.t) > 0
        state = GaugeMetricFamily("lab_gpu_driver_up", "1 where the GPU driver answers", labels=["state"])
        state.add_metric([driver.state], float(driver.state is DriverState.OK and not is_silent))
        yield state
        yield from _gpu_metrics(() if is_silent else self._snapshot.gpus)
        if self._snapshot.host:
            yield from _host_metrics(self._snapshot.host)


def _gpu_metrics(gpus: Iterable[GpuReading]) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    gpus = tuple(gpus)
    labels = ["gpu", "uuid", "name"]
    up = GaugeMetricFamily("lab_gpu_up", "1 where the GPU answers", labels=[*labels, "state"])
    throttled = GaugeMetricFamily(
        "lab_gpu_throttled", "1 for each reason that is active", labels=[*labels, "reason"]
    )
    for gpu in gpus:
        up.add_metric([*_labels(gpu), gpu.state], float(gpu.state in (GpuState.OK, GpuState.MIG)))
        active = gpu.throttle_reasons
        for reason in () if active is None else Throttle:
            throttled.add_metric([*_labels(gpu), reason], float(reason in (active or ())))
    yield from (up, throttled)
    for field in (field.name for field in fields(GpuReading)):
        values = [(gpu, number) for gpu in gpus if (number := _number(getattr(gpu, field))) is not None]
        if values and field not in SKIPPED:
            name, factor = _named("lab_gpu_", field)
            kind: Any = CounterMetricFamily if field in COUNTERS else GaugeMetricFamily
            metric = kind(name, field.replace("_", " "), labels=labels)
            for gpu, number in values:
                metric.add_metric(_labels(gpu), number * factor)
            yield metric


def _host_metrics(host: HostReading) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    for field in (field.name for field in fields(HostReading)):
        number = _number(getattr(host, field))
        if number is not None and field not in SKIPPED:
            name, factor = _named("lab_host_", field)
            kind: Any = CounterMetricFamily if field in COUNTERS else GaugeMetricFamily
            yield kind(name, field.replace("_", " "), value=number * factor)
    cores = GaugeMetricFamily("lab_host_core_ratio", "busy share of one core", labels=["core"])
    for core, percent in enumerate(host.core_percent):
        cores.add_metric([str(core)], percent / 100)
    yield cores


def _named(prefix: str, field: str) -> tuple[str, float]:
    for ending, unit, factor in UNITS:
        if field.endswith(ending):
            return prefix + field.removesuffix(ending) + unit, factor
    return prefix + field, 1.0


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, bool | int | float) else None


def _labels(gpu: GpuReading) -> list[str]:
    return [str(gpu.index), gpu.uuid or "", gpu.name or ""]
