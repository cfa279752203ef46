import pytest

from core.engine.pace import against, duration
from core.records import RunRecord, RunSpec, Stage, StageTime, Status


def run(spec: RunSpec, seconds: float, status: Status = Status.FINISHED) -> RunRecord:
    """A run whose every stage took `seconds`."""
    stages = (Stage.TRAINING,) if spec.is_baseline else (Stage.PRUNING, Stage.FINE_TUNING)
    shared = (Stage.STARTING, *stages, Stage.EVALUATING, Stage.EXPORTING, Stage.MEASURING)
    times = tuple(StageTime(stage, seconds * place, seconds) for place, stage in enumerate(shared))
    return RunRecord(run_id="r", spec=spec, status=status, stages=times)


def test_a_run_of_twice_the_epochs_fine_tunes_twice_as_long() -> None:
    known = [run(RunSpec(finetune_epochs=2), 10)]
    once, twice = (duration(RunSpec(finetune_epochs=epochs), known) for epochs in (2, 4))
    assert (once, twice) == (60, 70)


def test_nothing_is_said_of_a_kind_that_never_finished() -> None:
    assert duration(RunSpec(), [run(RunSpec(), 10, Status.FAILED)]) is None
    assert duration(RunSpec(architecture="convnet"), [run(RunSpec(), 10)]) is None


def test_a_slower_machine_is_known_by_the_runs_that_both_did() -> None:
    recorded = [run(RunSpec(ratio=0.5), 10), run(RunSpec(architecture="mlp1000"), 20)]
    own = [run(RunSpec(ratio=0.9), 30), run(RunSpec(ratio=0.1), 1, Status.KILLED)]
    assert against(own, recorded) == pytest.approx(3)
    assert against([], recorded) is None
