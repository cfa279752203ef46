import sqlite3
import time
from collections.abc import Callable

import pytest

from core.engine import Engine
from core.errors import EngineError, StoreError
from core.records import RunRecord, RunSpec, Stage, Status
from tests.core.engine.conftest import at_work, ended, wait_until
from tests.core.engine.scripted import SEEDS

Start = Callable[..., Engine]
FOREVER = RunSpec(seed=SEEDS["forever"])


def spec(mode: str, **changes: object) -> RunSpec:
    return RunSpec(seed=SEEDS[mode], **changes)


def statuses(engine: Engine) -> dict[str, Status]:
    return {record.run_id: record.status for record in engine.runs()}


def test_the_baseline_is_trained_first_once_and_is_a_run_of_its_own(engine: Engine) -> None:
    first, second = (engine.submit(RunSpec(ratio=ratio)) for ratio in (0.3, 0.5))
    done = [ended(engine, run_id) for run_id in (first, second)]
    assert [record.status for record in done] == [Status.FINISHED] * 2
    (dense,) = [record for record in engine.runs() if record.spec.is_baseline]
    assert {record.baseline_id for record in done} == {dense.run_id}
    assert dense.ended_at <= min(record.started_at for record in done)
    assert len(engine.runs()) == 3


def test_a_finished_run_has_stages_result_curves_and_log(engine: Engine) -> None:
    record = ended(engine, engine.submit(RunSpec(), name="mine"))
    assert [taken.stage for taken in record.stages] == [
        *(Stage.STARTING, Stage.PRUNING, Stage.FINE_TUNING),
        *(Stage.EVALUATING, Stage.EXPORTING, Stage.MEASURING),
    ]
    assert all(taken.elapsed_s >= 0 for taken in record.stages)
    assert record.result.accuracy == 0.991
    assert {"history.json", "log.txt", "model.keras", "result.json"} <= set(record.artifacts)
    assert engine.artifact(record.run_id, "model.keras").read_bytes() == b"weights"
    assert "epoch 1 of 1" in engine.log(record.run_id)
    assert engine.live(record.run_id) is None
    assert record.title == "mine"


def test_a_live_run_shows_its_steps_and_its_log(engine: Engine) -> None:
    run_id = engine.submit(FOREVER)
    live = at_work(engine, run_id)
    assert live.stage is Stage.FINE_TUNING
    assert live.steps[0].loss == 1.0
    assert any("fine-tuning" in line for line in live.log)
    assert engine.log(run_id).count("\n") >= 2


def test_a_name_or_notes_that_are_too_long_change_nothing(engine: Engine) -> None:
    with pytest.raises(EngineError, match="name: 130 characters; at most 120 are kept"):
        engine.submit(RunSpec(ratio=0.3), name="n" * 130)
    assert engine.runs() == ()
    run_id = engine.submit(RunSpec(), name=f" {'n' * 120} ")
    with pytest.raises(EngineError, match="notes: 4,001 characters"):
        engine.annotate(run_id, name="other", notes="x" * 4001)
    assert (engine.run(run_id).name, engine.run(run_id).notes) == ("n" * 120, "")


def test_everything_is_there_after_a_restart(start: Start) -> None:
    first = start()
    done = ended(first, first.submit(RunSpec()))
    first.annotate(done.run_id, name="kept", notes="why")
    before = {record.run_id: record for record in first.runs()}
    first.close()
    second = start()
    assert {record.run_id: record for record in second.runs()} == before
    assert second.run(done.run_id).notes == "why"
    assert "epoch 1 of 1" in second.log(done.run_id)


def test_the_second_run_of_a_recipe_starts_without_another_training(start: Start) -> None:
    first = start()
    ended(first, first.submit(RunSpec()))
    first.close()
    second = start()
    ended(second, second.submit(RunSpec(ratio=0.7)))
    assert sum(record.spec.is_baseline for record in second.runs()) == 1


def test_runs_start_in_the_order_of_the_queue_which_can_be_changed(engine: Engine) -> None:
    ended(engine, engine.submit(RunSpec().baseline()))
    blocker = engine.submit(spec("forever"))
    at_work(engine, blocker)
    a, b, c = (engine.submit(RunSpec(ratio=ratio)) for ratio in (0.1, 0.2, 0.3))
    engine.move(c, 0)
    engine.cancel(blocker)
    started = sorted((ended(engine, run_id) for run_id in (a, b, c)), key=lambda record: record.started_at)
    assert [record.run_id for record in started] == [c, a, b]


def test_a_queued_run_is_cancelled_within_a_second(engine: Engine) -> None:
    at_work(engine, engine.submit(FOREVER))
    waiting = engine.submit(RunSpec())
    began = time.monotonic()
    engine.cancel(waiting)
    assert engine.run(waiting).status is Status.KILLED
    assert time.monotonic() - began < 1
    assert "queued" in engine.run(waiting).reason


@pytest.mark.parametrize("mode", ["forever", "deaf"])
def test_a_running_run_is_cancelled_within_six_seconds_even_if_it_does_not_listen(
    engine: Engine, mode: str
) -> None:
    run_id = engine.submit(spec(mode))
    at_work(engine, run_id)
    began = time.monotonic()
    engine.cancel(run_id)
    assert time.monotonic() - began < 0.2
    record = ended(engine, run_id)
    assert time.monotonic() - began < 6
    assert record.status is Status.KILLED
    assert record.reason == "cancelled while fine-tuning"
    assert ended(engine, engine.submit(RunSpec())).status is Status.FINISHED


def test_two_runs_are_at_work_at_once_when_two_are_allowed(engine: Engine) -> None:
    engine.concurrency = 2
    first, second = engine.submit(FOREVER), engine.submit(spec("forever", ratio=0.7))
    at_work(engine, first)
    at_work(engine, second)
    engine.concurrency = 1
    third = engine.submit(RunSpec())
    engine.cancel(first)
    ended(engine, first)
    time.sleep(0.5)
    assert statuses(engine)[third] is Status.SCHEDULED


def test_the_number_of_runs_at_once_is_kept_and_bad_ones_are_refused(start: Start) -> None:
    first = start()
    with pytest.raises(EngineError, match="concurrency is 0; allowed"):
        first.concurrency = 0
    first.concurrency = 3
    first.close()
    assert start().concurrency == 3


def test_a_failed_run_can_be_tried_again(engine: Engine) -> None:
    failed = ended(engine, engine.submit(spec("fail"), name="again"))
    assert (failed.status, failed.reason) == (Status.FAILED, "conv2 cannot be pruned")
    second = engine.retry(failed.run_id)
    assert second != failed.run_id
    assert ended(engine, second).name == "again"


def test_a_run_goes_with_its_artifacts_but_never_while_it_lives(engine: Engine) -> None:
    record = ended(engine, engine.submit(RunSpec()))
    path = engine.artifact(record.run_id, "model.keras")
    engine.delete(record.run_id)
    assert engine.run(record.run_id) is None
    wait_until(lambda: not path.exists())
    alive = engine.submit(FOREVER)
    at_work(engine, alive)
    with pytest.raises(EngineError, match="cancel it first"):
        engine.delete(alive)


def test_a_baseline_that_queued_runs_wait_for_cannot_be_deleted(engine: Engine) -> None:
    dense = ended(engine, engine.submit(RunSpec().baseline()))
    at_work(engine, engine.submit(FOREVER))
    engine.submit(RunSpec())
    with pytest.raises(EngineError, match="baseline of 1 queued"):
        engine.delete(dense.run_id)


def test_an_unknown_run_is_named(engine: Engine) -> None:
    for act in (engine.cancel, engine.delete, engine.retry, lambda run_id: engine.move(run_id, 0)):
        with pytest.raises(EngineError, match="there is no run 'nobody'"):
            act("nobody")


def test_a_sweep_shows_its_progress_and_is_cancelled_as_a_whole(engine: Engine) -> None:
    specs = [RunSpec(ratio=ratio) for ratio in (0.1, 0.2, 0.3)] + [FOREVER, spec("forever", ratio=0.1)]
    sweep_id = engine.submit_sweep([*specs, specs[0]], name="all of it")
    wait_until(lambda: engine.sweep(sweep_id).counts.get(Status.FINISHED, 0) == 5)
    sweep = engine.sweep(sweep_id)
    assert (sweep.name, len(sweep.run_ids)) == ("all of it", 7)
    assert 5 / 7 <= sweep.fraction < 1
    assert not sweep.is_finished
    engine.cancel_sweep(sweep_id)
    wait_until(lambda: engine.sweep(sweep_id).is_finished)
    assert engine.sweep(sweep_id).counts == {Status.FINISHED: 5, Status.KILLED: 2}


def test_the_form_learns_from_finished_runs_how_long_a_sweep_takes(engine: Engine) -> None:
    assert engine.estimate([RunSpec()]) is None
    done = ended(engine, engine.submit(RunSpec(finetune_epochs=0)))
    estimate = engine.estimate([RunSpec(ratio=0.1, finetune_epochs=0), RunSpec(ratio=0.2, finetune_epochs=0)])
    spent = sum(taken.elapsed_s for taken in done.stages)
    assert estimate == pytest.approx(2 * spent, rel=0.9)


def test_reading_a_thousand_runs_costs_no_query(engine: Engine) -> None:
    made = [
        RunRecord(run_id=f"r{number}", spec=RunSpec(), status=Status.FINISHED, created_at=float(number))
        for number in range(1000)
    ]
    engine._index.put(*made)
    engine.runs()
    began = time.perf_counter()
    for _ in range(100):
        assert len(engine.runs()) == 1000
        engine.run("r500")
        engine.live("r500")
    assert (time.perf_counter() - began) / 100 < 0.005


def test_a_page_is_told_about_a_locked_store_and_cancelling_works_meanwhile(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tracking.LOCK_LIMIT_S", 0.3)
    run_id = engine.submit(FOREVER)
    at_work(engine, run_id)
    link = sqlite3.connect(engine.settings.home / "mlflow.db", isolation_level=None)
    wait_until(lambda: _locked(link))
    with pytest.raises(StoreError, match="another program holds it"):
        engine.submit(RunSpec())
    engine.cancel(run_id)
    wait_until(lambda: engine.live(run_id).is_cancelling)
    link.execute("ROLLBACK")
    link.close()
    assert ended(engine, run_id).status is Status.KILLED


def _locked(link: sqlite3.Connection) -> bool:
    try:
        link.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True
