"""All runs in memory, so that a page costs no query. Every method may be called from any thread."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from core.errors import EngineError
from core.records import RunRecord, Status


class Index:
    """Run records by id; `version` grows at each change. Records are frozen, so readers need no lock.

    `owner` is this installation's name where the store is shared: others' queued runs are not its own.
    """

    def __init__(self, records: Iterable[RunRecord] = ()) -> None:
        self.lock = threading.RLock()
        self.version = 0
        self.owner: str | None = None
        self._records = {record.run_id: record for record in records}
        self._sorted: tuple[RunRecord, ...] | None = None

    def all(self) -> tuple[RunRecord, ...]:
        """Return every run, newest first."""
        found = self._sorted
        if found is None:
            with self.lock:
                rows = sorted(self._records.values(), key=lambda r: r.created_at, reverse=True)
                found = self._sorted = tuple(rows)
        return found

    def get(self, run_id: str) -> RunRecord | None:
        return self._records.get(run_id)

    def need(self, run_id: str) -> RunRecord:
        """Return a run; an EngineError says that there is none."""
        record = self._records.get(run_id)
        if record is None:
            raise EngineError(f"there is no run {run_id!r}; `python -m core runs` lists them.")
        return record

    def put(self, *records: RunRecord) -> None:
        """Add or replace runs."""
        with self.lock:
            self._records.update({record.run_id: record for record in records})
            self._changed()

    def change(self, run_id: str, **fields: Any) -> RunRecord:
        """Replace fields of a run and return it as it is now."""
        with self.lock:
            record = replace(self.need(run_id), **fields)
            self.put(record)
        return record

    def remove(self, run_id: str) -> None:
        with self.lock:
            self._records.pop(run_id, None)
            self._changed()

    def replace_all(self, records: Iterable[RunRecord]) -> None:
        """Forget everything and take `records` instead."""
        with self.lock:
            self._records = {record.run_id: record for record in records}
            self._changed()

    def _changed(self) -> None:
        self._sorted = None
        self.version += 1

    def touch(self) -> None:
        """Let `version` grow for a change beside the runs."""
        with self.lock:
            self.version += 1

    def queue(self) -> list[RunRecord]:
        """Return the queued runs in the order in which they are to start."""
        waiting = [r for r in self.all() if r.status is Status.SCHEDULED and self._is_own(r)]
        return sorted(waiting, key=lambda r: (r.position, r.created_at))

    def next_position(self) -> int:
        """Return a position behind every queued run."""
        return max((r.position for r in self.queue()), default=-1) + 1

    def baseline(self, key: str) -> RunRecord | None:
        """Return the dense run for a baseline key: a finished one, else one that is queued or running."""
        rows = [r for r in self.all() if r.spec.is_baseline and r.spec.baseline_key == key]
        done = [r for r in rows if r.status is Status.FINISHED]
        alive = [r for r in rows if not r.status.is_finished and self._is_own(r)]
        return next(iter(done or alive), None)

    def _is_own(self, record: RunRecord) -> bool:
        return self.owner is None or record.owner == self.owner
