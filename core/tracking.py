"""Runs, metrics and artifacts in MLflow; the only module that imports it.

Safe to call from several threads. Knows nothing of workers or queues: it keeps what it is told.
"""

import logging
import os
import shutil
import sqlite3
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME, MLFLOW_RUN_NOTE
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StoreError
from core.records import RunRecord, RunResult, RunSpec, StageTime, Status, from_json, to_dict, to_json
from core.settings import Settings

EXPERIMENT = "pruning-lab"
RESULT = "result.json"
LOG = "log.txt"
PAGE = 1000
LONGEST_TAG = 5000
LOCK_LIMIT_S = 3.0
_PREFIX = "lab."

_log = logging.getLogger(__name__)
logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # what fails there is explained here
logging.getLogger("alembic").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric; `t` is Unix seconds, `step` the batch or epoch it belongs to."""

    name: str
    value: float
    t: float
    step: int = 0


class Store:
    """The runs of one experiment.

    Raises StoreError, which names the database, where it cannot be read or written; a damaged file is never
    overwritten. `owner` names this installation on a server that others use as well.
    """

    def __init__(self, settings: Settings) -> None:
        self._uri = settings.tracking_uri
        self._home = settings.home
        self._file = _database_file(self._uri)
        if self._file is not None:
            _check_database(self._file)
        with self._explained("open"):
            self._client = MlflowClient(tracking_uri=self._uri)
            self._experiment = self._find_experiment()
        self.owner = "" if self._file is not None else installation(settings.home)
        self._creating = threading.Lock()

    @property
    def is_private(self) -> bool:
        """Whether the store is a file of this installation rather than a server that others use too."""
        return self._file is not None

    def _find_experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        folder = None if self._file is None else (self._home / "artifacts").as_uri()
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=folder))

    def create(self, record: RunRecord) -> RunRecord:
        """Store `record` as a new SCHEDULED run and return it with its run_id."""
        record = replace(record, owner=self.owner)
        tags = _tags(record)
        with self._explained("write"), self._creating:
            self._refuse_locked()
            made = self._client.create_run(
                self._experiment, tags=tags, start_time=_ms(record.created_at), run_name=record.title
            )
            run_id: str = made.info.run_id
            self._client.update_run(run_id, status=Status.SCHEDULED.value)
            params = [Param(name, str(value)) for name, value in to_dict(record.spec).items()]
            self._client.log_batch(run_id, params=params)
        return replace(record, run_id=run_id, status=Status.SCHEDULED)

    def _refuse_locked(self) -> None:
        """Raise where another program holds the file: MLflow would wait 20 s, and a page with it."""
        if self._file is None:
            return
        link = sqlite3.connect(self._file, timeout=LOCK_LIMIT_S, isolation_level=None)
        try:
            link.execute("BEGIN IMMEDIATE")
            link.execute("ROLLBACK")
        finally:
            link.close()

    def save(self, record: RunRecord) -> None:
        """Write everything about `record` but its metrics and artifacts."""
        with self._explained("write"):
            tags = [RunTag(key, value) for key, value in _tags(record).items()]
            self._client.log_batch(record.run_id, tags=tags)
            if record.status.is_finished:
                end = _ms(record.ended_at or time.time())
                self._client.set_terminated(record.run_id, status=record.status.value, end_time=end)
            else:
                self._client.update_run(record.run_id, status=record.status.value)

    def annotate(self, record: RunRecord) -> None:
        """Write name, notes and position only; for a change beside whatever else happens to the run."""
        names = (_PREFIX + "name", _PREFIX + "position", MLFLOW_RUN_NAME, MLFLOW_RUN_NOTE)
        tags = _tags(record)
        with self._explained("write"):
            self._client.log_batch(record.run_id, tags=[RunTag(name, tags[name]) for name in names])

    def log(self, run_id: str, points: Iterable[Point]) -> None:
        """Append metric values; those that are no finite number are left out."""
        metrics = [Metric(p.name, p.value, _ms(p.t), p.step) for p in points if p.value - p.value == 0]
        with self._explained("write"):
            for start in range(0, len(metrics), PAGE):
                self._client.log_batch(run_id, metrics=metrics[start : start + PAGE])

    def put(self, run_id: str, name: str, content: bytes | Path) -> None:
        """Keep `content` as the artifact `name` of a run, whole or not at all."""
        with self._explained("write"):
            if self.is_private:
                path = self._private_file(run_id, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                draft = path.with_name(f".{name}.part")
                _write(draft, content)
                draft.replace(path)
                return
            with tempfile.TemporaryDirectory(prefix="lab-") as folder:
                path = Path(folder) / name
                _write(path, content)
                self._client.log_artifact(run_id, str(path))
            (self._home / "cache" / run_id / name).unlink(missing_ok=True)

    def _private_file(self, run_id: str, name: str) -> Path:
        # The place that MLflow itself would use, but below the home folder as it is called today.
        return self._home / "artifacts" / run_id / "artifacts" / name

    def artifact(self, run_id: str, name: str) -> Path:
        """Return the local path of an artifact; one on a server is fetched once and kept."""
        if self.is_private:
            path = self._private_file(run_id, name)
        else:
            path = self._home / "cache" / run_id / name
            if not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                with self._explained("read"):
                    self._client.download_artifacts(run_id, name, str(path.parent))
        if not path.is_file():
            raise StoreError(f"run {run_id} has no artifact {name!r} ({path} is not there).")
        return path

    def delete(self, run_id: str) -> None:
        """Forget a run and remove its artifacts from this machine."""
        with self._explained("write"):
            self._client.delete_run(run_id)
            folder = self._home / ("artifacts" if self.is_private else "cache") / run_id
            shutil.rmtree(folder, ignore_errors=True)

    def load(self) -> tuple[RunRecord, ...]:
        """Return every run, in no particular order, with the results of the finished ones."""
        return tuple(self._search(""))

    def get(self, run_id: str) -> RunRecord:
        """Return one run as it is stored now."""
        with self._explained("read"):
            run = self._client.get_run(run_id)
        record = self._record(run)
        if record is None:
            raise StoreError(f"run {run_id} was not made by this program.")
        return record

    def changed(self, since: float) -> tuple[RunRecord, ...]:
        """Return the runs that are queued, running or ended after `since` (Unix seconds)."""
        waiting = [self._search(f"attributes.status = '{status}'") for status in ("SCHEDULED", "RUNNING")]
        ended = self._search(f"attributes.end_time > {_ms(since)}")
        return (*waiting[0], *waiting[1], *ended)

    def owns(self, record: RunRecord) -> bool:
        """Whether a run was queued by this installation."""
        return self.is_private or record.owner == self.owner

    def metrics(self, run_id: str, name: str) -> tuple[Point, ...]:
        """Return a metric's history, oldest first."""
        with self._explained("read"):
            history = self._client.get_metric_history(run_id, name)
        return tuple(Point(name, m.value, m.timestamp / 1000, m.step) for m in history)

    def _search(self, query: str) -> Iterator[RunRecord]:
        token: str | None = None
        while True:
            with self._explained("read"):
                page = self._client.search_runs([self._experiment], query, max_results=PAGE, page_token=token)
            for run in page:
                record = self._record(run)
                if record is not None:
                    yield record
            token = page.token
            if not token:
                return

    def _record(self, run: Any) -> RunRecord | None:
        tags = run.data.tags
        if _PREFIX + "spec" not in tags:
            return None
        try:
            record = _record(run)
        except ValueError as error:
            _log.warning("run %s is left out, its tags cannot be read: %s", run.info.run_id, error)
            return None
        if record.status is not Status.FINISHED:
            return record
        try:
            result = from_json(RunResult, self.artifact(record.run_id, RESULT).read_bytes())
        except (StoreError, OSError, ValueError) as error:
            return replace(record, status=Status.FAILED, reason=f"its result cannot be read: {error}")
        return replace(record, result=result)

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise StoreError(_explanation(what, self._file or self._uri, error)) from error


_UNWRITABLE = ("readonly", "Read-only", "Permission", "unable to open", "Not a directory")


def _explanation(what: str, place: object, error: Exception) -> str:
    text = str(error)
    if "locked" in text:
        cure = "another program holds it; end that one (a backup, a database browser) and try again"
    elif "No space left" in text or "disk is full" in text:
        cure = "the disk is full; free some space and try again"
    elif any(word in text for word in _UNWRITABLE):
        cure = "it cannot be written; set PRUNING_LAB_HOME to a folder that can"
    elif str(place).startswith("http"):
        cure = "see whether the server of MLFLOW_TRACKING_URI answers"
    else:
        cure = "nothing was overwritten"
    return f"cannot {what} the run store {place}: {cure}. ({_first_line(text)})"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else "no further detail"


def _database_file(uri: str) -> Path | None:
    return Path(uri.removeprefix("sqlite:///")) if uri.startswith("sqlite:///") else None


def _check_database(file: Path) -> None:
    """Raise StoreError where a file that exists is no sound SQLite database; change nothing."""
    if not file.exists() or file.stat().st_size == 0:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(_explanation("open", file, error)) from error
        return
    try:
        link = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
        try:
            found = [str(row[0]) for row in link.execute("PRAGMA quick_check(3)")]
        finally:
            link.close()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error) or "unable to open" in str(error):
            raise StoreError(_explanation("open", file, error)) from error
        found = [str(error)]
    if found != ["ok"]:
        raise StoreError(
            f"the run database {file} is damaged ({found[0]}). It was left as it is; put a copy back or "
            "move it away, then start again."
        )


def installation(home: Path) -> str:
    """Return the lasting name of this home folder on a shared server."""
    file = home / "installation"
    if not file.is_file():
        home.mkdir(parents=True, exist_ok=True)
        file.write_text(uuid.uuid4().hex)
    return file.read_text().strip()


def _write(path: Path, content: bytes | Path) -> None:
    try:
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def _tags(record: RunRecord) -> dict[str, str]:
    own = {
        "spec": to_json(record.spec),
        "name": record.name,
        "reason": record.reason[:LONGEST_TAG],
        "sweep": record.sweep_id,
        "sweep_name": record.sweep_name,
        "baseline": record.baseline_id,
        "position": str(record.position),
        "created": repr(record.created_at),
        "started": _text(record.started_at),
        "ended": _text(record.ended_at),
        "stages": to_json(record.stages),
        "artifacts": " ".join(record.artifacts),
        "attempts": str(record.attempts),
        "worker": record.worker,
        "owner": record.owner,
    }
    tags = {_PREFIX + key: value for key, value in own.items()}
    return tags | {MLFLOW_RUN_NAME: record.title, MLFLOW_RUN_NOTE: record.notes[:LONGEST_TAG]}


def _record(run: Any) -> RunRecord:
    tags = {key.removeprefix(_PREFIX): value for key, value in run.data.tags.items()}
    return RunRecord(
        run_id=run.info.run_id,
        spec=from_json(RunSpec, tags["spec"]),
        status=Status(run.info.status),
        name=tags.get("name", ""),
        notes=tags.get(MLFLOW_RUN_NOTE, ""),
        reason=tags.get("reason", ""),
        sweep_id=tags.get("sweep", ""),
        sweep_name=tags.get("sweep_name", ""),
        baseline_id=tags.get("baseline", ""),
        position=int(tags.get("position") or 0),
        created_at=float(tags.get("created") or run.info.start_time / 1000),
        started_at=_seconds(tags.get("started")),
        ended_at=_seconds(tags.get("ended")),
        stages=from_json(tuple[StageTime, ...], tags.get("stages") or "[]"),
        artifacts=tuple(tags.get("artifacts", "").split()),
        attempts=int(tags.get("attempts") or 0),
        worker=tags.get("worker", ""),
        owner=tags.get("owner", ""),
    )


def _text(seconds: float | None) -> str:
    return "" if seconds is None else repr(seconds)


def _seconds(text: str | None) -> float | None:
    return float(text) if text else None
