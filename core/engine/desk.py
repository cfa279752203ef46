"""Where runs are ordered, looked at and changed: the engine that pages and commands talk to.

Every method may be called from any thread and none waits for a worker. Reading costs no query.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.engine.home import Home, Preferences
from core.engine.index import Index
from core.engine.ledger import Ledger
from core.engine.local import WORKER
from core.engine.mailbox import Mailbox
from core.engine.pace import duration
from core.engine.placement import LocalPlacement
from core.engine.queue import reordered
from core.engine.recovery import reconciled
from core.engine.supervisor import Placement, Supervisor
from core.engine.sweeps import sweep_of, sweeps_of
from core.errors import EngineError, LabError, StoreError
from core.records import LiveRun, RunRecord, RunSpec, Status, SweepRecord, from_dict
from core.settings import Settings, settings
from core.tracking import LOG, Store

HANG_S = 300.0
FOLLOW_S = 2.0
RETAKE_S = 2.0


class Engine:
    """The queue and the supervisor of one home folder, or a reader of it where another process owns it.

    `read_only` says why nothing can be changed, if so. `resume` takes up what an earlier process left queued;
    without it only runs submitted here start. `hang_s` is how long a worker may stay silent.
    """

    def __init__(
        self,
        options: Settings | None = None,
        *,
        worker_command: Sequence[str] = WORKER,
        placement: Placement | None = None,
        resume: bool = True,
        hang_s: float = HANG_S,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.settings = options or settings()
        self._home = Home(self.settings.home)
        self._index = Index()
        self._ledger = Ledger()
        self._mailbox = Mailbox(self.settings.home)
        self._wall, self._resume, self._hang_s = wall, resume, hang_s
        self._placement = placement or LocalPlacement(worker_command)
        self._supervisor: Supervisor | None = None
        self._store: Store | None = None
        self._closing = threading.Event()
        self._preferences = self._home.preferences()
        self.read_only: str | None = self._home.claim()
        self._open()

    def _open(self) -> None:
        try:
            self._store = Store(self.settings)
            self._index.owner = None if self._store.is_private else self._store.owner
            records = self._store.load()
        except LabError as error:
            self.read_only = self.read_only or str(error)
            self._home.release()
            return
        if self.read_only is None:
            self._lead(self._store, records)
        else:
            self._index.replace_all(records)
            threading.Thread(target=self._follow, name="follower", daemon=True).start()

    def _lead(self, store: Store, records: Iterable[RunRecord]) -> None:
        for record in records:
            self._index.put(self._reconciled(store, record))
        supervisor = Supervisor(
            self._index,
            store,
            self._ledger,
            self._home,
            self._placement,
            hang_s=self._hang_s,
            add_baseline=self._add_baseline,
            wall=self._wall,
        )
        supervisor.concurrency = self._preferences.concurrency
        supervisor.only = None if self._resume else frozenset()
        supervisor.every_tick.append(lambda: self._mailbox.serve(self._answer))
        self._mailbox.clear()
        self._supervisor = supervisor
        supervisor.start()

    def _answer(self, verb: str, arguments: dict[str, Any]) -> object:
        """Do what a command beside this process asks for; in the supervisor's thread."""
        if verb == "submit":
            return self.submit(from_dict(RunSpec, arguments["spec"]), name=arguments.get("name", ""))
        if verb == "submit_sweep":
            specs = [from_dict(RunSpec, spec) for spec in arguments["specs"]]
            return self.submit_sweep(specs, arguments.get("name", ""))
        if verb == "cancel":
            self.cancel(arguments["run_id"])
            return None
        raise EngineError(f"verb is {verb!r}; allowed: submit, submit_sweep, cancel.")

    def _reconciled(self, store: Store, record: RunRecord) -> RunRecord:
        if not store.owns(record):
            return record
        now = reconciled(record, self._wall())
        if now is not record:
            self._ledger.write(now.run_id, store.save, now)
        return now

    def _follow(self) -> None:
        """Show what the owner of the home folder does, and take over when it has gone."""
        since = self._wall()
        while not self._closing.wait(FOLLOW_S):
            try:
                if self._home.claim() is None:
                    self._take_over()
                    return
                store, now = self._need_store(), self._wall()
                self._refresh(store, since)
                since = now - 2 * FOLLOW_S
            except StoreError:
                continue  # the owner may be writing; what is shown stays as it was

    def _refresh(self, store: Store, since: float) -> None:
        found = {record.run_id: record for record in store.changed(since)}
        gone = [r.run_id for r in self._index.all() if not r.status.is_finished and r.run_id not in found]
        for run_id in gone:
            try:
                found[run_id] = store.get(run_id)
            except StoreError:
                self._index.remove(run_id)
        changed = [record for record in found.values() if self._index.get(record.run_id) != record]
        if changed:
            self._index.put(*changed)

    def _take_over(self) -> None:
        store = self._need_store()
        records = store.load()
        self._index.replace_all(())
        self.read_only = None
        self._lead(store, records)

    # -- reading ------------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Return a number that grows whenever a run's record changes."""
        return self._index.version

    def runs(self) -> tuple[RunRecord, ...]:
        """Return all runs, newest first."""
        return self._index.all()

    def run(self, run_id: str) -> RunRecord | None:
        """Return one run, or None where there is none."""
        return self._index.get(run_id)

    def live(self, run_id: str) -> LiveRun | None:
        """Return the progress of a run that has a worker now, else None."""
        return self._supervisor.live(run_id) if self._supervisor else None

    def log(self, run_id: str) -> str:
        """Return a run's log: what there is so far, or all of it."""
        record = self._index.need(run_id)
        try:
            if LOG in record.artifacts:
                return self.artifact(run_id, LOG).read_text(encoding="utf-8", errors="replace")
            return self._home.log_file(run_id).read_text(encoding="utf-8", errors="replace")
        except (OSError, StoreError):
            return ""

    def log_file(self, run_id: str) -> Path | None:
        """Return the file that a run's log is written to while it lives, None where there is none yet."""
        path = self._home.log_file(run_id)
        return path if path.is_file() else None

    @property
    def owner_elsewhere(self) -> str | None:
        """Return which other process supervises this home folder, None where none does."""
        if self._supervisor is not None or not self._home.is_owned():
            return None
        return str(self._home.owner() or "another process")

    def artifact(self, run_id: str, name: str) -> Path:
        """Return the path of a run's artifact on this machine; raises StoreError where it has none."""
        self._index.need(run_id)
        return self._need_store().artifact(run_id, name)

    def sweeps(self) -> tuple[SweepRecord, ...]:
        """Return all sweeps, newest first, with their progress."""
        return sweeps_of(self.runs(), self.live)

    def sweep(self, sweep_id: str) -> SweepRecord | None:
        """Return one sweep, or None where there is none."""
        return sweep_of(sweep_id, self.runs(), self.live)

    def estimate(self, specs: Iterable[RunSpec]) -> float | None:
        """Return about how many seconds runs would take, baselines included; None where nothing alike ran."""
        specs = tuple(specs)
        baselines = {spec.baseline_key: spec.baseline() for spec in specs}
        missing = [spec for key, spec in baselines.items() if self._index.baseline(key) is None]
        rows = [spec for spec in specs if not (spec.is_baseline and spec in missing)]
        times = [duration(spec, self.runs()) for spec in (*rows, *missing)]
        known = [time_s for time_s in times if time_s is not None]
        return sum(known) / self.concurrency if len(known) == len(times) else None

    # -- ordering -----------------------------------------------------------------------------------------

    def submit(
        self, spec: RunSpec, *, name: str = "", notes: str = "", sweep_id: str = "", sweep_name: str = ""
    ) -> str:
        """Queue a run, before it the training of its baseline where none is there, and return its id."""
        self._need_owner()
        baseline_id = "" if spec.is_baseline else self._baseline_for(spec, sweep_id, sweep_name)
        record = RunRecord(
            run_id="",
            spec=spec,
            status=Status.SCHEDULED,
            name=name.strip(),
            notes=notes,
            sweep_id=sweep_id,
            sweep_name=sweep_name,
            baseline_id=baseline_id,
        )
        return self._create(record).run_id

    def _baseline_for(self, spec: RunSpec, sweep_id: str, sweep_name: str) -> str:
        with self._index.lock:
            found = self._index.baseline(spec.baseline_key)
            if found is not None:
                return found.run_id
            dense = RunRecord(
                run_id="",
                spec=spec.baseline(),
                status=Status.SCHEDULED,
                sweep_id=sweep_id,
                sweep_name=sweep_name,
            )
            return self._create(dense).run_id

    def _create(self, record: RunRecord, position: int | None = None) -> RunRecord:
        store, supervisor = self._need_store(), self._need_owner()
        with self._index.lock:
            place = self._index.next_position() if position is None else position
            record = store.create(replace(record, position=place, created_at=self._wall()))
            if supervisor.only is not None:
                supervisor.only |= {record.run_id}
            self._index.put(record)
        supervisor.tell(_nothing)
        return record

    def _add_baseline(self, run: RunRecord) -> RunRecord:
        """Queue the baseline that `run` waits for, in its place; called by the supervisor."""
        dense = RunRecord(run_id="", spec=run.spec.baseline(), status=Status.SCHEDULED)
        made = self._create(dense, position=run.position - 1)
        return self._index.change(run.run_id, baseline_id=made.run_id)

    def submit_sweep(self, specs: Iterable[RunSpec], name: str = "") -> str:
        """Queue runs that belong together and return the sweep's id; equal specs become one run."""
        unique = tuple(dict.fromkeys(specs))
        if not unique:
            raise EngineError("the sweep holds no run; choose at least one value of everything.")
        self._need_owner()
        sweep_id = uuid.uuid4().hex[:12]
        for spec in sorted(unique, key=lambda spec: not spec.is_baseline):
            self.submit(spec, sweep_id=sweep_id, sweep_name=name)
        return sweep_id

    def take_up(self, run_ids: Iterable[str]) -> None:
        """Let queued runs start here although this engine was told not to resume what it finds."""
        supervisor = self._need_owner()
        if supervisor.only is not None:
            supervisor.only |= frozenset(run_ids)

    def retry(self, run_id: str) -> str:
        """Queue the same spec again and return the new run's id."""
        old = self._index.need(run_id)
        if not old.status.is_finished:
            raise EngineError(f"run {run_id} has not ended ({old.status.lower()}); cancel it first.")
        return self.submit(
            old.spec, name=old.name, notes=old.notes, sweep_id=old.sweep_id, sweep_name=old.sweep_name
        )

    def cancel(self, run_id: str) -> None:
        """Take a queued run from the queue at once, have a running one stopped, leave an ended one."""
        supervisor = self._need_owner()
        with self._index.lock:
            record = self._index.need(run_id)
            if record.status is Status.SCHEDULED:
                reason = "cancelled while queued"
                self._save(
                    self._index.change(run_id, status=Status.KILLED, reason=reason, ended_at=self._wall())
                )
                return
        if record.status is Status.RUNNING:
            supervisor.tell(lambda: supervisor.cancel(run_id))

    def cancel_sweep(self, sweep_id: str) -> None:
        """Cancel all of a sweep that has not ended."""
        found = [r for r in self.runs() if r.sweep_id == sweep_id]
        if not found:
            raise EngineError(f"there is no sweep {sweep_id!r}.")
        for record in sorted(found, key=lambda r: r.status is Status.RUNNING):
            self.cancel(record.run_id)

    def move(self, run_id: str, position: int) -> None:
        """Put a queued run at place `position` of the queue, from 0."""
        self._need_owner()
        with self._index.lock:
            record = self._index.need(run_id)
            if record.status is not Status.SCHEDULED:
                raise EngineError(f"run {run_id} is not queued any more ({record.status.lower()}).")
            for other, place in reordered(self._index, run_id, position).items():
                self._annotate(self._index.change(other, position=place))

    def delete(self, run_id: str) -> None:
        """Forget an ended run and its artifacts; a baseline that queued runs wait for stays."""
        self._need_owner()
        with self._index.lock:
            record = self._index.need(run_id)
            if not record.status.is_finished:
                raise EngineError(f"run {run_id} has not ended ({record.status.lower()}); cancel it first.")
            waiting = [r for r in self._index.queue() if r.baseline_id == run_id]
            if waiting and record.status is Status.FINISHED:
                raise EngineError(
                    f"run {run_id} is the baseline of {len(waiting)} queued runs; cancel them first."
                )
            self._index.remove(run_id)
        self._ledger.write(run_id, self._need_store().delete, run_id)
        self._home.log_file(run_id).unlink(missing_ok=True)

    def annotate(self, run_id: str, name: str | None = None, notes: str | None = None) -> None:
        """Set a run's name or notes; None leaves them."""
        self._need_owner()
        with self._index.lock:
            record = self._index.need(run_id)
            name = record.name if name is None else name.strip()
            notes = record.notes if notes is None else notes
            self._annotate(self._index.change(run_id, name=name, notes=notes))

    @property
    def concurrency(self) -> int:
        """Return how many runs may be at work at the same time."""
        return self._preferences.concurrency

    @concurrency.setter
    def concurrency(self, number: int) -> None:
        if isinstance(number, bool) or not 1 <= number <= 1000:
            raise EngineError(f"concurrency is {number!r}; allowed: a whole number from 1 to 1000.")
        self._prefer(replace(self._preferences, concurrency=int(number)))
        self._need_owner().concurrency = int(number)

    def _prefer(self, preferences: Preferences) -> None:
        self._need_owner()
        self._home.prefer(preferences)
        self._preferences = preferences

    def close(self) -> None:
        """Stop workers and threads; running runs are queued again. Safe to call twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._supervisor is not None:
            self._supervisor.close()
        self._ledger.close()
        self._home.release()

    @property
    def is_closed(self) -> bool:
        return self._closing.is_set()

    def _save(self, record: RunRecord) -> None:
        self._ledger.write(record.run_id, self._need_store().save, record)

    def _annotate(self, record: RunRecord) -> None:
        self._ledger.write(record.run_id, self._need_store().annotate, record)

    def _need_store(self) -> Store:
        if self._store is None:
            raise StoreError(self.read_only or "the run store is not open.")
        return self._store

    def _need_owner(self) -> Supervisor:
        if self._supervisor is None or self._closing.is_set():
            raise EngineError(
                f"nothing can be changed here: {self.read_only or 'the engine has been closed'}."
            )
        return self._supervisor


def _nothing() -> None:
    """Wake the supervisor."""
