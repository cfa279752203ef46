import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from core.engine import Engine
from core.engine.live import LiveState
from core.engine.watch import Watch
from core.records import Event, EventKind, RunSpec, Stage, Status
from core.settings import ROOT
from tests.core.engine.conftest import at_work, ended, is_alive, wait_until
from tests.core.engine.scripted import RESULT, SEEDS

FOREVER = RunSpec(seed=SEEDS["forever"])
MEASURE = RunSpec(seed=SEEDS["measure"])


def workers() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "scripted.py" in " ".join(each.cmdline())]


def still() -> list[int]:
    return [each.pid for each in workers() if each.status() == psutil.STATUS_STOPPED]


def steps(engine: Engine, run_id: str) -> int:
    return len(engine.live(run_id).steps)


@pytest.fixture
def two(start: Callable[..., Engine]) -> tuple[Engine, str, str]:
    """An engine with one run that trains and one that measures."""
    engine = start(hang_s=6.0)
    engine.concurrency = 3
    for spec in (FOREVER, MEASURE):
        ended(engine, engine.submit(spec.baseline()))
    trains = engine.submit(FOREVER)
    at_work(engine, trains)
    measures = engine.submit(MEASURE)
    wait_until(still)
    return engine, trains, measures


def test_others_stand_still_while_a_run_is_measured_and_none_starts(two: Any) -> None:
    engine, trains, measures = two
    assert engine.live(measures).stage is Stage.MEASURING
    assert len(still()) == 1
    waiting = engine.submit(FOREVER.edited(ratio=0.7))
    before = steps(engine, trains)
    time.sleep(7)  # longer than a worker may be silent
    assert steps(engine, trains) == before
    assert engine.run(trains).status is Status.RUNNING
    assert engine.run(waiting).status is Status.SCHEDULED
    assert steps(engine, measures) > 0
    engine.cancel(measures)
    at_work(engine, waiting)
    wait_until(lambda: steps(engine, trains) > before)
    assert "standing still while another run is measured" in engine.log(trains)


def test_a_measuring_worker_that_is_killed_lets_the_others_go_on(two: Any) -> None:
    engine, trains, measures = two
    (working,) = [each for each in workers() if each.pid not in still()]
    before = steps(engine, trains)
    os.kill(working.pid, signal.SIGKILL)
    assert ended(engine, measures).reason == "the worker was killed by SIGKILL while measuring"
    wait_until(lambda: steps(engine, trains) > before)


def test_a_run_that_stands_still_can_be_cancelled(two: Any) -> None:
    engine, trains, measures = two
    began = time.monotonic()
    engine.cancel(trains)
    assert ended(engine, trains).status is Status.KILLED
    assert time.monotonic() - began < 6
    assert engine.run(measures).status is Status.RUNNING


def test_a_worker_that_stands_still_does_not_outlive_its_server() -> None:
    code = (
        "import threading, time; from core.engine.local import Child; from core.records import Job, RunSpec; "
        "child, began = Child('cpu'), threading.Event(); child.listen(lambda said: began.set()); "
        "child.send(Job(run_id='r', spec=RunSpec(), is_rehearsal=True)); began.wait(60); "
        "child.pause(); print(child.pid, flush=True); time.sleep(60)"
    )
    server = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    worker = int(server.stdout.readline())
    wait_until(lambda: psutil.Process(worker).status() == psutil.STATUS_STOPPED)
    server.kill()
    server.wait()
    server.stdout.close()
    wait_until(lambda: not is_alive(worker), 2)


class Hand:
    has_started = True

    def stop(self) -> None: ...
    def go_on(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def kill(self) -> None: ...


def test_standing_still_is_no_training_time(tmp_path: Any) -> None:
    live = LiveState("r", {Stage.FINE_TUNING: 1.0}, measured=False, now=0.0)
    watch = Watch("r", live, tmp_path / "log", began=0.0, began_wall=1000.0, hand=Hand())
    watch.take(Event(EventKind.STAGE, 1001.0, {"stage": "fine-tuning"}), 1.0, lambda *_: None)
    watch.keep_still(True, 2.0)
    watch.keep_still(True, 5.0)
    watch.keep_still(False, 12.0)
    told = {**RESULT, "train_s": 3.0, "finetune_s": 14.0}
    watch.take(Event(EventKind.RESULT, 1016.0, {"result": told}), 16.0, lambda *_: None)
    assert (watch.result.train_s, watch.result.finetune_s) == (3.0, 4.0)
    assert watch.heard_at == 16.0
