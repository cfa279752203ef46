import pytest

from core.engine.live import MOST_STEPS, LiveState
from core.engine.pace import duration, expected, stages_of
from core.records import Caveat, Event, EventKind, RunRecord, RunSpec, Stage, StageTime, Status

EXPECTED = {Stage.STARTING: 4.0, Stage.TRAINING: 16.0, Stage.MEASURING: 20.0}


def state(measured: bool = True) -> LiveState:
    return LiveState("a", EXPECTED, measured=measured, now=100.0)


def step(done: int, total: int = 100, **values: float) -> Event:
    return Event(EventKind.STEP, 1.0, {"stage": "training", "done": done, "total": total, **values})


def test_the_fraction_follows_stages_and_steps() -> None:
    live = state()
    live.take(Event(EventKind.STAGE, 1.0, {"stage": "training"}), 104.0)
    live.take(step(50, loss=0.5, accuracy=0.9), 112.0)
    seen = live.snapshot(112.0)
    assert seen.stage is Stage.TRAINING
    assert seen.stage_fraction == pytest.approx(0.5)
    assert seen.fraction == pytest.approx((4 + 8) / 40)
    assert seen.eta_s == pytest.approx(8 + 20)


def test_a_latency_is_known_before_the_run_has_ended() -> None:
    live = state()
    row = {"runtime": "litert-fp32", "p50_ms": 0.0143, "warnings": ["loaded"]}
    live.take(Event(EventKind.LATENCY, 1.0, {"row": row}), 104.0)
    (found,) = live.snapshot(105.0).latency
    assert (found.p50_ms, found.warnings) == (0.0143, (Caveat.LOADED,))


def test_the_eta_is_unknown_while_nothing_alike_has_finished() -> None:
    live = state(measured=False)
    live.take(step(50, loss=0.5), 112.0)
    assert live.snapshot(112.0).eta_s is None


def test_the_curves_of_a_long_training_are_thinned_but_keep_both_ends() -> None:
    live = state()
    live.take(Event(EventKind.STAGE, 1.0, {"stage": "training"}), 101.0)
    for done in range(1, 3 * MOST_STEPS):
        live.take(step(done, 3 * MOST_STEPS, loss=1.0 / done), 102.0)
    steps = live.snapshot(103.0).steps
    assert len(steps) <= MOST_STEPS + 1
    assert (steps[0].done, steps[-1].done) == (1, 3 * MOST_STEPS - 1)


def finished(spec: RunSpec, **seconds: float) -> RunRecord:
    stages = tuple(StageTime(Stage(name.replace("_", "-")), 0.0, value) for name, value in seconds.items())
    return RunRecord(run_id="x", spec=spec, status=Status.FINISHED, stages=stages)


TIMES = {"starting": 3.0, "pruning": 1.0, "evaluating": 2.0, "exporting": 1.0, "measuring": 10.0}


def test_durations_are_learned_from_finished_runs_and_scale_with_epochs() -> None:
    seen = finished(RunSpec(finetune_epochs=2), fine_tuning=20.0, **TIMES)
    assert duration(RunSpec(finetune_epochs=4), [seen]) == pytest.approx(17 + 40)
    assert duration(RunSpec(architecture="convnet"), [seen]) is None
    assert duration(RunSpec().baseline(), [seen]) is None


def test_the_expected_stages_of_a_dense_run_are_its_own() -> None:
    times, measured = expected(RunSpec().baseline(), [])
    assert not measured
    assert Stage.FINE_TUNING not in times
    assert set(times) == set(stages_of(RunSpec().baseline()))
