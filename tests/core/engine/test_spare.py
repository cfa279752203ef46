import os
import signal
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from core.engine import Engine
from core.engine import spare as room
from core.engine.local import Exited
from core.engine.placement import TRAINING, LocalPlacement
from core.records import Job, RunSpec, Stage, Status
from tests.core.engine.conftest import SCRIPTED, at_work, ended, is_alive, wait_until
from tests.core.engine.scripted import SEEDS

Start = Callable[..., Engine]
FOREVER = RunSpec(seed=SEEDS["forever"])


def workers() -> set[int]:
    return {each.pid for each in psutil.Process().children() if "scripted.py" in " ".join(each.cmdline())}


def spare_of(engine: Engine) -> int:
    """Wait until a spare is ready while nothing is at work, and return its process."""
    wait_until(lambda: engine.spare_state == "ready")
    (pid,) = workers()
    return pid


def free(monkeypatch: pytest.MonkeyPatch, available: int) -> None:
    monkeypatch.setattr(room.psutil, "virtual_memory", lambda: SimpleNamespace(available=available))


def test_a_run_is_taken_by_the_worker_that_waits_and_the_next_one_gets_ready_once_another_waits(
    start: Start,
) -> None:
    engine = start(spare=True)
    first = spare_of(engine)
    run_id = engine.submit(FOREVER.baseline())
    ended(engine, run_id)
    assert not is_alive(first)
    second = spare_of(engine)
    run_id = engine.submit(FOREVER)
    at_work(engine, run_id)
    assert workers() == {second}
    assert engine.spare_state == "none"
    engine.submit(FOREVER.baseline().edited(seed=1))
    wait_until(lambda: engine.spare_state == "ready")
    assert len(workers()) == 2


def test_the_switch_ends_it_at_once_and_is_remembered(start: Start) -> None:
    first = start(spare=None)
    assert first.spare
    pid = spare_of(first)
    first.spare = False
    wait_until(lambda: not is_alive(pid), 2)
    assert first.spare_state == "none"
    first.close()
    second = start(spare=None)
    assert not second.spare
    second.spare = True
    assert spare_of(second)


def test_it_is_let_go_when_memory_is_short_and_comes_back(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = start(spare=True)
    pid = spare_of(engine)
    free(monkeypatch, room.LEAST_FREE_BYTES - 1)
    wait_until(lambda: not is_alive(pid), 2)
    free(monkeypatch, room.ENOUGH_FREE_BYTES - 1)
    assert ended(engine, engine.submit(RunSpec().baseline())).status is Status.FINISHED
    assert engine.spare_state == "none"
    free(monkeypatch, room.ENOUGH_FREE_BYTES)
    assert spare_of(engine)


def test_one_that_has_died_is_not_used(start: Start) -> None:
    engine = start(spare=True)
    pid = spare_of(engine)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid))
    assert ended(engine, engine.submit(RunSpec().baseline())).status is Status.FINISHED


def test_it_stands_still_while_something_is_measured() -> None:
    placement = LocalPlacement(SCRIPTED, keeps_spare=True)
    try:
        placement.tend([], is_awaited=False)
        wait_until(lambda: placement.spare_state == "ready")
        (pid,) = workers()
        placement.tend([Stage.MEASURING], is_awaited=False)
        wait_until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, 2)
        placement.tend([Stage.EVALUATING], is_awaited=False)
        wait_until(lambda: psutil.Process(pid).status() != psutil.STATUS_STOPPED, 2)
        placement.tend([Stage.MEASURING], is_awaited=False)
        heard: list[Any] = []
        placement.start(Job(run_id="r", spec=RunSpec().baseline()), heard.append)
        wait_until(lambda: Exited(0) in heard)
    finally:
        placement.close()


def test_one_gets_ready_beside_a_run_only_while_that_trains_and_another_waits() -> None:
    placement = LocalPlacement(SCRIPTED, keeps_spare=True)
    for stage in Stage:
        placement.tend([stage], is_awaited=False)
        assert placement.spare_state == "none"
        if stage not in TRAINING:
            placement.tend([Stage.TRAINING, stage], is_awaited=True)
            assert placement.spare_state == "none"
    placement.tend([Stage.FINE_TUNING], is_awaited=True)
    assert placement.spare_state != "none"
    placement.close()
