"""Runs as a command finds them: own ones from the store, recorded ones from the gallery."""

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import EngineError
from core.gallery import Gallery
from core.records import Origin, RunRecord
from core.settings import Settings, settings

if TYPE_CHECKING:
    from core.tracking import Store

SHORTEST_PREFIX = 4


def store(options: Settings | None = None) -> "Store | None":
    """Return the run store, or None where nothing has been stored yet; creates nothing."""
    options = options or settings()
    database = options.tracking_uri.removeprefix("sqlite:///")
    if database != options.tracking_uri and not Path(database).is_file():
        return None
    from core.tracking import Store

    return Store(options)


def own_runs() -> tuple[RunRecord, ...]:
    """Return the stored runs, newest first."""
    found = store()
    records = found.load() if found else ()
    return tuple(sorted(records, key=lambda record: record.created_at, reverse=True))


def find(run_id: str) -> RunRecord:
    """Return an own or a recorded run by its id or the beginning of it."""
    known = {record.run_id: record for record in (*Gallery().runs(), *own_runs())}
    if run_id in known:
        return known[run_id]
    alike = [key for key in known if key.startswith(run_id)] if len(run_id) >= SHORTEST_PREFIX else []
    if len(alike) == 1:
        return known[alike[0]]
    what = f"{len(alike)} runs begin with {run_id!r}" if alike else f"there is no run {run_id!r}"
    raise EngineError(f"{what}; `python -m core runs` lists them.")


def content(record: RunRecord, name: str) -> bytes:
    """Return a file of a run; raises StoreError where it has none of that name."""
    if record.origin is Origin.RECORDED:
        return Gallery().artifact(record.run_id, name)
    found = store()
    if found is None:
        raise EngineError("no run has been stored yet.")
    return found.artifact(record.run_id, name).read_bytes()
