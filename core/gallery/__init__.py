"""The recorded runs that a fresh start shows: finished runs of another machine, with their networks.

One folder a run below `gallery/`: run.json (a RunRecord) and its artifacts; beside them crossing-*.json.
Nothing here is ever written.
"""

import gzip
import logging
from collections.abc import Iterable
from pathlib import Path

from core import crossings
from core.errors import StoreError
from core.records import Crossing, Origin, RunRecord, from_json
from core.settings import settings

__all__ = ["RECORD", "Gallery"]

RECORD = "run.json"

_log = logging.getLogger(__name__)


class Gallery:
    """The recorded runs of `folder`, read once; an unreadable one is left out with a line in the log."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or settings().gallery
        self._runs = {record.run_id: record for record in _read(self._folder)}

    def runs(self) -> tuple[RunRecord, ...]:
        """Return all recorded runs, in the order of their names."""
        return tuple(self._runs.values())

    def run(self, run_id: str) -> RunRecord | None:
        """Return one recorded run, or None where there is none."""
        return self._runs.get(run_id)

    def artifact(self, run_id: str, name: str) -> bytes:
        """Return the content of a recorded run's artifact; raises StoreError where it has none."""
        record = self._runs.get(run_id)
        if record is None or name not in record.artifacts:
            kept = ", ".join(record.artifacts) if record else "nothing"
            raise StoreError(f"the recorded run {run_id} has no {name}; it has {kept}.")
        path = self._folder / run_id / name
        packed = path.with_name(f"{name}.gz")
        return gzip.decompress(packed.read_bytes()) if packed.is_file() else path.read_bytes()

    def crossings(self) -> tuple[Crossing, ...]:
        """Return the recorded cross-overs of standard and separable networks."""
        return crossings.load(self._folder, Origin.RECORDED)


def _read(folder: Path) -> Iterable[RunRecord]:
    for path in sorted(folder.glob(f"*/{RECORD}")):
        try:
            record = from_json(RunRecord, path.read_bytes())
        except (OSError, ValueError) as error:
            _log.warning("left out the recorded run %s: %s", path, error)
            continue
        if record.run_id == path.parent.name and record.origin is Origin.RECORDED:
            yield record
        else:
            _log.warning("left out the recorded run %s: it names itself %s", path, record.run_id)
