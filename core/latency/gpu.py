"""The GPU around a measurement: name, clock, limits, who else is on it; asked through core.telemetry.nvml.

A field that the driver refuses is None, never zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psutil

from core.errors import MeasurementError
from core.records import Throttle
from core.telemetry import nvml
from core.telemetry.refusal import Refusal

_REASONS = tuple(reason for reason in Throttle if reason is not Throttle.OTHER)


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """One look at a GPU: `limits` hold its clock down, `processes` counts who may compute on it beside us."""

    name: str | None
    clock_mhz: float | None
    limits: tuple[str, ...]
    processes: int | None


class Gpu:
    """One GPU of the driver, by its number on the PCI bus. Used by one thread."""

    def __init__(self, device: str) -> None:
        """Start the driver's library; raises MeasurementError where it or this GPU refuses."""
        number = int(device.partition(":")[2])
        refused = nvml.start()
        self._handle: Any = refused or nvml.handle(number)
        if isinstance(self._handle, Refusal):
            raise MeasurementError(f"{device} cannot be measured: {self._handle.reason}.")

    def facts(self) -> GpuFacts:
        """Read the GPU once."""
        running = nvml.running(self._handle)
        return GpuFacts(
            name=_value(nvml.identity_of(self._handle)[0]),
            clock_mhz=_value(nvml.clocks_mhz(self._handle)[0]),
            limits=limits(_value(nvml.throttle_bits(self._handle)[0]) or 0),
            processes=None if isinstance(running, Refusal) else _others(pid for pid, *_ in running),
        )

    def energy_j(self) -> float | str:
        """Return the energy counter in joules, or why there is none."""
        (answer,) = nvml.energy_j(self._handle)
        return answer.reason if isinstance(answer, Refusal) else float(answer)


def _others(pids: Iterable[int]) -> int:
    """Count the processes that are neither ours nor stand still.

    Ours are this one, all that it started and all that it was started by: the worker that trained still holds
    the GPU while its children measure. Other workers and the spare stand still meanwhile (the supervisor).
    """
    me = psutil.Process()
    ours = {each.pid for each in (me, *me.parents(), *me.children(recursive=True))}
    return sum(pid not in ours and not _stands_still(pid) for pid in pids)


def _stands_still(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    except psutil.Error:  # gone, or seen from a container that numbers processes otherwise
        return False


def limits(bits: int) -> tuple[str, ...]:
    """Return the reasons in NVML's mask that hold the clock below what the work asks for."""
    named = [reason for place, reason in enumerate(_REASONS) if bits >> place & 1]
    return tuple(str(reason) for reason in named if reason.slows)


def _value(answer: Any) -> Any:
    return None if isinstance(answer, Refusal) else answer
