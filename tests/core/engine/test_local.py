"""A child's end is told once, whatever the system does with the process."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from core.engine.local import Body, Child, Exited, environment
from tests.core.engine.conftest import wait_until

ENDS_WITH_ITS_INPUT = (sys.executable, "-c", "import sys; sys.stdin.read()")


def test_a_killed_worker_that_the_system_does_not_give_back_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back, wait = threading.Event(), subprocess.Popen.wait
    monkeypatch.setattr(subprocess.Popen, "wait", lambda process: given_back.wait() and wait(process))
    child, said = Child("cpu", ENDS_WITH_ITS_INPUT), list[Body]()
    child.listen(said.append)
    child.stop(polite_s=0.1, terminate_s=0.1, kill_s=0.1)
    wait_until(lambda: bool(said))
    assert said == [Exited(-signal.SIGKILL, lost="the system holds the worker, which was killed,")]
    assert not child.gone.is_set()
    given_back.set()
    assert child.gone.wait(10)
    assert len(said) == 1


def test_a_process_is_over_before_its_last_words_are_heard() -> None:
    talks_on = (
        "import os, sys, time; os.fork() or time.sleep(60); sys.stdin.read()"  # the fork keeps the pipes open
    )
    child = Child("cpu", (sys.executable, "-c", talks_on))
    assert not child.has_ended()
    os.kill(child.pid, signal.SIGKILL)
    wait_until(child.has_ended, 5)
    assert child.gone.wait(10)
    assert child.has_ended()


def test_a_worker_leaves_gpu_memory_to_those_that_measure_for_it() -> None:
    base = {"CUDA_VISIBLE_DEVICES": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "false"}
    for device, keeps_devices in (("cpu", False), ("gpu:0", True)):
        found = environment(device, base, keeps_devices=keeps_devices)
        assert found["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
