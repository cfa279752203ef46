import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.engine import Engine
from core.engine.home import Home
from core.errors import EngineError, StoreError
from core.records import RunSpec, Status
from core.tracking import Store
from tests.core.engine.conftest import SCRIPTED, at_work, ended, is_alive, settings_in, wait_until
from tests.core.engine.scripted import SEEDS, STAGES

Start = Callable[..., Engine]
ROOT = Path(__file__).resolve().parents[3]

SERVER = """
import sys, time
from pathlib import Path
from core.engine import Engine
from core.records import RunSpec
from core.settings import Settings
home, seed = Path(sys.argv[1]), int(sys.argv[2])
options = Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
engine = Engine(options, worker_command=sys.argv[3:])
if seed:
    engine.submit(RunSpec(seed=seed))
    engine.submit(RunSpec(seed=seed, ratio=0.9))
while True:
    for record in engine.runs():
        live = engine.live(record.run_id)
        if live and live.steps and not record.spec.is_baseline:
            print(record.run_id, *live.warnings, flush=True)
    time.sleep(0.05)
"""


def run(engine: Engine, mode: str) -> object:
    return ended(engine, engine.submit(RunSpec(seed=SEEDS[mode])))


def test_a_killed_worker_fails_its_run_with_a_reason_and_the_next_one_starts(engine: Engine) -> None:
    record = run(engine, "die")
    assert record.status is Status.FAILED
    assert record.reason == "the worker was killed by SIGKILL while fine-tuning"
    assert "SIGKILL" in engine.log(record.run_id)
    assert ended(engine, engine.submit(RunSpec())).status is Status.FINISHED


def test_a_worker_killed_in_any_stage_fails_its_run_which_says_in_which(engine: Engine) -> None:
    spec = RunSpec(seed=SEEDS["fatal"])
    runs = [engine.submit(spec.edited(ratio=round(place / 10, 1))) for place in range(1, 7)]
    reasons = [ended(engine, run_id).reason for run_id in runs]
    assert reasons == [f"the worker was killed by SIGKILL while {stage}" for stage in STAGES]
    assert ended(engine, engine.submit(spec.edited(ratio=0.7))).status is Status.FINISHED


def test_a_worker_that_the_system_ends_for_lack_of_memory_says_so_and_only_that_one(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = tmp_path / "vmstat"
    counts.write_text("nr_free_pages 9\noom_kill 3\n")
    monkeypatch.setattr("core.engine.local.VMSTAT", counts)
    monkeypatch.setenv("SCRIPTED_VMSTAT", str(counts))
    record = run(engine, "starve")
    assert record.status is Status.FAILED
    assert record.reason == "the system ended the worker while fine-tuning: out of memory"
    assert run(engine, "die").reason == "the worker was killed by SIGKILL while fine-tuning"


STARVED = """
import os, resource, sys, types
from core import worker
def run(*_):
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
    bytearray(2**31)
sys.modules["core.pipeline"] = types.SimpleNamespace(run=run)
os._exit(worker.main())
"""


def test_a_worker_that_gets_no_memory_says_what_needs_less(start: Start) -> None:
    engine = start(worker_command=(sys.executable, "-c", STARVED))
    record = ended(engine, engine.submit(RunSpec().baseline()))
    assert record.status is Status.FAILED
    assert record.reason == "out of memory; a smaller batch size or a smaller network needs less"
    assert "MemoryError" in engine.log(record.run_id)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("no_result", "exit code 0 while fine-tuning and left no result"),
        ("half_line", "killed by SIGKILL"),
        ("bad_result", "left no result"),
        ("memory", "exit code 1"),
    ],
)
def test_a_worker_without_a_result_fails_its_run(engine: Engine, mode: str, words: str) -> None:
    record = run(engine, mode)
    assert record.status is Status.FAILED
    assert words in record.reason
    if mode == "memory":
        assert "MemoryError" in engine.log(record.run_id)


def test_garbage_and_half_lines_on_stdout_go_to_the_log_and_the_run_goes_on(engine: Engine) -> None:
    record = run(engine, "garbage")
    assert record.status is Status.FINISHED
    log = engine.log(record.run_id)
    assert "dancing" in log
    assert "no base64" in log
    assert len(log) < 10_000


def test_a_worker_that_never_stops_talking_does_not_fill_the_log(engine: Engine) -> None:
    record = run(engine, "chatty")
    assert record.status is Status.FINISHED
    assert "the rest is left out" in engine.log(record.run_id)
    assert engine.artifact(record.run_id, "log.txt").stat().st_size < 8 * 2**20


def test_a_worker_that_hangs_is_stopped_with_a_reason(start: Start) -> None:
    engine = start(hang_s=1.0)
    record = run(engine, "silent")
    assert record.status is Status.FAILED
    assert record.reason == "no sign of life for 1 s while fine-tuning; the worker was stopped"
    assert ended(engine, engine.submit(RunSpec())).status is Status.FINISHED


def test_what_a_worker_started_ends_with_it(engine: Engine) -> None:
    run_id = engine.submit(RunSpec(seed=SEEDS["grandchild"]))
    pid = int(at_work(engine, run_id).warnings[0].split()[1])
    assert psutil.pid_exists(pid)
    engine.cancel(run_id)
    ended(engine, run_id)
    wait_until(lambda: not is_alive(pid), 2)


def test_a_worker_that_cannot_be_started_fails_its_run(start: Start) -> None:
    record = ended(engine := start(worker_command=("/no/such/python",)), engine.submit(RunSpec().baseline()))
    assert record.status is Status.FAILED
    assert "could not be started" in record.reason


def test_a_clock_that_is_set_back_and_forth_changes_no_duration(start: Start) -> None:
    jumps = iter([0.0, -7200.0, 86_400.0] * 1000)
    engine = start(wall=lambda: time.time() + next(jumps))
    record = ended(engine, engine.submit(RunSpec()))
    assert record.status is Status.FINISHED
    assert 0 < record.ended_at - record.started_at < 60
    assert all(0 <= taken.elapsed_s < 60 for taken in record.stages)


def serve(home: Path, seed: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), str(seed), *SCRIPTED],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_killed_server_leaves_no_orphan_and_its_queue_goes_on_at_the_restart(
    home: Path, start: Start
) -> None:
    server = serve(home, SEEDS["grandchild"])
    run_id, _, grandchild = server.stdout.readline().split()
    children = [child.pid for child in psutil.Process(server.pid).children(recursive=True)]
    assert int(grandchild) in children
    server.kill()
    server.wait()
    server.stdout.close()
    wait_until(lambda: not any(map(is_alive, children)), 2)

    engine = start(worker_command=(SCRIPTED[0], SCRIPTED[1], "quick"))
    record = ended(engine, run_id)
    assert record.status is Status.FINISHED
    assert record.attempts == 2
    wait_until(lambda: all(r.status is Status.FINISHED for r in engine.runs()))
    assert sum(r.spec.is_baseline for r in engine.runs()) == 1


def test_a_run_that_is_interrupted_twice_is_given_up(start: Start, home: Path) -> None:
    first = start()
    run_id = ended(first, first.submit(RunSpec().baseline())).run_id
    first.close()
    store = Store(settings_in(home))
    for attempts, status in ((1, Status.FINISHED), (2, Status.FAILED)):
        # What a killed server leaves behind.
        store.save(replace(store.get(run_id), status=Status.RUNNING, attempts=attempts))
        after = start()
        record = ended(after, run_id)
        assert (record.status, record.attempts) == (status, 2)
        after.close()
    assert "interrupted 2 times" in record.reason


def test_sigterm_ends_the_worker_and_queues_its_run_again(home: Path, start: Start) -> None:
    first = start()
    run_id = first.submit(RunSpec(seed=SEEDS["forever"]))
    at_work(first, run_id)
    began = time.monotonic()
    first.close()
    assert time.monotonic() - began < 5
    second = start(resume=False)
    assert second.run(run_id).status is Status.SCHEDULED
    assert second.run(run_id).attempts == 0


def test_a_second_server_is_read_only_says_so_follows_and_takes_over(start: Start) -> None:
    first = start()
    second = start()
    assert first.read_only is None
    assert str(os.getpid()) in second.read_only
    assert "only shows" in second.read_only
    with pytest.raises(EngineError, match="nothing can be changed here"):
        second.submit(RunSpec())
    run_id = first.submit(RunSpec())
    ended(first, run_id)
    assert ended(second, run_id).result == first.run(run_id).result
    first.close()
    wait_until(lambda: second.read_only is None)
    assert ended(second, second.submit(RunSpec(ratio=0.9))).status is Status.FINISHED


def test_a_corrupt_database_is_said_and_left_alone(home: Path, start: Start) -> None:
    (home / "mlflow.db").write_bytes(b"not a database" * 1000)
    engine = start()
    assert "left as it is" in engine.read_only
    assert engine.runs() == ()
    with pytest.raises(EngineError, match="is damaged"):
        engine.submit(RunSpec())
    with pytest.raises(EngineError):
        engine.concurrency = 2
    assert (home / "mlflow.db").read_bytes() == b"not a database" * 1000
    assert not Home(home).is_owned()


FULL_DISK = """
import json, os, sys, time
from pathlib import Path
from core.engine import Engine
from core.records import RunSpec
from core.settings import Settings
home = Path(sys.argv[1])
options = Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
engine = Engine(options, worker_command=sys.argv[2:])
def ended(run_id):
    while not engine.run(run_id).status.is_finished:
        time.sleep(0.05)
    return engine.run(run_id)
ended(engine.submit(RunSpec()))
run_id = engine.submit(RunSpec(ratio=0.7))
with open(home / "filler", "wb", buffering=0) as file:
    try:
        while True:
            file.write(b"x" * 65536)

    except OSError:
        pass
full = ended(run_id)
os.unlink(home / "filler")
time.sleep(0.5)
after = ended(engine.submit(RunSpec(ratio=0.8)))
engine.close()
print(json.dumps([full.status, full.reason, after.status, after.reason]))
"""


def test_a_full_disk_fails_the_run_with_a_reason_and_the_next_one_works(home: Path) -> None:
    mount = (
        f"cp -r {home} {home}.copy && mount -t tmpfs -o size=40m none {home} && cp -r {home}.copy/. {home}"
    )
    done = subprocess.run(
        [
            "unshare",
            "-rm",
            "sh",
            "-c",
            f'{mount} && exec {sys.executable} -c "$0" {home} {" ".join(SCRIPTED)}',
            FULL_DISK,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"this machine lets nobody mount: {done.stderr.strip()}")
    status, reason, next_status, next_reason = json.loads(done.stdout)
    assert (status, next_status) == ("FAILED", "FINISHED"), (reason, next_reason, done.stderr[-2000:])
    assert "the disk is full" in reason or "No space left" in reason


def test_a_home_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    engine = Engine(settings_in(blocked / "home"))
    try:
        assert str(blocked / "home") in engine.read_only
        assert engine.runs() == ()
        with pytest.raises((EngineError, StoreError), match="cannot"):
            engine.submit(RunSpec())
    finally:
        engine.close()


def test_the_lock_ends_with_the_process_that_held_it(home: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from core.engine.home import Home; "
        "home = Home(Path(sys.argv[1])); print(home.claim(), flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "None\n"
    assert f"process {other.pid}" in Home(home).claim()
    other.send_signal(signal.SIGKILL)
    other.wait()
    other.stdout.close()
    mine = Home(home)
    assert mine.claim() is None
    mine.release()
