"""A run: its state, its stages, the events that its worker sends and the result that it leaves."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from core.records.latency import LatencyRow
from core.records.network import LayerChange
from core.records.spec import RunSpec

RECORD_VERSION = 1
"""Version of the stored result; raise it with a migration and a stored old file as its test."""


class Status(StrEnum):
    """MLflow's own words for the state of a run."""

    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended, in whichever way."""
        return self not in (Status.SCHEDULED, Status.RUNNING)


class Stage(StrEnum):
    STARTING = "starting"
    TRAINING = "training"
    PRUNING = "pruning"
    FINE_TUNING = "fine-tuning"
    EVALUATING = "evaluating"
    EXPORTING = "exporting"
    MEASURING = "measuring"


class EventKind(StrEnum):
    STAGE = "stage"
    STEP = "step"
    EPOCH = "epoch"
    METRIC = "metric"
    WARNING = "warning"
    ARTIFACT = "artifact"
    TRAINED = "trained"
    LATENCY = "latency"
    RESULT = "result"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Event:
    """One JSON line of a worker: `t` is Unix time in seconds, `data` what its kind needs.

    stage: stage, eta_s | step: stage, done, total, loss, accuracy | metric: name, value | warning: message |
    epoch: stage, epoch, epochs, loss, accuracy, val_loss, val_accuracy | artifact: name, base64 |
    trained: result, as yet without latencies | latency: row | result: result | error: message, trace.
    """

    kind: EventKind
    t: float
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageTime:
    """When a stage began (Unix seconds) and how long it took; elapsed_s is None while it lasts."""

    stage: Stage
    began_at: float
    elapsed_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a finished run measured; `_baseline` is the dense network of the same architecture and recipe."""

    version: int = RECORD_VERSION
    ratio_achieved: float
    weights_removed: float
    channels: tuple[LayerChange, ...] = ()
    parameters: int
    parameters_baseline: int
    macs: int
    macs_baseline: int
    accuracy: float
    errors: int
    num_test_images: int
    accuracy_baseline: float
    accuracy_before_finetune: float
    train_s: float
    finetune_s: float
    total_s: float = 0.0
    size_bytes: int = 0
    size_gzip_bytes: int = 0
    latency: tuple[LatencyRow, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    warnings: tuple[str, ...] = ()


class Origin(StrEnum):
    """Whether a run was made here or came recorded with the project."""

    OWN = "own"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run as every page and command sees it. Times are Unix seconds."""

    run_id: str
    spec: RunSpec
    status: Status
    name: str = ""
    notes: str = ""
    reason: str = ""
    sweep_id: str = ""
    baseline_id: str = ""
    position: int = 0
    created_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    stages: tuple[StageTime, ...] = ()
    result: RunResult | None = None
    origin: Origin = Origin.OWN
    recorded_on: str = ""
    artifacts: tuple[str, ...] = ()
    attempts: int = 0
    sweep_name: str = ""
    worker: str = ""
    owner: str = ""

    @property
    def title(self) -> str:
        return self.name or self.spec.title

    @property
    def recording(self) -> str:
        """Return on what and when (UTC) a recorded run was made; empty for own ones."""
        if self.origin is Origin.OWN:
            return ""
        made = datetime.fromtimestamp(self.ended_at or self.created_at, UTC)
        return f"{self.recorded_on or '?'}, {made:%Y-%m-%d}"
