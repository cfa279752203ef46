import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.mistakes import changed, first_flips, flip_counts, paired, per_class
from core.records.comparison import Turn


def labels(*values: int):
    return np.array(values, np.uint8)


TRUE = labels(1, 2, 3, 4, 5)


def test_lost_answers_come_first_and_unchanged_ones_not_at_all():
    before, after = labels(1, 2, 9, 4, 0), labels(1, 7, 3, 4, 8)
    found = changed(TRUE, before, after)
    assert [(a.index, a.turn) for a in found] == [(1, Turn.LOST), (2, Turn.GAINED), (4, Turn.OTHER)]
    assert (found[0].label, found[0].before, found[0].after) == (2, 2, 7)


def test_the_probability_is_that_of_the_new_answer():
    probabilities = np.zeros((5, 10))
    probabilities[1, 7] = 0.75
    (answer,) = changed(TRUE, TRUE, labels(1, 7, 3, 4, 5), probabilities=probabilities)
    assert answer.probability == 0.75


def test_an_image_flips_first_at_the_smallest_ratio_that_differs():
    family = {0.9: labels(0, 0, 3, 4, 5), 0.5: labels(1, 0, 3, 4, 5), 0.7: labels(1, 2, 3, 4, 0)}
    first = first_flips(TRUE, family)
    assert first[:2].tolist() == [0.9, 0.5]
    assert first[4] == 0.7
    assert np.isnan(first[2:4]).all()
    assert flip_counts(first, [0.5, 0.7, 0.9]) == (1, 1, 1)


def test_the_first_ratio_travels_with_a_changed_answer():
    first = np.array([np.nan, 0.5, np.nan, np.nan, np.nan])
    (answer,) = changed(TRUE, TRUE, labels(1, 7, 3, 4, 5), first_ratios=first)
    assert answer.first_ratio == 0.5


def test_each_class_has_its_own_interval():
    confusion = [[0] * 10 for _ in range(10)]
    confusion[3][3], confusion[3][5] = 90, 10
    share = per_class(confusion)[3]
    assert share.value == 0.9
    assert share.low < 0.9 < share.high
    assert np.isnan(per_class(confusion)[0].value)


def test_a_paired_test_sees_what_two_intervals_do_not():
    truth = np.zeros(10_000, np.uint8)
    first, second = truth.copy(), truth.copy()
    first[:75] = 1
    second[:75] = 1
    second[75:95] = 1
    found = paired(truth, first, second)
    assert (found.only_first, found.only_second, found.both_wrong) == (20, 0, 75)
    assert found.p_value == pytest.approx(2 * 0.5**20)


def test_equal_answers_are_no_evidence():
    assert paired(TRUE, TRUE, TRUE).p_value == 1.0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_a_paired_comparison_counts_every_image_once(pairs):
    truth = np.zeros(len(pairs), np.uint8)
    first, second = (np.array([p[k] for p in pairs], np.uint8) for k in (0, 1))
    found = paired(truth, first, second)
    assert found.total == len(pairs)
    assert 0 < found.p_value <= 1
    assert found.p_value == pytest.approx(paired(truth, second, first).p_value)
