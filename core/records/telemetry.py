"""What the GPUs, their driver and the host say at one moment, and series of it over time.

A reading is a value or None; where it is None, `reasons` says why under the field's name.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class DriverState(StrEnum):
    """Whether the GPU driver answers, and if not, what stands in the way."""

    STARTING = "starting"
    OK = "ok"
    NO_DRIVER = "no-driver"
    NOT_LOADED = "driver-not-loaded"
    MISMATCH = "driver-mismatch"
    NO_GPU = "no-gpu"
    NO_PERMISSION = "no-permission"
    FAILED = "failed"


class GpuState(StrEnum):
    """What one GPU is able to say; the others go on whatever it is."""

    OK = "ok"
    MIG = "mig"
    LOST = "lost"
    RESET = "needs-reset"
    NO_PERMISSION = "no-permission"
    FAILED = "failed"


class Place(StrEnum):
    """Where this program runs, as far as the GPU's visibility depends on it."""

    MACHINE = "machine"
    CONTAINER = "container"
    WSL2 = "wsl2"


class Throttle(StrEnum):
    """Why the clocks are where they are, in NVML's order of bits."""

    IDLE = "idle"
    APPLICATION_CLOCKS = "application clock setting"
    POWER_CAP = "power limit reached"
    HW_SLOWDOWN = "hardware slowdown (heat or power)"
    SYNC_BOOST = "kept in step with another GPU"
    THERMAL = "too warm (software limit)"
    HW_THERMAL = "too hot (hardware limit)"
    POWER_BRAKE = "power brake from the supply"
    DISPLAY_CLOCK = "display clock setting"
    BOARD_LIMIT = "board limit"
    RELIABILITY = "voltage reliability limit"
    OTHER = "another reason"

    @property
    def slows(self) -> bool:
        """Whether it holds the clocks below what the work asks for."""
        return self not in (Throttle.IDLE, Throttle.APPLICATION_CLOCKS, Throttle.DISPLAY_CLOCK)

    @property
    def bit(self) -> int:
        """Its bit in NVML's mask, which series and files keep; OTHER stands for the first unknown one."""
        return 1 << tuple(Throttle).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverReading:
    """The driver and where we meet it; `detail` is its own answer, in English, where it refused."""

    state: DriverState = DriverState.STARTING
    detail: str = ""
    driver_version: str | None = None
    cuda_version: str | None = None
    nvml_version: str | None = None
    module_version: str | None = None
    place: Place = Place.MACHINE
    num_cards_on_bus: int | None = None
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process that holds memory of a GPU; the pid is the host's, also inside a container."""

    pid: int
    kind: str
    name: str | None = None
    memory_bytes: int | None = None
    gpu_instance_id: int | None = None
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MigInstance:
    """One MIG slice of a GPU; NVML gives no utilisation for it."""

    uuid: str | None = None
    name: str | None = None
    gpu_instance_id: int | None = None
    compute_instance_id: int | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    num_multiprocessors: int | None = None
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One GPU at Unix time `t`; `key` names it in series and traces (its UUID where it tells one)."""

    t: float
    index: int
    key: str
    state: GpuState = GpuState.OK
    name: str | None = None
    uuid: str | None = None
    pci_bus_id: str | None = None
    utilization_percent: float | None = None
    memory_utilization_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_free_bytes: int | None = None
    memory_total_bytes: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    energy_j: float | None = None
    temperature_c: int | None = None
    temperature_slowdown_c: int | None = None
    temperature_shutdown_c: int | None = None
    temperature_max_c: int | None = None
    sm_clock_mhz: int | None = None
    sm_clock_max_mhz: int | None = None
    memory_clock_mhz: int | None = None
    memory_clock_max_mhz: int | None = None
    fan_percent: float | None = None
    pcie_rx_bytes_per_s: int | None = None
    pcie_tx_bytes_per_s: int | None = None
    performance_state: int | None = None
    throttle_reasons: tuple[Throttle, ...] | None = None
    ecc_enabled: bool | None = None
    ecc_corrected_errors: int | None = None
    ecc_uncorrected_errors: int | None = None
    processes: tuple[GpuProcess, ...] | None = None
    mig_enabled: bool | None = None
    mig_instances: tuple[MigInstance, ...] | None = None
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostProcess:
    """A process that this program started, or itself; cpu_percent is of one core."""

    pid: int
    name: str
    cpu_percent: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReading:
    """The machine at Unix time `t`; cpu_percent is of all cores, energy_j a counter."""

    t: float
    cpu_percent: float | None = None
    core_percent: tuple[float, ...] = ()
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    load_1m: float | None = None
    frequency_mhz: float | None = None
    temperature_c: float | None = None
    energy_j: float | None = None
    processes: tuple[HostProcess, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)


SILENT_S = 3.0
"""A driver that needs longer for one answer is said not to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything known at Unix time `t`; `host` is None only before the first reading.

    heard_at: when the driver last answered a question (Unix time); None before it did.
    """

    t: float
    driver: DriverReading
    gpus: tuple[GpuReading, ...] = ()
    host: HostReading | None = None
    heard_at: float | None = None

    def silent_s(self, now: float) -> float:
        """Return for how long the driver has not answered; 0 while that is within its usual pace."""
        silent = 0.0 if self.heard_at is None else now - self.heard_at
        return silent if silent > SILENT_S else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Readings of one source: Unix times, ascending, and per field as many float64 values; NaN where none."""

    t: Floats
    values: dict[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """A series and whose it is: `host`, or a GPU's key; limits are the thresholds that charts colour by."""

    key: str
    label: str
    series: Series
    index: int | None = None
    uuid: str | None = None
    limits: dict[str, float] = field(default_factory=dict)

    @property
    def is_gpu(self) -> bool:
        return self.index is not None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """All sources between two Unix times; a run's trace is one, with where it was recorded."""

    began: float
    ended: float
    host: Source
    gpus: tuple[Source, ...] = ()
    recorded_on: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure and its origin; without a value, `how` says why. `detail` names what it was taken of."""

    value: float | None
    how: str
    limits: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSummary:
    """What a run asked of its device; `device` is `host` or the GPU's name, samples how many were seen."""

    device: str
    uuid: str | None
    num_samples: int
    elapsed_s: float
    utilization_mean_percent: Measured
    utilization_peak_percent: Measured
    memory_peak_bytes: Measured
    energy_training_j: Measured
    energy_j_per_1000: Measured
    version: int = 1

    @property
    def is_of_gpu(self) -> bool:
        return self.uuid is not None
