import pytest

from core.engine.sweeps import combinations, sweeps_of
from core.errors import SpecError
from core.records import LiveRun, RunRecord, RunSpec, Stage, Status


def test_every_combination_becomes_one_run() -> None:
    found = combinations({"ratio": [0.3, 0.5, 0.7], "conv": ["standard", "separable"], "seed": [0, 1]})
    assert len(set(found.specs)) == len(found.specs) == 12
    assert found.left_out == ()


def test_dense_runs_are_made_once_whatever_ratios_are_chosen() -> None:
    found = combinations({"method": ["none", "structured"], "ratio": [0.3, 0.5], "distill": [True]})
    assert [spec.is_baseline for spec in found.specs].count(True) == 1
    assert len(found.specs) == 3


def test_a_senseless_combination_is_left_out_and_named() -> None:
    found = combinations({"architecture": ["lenet5", "mlp1000"], "conv": ["standard", "separable"]})
    assert len(found.specs) == 3
    assert "mlp1000" in found.left_out[0]


@pytest.mark.parametrize(
    "choices",
    [{"ratio": [0.5, 1.5]}, {"architecture": ["mlp1000"], "conv": ["separable"]}, {"method": ["magic"]}],
)
def test_a_value_that_nothing_accepts_stops_the_whole_sweep(choices: dict) -> None:
    with pytest.raises(SpecError) as refusal:
        combinations(choices)
    wrong = {"ratio": "1.5", "architecture": "mlp1000", "method": "magic"}[next(iter(choices))]
    assert wrong in str(refusal.value)


def record(run_id: str, status: Status, **fields: object) -> RunRecord:
    return RunRecord(run_id=run_id, spec=RunSpec(), status=status, sweep_id="s", **fields)


def test_progress_counts_finished_runs_and_parts_of_running_ones() -> None:
    rows = (
        record("d", Status.SCHEDULED),
        record("c", Status.RUNNING, started_at=10.0),
        record("b", Status.FAILED, started_at=5.0, ended_at=6.0),
        record("a", Status.FINISHED, started_at=0.0, ended_at=20.0),
    )
    live = LiveRun(run_id="c", stage=Stage.TRAINING, fraction=0.5)
    (sweep,) = sweeps_of(rows, lambda run_id: live if run_id == "c" else None)
    assert sweep.fraction == pytest.approx(2.5 / 4)
    assert sweep.eta_s == pytest.approx(1.5 * 20)
    assert not sweep.is_finished


def test_before_a_run_has_finished_there_is_no_eta() -> None:
    (sweep,) = sweeps_of((record("a", Status.SCHEDULED),), lambda _: None)
    assert sweep.eta_s is None
