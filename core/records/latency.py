"""What a latency measurement says, and under which conditions it was taken."""

from dataclasses import dataclass
from enum import StrEnum


class Runtime(StrEnum):
    KERAS_PREDICT = "keras-predict"
    KERAS_CALL = "keras-call"
    TF_FUNCTION = "tf-function"
    TF_XLA = "tf-xla"
    LITERT_FP32 = "litert-fp32"
    LITERT_FP16 = "litert-fp16"
    LITERT_INT8 = "litert-int8"
    LITERT_DYNAMIC = "litert-dynamic"
    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"


class Caveat(StrEnum):
    """Why a figure deserves doubt; shown as a badge wherever the figure is shown."""

    QUICK = "quick"
    NOISY = "noisy"
    LOADED = "loaded"
    THROTTLED = "throttled"
    SHARED_GPU = "shared-gpu"
    TOO_SHORT = "too-short"
    DISAGREES = "disagrees"


BATCHES = (1, 8, 32, 128, 512)
"""What a batch sweep measures, unless others are asked for."""

GPU_RUNTIMES = (
    Runtime.KERAS_PREDICT,
    Runtime.KERAS_CALL,
    Runtime.TF_FUNCTION,
    Runtime.TF_XLA,
    Runtime.ONNXRUNTIME,
)
"""What can run on `gpu:N`; every runtime runs on the cpu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeInfo:
    """Whether a runtime is here: package and version, or the one command that would add it.

    ONNX Runtime's version ends in what it can hand its work to, as in `onnxruntime 1.32.0 (CPU)`.
    """

    runtime: Runtime
    version: str | None = None
    command: str = ""

    @property
    def is_present(self) -> bool:
        return self.version is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The machine while it was measured; None where it could not be read.

    `load_before`: load average of the last minute per core. `load_during`: share (0..1) of all cores that
    others took meanwhile; `core_shared`: of the measured core. `overhead_us`: what our loop adds to a query.
    """

    cpu: str = ""
    num_cores: int = 0
    pinned_core: int | None = None
    frequency_mhz: float | None = None
    load_before: float | None = None
    load_during: float | None = None
    core_shared: float | None = None
    gpu: str | None = None
    gpu_clock_mhz: float | None = None
    overhead_us: float | None = None
    throttle_reasons: tuple[str, ...] = ()
    gpu_processes: int | None = None
    versions: dict[str, str] | None = None
    measured_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyRow:
    """One model on one runtime: times of a query (input in, invoke, output out) in milliseconds.

    `speedup` is baseline p50 over this model's p50, measured interleaved; low and high bound its 95 %
    bootstrap interval; None where nothing was measured against. Where the row could not be measured, `error`
    says why and the times are None.
    """

    model: str = ""
    runtime: Runtime
    device: str = "cpu"
    threads: int = 1
    batch: int = 1
    processes: int = 0
    queries: int = 0
    p50_ms: float | None = None
    p90_ms: float | None = None
    p99_ms: float | None = None
    p50_low_ms: float | None = None
    p50_high_ms: float | None = None
    p90_low_ms: float | None = None
    p90_high_ms: float | None = None
    p99_low_ms: float | None = None
    p99_high_ms: float | None = None
    mad_ms: float | None = None
    process_p50_ms: tuple[float, ...] = ()
    warmup_queries: int = 0
    images_per_s: float | None = None
    speedup: float | None = None
    speedup_low: float | None = None
    speedup_high: float | None = None
    against: str = ""
    accuracy: float | None = None
    agreement: float | None = None
    max_difference: float | None = None
    peak_memory_bytes: int | None = None
    size_bytes: int | None = None
    size_gzip_bytes: int | None = None
    energy_j_per_1000: float | None = None
    energy_note: str = ""
    warnings: tuple[Caveat, ...] = ()
    error: str | None = None
    conditions: Conditions | None = None
