"""The thread that starts workers, listens to them, and turns what they say into records and stored values."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue

from core.engine.figures import summary
from core.engine.home import Home
from core.engine.index import Index
from core.engine.jobs import job_of
from core.engine.ledger import Ledger
from core.engine.live import LiveState
from core.engine.local import Body, Exited, Post, Started
from core.engine.pace import expected
from core.engine.queue import Next, next_run
from core.engine.watch import Placement, Watch
from core.errors import LabError
from core.records import Event, EventKind, LiveRun, RunRecord, Stage, Status, to_json
from core.telemetry.recorder import Recorder
from core.tracking import LOG, RESULT, Store

TICK_S = 0.2
MOST_MESSAGES = 500
"""Handled before workers are looked after again, so that a talkative one cannot hide a silent one."""
FLUSH_S = 2.0
SAVE_AGAIN_S = 10.0
HISTORY = "history.json"


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """Something a worker of a run said; `attempt` tells it from an earlier worker of the same run."""

    run_id: str
    attempt: int
    body: Body


Message = Heard | Callable[[], None]


class Supervisor(threading.Thread):
    """Owns the watches; other threads reach it through `tell` only."""

    def __init__(
        self,
        index: Index,
        store: Store,
        ledger: Ledger,
        home: Home,
        placement: Placement,
        *,
        hang_s: float,
        add_baseline: Callable[[RunRecord], RunRecord],
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(name="supervisor", daemon=True)
        self.concurrency = 1
        self.only: frozenset[str] | None = None
        self.recorder: Recorder | None = Recorder()
        self.every_tick: list[Callable[[], None]] = []
        self.intermission: Callable[[bool], bool] = lambda _: False
        self._index, self._store, self._ledger, self._home = index, store, ledger, home
        self._placement, self._hang_s, self._add_baseline, self._wall = placement, hang_s, add_baseline, wall
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._watches: dict[str, Watch] = {}
        self._ending: set[str] = set()
        self._stopping = False
        self._saved_at = time.monotonic()

    def tell(self, message: Message) -> None:
        """Have a message or a call handled by this thread."""
        self._inbox.put(message)

    def live(self, run_id: str) -> LiveRun | None:
        """Return a run's progress; from any thread."""
        watch = self._watches.get(run_id)
        return watch.live.snapshot(time.monotonic()) if watch else None

    def run(self) -> None:
        """Handle messages and look after the workers until `close`."""
        while not self._stopping:
            for message in self._messages():
                self._guarded(message.run_id if isinstance(message, Heard) else "", self._handle, message)
            self._guarded("", self._tick, time.monotonic())

    def _messages(self) -> Iterator[Message]:
        try:
            yield self._inbox.get(timeout=TICK_S)
            for _ in range(MOST_MESSAGES):
                yield self._inbox.get_nowait()
        except Empty:
            return

    def _tick(self, now: float) -> None:
        for watch in tuple(self._watches.values()):
            self._look_after(watch, now)
        is_measuring = self._keep_quiet(now)
        if is_measuring or self._is_intermission():
            stages = [Stage.MEASURING]
        else:
            self._dispatch(now)
            stages = [watch.live.stage for watch in self._watches.values()]
        self._end_holds()
        self._placement.tend(stages, is_awaited=bool(self._index.queue()))
        for call in self.every_tick:
            call()
        if now - self._saved_at >= SAVE_AGAIN_S:
            self._saved_at = now
            self._ledger.save_again()

    def _keep_quiet(self, now: float) -> bool:
        """Let all workers on this machine but those that measure stand still while one does; return whether.

        Those that measure take turns by themselves, so none of them may be stopped: it could hold the turn.
        """
        if self._placement.survives:
            return False
        at_work = [watch for watch in self._watches.values() if watch.run_id not in self._ending]
        is_measuring = any(watch.live.stage is Stage.MEASURING for watch in at_work)
        for watch in at_work:
            is_other = watch.live.stage is not Stage.MEASURING and not watch.cancelled
            watch.keep_still(is_measuring and is_other, now)
        return is_measuring

    def _is_intermission(self) -> bool:
        """Whether something that must have this machine for itself waits or is at work.

        Runs on a cluster do not wait for it, nor it for them.
        """
        if self._placement.survives:
            self.intermission(True)
            return False
        return self.intermission(not self._watches)

    def _guarded(self, run_id: str, action: Callable[..., None], *arguments: object) -> None:
        """Do something; a mistake in it ends the run that it was about, never this thread."""
        try:
            action(*arguments)
        # As at a worker's top: whatever is wrong with one run must not end the thread that all others need.
        except Exception as error:
            _log.exception("the supervisor failed at %s", run_id or action.__name__)
            if run_id in self._watches:
                self._break_off(self._watches.pop(run_id), error)

    def _break_off(self, watch: Watch, error: Exception) -> None:
        if watch.hand:
            watch.hand.kill()
        self._ending.discard(watch.run_id)
        record = self._index.get(watch.run_id)
        if record is not None:
            self._give_up(record, f"internal error: {error!r}; the server's log says where")

    def _handle(self, message: Message) -> None:
        if not isinstance(message, Heard):
            message()
            return
        watch = self._watches.get(message.run_id)
        record = self._index.get(message.run_id)
        if watch is None or record is None or record.attempts != message.attempt:
            return
        now = time.monotonic()
        if isinstance(message.body, Exited):
            self._end(watch, message.body, now)
        elif isinstance(message.body, Event):
            self._take_event(watch, message.body, now)
        elif isinstance(message.body, Started):
            self._take_start(watch, message.body, now)
        else:
            watch.say(message.body, now)

    def _take_event(self, watch: Watch, event: Event, now: float) -> None:
        def keep(name: str, content: bytes) -> None:
            self._ledger.write(watch.run_id, self._store.put, watch.run_id, name, content)

        if watch.take(event, now, keep):
            self._save(self._index.change(watch.run_id, stages=tuple(watch.stages)))
        if event.kind is EventKind.TRAINED:  # what another run starts from must have been stored
            self._ledger.then(lambda: self.tell(watch.hold))

    def _end_holds(self) -> None:
        """Have baselines measure themselves once the first run that needed one has ended, or none came."""
        at_work = self._watches.keys() - self._ending
        for watch in self._watches.values():
            if watch.is_holding and watch.live.waits_for not in at_work:
                watch.go_on()

    def _take_start(self, watch: Watch, start: Started, now: float) -> None:
        if start.again:
            watch.restart(now)
        watch.say(f"started{' again' if start.again else ''} on {start.where}", now)
        self._save(self._index.change(watch.run_id, worker=start.where, stages=tuple(watch.stages)))

    def _look_after(self, watch: Watch, now: float) -> None:
        if now - watch.flushed_at >= FLUSH_S:
            self._flush(watch, now)
        if watch.hand is None or not watch.hand.has_started or watch.is_holding:
            watch.heard_at = now
        elif now - watch.heard_at >= self._hang_s and watch.hung_after_s is None:
            watch.hung_after_s = self._hang_s
            watch.say(f"no sign of life for {self._hang_s:g} s; stopping the worker", now)
            watch.hand.kill()

    def _flush(self, watch: Watch, now: float) -> None:
        watch.flushed_at = now
        if watch.points:
            points, watch.points = tuple(watch.points), []
            self._ledger.write(watch.run_id, self._store.log, watch.run_id, points)

    def _dispatch(self, now: float) -> None:
        limit = self.concurrency if self._placement.capacity is None else self._placement.capacity
        holding = {w.run_id: w.trained for w in self._watches.values() if w.is_holding and w.trained}
        while len(self._watches) < limit + len(holding):
            choice = next_run(self._index, only=self.only, trained=holding)
            if choice is None or self._num_beside(choice) >= limit:
                return
            if choice.needs_baseline:
                self._add_baseline(choice.run)
            elif choice.refusal:
                self._give_up(choice.run, choice.refusal)
            else:
                self._start(choice, now)

    def _num_beside(self, choice: Next) -> int:
        """Return how many are at work beside a run; a baseline that holds makes room for those it is for."""
        needed = choice.baseline.run_id if choice.baseline else ""
        return sum(not (w.is_holding and w.run_id == needed) for w in self._watches.values())

    def _give_up(self, run: RunRecord, reason: str) -> None:
        ended = self._wall()
        self._save(self._index.change(run.run_id, status=Status.FAILED, reason=reason, ended_at=ended))

    def _start(self, choice: Next, now: float) -> None:
        wall, run_id = self._wall(), choice.run.run_id
        with self._index.lock:
            found = self._index.get(run_id)
            if found is None or found.status is not Status.SCHEDULED:
                return
            record = self._index.change(
                run_id,
                status=Status.RUNNING,
                reason="",
                started_at=wall,
                attempts=found.attempts + 1,
                baseline_id=choice.baseline.run_id if choice.baseline else "",
            )
        if self.recorder:
            self.recorder.start()
        self._home.log_file(run_id).unlink(missing_ok=True)
        watch = self._watch(record, now, wall)
        self._save(self._index.change(run_id, stages=tuple(watch.stages)))
        watch.say(f"starting {record.spec.title}, seed {record.spec.seed}", now)
        if choice.baseline and (lender := self._watches.get(choice.baseline.run_id)):
            lender.lend_turn(run_id, now)
        self._launch(watch, record, choice.baseline)

    def _watch(self, record: RunRecord, began: float, began_wall: float) -> Watch:
        times, measured = expected(record.spec, self._index.all())
        live = LiveState(record.run_id, times, measured=measured, now=began)
        log_file = self._home.log_file(record.run_id)
        watch = Watch(record.run_id, live, log_file, began=began, began_wall=began_wall)
        self._watches[record.run_id] = watch
        return watch

    def attach(self, record: RunRecord) -> bool:
        """Take up a run that an earlier process started and whose worker lives on; return whether it does."""
        now, wall = time.monotonic(), self._wall()
        began_wall = record.started_at or wall
        watch = self._watch(record, now - max(0.0, wall - began_wall), began_wall)
        watch.heard_at = now
        watch.hand = self._placement.attach(record.run_id, self._post(record))
        if watch.hand is None:
            del self._watches[record.run_id]
            return False
        watch.say("taken up again after a restart", now)
        return True

    def _post(self, record: RunRecord) -> Post:
        return lambda body: self.tell(Heard(record.run_id, record.attempts, body))

    def _launch(self, watch: Watch, record: RunRecord, baseline: RunRecord | None) -> None:
        post = self._post(record)
        try:
            place = self._placement
            job = job_of(
                record.spec,
                record.run_id,
                baseline,
                self._store,
                can_hold=place.can_hold,
                is_local=place.is_local,
            )
            watch.hand = place.start(job, post)
        except (OSError, LabError) as error:
            watch.error = f"the worker could not be started: {error}"
            post(Exited(1))

    def cancel(self, run_id: str) -> None:
        """Stop a run's worker: asked first, killed in the end. To be called through `tell`."""
        watch = self._watches.get(run_id)
        if watch is None or watch.cancelled or run_id in self._ending:
            return
        watch.cancelled = watch.live.is_cancelling = True
        watch.say("cancelling", time.monotonic())
        if watch.hand:
            watch.hand.stop()

    def _end(self, watch: Watch, end: Exited, now: float) -> None:
        if watch.run_id in self._ending:
            return
        self._ending.add(watch.run_id)
        watch.end_stage(now)
        status, reason = watch.verdict(end)
        watch.say(f"{status.value.lower()}{': ' if reason else ''}{reason}", now)
        if watch.result is not None and status is Status.FINISHED:
            watch.result = replace(watch.result, total_s=now - watch.began)
            watch.points += summary(watch.result, watch.wall(now))
        self._flush(watch, now)
        self._store_files(watch, status)
        ended = replace(
            self._index.need(watch.run_id),
            status=status,
            reason=reason,
            ended_at=watch.wall(now),
            stages=tuple(watch.stages),
            result=watch.result if status is Status.FINISHED else None,
            artifacts=tuple(sorted(set(watch.artifacts))),
        )
        self._ledger.then(lambda: self._conclude(ended))

    def _store_files(self, watch: Watch, status: Status) -> None:
        steps, epochs = watch.live.history()
        files: dict[str, bytes] = {HISTORY: to_json({"steps": steps, "epochs": epochs}).encode()}
        files |= self._trace(watch)
        if watch.result is not None and status is Status.FINISHED:
            files[RESULT] = to_json(watch.result).encode()
        for name, content in files.items():
            self._ledger.write(watch.run_id, self._store.put, watch.run_id, name, content)
        if watch.log_file.is_file():
            self._ledger.write(watch.run_id, self._store.put, watch.run_id, LOG, watch.log_file)
        watch.artifacts += [*files, LOG]

    def _trace(self, watch: Watch) -> dict[str, bytes]:
        """Return what the device did meanwhile, as files."""
        if self.recorder is None:
            return {}
        device, ended = self._index.need(watch.run_id).spec.device, self._wall()
        return self.recorder.files(device, watch.stages, watch.began_wall, ended, watch.result)

    def _conclude(self, ended: RunRecord) -> None:
        """Make the end known once everything is stored; in the ledger's thread."""
        problem = self._ledger.problem(ended.run_id)
        if problem and ended.status is Status.FINISHED:
            ended = replace(ended, status=Status.FAILED, reason=f"it ran, but {problem}", result=None)
        current = self._index.need(ended.run_id)
        ended = replace(ended, name=current.name, notes=current.notes)
        self._save(ended)
        self._ledger.then(lambda: self.tell(lambda: self._forget(ended)))

    def _forget(self, record: RunRecord) -> None:
        current = self._index.need(record.run_id)
        self._index.put(replace(record, name=current.name, notes=current.notes))
        self._watches.pop(record.run_id, None)
        self._ending.discard(record.run_id)

    def _save(self, record: RunRecord) -> None:
        self._ledger.save(record.run_id, lambda: self._store.save(record))

    def close(self) -> None:
        """End the thread, then the workers; what ran is queued again for the next start."""
        self._stopping = True
        self.tell(lambda: None)
        self.join(timeout=10)
        for watch in self._watches.values():
            if watch.hand and watch.run_id not in self._ending and not self._placement.survives:
                watch.hand.kill()
                self._requeue(watch)
        self._placement.close()

    def _requeue(self, watch: Watch) -> None:
        record = self._index.need(watch.run_id)
        queued = replace(
            record, status=Status.SCHEDULED, attempts=record.attempts - 1, started_at=None, stages=()
        )
        self._index.put(queued)
        self._save(queued)
