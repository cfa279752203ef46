"""Where runs are ordered and changed: the engine that pages and commands talk to."""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.engine.home import Preferences
from core.engine.ledger import Ledger
from core.engine.local import WORKER
from core.engine.mailbox import Mailbox
from core.engine.placement import LocalPlacement
from core.engine.queue import reordered
from core.engine.reading import Reader
from core.engine.recovery import reconciled
from core.engine.supervisor import Placement, Supervisor
from core.errors import EngineError, LabError, StoreError
from core.records import RunRecord, RunSpec, SearchRecord, Status, from_dict
from core.settings import Settings
from core.tracking import Store, installation

if TYPE_CHECKING:
    from core.engine.search import Searches

HANG_S = 300.0
SEARCHES = "search.log"
FOLLOW_S = 2.0


class Engine(Reader):
    """The queue and the supervisor of one home folder, or a reader of it where another process owns it.

    `resume` takes up what an earlier process left queued; without it only runs submitted here start.
    `hang_s` is how long a worker may stay silent; `spare` whether one waits for the next run (None: as the
    user last chose).
    """

    def __init__(
        self,
        options: Settings | None = None,
        *,
        worker_command: Sequence[str] = WORKER,
        placement: Placement | None = None,
        resume: bool = True,
        spare: bool | None = False,
        hang_s: float = HANG_S,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(options)
        self._ledger = Ledger()
        self._mailbox = Mailbox(self.settings.home)
        self._wall, self._resume, self._hang_s = wall, resume, hang_s
        self._command, self._keeps_spare = worker_command, spare
        self._placement: Placement | None = placement
        self._searches: Searches | None = None
        self._is_loaded = False
        if not self._try_to_lead():
            threading.Thread(target=self._follow, name="follower", daemon=True).start()

    def _try_to_lead(self) -> bool:
        """Own the home folder and supervise, or say in `read_only` why not; return whether."""
        reason = self._home.claim()
        try:
            store = self._store = self._store or self._opened()
            if reason is None or not self._is_loaded:
                self._index.replace_all(store.load())
                self._is_loaded = True
            if reason is None:
                self._lead(store)
        except LabError as error:
            self._home.release()
            reason = reason or str(error)
        self.read_only = reason
        return reason is None

    def _opened(self) -> Store:
        store = Store(self.settings)
        self._index.owner = None if store.is_private else store.owner
        return store

    def _lead(self, store: Store) -> None:
        placement = self._placement = self._placement or self._default_placement()
        supervisor = Supervisor(
            self._index,
            store,
            self._ledger,
            self._home,
            placement,
            hang_s=self._hang_s,
            add_baseline=self._add_baseline,
            wall=self._wall,
        )
        supervisor.concurrency = self._preferences.concurrency
        supervisor.only = None if self._resume else frozenset()
        for record in self._index.all():
            if not (record.status is Status.RUNNING and placement.survives and supervisor.attach(record)):
                self._reconcile(store, record)
        supervisor.every_tick.append(lambda: self._mailbox.serve(self._answer))
        self._mailbox.clear()
        self._supervisor = supervisor
        supervisor.start()
        if self._resume and (self.settings.home / SEARCHES).is_file():
            self._need_searches().resume()

    def _default_placement(self) -> Placement:
        if self.settings.scheduler:
            from core.engine.cluster import ClusterPlacement

            return ClusterPlacement(self.settings.scheduler, installation(self.settings.home))
        keeps_spare = self._preferences.spare if self._keeps_spare is None else self._keeps_spare
        return LocalPlacement(self._command, keeps_spare=keeps_spare)

    def _reconcile(self, store: Store, record: RunRecord) -> None:
        now = reconciled(record, self._wall()) if store.owns(record) else record
        if now is not record:
            self._index.put(now)
            self._ledger.write(now.run_id, store.save, now)

    def _follow(self) -> None:
        """Show what the owner of the home folder does, and take over when it has gone."""
        since = self._wall()
        while not self._closing.wait(FOLLOW_S) and not self._try_to_lead():
            if self._store is None:
                continue
            try:
                now = self._wall()
                self._refresh(self._store, since)
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

    def _answer(self, verb: str, arguments: dict[str, Any]) -> object:
        """Do what a command beside this process asks for; in the supervisor's thread."""
        if verb == "submit":
            return self.submit(from_dict(RunSpec, arguments["spec"]), name=arguments.get("name", ""))
        if verb == "submit_sweep":
            specs = [from_dict(RunSpec, spec) for spec in arguments["specs"]]
            return self.submit_sweep(specs, arguments.get("name", ""))
        if verb == "submit_search":
            return self.submit_search(from_dict(RunSpec, arguments.pop("spec")), **arguments)
        if verb == "cancel":
            return self.cancel(arguments["run_id"])
        if verb == "cancel_search":
            return self.cancel_search(arguments["search_id"])
        raise EngineError(
            f"verb is {verb!r}; allowed: submit, submit_sweep, submit_search, cancel, cancel_search."
        )

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

    def take_up(self, run_ids: Iterable[str], search_id: str = "") -> None:
        """Let queued runs, and a search, go on here although this engine was not to resume what it finds."""
        supervisor = self._need_owner()
        if supervisor.only is not None:
            supervisor.only |= frozenset(run_ids)
            if search_id:
                self._need_searches().resume(search_id)

    def submit_search(
        self, spec: RunSpec, *, max_drop: float = 0.003, num_trials: int = 11, name: str = ""
    ) -> str:
        """Search the ratio of the fastest network that loses at most `max_drop`; return the search's id."""
        self._need_owner()
        return self._need_searches().start(spec, max_drop, num_trials, name)

    def cancel_search(self, search_id: str) -> None:
        """End a search and the run that it waits for."""
        self._need_owner()
        self._need_searches().stop(search_id)

    def searches(self) -> tuple[SearchRecord, ...]:
        """Return all searches, newest first, each with its best run so far."""
        if self._searches is None and not (self.settings.home / SEARCHES).is_file():
            return ()
        return self._need_searches().records()

    def _need_searches(self) -> "Searches":
        with self._index.lock:
            if self._searches is None:
                from core.engine.search import Searches

                self._searches = Searches(
                    self.settings.home / SEARCHES,
                    lambda spec, search_id, name: self.submit(spec, sweep_id=search_id, sweep_name=name),
                    self.run,
                    self.cancel,
                )
            return self._searches

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

    @property
    def spare(self) -> bool:
        """Return whether a worker is kept ready for the next run (about 0.6 GB)."""
        return isinstance(self._placement, LocalPlacement) and self._placement.keeps_spare

    @spare.setter
    def spare(self, wanted: bool) -> None:
        self._prefer(replace(self._preferences, spare=wanted))
        if isinstance(self._placement, LocalPlacement):
            self._placement.keeps_spare = wanted

    @property
    def spare_state(self) -> str:
        """Return whether the spare worker is `ready`, `warming` or `none`."""
        return self._placement.spare_state if isinstance(self._placement, LocalPlacement) else "none"

    def _prefer(self, preferences: Preferences) -> None:
        self._need_owner()
        self._home.prefer(preferences)
        self._preferences = preferences

    def close(self) -> None:
        """Stop workers and threads; running runs are queued again. Safe to call twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._searches is not None:
            self._searches.close()
        if self._supervisor is not None:
            self._supervisor.close()
        self._ledger.close()
        self._home.release()

    def _save(self, record: RunRecord) -> None:
        self._ledger.write(record.run_id, self._need_store().save, record)

    def _annotate(self, record: RunRecord) -> None:
        self._ledger.write(record.run_id, self._need_store().annotate, record)

    def _need_owner(self) -> Supervisor:
        if self._supervisor is None or self._closing.is_set():
            raise EngineError(
                f"nothing can be changed here: {self.read_only or 'the engine has been closed'}."
            )
        return self._supervisor


def _nothing() -> None:
    """Wake the supervisor."""
