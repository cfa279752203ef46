import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import StoreError
from core.records import RunRecord, RunResult, RunSpec, Stage, StageTime, Status, to_json
from core.settings import Settings
from core.tracking import RESULT, Point, Store

OUTCOME = RunResult(
    ratio_achieved=0.5,
    weights_removed=0.7,
    parameters=1,
    parameters_baseline=2,
    macs=1,
    macs_baseline=2,
    accuracy=0.99,
    errors=100,
    num_test_images=10_000,
    accuracy_baseline=0.992,
    accuracy_before_finetune=0.9,
    train_s=1.0,
    finetune_s=1.0,
)


def settings_in(home: Path) -> Settings:
    return Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("store") / "home"
    Store(settings_in(home))
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "home")
    return tmp_path / "home"


def record(**fields: object) -> RunRecord:
    return RunRecord(run_id="", spec=RunSpec(), status=Status.SCHEDULED, created_at=1000.5, **fields)


def test_a_run_comes_back_as_it_was_written(home: Path) -> None:
    store = Store(settings_in(home))
    first = store.create(record(name="mine", notes="two\nlines", sweep_id="s", sweep_name="all", position=3))
    assert store.get(first.run_id) == first
    done = replace(
        first,
        status=Status.FINISHED,
        started_at=1001.0,
        ended_at=1002.25,
        attempts=1,
        stages=(StageTime(Stage.STARTING, 1001.0, 0.25), StageTime(Stage.TRAINING, 1001.25)),
        artifacts=("result.json",),
    )
    store.put(done.run_id, RESULT, to_json(OUTCOME).encode())
    store.save(done)
    assert Store(settings_in(home)).load() == (replace(done, result=OUTCOME),)


def test_metrics_keep_their_history_and_leave_out_what_is_no_number(home: Path) -> None:
    store = Store(settings_in(home))
    run_id = store.create(record()).run_id
    now = time.time()
    store.log(
        run_id, [Point("loss", 2.0, now, 1), Point("loss", float("nan"), now, 2), Point("loss", 1.0, now, 3)]
    )
    assert [(p.value, p.step) for p in store.metrics(run_id, "loss")] == [(2.0, 1), (1.0, 3)]


def test_more_metrics_than_one_batch_may_hold_are_all_kept(home: Path) -> None:
    store = Store(settings_in(home))
    run_id = store.create(record()).run_id
    store.log(run_id, [Point("loss", 1.0, 1.0 + step, step) for step in range(1500)])
    assert len(store.metrics(run_id, "loss")) == 1500


def test_a_deleted_run_leaves_no_file_behind(home: Path) -> None:
    store = Store(settings_in(home))
    run_id = store.create(record()).run_id
    store.put(run_id, "model.keras", b"weights")
    assert store.artifact(run_id, "model.keras").read_bytes() == b"weights"
    store.delete(run_id)
    assert store.load() == ()
    assert not list(home.glob(f"artifacts/{run_id}*"))


def test_a_home_folder_may_move(home: Path, tmp_path: Path) -> None:
    run_id = Store(settings_in(home)).create(record()).run_id
    Store(settings_in(home)).put(run_id, "log.txt", b"words")
    moved = home.rename(tmp_path / "elsewhere")
    store = Store(settings_in(moved))
    assert store.artifact(run_id, "log.txt").read_bytes() == b"words"
    store.put(run_id, "more.txt", b"more")
    assert not home.exists()


def test_a_finished_run_whose_result_is_gone_is_shown_as_failed(home: Path) -> None:
    store = Store(settings_in(home))
    store.save(replace(store.create(record()), status=Status.FINISHED, ended_at=1.0))
    (found,) = store.load()
    assert found.status is Status.FAILED
    assert "result" in found.reason


@pytest.mark.parametrize("damage", ["overwritten", "truncated", "text"])
def test_a_damaged_database_is_named_and_never_overwritten(home: Path, damage: str) -> None:
    file = home / "mlflow.db"
    content = file.read_bytes()
    broken = {
        "overwritten": content[:8192] + b"\xaa" * 40_000 + content[48_192:],
        "truncated": content[: len(content) // 2],
        "text": b"this is no database\n" * 100,
    }[damage]
    file.write_bytes(broken)
    with pytest.raises(StoreError) as refusal:
        Store(settings_in(home))
    assert str(file) in str(refusal.value)
    assert "left as it is" in str(refusal.value) or "left as it was" in str(refusal.value)
    assert file.read_bytes() == broken


def test_a_locked_database_is_named_and_works_again_when_it_is_free(home: Path) -> None:
    store = Store(settings_in(home))
    run = store.create(record())
    link = sqlite3.connect(home / "mlflow.db", isolation_level=None)
    link.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match=r"mlflow\.db: another program holds it"):
        store.create(record())
    link.execute("ROLLBACK")
    link.close()
    store.save(replace(run, reason="later"))
    assert store.get(run.run_id).reason == "later"


def test_a_missing_artifact_is_named(home: Path) -> None:
    store = Store(settings_in(home))
    run_id = store.create(record()).run_id
    with pytest.raises(StoreError, match=r"has no artifact 'model\.onnx'"):
        store.artifact(run_id, "model.onnx")


READ_ONLY = """
import sys
from pathlib import Path
from core.errors import StoreError
from core.settings import Settings
from core.tracking import Store
from core.records import RunRecord, RunSpec, Status
home = Path(sys.argv[1])
store = Store(Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}"))
print(len(store.load()), "runs")
try:
    store.create(RunRecord(run_id="", spec=RunSpec(), status=Status.SCHEDULED, created_at=1.0))
except StoreError as error:
    print(error)
"""


def test_a_store_on_a_read_only_file_system_can_be_read_and_says_why_not_written(home: Path) -> None:
    store = Store(settings_in(home))
    store.create(record())
    mount = f"mount --bind {home} {home} && mount -o remount,bind,ro {home} && exec {sys.executable}"
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f'{mount} -c "$0" {home}', READ_ONLY],
        capture_output=True,
        text=True,
        timeout=120,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"this machine lets nobody mount: {done.stderr.strip()}")
    assert done.stdout.splitlines()[0] == "1 runs"
    assert "it cannot be written" in done.stdout, done.stdout + done.stderr
