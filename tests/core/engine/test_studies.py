import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.engine import Engine
from core.engine.local import Child, Exited
from core.errors import EngineError
from core.records import Architecture, RunSpec, Status, StudyProgress
from core.settings import ROOT
from tests.core.engine.conftest import SCRIPTED, at_work, ended, is_alive, wait_until
from tests.core.engine.scripted import SEEDS

MEASURING = (sys.executable, "-m", "tests.core.engine.measuring")
FOREVER = RunSpec(seed=SEEDS["forever"])

SERVER = """
import sys, time
from pathlib import Path
from core.engine import Engine
from core.settings import Settings
home = Path(sys.argv[1])
options = Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
engine = Engine(options, study_command=sys.argv[2:])
engine.study(engine.runs()[0].run_id)
while True:
    for study in engine.studies():
        print(*study.lines, flush=True)
    time.sleep(0.1)
"""


@pytest.fixture
def mode(tmp_path: Path) -> Path:
    """A file that says how studies behave."""
    return tmp_path / "mode"


@pytest.fixture
def command(mode: Path) -> tuple[str, ...]:
    return (*MEASURING, str(mode))


@pytest.fixture
def studious(start: Callable[..., Engine], command: tuple[str, ...], mode: Path) -> Callable[..., Engine]:
    def make(behaviour: str) -> Engine:
        mode.write_text(behaviour)
        return start(study_command=command)

    return make


def dense(engine: Engine) -> str:
    return ended(engine, engine.submit(RunSpec().baseline())).run_id


def state(engine: Engine, run_id: str) -> Any:
    return next((each for each in engine.studies() if each.key == run_id), None)


def in_state(engine: Engine, run_id: str, *wanted: str) -> StudyProgress:
    return wait_until(lambda: (now := state(engine, run_id)) and now.state in wanted and now)


def pids(engine: Engine, run_id: str) -> list[int]:
    line = wait_until(lambda: state(engine, run_id).lines)[0]
    return [int(word) for word in line.split()[1:]]


def test_a_process_that_ends_after_the_engine_was_closed_is_not_noted(
    studious: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = studious("forever")
    run_id = dense(engine)
    heard: list[Any] = []
    monkeypatch.setattr(Child, "listen", lambda child, post: heard.append(post))
    engine.study(run_id)
    in_state(engine, run_id, "running")
    wait_until(lambda: heard)
    engine.close()
    heard[0](Exited(0))  # it had just finished; its thread says so late
    assert state(engine, run_id).reason == "the server was stopped"


def test_a_study_is_measured_in_a_process_and_noted_with_its_run(studious: Any) -> None:
    engine = studious("finish")
    run_id = dense(engine)
    before = engine.version
    engine.study(run_id, quick=True)
    assert engine.version > before
    done = in_state(engine, run_id, "finished", "failed")
    assert done.state == "finished"
    assert done.lines == (f"home {engine.settings.home}", f"told {run_id} --ladder --quick")
    assert time.time() - done.began_at < 60
    assert "study.json" in engine.run(run_id).artifacts
    engine.study(run_id, batches=(8, 32))
    said = in_state(engine, run_id, "finished").lines[1]
    assert said == f"told {run_id} --ladder --batch 8 --batch 32"


def test_a_cross_over_is_measured_as_a_run_is_without_belonging_to_one(studious: Any) -> None:
    engine = studious("finish")
    engine.study_crossing(Architecture.CONVNET, quick=True)
    done = in_state(engine, "convnet", "finished", "failed")
    assert (done.state, done.crossing, done.run_id) == ("finished", Architecture.CONVNET, "")
    assert done.lines[1] == "told --crossing convnet --quick"


def test_a_cross_over_waits_for_runs_holds_the_queue_and_can_be_cancelled(studious: Any, mode: Path) -> None:
    engine = studious("forever")
    first = engine.submit(FOREVER)
    at_work(engine, first)
    engine.study_crossing(Architecture.LENET5)
    second = engine.submit(FOREVER.edited(ratio=0.7))
    with pytest.raises(EngineError, match="lenet5 is measured already"):
        engine.study_crossing(Architecture.LENET5)
    assert state(engine, "lenet5").state == "queued"
    engine.cancel(first)
    started = pids(engine, "lenet5")
    assert engine.run(second).status is Status.SCHEDULED
    engine.cancel_study("lenet5")
    assert state(engine, "lenet5").reason == "cancelled"
    wait_until(lambda: not any(map(is_alive, started)), 6)
    at_work(engine, second)


def test_a_network_without_convolutions_has_no_cross_over(studious: Any) -> None:
    engine = studious("finish")
    with pytest.raises(EngineError, match="no convolution"):
        engine.study_crossing(Architecture.MLP1000)
    assert engine.studies() == ()


def test_a_study_that_fails_says_why_and_may_be_asked_for_again(studious: Any, mode: Path) -> None:
    engine = studious("fail")
    run_id = dense(engine)
    engine.study(run_id)
    assert in_state(engine, run_id, "failed").reason == "no runtime fits these networks."
    assert "study.json" not in engine.run(run_id).artifacts
    mode.write_text("finish")
    engine.study(run_id)
    assert in_state(engine, run_id, "finished").reason == ""


def test_only_a_finished_run_of_this_home_folder_is_measured_and_only_once_at_a_time(studious: Any) -> None:
    engine = studious("forever")
    run_id = dense(engine)
    failed = ended(engine, engine.submit(RunSpec(seed=SEEDS["fail"]))).run_id
    with pytest.raises(EngineError, match="no recorded one"):
        engine.study("gallery-lenet5")
    with pytest.raises(EngineError, match="is failed; only a finished run"):
        engine.study(failed)
    engine.study(run_id)
    with pytest.raises(EngineError, match="already"):
        engine.study(run_id)
    with pytest.raises(EngineError, match="being measured"):
        engine.delete(run_id)
    assert [each.run_id for each in engine.studies()] == [run_id]


def test_no_run_is_at_work_while_a_study_is(studious: Any, mode: Path) -> None:
    engine = studious("forever")
    engine.concurrency = 2
    run_id = dense(engine)
    first = engine.submit(FOREVER)
    at_work(engine, first)
    engine.study(run_id)
    second = engine.submit(FOREVER.edited(ratio=0.7))
    time.sleep(0.6)
    assert state(engine, run_id).state == "queued"
    assert engine.run(second).status is Status.SCHEDULED
    engine.cancel(first)
    in_state(engine, run_id, "running")
    assert engine.run(first).status is Status.KILLED
    time.sleep(0.6)
    assert engine.run(second).status is Status.SCHEDULED
    engine.cancel_study(run_id)
    at_work(engine, second)


def test_a_study_can_be_cancelled_with_all_that_it_started(studious: Any) -> None:
    engine = studious("forever")
    run_id = dense(engine)
    engine.study(run_id)
    started = pids(engine, run_id)
    assert all(map(is_alive, started))
    engine.cancel_study(run_id)
    assert (state(engine, run_id).state, state(engine, run_id).reason) == ("failed", "cancelled")
    wait_until(lambda: not any(map(is_alive, started)), 6)
    engine.study(run_id)
    engine.cancel_study(run_id)
    assert state(engine, run_id).reason == "cancelled"
    assert ended(engine, engine.submit(RunSpec(ratio=0.7))).status is Status.FINISHED


def test_closing_the_server_ends_its_study(studious: Any) -> None:
    engine = studious("forever")
    run_id = dense(engine)
    engine.study(run_id)
    started = pids(engine, run_id)
    engine.close()
    wait_until(lambda: not any(map(is_alive, started)), 2)


def test_a_killed_server_leaves_no_study_behind(
    start: Callable[..., Engine], home: Path, command: tuple[str, ...], mode: Path
) -> None:
    first = start(worker_command=SCRIPTED)
    dense(first)
    first.close()
    mode.write_text("forever")
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    words = wait_until(lambda: server.stdout.readline().split())
    started = [int(word) for word in words[1:]]
    assert all(map(is_alive, started))
    server.kill()
    server.wait()
    server.stdout.close()
    wait_until(lambda: not any(map(is_alive, started)), 2)


def test_a_command_of_a_server_ends_with_its_standard_input(home: Path) -> None:
    code = (
        "import os, time; from core.engine import leash; leash.hold(); print(1, flush=True); time.sleep(60)"
    )
    leashed = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PRUNING_LAB_LEASHED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    )
    assert leashed.stdout.readline() == b"1\n"
    leashed.stdin.close()
    assert leashed.wait(timeout=5) < 0
    leashed.stdout.close()
