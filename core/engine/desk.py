"""Where runs are ordered and changed: the engine that pages and commands talk to."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.engine.home import Preferences
from core.engine.leading import Leader
from core.engine.placement import LocalPlacement
from core.engine.queue import reordered
from core.errors import EngineError
from core.records import Architecture, RunRecord, RunSpec, SearchRecord, Status, StudyProgress, from_dict

if TYPE_CHECKING:
    from core.engine.search import Searches

SEARCHES = "search.log"
NAME_LENGTH, NOTES_LENGTH = 120, 4000


class Engine(Leader):
    """The queue of one home folder: everything that pages and commands may ask for or change."""

    _searches: "Searches | None" = None

    def _go_on(self) -> None:
        if (self.settings.home / SEARCHES).is_file():
            self._need_searches().resume()

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
            self.cancel(arguments["run_id"])
        elif verb == "cancel_search":
            self.cancel_search(arguments["search_id"])
        else:
            allowed = "submit, submit_sweep, submit_search, cancel, cancel_search"
            raise EngineError(f"verb is {verb!r}; allowed: {allowed}.")
        return None

    def submit(
        self, spec: RunSpec, *, name: str = "", notes: str = "", sweep_id: str = "", sweep_name: str = ""
    ) -> str:
        """Queue a run, before it the training of its baseline where none is there, and return its id."""
        self._need_owner()
        name, notes = _fitting("name", name, NAME_LENGTH), _fitting("notes", notes, NOTES_LENGTH)
        baseline_id = "" if spec.is_baseline else self._baseline_for(spec, sweep_id, sweep_name)
        record = RunRecord(
            run_id="",
            spec=spec,
            status=Status.SCHEDULED,
            name=name,
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
        name = _fitting("name", name, NAME_LENGTH)
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

    def study(self, run_id: str, *, quick: bool = False, batches: Sequence[int] = ()) -> None:
        """Have a finished run's latency looked at closely once no run is at work; no run starts meanwhile.

        `batches` are measured beside batch 1. Raises EngineError for a run that has no result, that was not
        made here, or whose study is open.
        """
        self._need_owner()
        record = self._index.get(run_id)
        if record is None:
            raise EngineError(
                f"there is no run {run_id!r} here; only a run made here can be measured, no recorded one."
            )
        if record.status is not Status.FINISHED or record.result is None:
            raise EngineError(
                f"run {run_id} is {record.status.lower()}; only a finished run with a result can be measured."
            )
        wanted = [word for batch in batches for word in ("--batch", str(batch))]
        asked = StudyProgress(run_id=run_id, state="queued")
        self._studies.ask(asked, (run_id, "--ladder", *wanted, *_quick(quick)))

    def study_crossing(self, architecture: Architecture, *, quick: bool = False) -> None:
        """Have standard and separable networks of `architecture` measured as `study` is, untrained.

        Raises EngineError for one without convolutions, or whose cross-over is being measured.
        """
        self._need_owner()
        if not architecture.has_convolutions:
            raise EngineError(f"{architecture} has no convolution, so nothing crosses.")
        asked = StudyProgress(crossing=architecture, state="queued")
        self._studies.ask(asked, ("--crossing", str(architecture), *_quick(quick)))

    def cancel_study(self, key: str) -> None:
        """End the open study of that key, waiting or at work; nothing of it is kept."""
        self._need_owner()
        self._studies.cancel(key)

    def studies(self) -> tuple[StudyProgress, ...]:
        """Return the studies that were asked for since this process started, oldest first."""
        return self._studies.records()

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
        if self._studies.is_open(run_id):
            raise EngineError(f"run {run_id} is being measured; cancel that first.")
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
        """Set a run's name or notes; None leaves them, EngineError says which is too long."""
        self._need_owner()
        with self._index.lock:
            record = self._index.need(run_id)
            name = record.name if name is None else _fitting("name", name, NAME_LENGTH)
            notes = record.notes if notes is None else _fitting("notes", notes, NOTES_LENGTH)
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
    def is_on_cluster(self) -> bool:
        """Whether runs go to a scheduler, which places as many at once as it has room for."""
        return self._placement is not None and self._placement.survives

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

    def _wind_up(self) -> None:
        if self._searches is not None:
            self._searches.close()

    def _annotate(self, record: RunRecord) -> None:
        self._ledger.write(record.run_id, self._need_store().annotate, record)


def _fitting(what: str, text: str, most: int) -> str:
    text = text.strip()
    if len(text) > most:
        raise EngineError(f"{what}: {len(text):,} characters; at most {most:,} are kept, shorten it.")
    return text


def _quick(wanted: bool) -> tuple[str, ...]:
    return ("--quick",) if wanted else ()


def _nothing() -> None:
    """Wake the supervisor."""
