import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import Client

from core.engine import Engine, local
from core.engine.cluster import ClusterPlacement
from core.records import RunSpec, Status
from core.tracking import installation
from tests.core.engine.conftest import SCRIPTED, at_work, ended, wait_until
from tests.core.engine.scripted import SEEDS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed", "ignore::ResourceWarning")
ROOT = Path(__file__).resolve().parents[3]
README = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(".venv/bin/")]
FOREVER = RunSpec(seed=SEEDS["forever"])
QUIET = {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}


def from_readme(part: str, place: str, ours: str) -> list[str]:
    """Return README's one command for a `part` of a cluster, with a port or an address of ours in `place`."""
    (line,) = [line for line in README if f" {part} " in line]
    assert place in line
    return shlex.split(line.replace(place, ours), comments=True)


class Cluster:
    """A scheduler and worker nodes in processes of their own, on loopback, as README starts them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen] = []
        place = folder / "scheduler.json"
        command = from_readme("scheduler", "8786", "0")
        self._start(folder / "scheduler.log", *command, "--host", "127.0.0.1", "--scheduler-file", str(place))
        wait_until(lambda: place.is_file() and place.read_text().endswith("}"))
        self.address: str = json.loads(place.read_text())["address"]

    def _start(self, log: Path, *command: str) -> subprocess.Popen:
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*command, "--no-dashboard"],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": "", **QUIET},
                stdout=file,
                stderr=file,
            )
        self._processes.append(process)
        return process

    def add_node(self, *options: str) -> subprocess.Popen:
        """Start a node; README's has no nanny, so that killing it is losing it."""
        log = self._folder / f"node{len(self._processes)}.log"
        return self._start(log, *from_readme("worker", "tcp://HOST:8786", self.address), *options)

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()


class Nodes:
    """The nodes of a scheduler, kept over tests: starting one takes seconds."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._alive: list[subprocess.Popen] = []

    def want(self, number: int) -> list[subprocess.Popen]:
        """Have exactly so many nodes, none of them at work."""
        for node in [each for each in self._alive if each.poll() is not None or children_of(each)]:
            self._drop(node)
        for node in self._alive[number:]:
            self._drop(node)
        while len(self._alive) < number:
            self.add()
        return list(self._alive)

    def add(self, *options: str) -> subprocess.Popen:
        self._alive.append(self._cluster.add_node(*options))
        return self._alive[-1]

    def _drop(self, node: subprocess.Popen) -> None:
        self._alive.remove(node)
        node.kill()
        node.wait()


@pytest.fixture(scope="module")
def nodes(scheduler: Cluster) -> Nodes:
    return Nodes(scheduler)


@pytest.fixture
def start_there(
    start: Callable[..., Engine], scheduler: Cluster, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Engine]:
    """Start engines that run on the cluster once it has as many nodes as asked for."""
    monkeypatch.setattr("core.engine.cluster.REFRESH_S", 0.1)

    def make(number: int, **options: Any) -> Engine:
        placement = ClusterPlacement(scheduler.address, installation(home), SCRIPTED)
        engine = start(placement=placement, **options)
        wait_until(lambda: placement.capacity == number)
        return engine

    return make


def children_of(process: subprocess.Popen) -> list[int]:
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_runs_go_to_the_nodes_and_come_back_with_artifacts_and_progress(
    nodes: Nodes, start_there: Any
) -> None:
    nodes.want(2)
    engine = start_there(2)
    slow = engine.submit(RunSpec(seed=SEEDS["slow"]))
    live = at_work(engine, slow)
    assert live.steps
    record = ended(engine, slow)
    assert record.status is Status.FINISHED
    assert "tcp://127.0.0.1" in record.worker
    assert engine.artifact(slow, "model.keras").read_bytes() == b"weights"
    assert record.result.accuracy == 0.991
    assert "started on" in engine.log(slow)


def test_two_nodes_work_at_the_same_time(nodes: Nodes, start_there: Any) -> None:
    nodes.want(2)
    engine = start_there(2)
    first, second = engine.submit(FOREVER), engine.submit(FOREVER.edited(ratio=0.7))
    at_work(engine, first)
    at_work(engine, second)
    assert engine.run(first).worker != engine.run(second).worker
    for run_id in (first, second):
        engine.cancel(run_id)
        assert ended(engine, run_id).status is Status.KILLED


def test_cancelling_kills_the_child_on_its_node_and_the_node_goes_on(nodes: Nodes, start_there: Any) -> None:
    (process,) = nodes.want(1)
    engine = start_there(1)
    run_id = engine.submit(RunSpec(seed=SEEDS["deaf"]))
    at_work(engine, run_id)
    (child,) = children_of(process)
    began = time.monotonic()
    engine.cancel(run_id)
    record = ended(engine, run_id)
    assert time.monotonic() - began < 6
    assert record.status is Status.KILLED
    wait_until(lambda: is_gone(child))
    assert ended(engine, engine.submit(RunSpec())).status is Status.FINISHED


def test_a_run_whose_node_is_lost_is_tried_once_elsewhere_then_fails(nodes: Nodes, start_there: Any) -> None:
    three = nodes.want(3)
    engine = start_there(3)
    ended(engine, engine.submit(FOREVER.baseline()))
    run_id = engine.submit(FOREVER)
    at_work(engine, run_id)

    def lose() -> str:
        """Kill the node that has a child and return where the run was."""
        place = engine.run(run_id).worker
        (busy,) = [each for each in three if each.poll() is None and children_of(each)]
        child = children_of(busy)[0]
        busy.kill()
        busy.wait()
        wait_until(lambda: is_gone(child), 5)
        return place

    first = lose()
    wait_until(lambda: engine.run(run_id).worker != first)
    at_work(engine, run_id)
    assert engine.run(run_id).status is Status.RUNNING
    assert "started again on" in engine.log(run_id)
    lose()
    record = ended(engine, run_id)
    assert record.status is Status.FAILED
    assert "lost" in record.reason
    (left,) = [each for each in three if each.poll() is None]
    wait_until(lambda: not children_of(left), 10)
    assert ended(engine, engine.submit(RunSpec())).status is Status.FINISHED


def test_a_failing_run_fails_there_as_here(nodes: Nodes, start_there: Any) -> None:
    nodes.want(1)
    engine = start_there(1)
    assert ended(engine, engine.submit(RunSpec(seed=SEEDS["fail"]))).reason == "conv2 cannot be pruned"
    assert "killed by SIGKILL" in ended(engine, engine.submit(RunSpec(seed=SEEDS["die"]))).reason


def test_a_node_s_kernel_says_whether_memory_ran_out_there(
    nodes: Nodes, start_there: Any, scheduler: Cluster, tmp_path: Path
) -> None:
    nodes.want(1)
    engine = start_there(1)
    (counts := tmp_path / "vmstat").write_text("oom_kill 3\n")
    with Client(scheduler.address, set_as_default=False) as client:
        client.run(count_in, str(counts))
    record = ended(engine, engine.submit(RunSpec(seed=SEEDS["starve"])))
    assert record.reason == "the system ended the worker while fine-tuning: out of memory"


def count_in(file: str) -> None:
    """Let a node read another file than the kernel's; called there."""
    local.VMSTAT = Path(file)
    os.environ["SCRIPTED_VMSTAT"] = file


def test_a_worker_that_hangs_on_a_node_is_killed_there(nodes: Nodes, start_there: Any) -> None:
    (process,) = nodes.want(1)
    engine = start_there(1, hang_s=4.0)
    record = ended(engine, engine.submit(RunSpec(seed=SEEDS["silent"])))
    assert record.reason == "no sign of life for 4 s while fine-tuning; the worker was stopped"
    wait_until(lambda: not children_of(process))


def test_a_server_may_restart_and_take_up_what_still_runs(nodes: Nodes, start_there: Any) -> None:
    (process,) = nodes.want(1)
    first = start_there(1)
    run_id = first.submit(RunSpec(seed=SEEDS["slow"]))
    at_work(first, run_id)
    (child,) = children_of(process)
    first.close()
    assert not is_gone(child)
    second = start_there(1)
    assert second.run(run_id).status is Status.RUNNING
    record = ended(second, run_id)
    assert (record.status, record.attempts) == (Status.FINISHED, 1)
    assert second.artifact(run_id, "model.keras").read_bytes() == b"weights"
    assert record.ended_at > record.started_at


def test_what_finished_while_no_server_was_there_is_not_lost(nodes: Nodes, start_there: Any) -> None:
    (process,) = nodes.want(1)
    first = start_there(1)
    run_id = first.submit(RunSpec(seed=SEEDS["slow"]))
    at_work(first, run_id)
    first.close()
    wait_until(lambda: not children_of(process))
    second = start_there(1)
    assert ended(second, run_id).status is Status.FINISHED
    assert second.run(run_id).attempts == 1


def test_a_gpu_run_waits_for_a_node_with_a_gpu_and_sees_only_that_one(nodes: Nodes, start_there: Any) -> None:
    nodes.want(1)
    engine = start_there(1)
    run_id = engine.submit(RunSpec(device="gpu:0", seed=SEEDS["environment"]).baseline())
    time.sleep(1)
    assert engine.live(run_id).stage == "starting"
    os.environ["CUDA_VISIBLE_DEVICES"] = "3"
    try:
        nodes.add("--resources", "GPU=1")
    finally:
        del os.environ["CUDA_VISIBLE_DEVICES"]
    assert ended(engine, run_id).status is Status.FINISHED
    assert "CUDA_VISIBLE_DEVICES=3" in engine.log(run_id)


def test_a_scheduler_that_does_not_answer_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from tests.core.engine.conftest import settings_in

    monkeypatch.setattr("core.engine.cluster.CONNECT_S", 0.5)
    engine = Engine(replace(settings_in(home), scheduler="tcp://127.0.0.1:9"))
    try:
        assert "tcp://127.0.0.1:9 does not answer" in engine.read_only
    finally:
        engine.close()
