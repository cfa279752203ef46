from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core.cli import order
from core.engine import Engine
from core.records import RunRecord, RunSpec, Stage, Status
from tests.core.engine.conftest import at_work, ended, wait_until
from tests.core.engine.scripted import SEEDS
from tests.core.engine.test_studies import MEASURING

RUN = RunSpec(seed=SEEDS["holding"])
UNTIL_CANCELLED, DYING = RUN.edited(ratio=0.7), RUN.edited(ratio=0.6)


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.placement.has_room", lambda: True)


def dense_of(engine: Engine, run_id: str) -> RunRecord:
    return engine.run(engine.run(run_id).baseline_id)


def began(record: RunRecord, stage: Stage) -> float:
    return next(each.began_at for each in record.stages if each.stage is stage)


def test_a_run_is_measured_before_the_baseline_that_was_trained_for_it(engine: Engine) -> None:
    run = ended(engine, engine.submit(RUN))
    assert (run.status, dense_of(engine, run.run_id).status) == (Status.FINISHED, Status.RUNNING)
    dense = ended(engine, run.baseline_id)
    assert dense.status is Status.FINISHED
    assert dense.result is not None
    assert began(dense, Stage.MEASURING) > run.ended_at
    exporting = next(each for each in dense.stages if each.stage is Stage.EXPORTING)
    assert exporting.began_at + exporting.elapsed_s < run.started_at + 0.1
    assert f"its own measurement waits for that of run {run.run_id}" in engine.log(dense.run_id)


def test_a_latency_is_in_the_log_before_the_run_has_ended(engine: Engine) -> None:
    run_id = engine.submit(UNTIL_CANCELLED)
    at_work(engine, run_id)
    assert "litert-fp32: 0.0143 ms (loaded)" in engine.log(run_id)


def test_only_the_first_run_goes_before_and_one_at_a_time(engine: Engine) -> None:
    first, second = (engine.submit(RUN.edited(ratio=ratio)) for ratio in (0.5, 0.4))
    later, before = ended(engine, second), engine.run(first)
    dense = dense_of(engine, second)
    assert dense.status is Status.FINISHED
    assert before.ended_at < began(dense, Stage.MEASURING)
    assert dense.ended_at < later.started_at


def test_a_baseline_that_nobody_waits_for_is_measured_at_once(engine: Engine) -> None:
    assert ended(engine, engine.submit(RUN.baseline())).status is Status.FINISHED


def test_another_run_that_is_next_does_not_start_beside_it(engine: Engine) -> None:
    ended(engine, engine.submit(RunSpec()))
    waiting = engine.submit(RUN)
    other = engine.submit(RunSpec(ratio=0.3))
    engine.move(other, 0)
    done, dense = ended(engine, other), dense_of(engine, waiting)
    assert dense.ended_at < done.started_at
    assert ended(engine, waiting).status is Status.FINISHED


@pytest.mark.parametrize("spec", [UNTIL_CANCELLED, DYING])
def test_a_baseline_is_measured_also_when_that_run_ends_badly(engine: Engine, spec: RunSpec) -> None:
    run_id = engine.submit(spec)
    if spec is UNTIL_CANCELLED:
        at_work(engine, run_id)
        engine.cancel(run_id)
    assert ended(engine, run_id).status is not Status.FINISHED
    assert ended(engine, engine.run(run_id).baseline_id).status is Status.FINISHED


def test_a_baseline_that_holds_can_be_cancelled_and_the_run_goes_on(engine: Engine) -> None:
    run_id = engine.submit(UNTIL_CANCELLED)
    at_work(engine, run_id)
    engine.cancel(dense_of(engine, run_id).run_id)
    dense = ended(engine, dense_of(engine, run_id).run_id)
    assert (dense.status, dense.result) == (Status.KILLED, None)
    assert engine.run(run_id).status is Status.RUNNING
    refused = engine.submit(RUN)
    assert dense_of(engine, refused).run_id != dense.run_id


def test_one_that_holds_may_be_silent(start: Callable[..., Engine]) -> None:
    engine = start(hang_s=6.0)  # a worker gives way: on a full machine its start alone may take seconds
    run_id = engine.submit(UNTIL_CANCELLED)
    at_work(engine, run_id)
    assert engine.live(dense_of(engine, run_id).run_id).waits_for == run_id
    seen = engine.live(run_id).elapsed_s
    wait_until(lambda: engine.live(run_id).elapsed_s > seen + 7)
    assert dense_of(engine, run_id).status is Status.RUNNING
    engine.cancel(run_id)
    assert ended(engine, engine.run(run_id).baseline_id).status is Status.FINISHED


def test_a_study_that_waits_holds_nobody_up(start: Callable[..., Engine], tmp_path: Path) -> None:
    mode = tmp_path / "mode"
    mode.write_text("finish")
    engine = start(study_command=(*MEASURING, str(mode)))
    looked_at = ended(engine, engine.submit(RunSpec().baseline())).run_id
    run_id = engine.submit(RUN)
    engine.study(looked_at)
    wait_until(lambda: engine.studies()[0].state == "finished")
    assert ended(engine, run_id).status is Status.FINISHED


def test_both_begin_again_after_a_restart(start: Callable[..., Engine]) -> None:
    first = start()
    run_id = first.submit(UNTIL_CANCELLED)
    at_work(first, run_id)
    first.close()
    second = start()
    at_work(second, run_id)
    second.cancel(run_id)
    assert ended(second, second.run(run_id).baseline_id).status is Status.FINISHED


def test_a_command_without_a_server_waits_for_the_baseline_as_well(
    start: Callable[..., Engine], monkeypatch: Any
) -> None:
    engine = start(resume=False)
    monkeypatch.setattr(order, "_engine", lambda: engine)
    done = CliRunner().invoke(order.run, ["--seed", str(RUN.seed), "--json"], standalone_mode=False)
    assert done.return_value == 0
    assert {record.status for record in engine.runs()} == {Status.FINISHED}
    assert len(engine.runs()) == 2


def test_where_memory_is_short_the_baseline_is_measured_first(engine: Engine, monkeypatch: Any) -> None:
    monkeypatch.setattr("core.engine.placement.has_room", lambda: False)
    run = ended(engine, engine.submit(RUN))
    assert dense_of(engine, run.run_id).ended_at < run.started_at
