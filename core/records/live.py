"""What a page shows of a run while it lives, and of a sweep while it goes on."""

from dataclasses import dataclass

from core.records.latency import LatencyRow
from core.records.run import Stage, Status
from core.records.spec import Architecture, RunSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingStep:
    """One batch of training: `t` is Unix seconds, `done` of `total` batches of its stage."""

    t: float
    stage: Stage
    done: int
    total: int
    loss: float | None = None
    accuracy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEpoch:
    """The end of epoch `epoch` (from 1) of `epochs`; `val_` is the test set."""

    t: float
    stage: Stage
    epoch: int
    epochs: int
    loss: float | None = None
    accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """A run that has a worker now. Fractions are 0..1; eta_s is None until there is a basis for it.

    `latency` has the rows that are known already; a trained baseline that lets a run be measured before it
    waits for that.
    """

    run_id: str
    stage: Stage
    stage_fraction: float | None = None
    fraction: float = 0.0
    elapsed_s: float = 0.0
    eta_s: float | None = None
    is_cancelling: bool = False
    waits_for: str = ""
    steps: tuple[TrainingStep, ...] = ()
    epochs: tuple[TrainingEpoch, ...] = ()
    warnings: tuple[str, ...] = ()
    latency: tuple[LatencyRow, ...] = ()
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRecord:
    """Runs that were asked for together; `fraction` counts the finished and the parts of the running ones."""

    sweep_id: str
    name: str = ""
    run_ids: tuple[str, ...] = ()
    counts: dict[Status, int]
    fraction: float = 0.0
    eta_s: float | None = None
    created_at: float = 0.0

    @property
    def is_finished(self) -> bool:
        return not (self.counts.get(Status.SCHEDULED) or self.counts.get(Status.RUNNING))


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRecord:
    """A search for the fastest network that loses at most `max_drop` accuracy against its dense network.

    Its trials are ordinary runs, `run_ids`, oldest first; `best_id` is the fastest within the limit so far.
    `state` is running, finished, cancelled or failed.
    """

    search_id: str
    name: str = ""
    spec: RunSpec
    max_drop: float
    num_trials: int
    num_done: int = 0
    run_ids: tuple[str, ...] = ()
    best_id: str = ""
    state: str = "running"
    reason: str = ""
    created_at: float = 0.0

    @property
    def fraction(self) -> float:
        return 1.0 if self.state != "running" else self.num_done / self.num_trials


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyProgress:
    """A measurement that was asked for: a closer look at a run, or the cross-over of an architecture.

    `state` is queued, running, finished or failed, `lines` what it said so far, `reason` why it failed,
    `began_at` Unix seconds (0: not yet).
    """

    run_id: str = ""
    crossing: Architecture | None = None
    state: str
    lines: tuple[str, ...] = ()
    reason: str = ""
    began_at: float = 0.0

    @property
    def key(self) -> str:
        """Return what it is known by: the run's id, or the architecture's name."""
        return self.run_id or str(self.crossing)

    @property
    def is_open(self) -> bool:
        """Whether it waits or is at work."""
        return self.state in ("queued", "running")
