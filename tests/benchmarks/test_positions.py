import numpy as np
import pytest

from benchmarks import positions
from core import pruning
from core.learning.data import scaled
from core.learning.models import build


@pytest.fixture(scope="module")
def narrow():
    model = build("lenet5", seed=3)
    return pruning.remove(model, pruning.plan(model, 0.9))


@pytest.fixture
def data(few_digits):
    return scaled(few_digits.x_train[:200]), few_digits.y_train[:200]


def test_only_as_many_positions_are_read_as_asked(narrow, data):
    fewer = positions.read_only(narrow, 30, data)
    rows = np.asarray(fewer.get_layer("dense1").kernel).any(axis=1)
    assert rows.sum() == 30
    assert np.asarray(narrow.get_layer("dense1").kernel).any(axis=1).all()


def test_the_positions_that_stay_are_those_that_the_loss_misses_most(narrow, data):
    scores = positions.scores(narrow, data)
    fewer = positions.read_only(narrow, 30, data)
    read = np.asarray(fewer.get_layer("dense1").kernel).any(axis=1)
    assert scores[read].min() >= scores[~read].max()


def test_a_score_is_what_shutting_the_position_changes_the_loss_by(narrow, data):
    """For a small share of the way the first-order term is exact, for one example at a time."""
    x, y = data[0][:1], data[1][:1]
    best, step = int(positions.scores(narrow, (x, y)).argmax()), 1e-2
    kernel = narrow.get_layer("dense1").kernel
    whole = np.array(kernel)

    def loss() -> float:
        return -float(np.log(np.asarray(narrow(x))[0, y[0]]))

    before = loss()
    shut = whole.copy()
    shut[best] *= 1 - step
    kernel.assign(shut)
    after = loss()
    kernel.assign(whole)
    assert ((after - before) / step) ** 2 / 2 == pytest.approx(
        positions.scores(narrow, (x, y))[best], rel=0.1
    )


def test_taking_the_rows_out_changes_no_answer_and_makes_it_smaller(narrow, data):
    fewer = positions.read_only(narrow, 30, data)
    smaller = positions.without_unread(fewer)
    assert np.allclose(np.asarray(fewer(data[0])), np.asarray(smaller(data[0])), atol=1e-6)
    width = np.asarray(fewer.get_layer("dense1").kernel).shape
    assert fewer.count_params() - smaller.count_params() == (width[0] - 30) * width[1]
