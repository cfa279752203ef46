"""What is known of a run while it lives: written by the supervisor, read by pages as frozen records."""

import threading
from collections import deque
from collections.abc import Mapping

from core.records import Event, EventKind, LatencyRow, LiveRun, Stage, TrainingEpoch, TrainingStep, from_dict

MOST_STEPS = 2000
LOG_TAIL = 200


class LiveState:
    """Progress of one run. `expected` says how long each stage is thought to take, in seconds.

    `measured` is whether those come from finished runs; only then is there an ETA beyond the present stage.
    """

    def __init__(self, run_id: str, expected: Mapping[Stage, float], *, measured: bool, now: float) -> None:
        self._lock = threading.Lock()
        self._run_id = run_id
        self._expected = dict(expected)
        self._measured = measured
        self._began = self._stage_began = now
        self._seen = now
        self.stage = Stage.STARTING
        self._fraction: float | None = None
        self._steps: list[TrainingStep] = []
        self._epochs: list[TrainingEpoch] = []
        self._warnings: list[str] = []
        self._latency: list[LatencyRow] = []
        self._log: deque[str] = deque(maxlen=LOG_TAIL)
        self.is_cancelling = False
        self.waits_for = ""

    def take(self, event: Event, now: float) -> None:
        """Take an event in; `now` is monotonic seconds."""
        with self._lock:
            self._seen = now
            if event.kind is EventKind.STAGE:
                self.stage, self._fraction, self._stage_began = Stage(event.data["stage"]), None, now
            elif event.kind is EventKind.STEP:
                self._take_step(event)
            elif event.kind is EventKind.EPOCH:
                self._epochs.append(_epoch(event, self.stage))
            elif event.kind is EventKind.LATENCY:
                self._latency.append(from_dict(LatencyRow, event.data["row"]))
            elif event.kind is EventKind.WARNING:
                self._warnings.append(str(event.data.get("message", "")))

    def restart(self, now: float) -> None:
        """Begin again: another worker does the run from its start."""
        with self._lock:
            self.stage, self._fraction, self._stage_began = Stage.STARTING, None, now
            self._steps.clear()
            self._epochs.clear()
            self._latency.clear()

    def _take_step(self, event: Event) -> None:
        done, total = int(event.data.get("done", 0)), int(event.data.get("total", 0))
        self._fraction = min(1.0, done / total) if total else None
        loss, accuracy = event.data.get("loss"), event.data.get("accuracy")
        if loss is None and accuracy is None:
            return
        self._steps.append(
            TrainingStep(t=event.t, stage=self.stage, done=done, total=total, loss=loss, accuracy=accuracy)
        )
        if len(self._steps) > MOST_STEPS:
            del self._steps[1::2]

    def say(self, line: str) -> None:
        """Append a line to the log's tail."""
        with self._lock:
            self._log.append(line)

    def snapshot(self, now: float) -> LiveRun:
        """Return the run as it is at `now`."""
        with self._lock:
            fraction, eta = self._progress(now)
            return LiveRun(
                run_id=self._run_id,
                stage=self.stage,
                stage_fraction=self._fraction,
                fraction=fraction,
                elapsed_s=now - self._began,
                eta_s=eta,
                is_cancelling=self.is_cancelling,
                waits_for=self.waits_for,
                steps=tuple(self._steps),
                epochs=tuple(self._epochs),
                warnings=tuple(self._warnings),
                latency=tuple(self._latency),
                log=tuple(self._log),
            )

    def history(self) -> tuple[tuple[TrainingStep, ...], tuple[TrainingEpoch, ...]]:
        """Return the curves so far."""
        with self._lock:
            return tuple(self._steps), tuple(self._epochs)

    def _progress(self, now: float) -> tuple[float, float | None]:
        """Return the share that is done and the seconds that are left, None where there is no basis."""
        stages = list(self._expected)
        here = stages.index(self.stage) if self.stage in stages else 0
        spent = now - self._stage_began
        guess = self._expected.get(self.stage, 1.0)
        part = self._fraction if self._fraction is not None else min(0.95, spent / guess if guess else 0.0)
        left_here = spent * (1 - part) / part if self._fraction else max(0.0, guess - spent)
        done = sum(self._expected[s] for s in stages[:here])
        later = sum(self._expected[s] for s in stages[here + 1 :])
        whole = done + guess + later
        fraction = (done + part * guess) / whole if whole else 0.0
        return min(1.0, fraction), left_here + later if self._measured else None


def _epoch(event: Event, stage: Stage) -> TrainingEpoch:
    data = event.data
    return TrainingEpoch(
        t=event.t,
        stage=stage,
        epoch=int(data.get("epoch", 0)),
        epochs=int(data.get("epochs", 0)),
        loss=data.get("loss"),
        accuracy=data.get("accuracy"),
        val_loss=data.get("val_loss"),
        val_accuracy=data.get("val_accuracy"),
    )
