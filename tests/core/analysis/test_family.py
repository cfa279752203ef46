from core.analysis.family import alike, baseline_of, dense_standard_of, family_of, twin_of, twins_of
from core.records import Convolution, Method
from core.records.comparison import Setup
from tests.made_up import made_up_run

DENSE = made_up_run("dense", method="none", ratio=0)
HALF = made_up_run("half", ratio=0.5)
MOST = made_up_run("most", ratio=0.9)
OTHER_SEED = made_up_run("seed", ratio=0.5, seed=1)
SEPARABLE = made_up_run("separable", ratio=0.5, conv="separable")


def test_a_baseline_is_found_by_its_id_and_else_by_what_was_asked():
    named = made_up_run("x", ratio=0.5, seed=9, baseline_id="dense")
    assert baseline_of(named, [HALF, DENSE]) is DENSE
    assert baseline_of(HALF, [MOST, DENSE]) is DENSE
    assert baseline_of(OTHER_SEED, [DENSE]) is None


def test_a_dense_run_is_its_own_baseline():
    assert baseline_of(DENSE, []) is DENSE


def test_a_family_differs_in_the_ratio_only_and_begins_with_the_dense_network():
    runs = [MOST, HALF, OTHER_SEED, SEPARABLE, DENSE]
    assert [run.run_id for run in family_of(HALF, runs)] == ["dense", "half", "most"]


def test_unfinished_runs_belong_to_no_family():
    waiting = made_up_run("waiting", ratio=0.7, result=None)
    assert [run.run_id for run in family_of(HALF, [waiting])] == ["half"]


def test_speed_ups_refer_to_the_dense_standard_network():
    assert dense_standard_of(SEPARABLE, [HALF, DENSE]) is DENSE


def test_alike_keeps_dense_runs_with_every_method():
    runs = [DENSE, HALF, made_up_run("zeroed", method="magnitude", ratio=0.5)]
    assert [run.run_id for run in alike(runs, "lenet5", Method.STRUCTURED)] == ["dense", "half"]
    assert alike(runs, "convnet", Method.STRUCTURED) == ()
    assert HALF.spec.conv is Convolution.STANDARD


def test_a_twin_zeroes_what_the_other_removes():
    zeroed = made_up_run("zeroed", method="magnitude", ratio=0.5)
    elsewhere = made_up_run("elsewhere", method="magnitude", ratio=0.9)
    assert twin_of(HALF, [HALF, elsewhere, zeroed]) is zeroed
    assert twin_of(zeroed, [HALF, MOST]) is HALF
    assert twin_of(HALF, [SEPARABLE, OTHER_SEED]) is None
    assert twin_of(DENSE, [zeroed]) is None


def test_twins_of_two_runs_stand_beside_what_theory_promises_against_the_dense_standard_network():
    removed = made_up_run("removed", ratio=0.5, conv="separable")
    zeroed = made_up_run("zeroed", method="magnitude", ratio=0.5, conv="separable")
    for one, other in ((removed, zeroed), (zeroed, removed)):
        found = twins_of(one, [DENSE, other], Setup())
        assert found.removed.speedup > found.zeroed.speedup
        assert found.macs_ratio == DENSE.result.macs / removed.result.macs
    assert twins_of(removed, [DENSE], Setup()) is None
    assert twins_of(removed, [DENSE, zeroed], Setup(batch=8)) is None
