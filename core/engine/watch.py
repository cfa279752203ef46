"""One run that has a worker: takes what the worker says and, at the end, says how it ended.

Used by the supervisor's thread only, but for `live`, which locks itself. Times are monotonic seconds unless
a name says `wall`, so that a clock that is set while a run lives changes no duration.
"""

import base64
import binascii
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Protocol

from core.engine.live import LiveState
from core.engine.local import Exited, Post
from core.records import (
    Event,
    EventKind,
    Job,
    LatencyRow,
    RunResult,
    Stage,
    StageTime,
    Status,
    from_dict,
)
from core.tracking import Point


class Hand(Protocol):
    """A hold on a worker, wherever it runs. No call waits; before it has started it owes no sign of life."""

    @property
    def has_started(self) -> bool: ...
    def stop(self) -> None: ...
    def go_on(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def kill(self) -> None: ...


class Placement(Protocol):
    """Where workers run: how many at once (None: as the user says), and whether they survive this process.

    `is_local`: on this machine, where a large job costs nothing. `can_hold`: whether a trained baseline may
    wait with its measurement while a run that needs it is at work.
    """

    @property
    def is_local(self) -> bool: ...
    @property
    def survives(self) -> bool: ...
    @property
    def capacity(self) -> int | None: ...
    @property
    def can_hold(self) -> bool: ...
    def attach(self, run_id: str, post: Post) -> Hand | None: ...
    def start(self, job: Job, post: Post) -> Hand: ...
    def tend(self, stages: Sequence[Stage], *, is_awaited: bool) -> None: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class Watch:
    """The run's progress, what of it is still to be stored, and why it was stopped, if it was."""

    run_id: str
    live: LiveState
    log_file: Path
    began: float
    began_wall: float
    hand: Hand | None = None
    heard_at: float = 0.0
    flushed_at: float = 0.0
    stages: list[StageTime] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=list)
    result: RunResult | None = None
    error: str = ""
    cancelled: bool = False
    hung_after_s: float | None = None
    still_since: float | None = None
    still_s: dict[Stage, float] = field(default_factory=dict)
    trained: RunResult | None = None
    holds: bool = False

    def __post_init__(self) -> None:
        self.heard_at = self.flushed_at = self.began
        self.stages.append(StageTime(Stage.STARTING, self.began_wall))

    def wall(self, now: float) -> float:
        """Return Unix seconds of a monotonic time, on the clock as it was when the run began."""
        return self.began_wall + now - self.began

    def take(self, event: Event, now: float, keep: Callable[[str, bytes], None]) -> bool:
        """Take an event in and return whether the run's record changed; `keep` stores an artifact."""
        self.heard_at = now
        try:
            self.live.take(event, now)
            return self._take(event, now, keep)
        except (KeyError, ValueError, TypeError) as error:
            self.say(f"(an event of kind {event.kind} cannot be used: {error})", now)
            return False

    def _take(self, event: Event, now: float, keep: Callable[[str, bytes], None]) -> bool:
        data = event.data
        if event.kind is EventKind.STAGE:
            self._enter(Stage(data["stage"]), now)
            return True
        if event.kind is EventKind.STEP:
            self._measure(("loss", "accuracy"), event, int(data.get("done", 0)))
        elif event.kind is EventKind.EPOCH:
            self._measure(("val_loss", "val_accuracy"), event, int(data.get("epoch", 0)))
            self.say(_epoch_line(data), now)
        elif event.kind is EventKind.METRIC:
            self.points.append(Point(str(data["name"]), float(data["value"]), event.t))
        elif event.kind is EventKind.WARNING:
            self.say(f"warning: {data['message']}", now)
        elif event.kind is EventKind.ARTIFACT:
            self._keep(data, keep)
        elif event.kind is EventKind.LATENCY:
            self.say(_latency_line(from_dict(LatencyRow, data["row"])), now)
        elif event.kind in (EventKind.TRAINED, EventKind.RESULT):
            return self._take_result(event, now)
        elif event.kind is EventKind.ERROR:
            self.error = str(data["message"]) or "the worker reported an error without a message"
            self.say(f"error: {self.error}\n{data.get('trace', '')}".rstrip(), now)
        return False

    def _take_result(self, event: Event, now: float) -> bool:
        found = self._without_pauses(from_dict(RunResult, event.data["result"]))
        if event.kind is EventKind.RESULT:
            self.result = found
            return False
        self.trained = found
        self.end_stage(now)
        return True

    def _enter(self, stage: Stage, now: float) -> None:
        if self.stages[-1].stage is stage:
            return
        self.end_stage(now)
        self.stages.append(StageTime(stage, self.wall(now)))
        self.say(f"{stage} ...", now)

    def end_stage(self, now: float) -> None:
        """Note how long the present stage took."""
        last = self.stages[-1]
        if last.elapsed_s is None:
            self.stages[-1] = StageTime(last.stage, last.began_at, self.wall(now) - last.began_at)

    def _measure(self, names: tuple[str, ...], event: Event, step: int) -> None:
        stage = self.live.stage.replace("-", "_")
        for name in names:
            value = event.data.get(name)
            if value is not None:
                self.points.append(Point(f"{stage}.{name}", float(value), event.t, step))

    def _keep(self, data: dict[str, object], keep: Callable[[str, bytes], None]) -> None:
        name = PurePath(str(data["name"])).name
        try:
            content = base64.b64decode(str(data["base64"]), validate=True)
        except binascii.Error as error:
            raise ValueError(f"artifact {name} is no base64: {error}") from None
        keep(name, content)
        self.artifacts.append(name)

    def keep_still(self, wanted: bool, now: float) -> None:
        """Let the worker stand still while another one measures, or go on."""
        if self.still_since is not None:
            self.heard_at = now
        if self.hand is None or wanted == (self.still_since is not None):
            return
        if wanted:
            self.still_since = now
            self.say("standing still while another run is measured", now)
            self.hand.pause()
            return
        stage, spent = self.live.stage, now - (self.still_since or now)
        self.still_s[stage] = self.still_s.get(stage, 0.0) + spent
        self.still_since = None
        self.hand.resume()
        self.say(f"going on after {spent:.1f} s", now)

    def _without_pauses(self, result: RunResult) -> RunResult:
        """Return a result whose training times leave out how long the worker was made to stand still."""
        lost = {stage: self.still_s.get(stage, 0.0) for stage in (Stage.TRAINING, Stage.FINE_TUNING)}
        return replace(
            result,
            train_s=max(0.0, result.train_s - lost[Stage.TRAINING]),
            finetune_s=max(0.0, result.finetune_s - lost[Stage.FINE_TUNING]),
        )

    @property
    def is_holding(self) -> bool:
        """Whether it has trained, and waits until it is told to measure itself."""
        return self.holds and not self.cancelled

    def hold(self) -> None:
        """Know that it waits, and that another run may start from what was trained here."""
        self.holds = True

    def lend_turn(self, run_id: str, now: float) -> None:
        """Let a run that needs what was trained here be measured first."""
        if not self.live.waits_for:
            self.live.waits_for = run_id
            self.say(f"its own measurement waits for that of run {run_id}", now)

    def go_on(self) -> None:
        """Have it measure itself now."""
        self.holds, self.live.waits_for = False, ""
        if self.hand:
            self.hand.go_on()

    def restart(self, now: float) -> None:
        """Forget what a lost worker had done."""
        self.end_stage(now)
        self.live.restart(now)
        self.stages = [StageTime(Stage.STARTING, self.wall(now))]
        self.result, self.error = None, ""

    def say(self, text: str, now: float) -> None:
        """Add lines to the run's log, each with the seconds since its start."""
        lines = [f"{now - self.began:7.1f} s  {line}" for line in text.splitlines()]
        try:
            with self.log_file.open("a", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
        except OSError as error:
            lines.append(f"(the log file cannot be written: {error.strerror})")
        for line in lines:
            self.live.say(line)

    def verdict(self, end: Exited) -> tuple[Status, str]:
        """Return how the run ended, and why in words where it did not finish."""
        stage = self.live.stage
        if self.cancelled:
            return Status.KILLED, f"cancelled while {stage}"
        if self.hung_after_s is not None:
            return Status.FAILED, (
                f"no sign of life for {self.hung_after_s:g} s while {stage}; the worker was stopped"
            )
        if self.error:
            return Status.FAILED, self.error
        if self.result is not None:
            return Status.FINISHED, ""
        return Status.FAILED, _death(end, stage)


def _death(end: Exited, stage: Stage) -> str:
    if end.lost:
        return f"{end.lost} while {stage}"
    if end.out_of_memory:
        return f"the system ended the worker while {stage}: out of memory"
    if end.code < 0:
        name = signal.Signals(-end.code).name if -end.code in set(signal.Signals) else f"signal {-end.code}"
        return f"the worker was killed by {name} while {stage}"
    return f"the worker ended with exit code {end.code} while {stage} and left no result; its log says more"


def _latency_line(row: LatencyRow) -> str:
    if row.p50_ms is None:
        return f"{row.runtime}: {row.error}"
    doubts = f" ({', '.join(row.warnings)})" if row.warnings else ""
    return f"{row.runtime}: {row.p50_ms:.4g} ms{doubts}"


def _epoch_line(data: dict[str, object]) -> str:
    parts = [f"epoch {data.get('epoch')} of {data.get('epochs')}"]
    for name, words in (("loss", "loss"), ("accuracy", "accuracy"), ("val_accuracy", "test accuracy")):
        value = data.get(name)
        if isinstance(value, int | float):
            parts.append(f"{words} {value:.4f}")
    return ", ".join(parts)
