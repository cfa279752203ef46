"""What a closer look at a network's latency says: ladder, layers, twins, and why it is not faster."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.records.latency import Caveat, Conditions, LatencyRow, Runtime
from core.records.run import Origin
from core.records.spec import Architecture


class Lever(StrEnum):
    """What one rung of a ladder changed."""

    ALGORITHM = "algorithm"
    RUNTIME = "runtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderStep:
    """One rung: a network on a runtime, and how many times faster it is than the rung above.

    `lever` is None on the top rung. Low and high bound the 95 % interval of `factor`. A rung that could not
    be measured has an `error` and no figures; the next factor then counts from the last measured rung.
    """

    model: str
    runtime: Runtime
    lever: Lever | None = None
    p50_ms: float | None = None
    factor: float | None = None
    factor_low: float | None = None
    factor_high: float | None = None
    warnings: tuple[Caveat, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """From the dense standard network on `predict` down to the fastest: total = algorithm x runtime."""

    steps: tuple[LadderStep, ...]
    algorithm: float
    runtime: float
    total: float
    total_low: float
    total_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTime:
    """One layer's time of a query, by the difference between growing prefixes of the network.

    The first one, of kind `transfer`, is what a query costs without any layer. `bound_ms` is the least time
    that the machine's peak and bandwidth allow, where they were measured.
    """

    layer: str
    kind: str
    time_ms: float
    low_ms: float
    high_ms: float
    share: float
    channels: int = 0
    macs: int = 0
    weight_bytes: int = 0
    bound_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roofline:
    """What this machine can do at most with one thread: GFLOP/s of a dense product, GB/s of a copy."""

    peak_gflops: float
    bandwidth_gbps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """The same channels once removed and once only zeroed, against the dense standard network, interleaved.

    `macs_ratio` is the theory: multiplications of the dense standard network over those that are left.
    """

    ratio: float
    macs_ratio: float
    removed: LatencyRow
    zeroed: LatencyRow


class Rule(StrEnum):
    """Why a network is not faster."""

    ONLY_ZEROED = "only-zeroed"
    OVERHEAD_BOUND = "overhead-bound"
    FLAT_IN_MACS = "flat-in-macs"
    MEMORY_BOUND = "memory-bound"
    FIRST_LAYER = "first-layer"
    VECTOR_WIDTH = "vector-width"
    QUANTISED_SLOWER = "quantised-slower"
    NOISY = "noisy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that holds, for which layer or runtime, and the figures that it rests on."""

    rule: Rule
    subject: str = ""
    evidence: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyStudy:
    """A closer look at one run. What was not measured is empty; `notes` say why."""

    rows: tuple[LatencyRow, ...] = ()
    baseline_rows: tuple[LatencyRow, ...] = ()
    ladder: Ladder | None = None
    layers: tuple[LayerTime, ...] = ()
    baseline_layers: tuple[LayerTime, ...] = ()
    twins: Twins | None = None
    findings: tuple[Finding, ...] = ()
    roofline: Roofline | None = None
    notes: tuple[str, ...] = ()
    elapsed_s: float = 0.0

    @property
    def is_quick(self) -> bool:
        """Whether it was measured in a hurry, and says so wherever it is shown."""
        return any(Caveat.QUICK in row.warnings for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingPoint:
    """Latency of one shape: convolution type, ratio, batch. Times depend on shapes, not on training."""

    conv: str
    ratio: float
    batch: int
    p50_ms: float
    low_ms: float
    high_ms: float
    macs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Standard and separable networks of one architecture over ratio and batch, measured in turns.

    `conditions` are those of its first row, `warnings` all that any row carries. `origin` says where it was
    read from, whatever its file says.
    """

    architecture: Architecture
    runtime: Runtime
    threads: int = 1
    processes: int = 0
    points: tuple[CrossingPoint, ...] = ()
    warnings: tuple[Caveat, ...] = ()
    conditions: Conditions | None = None
    origin: Origin = Origin.OWN
