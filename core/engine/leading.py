"""How a process comes to own a home folder: it claims it, supervises, or follows until it can."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.engine.ledger import Ledger
from core.engine.local import WORKER
from core.engine.mailbox import Mailbox
from core.engine.placement import LocalPlacement
from core.engine.reading import Reader
from core.engine.recovery import reconciled
from core.engine.studies import MEASURE, Studies
from core.engine.supervisor import Supervisor
from core.engine.watch import Placement
from core.errors import EngineError, LabError, StoreError
from core.records import RunRecord, Status
from core.settings import Settings
from core.tracking import Store, installation

FOLLOW_S = 2.0
STUDY = "study.json"


class Leader(Reader):
    """Supervises the runs of one home folder, or shows them where another process owns it.

    `resume` takes up what an earlier process left queued; without it only runs submitted here start.
    `spare`: whether a worker waits for the next run (None: as the user last chose). The commands and
    `placement` replace the usual ones, for tests.
    """

    def __init__(
        self,
        options: Settings | None = None,
        *,
        worker_command: Sequence[str] = WORKER,
        study_command: Sequence[str] = MEASURE,
        placement: Placement | None = None,
        resume: bool = True,
        spare: bool | None = False,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(options)
        self._ledger = Ledger()
        self._mailbox = Mailbox(self.settings.home)
        self._wall, self._resume = wall, resume
        self._command, self._keeps_spare = worker_command, spare
        self._placement: Placement | None = placement
        self._studies = Studies(
            self._index.touch, self._keep_study, places=_places(self.settings), command=study_command
        )
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
            hang_s=self.settings.hang_s,
            add_baseline=self._add_baseline,
            wall=self._wall,
        )
        supervisor.concurrency = self._preferences.concurrency
        supervisor.only = None if self._resume else frozenset()
        for record in self._index.all():
            if not (record.status is Status.RUNNING and placement.survives and supervisor.attach(record)):
                self._reconcile(store, record)
        supervisor.every_tick.append(lambda: self._mailbox.serve(self._answer))
        supervisor.intermission = self._studies.tend
        self._mailbox.clear()
        self._supervisor = supervisor
        supervisor.start()
        if self._resume:
            self._go_on()

    def _go_on(self) -> None:
        """Take up what else an earlier process left unfinished."""

    def _wind_up(self) -> None:
        """End what else is at work here."""

    def _add_baseline(self, run: RunRecord) -> RunRecord:
        """Queue the baseline that `run` waits for; called by the supervisor."""
        raise NotImplementedError

    def _answer(self, verb: str, arguments: dict[str, Any]) -> object:
        """Do what a command beside this process asks for; called by the supervisor."""
        raise NotImplementedError

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

    def _keep_study(self, run_id: str) -> None:
        """Note that a run has a closer look now."""
        with self._index.lock:
            if (record := self._index.get(run_id)) is not None:
                names = tuple(sorted({*record.artifacts, STUDY}))
                self._save(self._index.change(run_id, artifacts=names))

    def _save(self, record: RunRecord) -> None:
        self._ledger.write(record.run_id, self._need_store().save, record)

    def _need_owner(self) -> Supervisor:
        if self._supervisor is None or self._closing.is_set():
            raise EngineError(
                f"nothing can be changed here: {self.read_only or 'the engine has been closed'}."
            )
        return self._supervisor

    def close(self) -> None:
        """Stop workers and threads; running runs are queued again. Safe to call twice."""
        if self._closing.is_set():
            return
        self._wind_up()  # first: a search that this engine refused would take itself for failed
        self._closing.set()
        self._studies.close()
        if self._supervisor is not None:
            self._supervisor.close()
        self._ledger.close()
        self._home.release()


def _places(settings: Settings) -> Mapping[str, str]:
    """Return where a command finds the runs of this process."""
    return {"PRUNING_LAB_HOME": str(settings.home), "MLFLOW_TRACKING_URI": settings.tracking_uri}
