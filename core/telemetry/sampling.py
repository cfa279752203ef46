"""The one sampler of this process: a thread reads the host, another the GPUs; what they read is kept.

Any thread may ask it. Nothing waits for the driver: a call that hangs holds up the readings of GPUs alone.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from core.records import DriverState, GpuReading, HostReading, Snapshot, Source, Window
from core.telemetry import nvml
from core.telemetry.driver import Driver
from core.telemetry.gpu import throttle_mask
from core.telemetry.history import Track, thinned
from core.telemetry.host import Host

log = logging.getLogger(__name__)

GPU_FIELDS = (
    "utilization_percent",
    "memory_utilization_percent",
    "memory_used_bytes",
    "power_w",
    "temperature_c",
    "sm_clock_mhz",
    "memory_clock_mhz",
    "fan_percent",
    "pcie_rx_bytes_per_s",
    "pcie_tx_bytes_per_s",
    "energy_j",
)
HOST_FIELDS = ("cpu_percent", "memory_used_bytes", "load_1m", "frequency_mhz", "temperature_c", "energy_j")
OWN_FIELDS = ("own_cpu_percent", "own_memory_bytes")
THROTTLE = "throttle_bits"
COUNTERS = ("energy_j", THROTTLE)
"""Fields of which a mean over time would say nothing."""
WANTED_S = 3.0
"""How long PCIe throughput is read after somebody asked for it."""
CLOSING_S = 2.0

_driver_in_use = threading.Lock()
"""Held by the thread that talks to NVML: one that still waits in a call is not joined by the next."""


class _StoppedError(Exception):
    """Ends a round of questions early because the sampler is being closed."""


class Sampler:
    """Reads `hz` times a second from the moment it is made until `close`."""

    def __init__(self, hz: float = 5.0) -> None:
        self.hz = hz
        self._period_s = 1 / hz
        self._host = Host()
        self._driver = Driver(self._host.pids)
        self._tracks: dict[str, Track] = {}
        self._sources: dict[str, GpuReading] = {}
        self._latest = Snapshot(t=time.time(), driver=self._driver.reading)
        self._changed = threading.Condition()
        self._pcie_until = self._told_at = 0.0
        self._stopping = threading.Event()
        self._threads = tuple(
            threading.Thread(target=run, name=f"telemetry-{name}", daemon=True)
            for name, run in (("host", self._watch_host), ("gpu", self._watch_gpus))
        )
        for thread in self._threads:
            thread.start()

    def latest(self) -> Snapshot:
        """Return the newest readings at once; before the first ones, an empty snapshot that says so."""
        return self._latest

    def wait(self, timeout_s: float = 1.0, *, driver: bool = False) -> Snapshot:
        """Return the newest readings, waiting for the first ones (`driver`: for the driver's first word)."""

        def ready() -> bool:
            starting = self._latest.driver.state is DriverState.STARTING
            return self._latest.host is not None and not (driver and starting)

        with self._changed:
            self._changed.wait_for(ready, timeout_s)
        return self._latest

    def window(self, seconds: float = float("inf"), *, until: float | None = None, points: int = 0) -> Window:
        """Return the last `seconds` (before Unix time `until`), thinned to about `points` where given."""
        ended = time.time() if until is None else until
        return self.between(ended - seconds, ended, points=points)

    def between(self, began: float, ended: float, *, points: int = 0) -> Window:
        """Return what is kept between two Unix times; GPUs without a sample there are left out."""
        gpus = (self._gpu_source(key, reading, began, ended, points) for key, reading in self._known())
        present = tuple(gpu for gpu in gpus if len(gpu.series.t))
        return Window(began=began, ended=ended, host=self._host_source(began, ended, points), gpus=present)

    def ask_pcie(self) -> None:
        """Have PCIe throughput read for the next seconds; it costs the driver 40 ms each time."""
        self._pcie_until = time.monotonic() + WANTED_S

    def close(self) -> None:
        """End the threads and close the driver; one that hangs in a call is left behind."""
        self._stopping.set()
        ends = time.monotonic() + CLOSING_S
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))

    @property
    def is_running(self) -> bool:
        return not self._stopping.is_set()

    def _watch_host(self) -> None:
        self._repeat(self._read_host)

    def _watch_gpus(self) -> None:
        while not _driver_in_use.acquire(timeout=self._period_s):
            if self._stopping.is_set():
                return
        nvml.between = self._hear
        self._repeat(self._read_gpus)
        nvml.between = nvml.nothing
        self._driver.close()
        _driver_in_use.release()

    def _repeat(self, read: Callable[[], None]) -> None:
        """Call `read` `hz` times a second until closed; a failure is logged once and tried again."""
        failure = ""
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._period_s, time.monotonic() + self._period_s / 2)
            try:
                read()
            except _StoppedError:
                break
            except Exception as error:
                if repr(error) != failure:
                    failure = repr(error)
                    log.exception("a telemetry reading failed; readings go on")
                due = max(due, time.monotonic() + 1.0)

    def _read_host(self) -> None:
        t = time.time()
        host = self._host.read(t, time.monotonic())
        self._track("host", (*HOST_FIELDS, *OWN_FIELDS, *core_fields(len(host.core_percent)))).append(
            t, (*(getattr(host, field) for field in HOST_FIELDS), *own_totals(host), *host.core_percent)
        )
        self._publish(host=host)

    def _read_gpus(self) -> None:
        now = time.monotonic()
        self._driver.refresh(now, with_pcie=now < self._pcie_until)
        gpus = self._driver.readings(time.time())
        for gpu in gpus:
            self._keep(gpu)
        self._tell(gpus)

    def _hear(self) -> None:
        """After each answer of the driver: a slow one is told piece by piece."""
        if self._stopping.is_set():
            raise _StoppedError
        if time.monotonic() >= self._told_at + self._period_s:
            self._tell(self._driver.readings(time.time()))

    def _tell(self, gpus: tuple[GpuReading, ...]) -> None:
        self._told_at = time.monotonic()
        self._publish(driver=self._driver.reading, gpus=gpus, heard_at=time.time())

    def _keep(self, gpu: GpuReading) -> None:
        bits = None if gpu.throttle_reasons is None else throttle_mask(gpu.throttle_reasons)
        self._track(gpu.key, (*GPU_FIELDS, THROTTLE)).append(
            gpu.t, (*(getattr(gpu, field) for field in GPU_FIELDS), bits)
        )
        if gpu.key in self._sources:
            self._sources[gpu.key] = gpu
        else:
            self._sources = {**self._sources, gpu.key: gpu}  # others may be walking through it

    def _publish(self, **news: Any) -> None:
        with self._changed:
            self._latest = replace(self._latest, t=time.time(), **news)
            self._changed.notify_all()

    def _track(self, key: str, fields: Sequence[str]) -> Track:
        track = self._tracks.get(key)
        if track is None or track.fields != fields:
            track = Track(fields, self.hz, COUNTERS)
            with self._changed:  # the other thread adds its own, and others may be walking through them
                self._tracks = {**self._tracks, key: track}
        return track

    def _known(self) -> list[tuple[str, GpuReading]]:
        return sorted(self._sources.items(), key=lambda item: item[1].index)

    def _gpu_source(self, key: str, gpu: GpuReading, began: float, ended: float, points: int) -> Source:
        series = self._tracks[key].window(began, ended)
        return Source(
            key=key,
            label=f"GPU {gpu.index} · {gpu.name or key}",
            series=thinned(series, points, COUNTERS) if points else series,
            index=gpu.index,
            uuid=gpu.uuid,
            limits=gpu_limits(gpu),
        )

    def _host_source(self, began: float, ended: float, points: int) -> Source:
        track = self._tracks.get("host") or Track(HOST_FIELDS, self.hz)
        series = track.window(began, ended)
        host = self._latest.host
        total = host.memory_total_bytes if host else None
        return Source(
            key="host",
            label="Host",
            series=thinned(series, points, COUNTERS) if points else series,
            limits={"memory_used_bytes": float(total)} if total else {},
        )


def core_fields(num_cores: int) -> tuple[str, ...]:
    """Return the names of the series of each core."""
    return tuple(f"core_{core}_percent" for core in range(num_cores))


def own_totals(host: HostReading) -> tuple[float, float]:
    """Return the processor use, in percent of one core, and the memory of our own processes."""
    return (
        sum(process.cpu_percent for process in host.processes),
        float(sum(process.memory_bytes for process in host.processes)),
    )


def gpu_limits(gpu: GpuReading) -> dict[str, float]:
    """Return the value at which each series meets its limit, where the GPU tells one."""
    limits = {
        "memory_used_bytes": gpu.memory_total_bytes,
        "power_w": gpu.power_limit_w,
        "temperature_c": gpu.temperature_slowdown_c,
        "sm_clock_mhz": gpu.sm_clock_max_mhz,
        "memory_clock_mhz": gpu.memory_clock_max_mhz,
    }
    return {field: float(limit) for field, limit in limits.items() if limit is not None}


_sampler: Sampler | None = None
_making = threading.Lock()


def sampler(hz: float = 5.0) -> Sampler:
    """Return this process's sampler, started by the first caller; `hz` counts only then."""
    global _sampler
    with _making:
        if _sampler is None or not _sampler.is_running:
            _sampler = Sampler(hz)
        return _sampler
