"""What pages and commands read of runs: from memory, so that it costs no query. Changes nothing."""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.engine.home import Home, Preferences
from core.engine.index import Index
from core.engine.pace import duration
from core.engine.supervisor import Supervisor
from core.engine.sweeps import sweep_of, sweeps_of
from core.errors import StoreError
from core.records import LiveRun, RunRecord, RunSpec, SweepRecord
from core.settings import Settings, settings
from core.tracking import LOG, Store


class Reader:
    """The runs of a home folder. Every method may be called from any thread and none waits for a worker.

    `read_only` says why nothing can be changed here, None where it can.
    """

    def __init__(self, options: Settings | None = None) -> None:
        self.settings = options or settings()
        self.read_only: str | None = None
        self._home = Home(self.settings.home)
        self._index = Index()
        self._store: Store | None = None
        self._supervisor: Supervisor | None = None
        self._preferences: Preferences = self._home.preferences()
        self._closing = threading.Event()

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

    @property
    def is_following(self) -> bool:
        """Whether another process supervised this home folder when last tried; this one tries again soon."""
        return self.read_only is not None and self._home.is_elsewhere

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

    def estimate(self, specs: Iterable[RunSpec], learn_from: Sequence[RunRecord] = ()) -> float | None:
        """Return about how many seconds runs would take, baselines included; None where nothing alike ran.

        The times are those of this machine's runs, or of `learn_from` where that is given.
        """
        specs = tuple(specs)
        baselines = {spec.baseline_key: spec.baseline() for spec in specs}
        missing = [spec for key, spec in baselines.items() if self._index.baseline(key) is None]
        rows = [spec for spec in specs if not (spec.is_baseline and spec in missing)]
        times = [duration(spec, learn_from or self.runs()) for spec in (*rows, *missing)]
        known = [time_s for time_s in times if time_s is not None]
        return sum(known) / self._preferences.concurrency if len(known) == len(times) else None

    @property
    def is_closed(self) -> bool:
        return self._closing.is_set()

    def _need_store(self) -> Store:
        if self._store is None:
            raise StoreError(self.read_only or "the run store is not open.")
        return self._store
