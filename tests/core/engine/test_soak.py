import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.engine import Engine
from core.engine.cluster import ClusterPlacement
from core.engine.local import WORKER
from core.engine.search import best_of, is_good
from core.records import LatencyRow, RunRecord, RunSpec, Runtime, Stage, Status
from core.settings import ROOT
from core.tracking import installation
from tests.core.engine.conftest import SCRIPTED, ended, is_alive, settings_in, wait_until
from tests.core.engine.scripted import SEEDS

pytestmark = [
    pytest.mark.soak,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed", "ignore::ResourceWarning"),
]
LONG_S = 900.0
SHORT = RunSpec(epochs=1, finetune_epochs=1)
# Names the `mlflow` command of a full MLflow, which cannot live in our environment: it pins pyarrow.
MLFLOW = "PRUNING_LAB_TEST_MLFLOW"


def real_workers() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "core.worker" in each.cmdline()]


def finished(engine: Engine, run_id: str) -> RunRecord:
    record = wait_until(lambda: (r := engine.run(run_id)) and r.status.is_finished and r, LONG_S)
    assert record.status is Status.FINISHED, record.reason
    return record


@pytest.fixture
def real(start: Callable[..., Engine]) -> Engine:
    return start(worker_command=WORKER)


def test_a_real_worker_killed_in_any_stage_fails_its_run_and_the_next_one_finishes(real: Engine) -> None:
    dense = real.submit(SHORT.baseline())
    wait_until(lambda: (live := real.live(dense)) and live.stage is Stage.TRAINING, LONG_S)
    _kill_the_worker()
    assert "SIGKILL while training" in ended(real, dense).reason
    finished(real, real.submit(SHORT.baseline()))
    for stage in (each for each in Stage if each is not Stage.TRAINING):
        run_id = real.submit(SHORT)
        wait_until(lambda run_id=run_id, stage=stage: (r := real.live(run_id)) and r.stage is stage, LONG_S)
        started = _kill_the_worker()
        record = ended(real, run_id)
        assert record.status is Status.FAILED
        assert record.reason == f"the worker was killed by SIGKILL while {stage}"
        wait_until(lambda started=started: not any(map(is_alive, started)), 5)
    finished(real, real.submit(SHORT))


def _kill_the_worker() -> list[int]:
    """Kill it and return all that must be gone with it."""
    (worker,) = real_workers()
    pids = [worker.pid, *(child.pid for child in worker.children(recursive=True))]
    os.kill(worker.pid, signal.SIGKILL)
    return pids


def test_a_clock_that_jumps_hurts_no_real_run(start: Callable[..., Engine]) -> None:
    jumps = iter([0.0, -7200.0, 86_400.0, 3.0] * 10_000)
    engine = start(worker_command=WORKER, wall=lambda: time.time() + next(jumps))
    record = finished(engine, engine.submit(SHORT.baseline()))
    assert all(0 <= taken.elapsed_s < LONG_S for taken in record.stages)


def test_with_a_spare_worker_the_first_training_step_comes_within_a_second_and_a_half(
    start: Callable[..., Engine],
) -> None:
    engine = start(worker_command=WORKER, spare=True)
    taken = []
    for seed in range(3):
        wait_until(lambda: engine.spare_state == "ready", LONG_S)
        time.sleep(3)
        began = time.monotonic()
        run_id = engine.submit(SHORT.edited(seed=seed).baseline())
        wait_until(lambda run_id=run_id: (live := engine.live(run_id)) and live.steps)
        taken.append(time.monotonic() - began)
        engine.cancel(run_id)
        ended(engine, run_id)
    print(f"from Start to the first step: {', '.join(f'{each:.2f} s' for each in taken)}")
    assert max(taken) <= 1.5


NODE = (
    "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); "
    "os.execv(sys.executable, [sys.executable, '-m', 'dask', *sys.argv[2:]])"
)


@pytest.fixture
def single_core_nodes(tmp_path: Path) -> Iterator[Callable[[int], str]]:
    """Start a scheduler with so many nodes, each bound to a core of its own; gives the address."""
    started: list[subprocess.Popen] = []

    def run(core: int, *arguments: str) -> None:
        log = (tmp_path / f"dask{len(started)}.log").open("wb")
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", NODE, str(core), *arguments], cwd=ROOT, stdout=log, stderr=log
            )
        )
        log.close()

    def make(number: int) -> str:
        place = tmp_path / f"scheduler{number}.json"
        common = ("--host", "127.0.0.1", "--no-dashboard")
        run(0, "scheduler", *common, "--port", "0", "--scheduler-file", str(place))
        wait_until(lambda: place.is_file() and place.read_text().endswith("}"))
        address = str(json.loads(place.read_text())["address"])
        for core in range(number):
            run(core, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        return address

    yield make
    for process in reversed(started):
        process.kill()
        process.wait()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
def test_two_single_core_nodes_need_at_most_six_tenths_of_the_time_of_one(
    start: Callable[..., Engine], home: Path, single_core_nodes: Callable[[int], str]
) -> None:
    taken = {}
    for number in (1, 2):
        placement = ClusterPlacement(single_core_nodes(number), installation(home))
        engine = start(placement=placement)
        wait_until(lambda placement=placement, number=number: placement.capacity == number)
        finished(engine, engine.submit(SHORT.baseline()))
        ratios = [0.1 * step for step in range(1, 9)]
        began = time.monotonic()
        runs = [engine.submit(SHORT.edited(ratio=round(ratio, 1), seed=0)) for ratio in ratios]
        for run_id in runs:
            finished(engine, run_id)
        taken[number] = time.monotonic() - began
        engine.close()
    print(f"8 runs on one node: {taken[1]:.1f} s, on two: {taken[2]:.1f} s: {taken[2] / taken[1]:.2f}")
    assert taken[2] <= 0.6 * taken[1]


def test_a_search_with_eleven_trials_is_as_fast_as_the_best_of_an_eleven_point_grid(real: Engine) -> None:
    spec = RunSpec(epochs=2, finetune_epochs=2)
    ratios = [round(0.97 * step / 10, 3) for step in range(11)]
    sweep_id = real.submit_sweep([spec.edited(ratio=ratio) for ratio in ratios], "grid")
    grid = [finished(real, run_id) for run_id in real.sweep(sweep_id).run_ids]
    search_id = real.submit_search(spec, max_drop=0.003, num_trials=11, name="search")

    def state() -> Any:
        return next(each for each in real.searches() if each.search_id == search_id)

    wait_until(lambda: state().state != "running", 4 * LONG_S)
    found = [real.run(run_id) for run_id in state().run_ids]
    best, rival = best_of(found, 0.003), best_of([r for r in grid if not r.spec.is_baseline], 0.003)
    print(f"search: ratio {best.spec.ratio}, {_row(best)}\ngrid: ratio {rival.spec.ratio}, {_row(rival)}")
    assert len(found) <= 11
    assert is_good(best, 0.003)
    # As fast within the interval: the intervals of the speed-ups over the same dense network overlap.
    assert _row(best).speedup_high >= _row(rival).speedup_low


def _row(run: RunRecord) -> LatencyRow:
    return next(r for r in run.result.latency if r.runtime is Runtime.LITERT_FP32 and r.batch == 1)


@pytest.fixture
def mlflow_server(tmp_path: Path) -> Iterator[str]:
    command = os.environ.get(MLFLOW, "")
    if not command:
        pytest.skip(f"set {MLFLOW} to the `mlflow` command of a full MLflow")
    port = _free_port()
    options = ("--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}", "--port", str(port))
    storage = ("--artifacts-destination", str(tmp_path / "server-artifacts"), "--workers", "1")
    with (tmp_path / "mlflow.log").open("wb") as log:
        server = subprocess.Popen(
            [command, "server", *options, *storage], stdout=log, stderr=log, process_group=0
        )
    address = f"http://127.0.0.1:{port}"
    wait_until(lambda: _answers(address), 180)
    yield address
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(address: str) -> bool:
    import urllib.request

    try:
        urllib.request.urlopen(f"{address}/health", timeout=2).close()
    except OSError:
        return False
    return True


def test_runs_live_on_an_mlflow_server_and_others_runs_are_left_alone(
    mlflow_server: str, tmp_path: Path
) -> None:
    def engine(name: str) -> Engine:
        options = replace(settings_in(tmp_path / name), tracking_uri=mlflow_server)
        return Engine(options, worker_command=SCRIPTED)

    mine = engine("mine")
    try:
        run_id = mine.submit(RunSpec())
        record = finished(mine, run_id)
        assert mine.artifact(run_id, "model.keras").read_bytes() == b"weights"
        mine.annotate(run_id, name="kept", notes="on the server")
        running = mine.submit(RunSpec(seed=SEEDS["forever"]))
        wait_until(lambda: mine.live(running) and mine.live(running).steps)
        theirs = engine("theirs")
        try:
            assert theirs.read_only is None
            assert theirs.run(run_id).result == record.result
            assert theirs.artifact(run_id, "model.keras").read_bytes() == b"weights"
            assert theirs.run(running).status is Status.RUNNING
        finally:
            theirs.close()
        mine.cancel(running)
        ended(mine, running)
    finally:
        mine.close()
    again = engine("mine")
    try:
        assert (again.run(run_id).name, again.run(run_id).notes) == ("kept", "on the server")
        assert again.run(running).status is Status.KILLED
        again.delete(run_id)
    finally:
        again.close()
    last = engine("mine")
    assert last.run(run_id) is None
    last.close()
