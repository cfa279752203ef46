"""One GPU: which questions are due, what it answered last, and the state that its refusals add up to."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.records import GpuProcess, GpuReading, GpuState, MigInstance, Place, Throttle
from core.telemetry import nvml, surroundings
from core.telemetry.refusal import (
    LOST,
    NO_PERMISSION,
    NOT_READ,
    ON_DEMAND,
    RESET_REQUIRED,
    Reach,
    Refusal,
)

EVERY_TICK = 0.0
SLOW_CALL_S = 0.05
"""A question that takes longer is asked at most a tenth of the time."""
UNSUPPORTED_AGAIN_S = 15.0
BLOCKED_AGAIN_S = 5.0
TOLERANCE_S = 0.05


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to the driver: the fields that its answers fill, in order, and how often to ask."""

    fields: tuple[str, ...]
    ask: Callable[[Any], tuple[Any, ...]]
    every_s: float = EVERY_TICK


PROBES = (
    Probe(("name", "uuid", "pci_bus_id"), nvml.identity_of, 60.0),
    Probe(("utilization_percent", "memory_utilization_percent"), nvml.utilization),
    Probe(("memory_used_bytes", "memory_free_bytes", "memory_total_bytes"), nvml.memory),
    Probe(("power_w",), nvml.power_w),
    Probe(("temperature_c",), nvml.temperature_c),
    Probe(("sm_clock_mhz", "memory_clock_mhz"), nvml.clocks_mhz),
    Probe(("throttle_reasons",), nvml.throttle_bits),
    Probe(("energy_j",), nvml.energy_j),
    Probe(("power_limit_w",), nvml.power_limit_w, 1.0),
    Probe(("fan_percent",), nvml.fan_percent, 1.0),
    Probe(("performance_state",), nvml.performance_state, 1.0),
    Probe(("processes",), lambda device: (nvml.running(device),), 1.0),
    Probe(("ecc_enabled", "ecc_corrected_errors", "ecc_uncorrected_errors"), nvml.ecc, 5.0),
    Probe(("mig_enabled",), lambda device: (nvml.mig_enabled(device),), 5.0),
    Probe(("temperature_slowdown_c", "temperature_shutdown_c", "temperature_max_c"), nvml.thresholds_c, 60.0),
    Probe(("sm_clock_max_mhz", "memory_clock_max_mhz"), nvml.max_clocks_mhz, 60.0),
)
PCIE = Probe(("pcie_rx_bytes_per_s", "pcie_tx_bytes_per_s"), nvml.pcie_bytes_per_s, 1.0)
IDENTITY = frozenset(PROBES[0].fields)
FIELDS = (*(field for probe in (*PROBES, PCIE) for field in probe.fields), "mig_instances")

_STATES = {
    LOST: GpuState.LOST,
    RESET_REQUIRED: GpuState.RESET,
    NO_PERMISSION: GpuState.NO_PERMISSION,
}
_BITS = tuple((reason.bit, reason) for reason in Throttle if reason is not Throttle.OTHER)
_KNOWN_BITS = sum(bit for bit, _ in _BITS)


class DriverGoneError(Exception):
    """The driver as a whole refuses; carries its Refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class Gpu:
    """Asks one GPU what is due and keeps its last answers. Used by the sampler's thread alone."""

    def __init__(self, index: int, place: Place, ours: Callable[[], frozenset[int]]) -> None:
        self.index = index
        self._place = place
        self._ours = ours
        self._handle: Any = None
        self._values: dict[str, Any] = dict.fromkeys(FIELDS)
        self._reasons: dict[str, str] = {}
        self._due = [0.0] * (len(PROBES) + 1)
        self._blocked: Refusal | None = None
        self._blocked_until = 0.0
        self._refuse(FIELDS, NOT_READ)
        self._refuse(PCIE.fields, ON_DEMAND)

    @property
    def key(self) -> str:
        """Name this GPU in series: its UUID, else its place on the bus, else its number."""
        return self._values["uuid"] or self._values["pci_bus_id"] or f"gpu{self.index}"

    @property
    def state(self) -> GpuState:
        if self._blocked is not None:
            return _STATES.get(self._blocked.code, GpuState.FAILED)
        return GpuState.MIG if self._values["mig_enabled"] else GpuState.OK

    def refresh(self, now: float, with_pcie: bool) -> None:
        """Ask what is due at monotonic time `now`; raises DriverGoneError."""
        if self._handle is None and not self._open(now):
            return
        for place, probe in enumerate((*PROBES, PCIE)):
            if now < self._due[place] - TOLERANCE_S or (probe is PCIE and not with_pcie):
                continue
            refused = self._ask(place, probe, now)
            if refused is not None:
                self._block(refused, now)
                return
        if not with_pcie and self._values[PCIE.fields[0]] is not None:
            self._refuse(PCIE.fields, ON_DEMAND)

    def reading(self, t: float, key: str) -> GpuReading:
        """Return the last answers as one record."""
        return GpuReading(
            t=t, index=self.index, key=key, state=self.state, reasons=self._reasons, **self._values
        )

    def _open(self, now: float) -> bool:
        if now < self._blocked_until:
            return False
        handle = nvml.handle(self.index)
        if isinstance(handle, Refusal):
            self._confirm_driver(handle)
            self._block(handle, now)
            return False
        self._handle, self._blocked = handle, None
        self._reasons = {field: why for field, why in self._reasons.items() if field != "state"}
        self._due = [0.0] * len(self._due)
        return True

    def _ask(self, place: int, probe: Probe, now: float) -> Refusal | None:
        began = time.monotonic()
        answers = probe.ask(self._handle)
        cost = time.monotonic() - began
        refusals = [answer for answer in answers if isinstance(answer, Refusal)]
        for refused in refusals:
            if refused.reach is Reach.GPU:
                return refused
            self._confirm_driver(refused)
        for field, answer in zip(probe.fields, answers, strict=True):
            self._take(field, answer)
        vain = len(refusals) == len(answers) and all(refused.lasting for refused in refusals)
        wait = UNSUPPORTED_AGAIN_S if vain else probe.every_s
        self._due[place] = now + max(wait, 10 * cost if cost > SLOW_CALL_S else 0.0)
        return None

    def _confirm_driver(self, refused: Refusal) -> None:
        """Raise DriverGoneError where the driver refuses to count as well: it is not this field alone."""
        if refused.reach is Reach.DRIVER:
            counted = nvml.count()
            if isinstance(counted, Refusal) and counted.reach is Reach.DRIVER:
                raise DriverGoneError(counted)

    def _take(self, field: str, answer: Any) -> None:
        if isinstance(answer, Refusal):
            self._refuse((field,), answer)
        else:
            self._values[field] = self._converted(field, answer)
            if field in self._reasons:
                self._reasons = {name: why for name, why in self._reasons.items() if name != field}
        if field == "mig_enabled":
            self._take("mig_instances", self._instances(answer))

    def _refuse(self, fields: tuple[str, ...], refused: Refusal) -> None:
        for field in fields:
            self._values[field] = None
            if self._reasons.get(field) != refused.reason:
                self._reasons = {**self._reasons, field: refused.reason}

    def _block(self, refused: Refusal, now: float) -> None:
        """Stop asking for a while; name and UUID stay known, everything else has this reason."""
        self._handle, self._blocked = None, refused
        self._blocked_until = now + BLOCKED_AGAIN_S
        self._refuse(tuple(field for field in FIELDS if field not in IDENTITY), refused)
        self._refuse(tuple(field for field in IDENTITY if self._values[field] is None), refused)
        self._reasons = {**self._reasons, "state": refused.reason}

    def _converted(self, field: str, answer: Any) -> Any:
        if field == "throttle_reasons":
            return throttles(answer)
        if field == "processes":
            return tuple(self._process(*process) for process in answer)
        return answer

    def _process(self, pid: int, kind: str, used: int | None, instance: int | None) -> GpuProcess:
        on_machine = self._place is Place.MACHINE
        name = nvml.process_name(pid) or (surroundings.process_name(pid) if on_machine else None)
        return GpuProcess(
            pid=pid,
            kind=kind,
            name=name,
            memory_bytes=used,
            gpu_instance_id=instance,
            is_ours=on_machine and pid in self._ours(),
        )

    def _instances(self, enabled: Any) -> Any:
        if enabled is not True:
            return enabled if isinstance(enabled, Refusal) else ()
        handles = nvml.mig_handles(self._handle)
        return handles if isinstance(handles, Refusal) else tuple(_instance(handle) for handle in handles)


def throttles(bits: int) -> tuple[Throttle, ...]:
    """Return the reasons in NVML's mask; bits that this list does not know are one "another reason"."""
    named = tuple(reason for bit, reason in _BITS if bits & bit)
    return (*named, Throttle.OTHER) if bits & ~_KNOWN_BITS else named


def throttle_mask(reasons: tuple[Throttle, ...]) -> int:
    """Return the mask that `throttles` reads, for series and files."""
    return sum(reason.bit for reason in reasons)


def _instance(handle: Any) -> MigInstance:
    name, uuid, _ = nvml.identity_of(handle)
    used, _, total = nvml.memory(handle)
    instance, compute, multiprocessors = nvml.mig_ids(handle)
    answers = {
        "uuid": uuid,
        "name": name,
        "gpu_instance_id": instance,
        "compute_instance_id": compute,
        "memory_used_bytes": used,
        "memory_total_bytes": total,
        "num_multiprocessors": multiprocessors,
    }
    refused = {field: answer.reason for field, answer in answers.items() if isinstance(answer, Refusal)}
    values = {field: None if field in refused else answer for field, answer in answers.items()}
    return MigInstance(**values, reasons=refused)
