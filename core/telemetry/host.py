"""The machine itself: processors, memory, load, clock, temperature, energy and our own processes."""

import os
from pathlib import Path
from typing import Any

import psutil

from core.records import HostProcess, HostReading

PACKAGE_ENERGY = Path("/sys/class/powercap")
LOAD_EVERY_S = 1.0
PROCESSES_EVERY_S = 2.0
SLOW_EVERY_S = 5.0
TOLERANCE_S = 0.05
SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "acpitz")
"""Names of processor temperature drivers in Linux, the most exact first."""


class Host:
    """Reads the host; keeps what changes slowly. Used by the sampler's thread alone."""

    def __init__(self) -> None:
        self._processes: dict[int, psutil.Process] = {}
        self._slow: dict[str, Any] = {"load_1m": None, "frequency_mhz": None, "temperature_c": None}
        self._energy = PackageEnergy()
        self._found: tuple[HostProcess, ...] = ()
        self._reasons: dict[str, str] = {}
        self._load_at = self._processes_at = self._slow_at = 0.0
        self._cores = Cores()

    def pids(self) -> frozenset[int]:
        """Return the pids of this process and of all that it started."""
        return frozenset(self._processes)

    def read(self, t: float, now: float) -> HostReading:
        """Return a reading stamped with Unix time `t`; `now` is monotonic and decides what is due."""
        if now >= self._load_at - TOLERANCE_S:
            self._load_at = now + LOAD_EVERY_S
            self._slow["load_1m"] = os.getloadavg()[0]
        if now >= self._slow_at - TOLERANCE_S:
            self._slow_at = now + SLOW_EVERY_S
            self._slow.update(frequency_mhz=_frequency_mhz(), temperature_c=_temperature_c())
        if now >= self._processes_at - TOLERANCE_S:
            self._processes_at = now + PROCESSES_EVERY_S
            self._found = self._own_processes()
        cores = self._cores.busy_percent()
        memory = psutil.virtual_memory()
        energy_j = self._energy.read_j()
        self._explain(cores, energy_j)
        return HostReading(
            t=t,
            cpu_percent=sum(cores) / len(cores) if cores else None,
            core_percent=cores,
            memory_used_bytes=memory.total - memory.available,
            memory_total_bytes=memory.total,
            energy_j=energy_j,
            processes=self._found,
            reasons=self._reasons,
            **self._slow,
        )

    def _own_processes(self) -> tuple[HostProcess, ...]:
        me = psutil.Process()
        alive = {process.pid: process for process in (me, *me.children(recursive=True))}
        self._processes = {pid: self._processes.get(pid, process) for pid, process in alive.items()}
        return tuple(found for found in map(_described, self._processes.values()) if found)

    def _explain(self, cores: tuple[float, ...], energy_j: float | None) -> None:
        reasons = {}
        if not cores:
            reasons["cpu_percent"] = "not read yet"
        if self._slow["frequency_mhz"] is None:
            reasons["frequency_mhz"] = "not supported: this machine does not tell its clock"
        if self._slow["temperature_c"] is None:
            reasons["temperature_c"] = "not supported: this machine has no readable processor sensor"
        if energy_j is None:
            reasons["energy_j"] = self._energy.reason
        if reasons != self._reasons:
            self._reasons = reasons


class Cores:
    """Busy time of each core between two readings; psutil's own call keeps a state for each thread."""

    SHORTEST_S = 0.05

    def __init__(self) -> None:
        self._last = psutil.cpu_times(percpu=True)
        self._busy: tuple[float, ...] = ()

    def busy_percent(self) -> tuple[float, ...]:
        """Return the share of time since the last reading, in percent; empty before there is one."""
        times = psutil.cpu_times(percpu=True)
        passed = [sum(now[:8]) - sum(last[:8]) for now, last in zip(times, self._last, strict=False)]
        if not passed or max(passed) < self.SHORTEST_S:
            return self._busy
        idle = [_idle_s(now) - _idle_s(last) for now, last in zip(times, self._last, strict=False)]
        self._busy = tuple(
            min(100.0, max(0.0, 100 * (1 - rest / all_s))) if all_s > 0 else 0.0
            for rest, all_s in zip(idle, passed, strict=True)
        )
        self._last = times
        return self._busy


class PackageEnergy:
    """Adds up the energy counters of the processor packages (RAPL), which wrap around."""

    def __init__(self, root: Path = PACKAGE_ENERGY) -> None:
        self._counters = sorted(root.glob("intel-rapl:[0-9]/energy_uj"))
        self._last: dict[Path, int] = {}
        self._sum_uj = 0
        self.reason = "not supported: this machine has no energy counter"

    def read_j(self) -> float | None:
        """Return the joules since the first reading; None with `reason` where no counter can be read."""
        if not self._counters:
            return None
        try:
            for counter in self._counters:
                value = int(counter.read_text())
                last = self._last.get(counter, value)
                grown = value - last
                self._sum_uj += grown if grown >= 0 else grown + self._range_uj(counter)
                self._last[counter] = value
        except (OSError, ValueError):
            self._counters = []
            self.reason = "no permission to read the energy counter (only root may)"
            return None
        return self._sum_uj / 1e6

    @staticmethod
    def _range_uj(counter: Path) -> int:
        return int((counter.parent / "max_energy_range_uj").read_text())


def _described(process: psutil.Process) -> HostProcess | None:
    try:
        with process.oneshot():
            return HostProcess(
                pid=process.pid,
                name=process.name(),
                cpu_percent=process.cpu_percent(),
                memory_bytes=process.memory_info().rss,
            )
    except psutil.Error:
        return None


def _idle_s(times: Any) -> float:
    return float(times.idle + getattr(times, "iowait", 0.0))


def _frequency_mhz() -> float | None:
    try:
        frequency = psutil.cpu_freq()
    except (OSError, NotImplementedError):
        return None
    return frequency.current or None if frequency else None


def _temperature_c() -> float | None:
    try:
        sensors = psutil.sensors_temperatures()
    except (OSError, AttributeError):
        return None
    known = [sensors[name] for name in SENSORS if sensors.get(name)]
    return max((entry.current for entry in known[0]), default=None) if known else None
