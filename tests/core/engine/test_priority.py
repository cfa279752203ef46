"""A worker gives way to everybody, in whatever session they are, but not while it measures."""

import os
import sys
from pathlib import Path

import pytest

from core.engine.local import Child
from core.engine.priority import NICENESS
from core.records import Stage
from tests.core.engine.conftest import wait_until

TALKS = f"""
import os, sys, time
for stage in {[str(Stage.TRAINING), str(Stage.MEASURING)]!r}:
    sys.stdin.readline()
    os.write(1, b'{{"kind": "stage", "t": 0, "stage": "' + stage.encode() + b'"}}\\n')
sys.stdin.readline()
"""
HAS_AUTOGROUP = Path("/proc/self/autogroup").is_file()


@pytest.fixture
def hand():
    hand = Child("cpu", (sys.executable, "-c", TALKS))
    yield hand
    hand.kill()
    assert hand.gone.wait(10)


def session_niceness(pid: int) -> int:
    return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])


def test_a_worker_leads_a_session_and_is_nice(hand: Child) -> None:
    assert os.getsid(hand.pid) == hand.pid
    assert os.getpgid(hand.pid) == hand.pid
    assert os.getpriority(os.PRIO_PROCESS, hand.pid) == os.getpriority(os.PRIO_PROCESS, 0) + NICENESS


@pytest.mark.skipif(not HAS_AUTOGROUP, reason="this kernel does not share its processors by session")
def test_its_session_gives_way_until_it_measures(hand: Child) -> None:
    said = []
    hand.listen(said.append)
    assert session_niceness(hand.pid) == NICENESS
    hand._write(b"\n")
    wait_until(lambda: len(said) == 1)
    assert session_niceness(hand.pid) == NICENESS
    hand._write(b"\n")
    wait_until(lambda: len(said) == 2)
    assert session_niceness(hand.pid) == 0
