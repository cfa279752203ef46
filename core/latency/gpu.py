"""The GPU around a measurement: name, clock, limits, who else is on it; asked through core.telemetry.nvml.

A field that the driver refuses is None, never zero.
"""

from dataclasses import dataclass
from typing import Any

from core.errors import MeasurementError
from core.records import Throttle
from core.telemetry import nvml
from core.telemetry.refusal import Refusal

_REASONS = tuple(reason for reason in Throttle if reason is not Throttle.OTHER)


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """One look at a GPU: `limits` are reasons that hold its clock down, `processes` who computes on it."""

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
            processes=None if isinstance(running, Refusal) else len(running),
        )

    def energy_j(self) -> float | str:
        """Return the energy counter in joules, or why there is none."""
        (answer,) = nvml.energy_j(self._handle)
        return answer.reason if isinstance(answer, Refusal) else float(answer)


def limits(bits: int) -> tuple[str, ...]:
    """Return the reasons in NVML's mask that hold the clock below what the work asks for."""
    named = [reason for place, reason in enumerate(_REASONS) if bits >> place & 1]
    return tuple(str(reason) for reason in named if reason.slows)


def _value(answer: Any) -> Any:
    return None if isinstance(answer, Refusal) else answer
