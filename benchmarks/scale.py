"""What one run costs the parts that all runs share: the scheduler, the server and the run store.

    python -m benchmarks.scale [--runs 3] [--worker COMMAND]

Starts a Dask scheduler and one node on loopback, runs real networks there (`--worker` replaces what a node
starts) and counts what passes: messages and bytes through the scheduler, calls and seconds of the run store,
artifact bytes, and what a record takes in the server's memory. docs/scale.md draws the conclusions.
"""

import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from benchmarks.results import conditions, store, table
from core.engine import Engine
from core.engine.cluster import ClusterPlacement, RemoteRun
from core.engine.events import encode
from core.engine.local import Body, Post
from core.records import Event, EventKind, Job, RunRecord, RunSpec, Status, to_json
from core.settings import ROOT, Settings
from core.tracking import Store, installation

WRITES = ("create", "save", "annotate", "log", "put")
QUIET = {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}


@dataclass(slots=True)
class Count:
    """What passed: numbers, bytes and the seconds of each by kind."""

    number: Counter[str] = field(default_factory=Counter)
    size: Counter[str] = field(default_factory=Counter)
    spent_s: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, size: int = 0, spent_s: float = 0.0) -> None:
        self.number[kind] += 1
        self.size[kind] += size
        self.spent_s[kind].append(spent_s)

    def median_s(self, kind: str) -> float:
        """Return what one of a kind took, in the middle: a machine with other work has outliers."""
        return statistics.median(self.spent_s[kind] or [0.0])

    def clear(self) -> None:
        for each in (self.number, self.size, self.spent_s):
            each.clear()


class CountingStore(Store):
    """A run store that counts and times what is written."""

    def __init__(self, settings: Settings, count: Count) -> None:
        super().__init__(settings)
        for name in WRITES:
            setattr(self, name, _timed(getattr(self, name), name, count))


def _timed(call: Any, name: str, count: Count) -> Any:
    def timed(*arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return call(*arguments)
        finally:
            size = len(arguments[2]) if name == "put" and isinstance(arguments[2], bytes) else 0
            count.add(name, size, time.perf_counter() - began)

    return timed


class CountingPlacement(ClusterPlacement):
    """A cluster that counts what the scheduler passes on."""

    def __init__(self, address: str, owner: str, command: Sequence[str] | None, count: Count) -> None:
        self._counted = count
        super().__init__(address, owner, command)

    def start(self, job: Job, post: Post) -> RemoteRun:
        def weighed(body: Body) -> None:
            if isinstance(body, Event) and body.kind in (EventKind.ARTIFACT, EventKind.RESULT):
                self._counted.add("outcome", len(encode(body.kind, body.data, body.t)))
            post(body)

        self._counted.add("job", len(to_json(job)))
        return super().start(job, weighed)

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        self._counted.add("message", len(json.dumps(event[1])))
        super()._hear(event)


class CountingEngine(Engine):
    """An engine whose store counts."""

    counted: Count

    def _opened(self) -> Store:
        return CountingStore(self.settings, self.counted)


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Start a scheduler and a node on loopback; give the scheduler's address."""
    place = folder / "scheduler.json"
    started = [_dask(folder, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", place)]
    try:
        while not (place.is_file() and place.read_text().endswith("}")):
            time.sleep(0.1)
        address = str(json.loads(place.read_text())["address"])
        started.append(_dask(folder, "worker", address, "--nthreads", "1", "--no-nanny"))
        yield address
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _dask(folder: Path, *arguments: object) -> "subprocess.Popen[bytes]":
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *map(str, arguments), "--no-dashboard"],
            cwd=ROOT,
            env={**os.environ, **QUIET},
            stdout=log,
            stderr=log,
        )


def measured(folder: Path, num_runs: int, command: Sequence[str] | None, spec: RunSpec) -> dict[str, Any]:
    """Do `num_runs` pruned runs after their baseline and return what one of them cost."""
    home = folder / "home"
    home.mkdir()
    settings = Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
    count = Count()
    CountingEngine.counted = count
    with cluster(folder) as address:
        placement = CountingPlacement(address, installation(home), command, count)
        engine = CountingEngine(settings, placement=placement)
        try:
            _ended(engine, [engine.submit(spec.baseline())])
            before = _database_bytes(home)
            count.clear()
            ratios = [round(0.3 + 0.6 * i / num_runs, 4) for i in range(num_runs)]
            found = _ended(engine, [engine.submit(spec.edited(ratio=ratio)) for ratio in ratios])
        finally:
            engine.close()
    return _costs(home, found, count, _database_bytes(home) - before)


def _ended(engine: Engine, run_ids: list[str]) -> list[RunRecord]:
    while True:
        found = [record for record in map(engine.run, run_ids) if record and record.status.is_finished]
        if len(found) == len(run_ids):
            break
        time.sleep(0.1)
    failed = [record.reason for record in found if record.status is not Status.FINISHED]
    if failed:
        raise click.ClickException(f"a run did not finish: {failed[0]}")
    return found


def _database_bytes(home: Path) -> int:
    return sum(path.stat().st_size for path in home.glob("mlflow.db*"))


def _costs(home: Path, found: list[RunRecord], count: Count, grown: int) -> dict[str, Any]:
    """Return the cost of one run: numbers and bytes on average, times by the median."""
    number = len(found)
    folders = [home / "artifacts" / record.run_id for record in found]
    kept = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
    run_s = statistics.median((r.ended_at or 0.0) - (r.started_at or 0.0) for r in found)
    return {
        "run_s": run_s,
        "messages": count.number["message"] / number,
        "message_bytes": count.size["message"] / number,
        "job_bytes": count.size["job"] / number,
        "outcome_bytes": count.size["outcome"] / number,
        "store_writes": sum(count.number[name] for name in WRITES) / number,
        "store_s": sum(count.number[name] * count.median_s(name) for name in WRITES) / number,
        "writes_by_kind": {name: count.number[name] / number for name in WRITES},
        "seconds_of_one": {name: count.median_s(name) for name in WRITES},
        "database_bytes": grown / number,
        "artifact_bytes": kept / number,
        "record_bytes": sum(len(to_json(record)) for record in found) / number,
    }


def sweep_of(cost: dict[str, Any], runs: int, workers: int) -> list[dict[str, str]]:
    """Return what a sweep of `runs` on `workers` nodes asks of each shared part, from one run's cost."""
    hours = runs * cost["run_s"] / workers / 3600
    rate = workers / cost["run_s"]
    return [
        {"what": "the whole sweep", "takes": f"{hours:.2g} h", "so": f"{rate:.3g} runs end every second"},
        {
            "what": "scheduler",
            "takes": f"{cost['messages'] * rate:,.0f} messages/s",
            "so": f"{_wire_bytes(cost) * rate / 1e6:.3g} MB/s",
        },
        {
            "what": "run store, one thread",
            "takes": f"{cost['store_writes'] * rate:,.0f} writes/s",
            "so": f"{cost['store_s'] * rate:.3g} seconds of writing every second",
        },
        {
            "what": "disk",
            "takes": f"{cost['artifact_bytes'] * runs / 1e9:,.0f} GB of artifacts",
            "so": f"{cost['database_bytes'] * runs / 1e9:.3g} GB of database",
        },
        {
            "what": "server's memory",
            "takes": f"{cost['record_bytes'] * runs / 1e9:.3g} GB as JSON",
            "so": "a record in memory takes a few times as much",
        },
    ]


def _wire_bytes(cost: dict[str, Any]) -> float:
    return float(cost["message_bytes"] + cost["job_bytes"] + cost["outcome_bytes"])


@click.command()
@click.option("--runs", "num_runs", type=click.IntRange(1), default=3, show_default=True)
@click.option("--worker", default="", help="what a node starts instead of the real worker")
@click.option("--sweep", "sweep_runs", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--workers", type=click.IntRange(1), default=1000, show_default=True)
def main(num_runs: int, worker: str, sweep_runs: int, workers: int) -> None:
    """Measure what one run costs and say what a large sweep would."""
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        cost = measured(Path(folder), num_runs, shlex.split(worker) or None, RunSpec())
    plain = [{"one run": name, "cost": f"{v:,.4g}"} for name, v in cost.items() if isinstance(v, float)]
    click.echo(table(plain))
    click.echo()
    click.echo(table(sweep_of(cost, sweep_runs, workers)))
    path = store("scale", {"cost": cost, "conditions": conditions(), "worker": worker or "core.worker"})
    click.echo(f"\nstored in {path}")


if __name__ == "__main__":
    main()
