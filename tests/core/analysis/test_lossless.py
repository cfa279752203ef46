import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.lossless import fastest_lossless, lossless, no_answers
from core.analysis.mistakes import paired
from core.analysis.statistics import wilson
from core.records.comparison import Lossless, Setup
from tests.made_up import made_up_run

DENSE = made_up_run("dense", method="none", ratio=0.0, errors=72, p50_ms=0.126)
HALF = made_up_run("half", ratio=0.5, errors=100, p50_ms=0.04, baseline_id="dense")
SMALL = made_up_run("small", ratio=0.9, errors=160, p50_ms=0.01, baseline_id="dense")
TOTAL = 10_000


def answers(*, lost, gained, both_wrong=60):
    truth = np.zeros(TOTAL, np.uint8)
    first, second = truth.copy(), truth.copy()
    first[: both_wrong + gained] = 1
    second[:both_wrong] = 1
    second[TOTAL - lost :] = 1
    return paired(truth, first, second)


def test_a_loss_that_intervals_hide_is_seen_where_the_answers_are_there():
    assert lossless(HALF, [DENSE], no_answers) == Lossless(run_id="half", dense="dense")
    assert lossless(HALF, [DENSE], lambda *_: answers(lost=40, gained=12)) is None


@pytest.mark.parametrize(("lost", "gained"), [(40, 30), (5, 0), (12, 40), (0, 0)])
def test_no_significant_loss_is_no_measurable_loss(lost, gained):
    found = answers(lost=lost, gained=gained)
    assert lossless(HALF, [DENSE], lambda *_: found) == Lossless(run_id="half", dense="dense", paired=found)


def test_the_fastest_that_loses_nothing_is_found_by_its_own_dense_network():
    runs = [DENSE, HALF, SMALL]
    by_intervals = fastest_lossless(runs, runs, Setup(), no_answers)
    assert by_intervals is not None
    assert by_intervals.run_id == "half"

    def compare(dense, run):
        return None if run is dense else answers(lost=40, gained=12)

    by_answers = fastest_lossless(runs, runs, Setup(), compare)
    assert by_answers is not None
    assert by_answers.run_id == "dense"


def test_without_its_dense_network_nobody_can_say_that_a_run_loses_nothing():
    assert fastest_lossless([HALF], [HALF], Setup(), no_answers) is None
    assert fastest_lossless([HALF], [HALF, DENSE], Setup(), no_answers) is not None
    unfinished = made_up_run("x", ratio=0.5, result=None)
    assert lossless(unfinished, [DENSE], no_answers) is None


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_intervals_that_part_never_hide_what_the_paired_test_would_let_pass(lost, gained, both_wrong):
    before = wilson(TOTAL - both_wrong - gained, TOTAL)
    after = wilson(TOTAL - both_wrong - lost, TOTAL)
    if after.high < before.low:
        assert answers(lost=lost, gained=gained, both_wrong=both_wrong).is_loss
