import numpy as np
import pytest
from scipy import ndimage

from core.learning import doubter
from core.learning.data import load


def test_a_digit_drawn_anew_keeps_its_shape_and_mnists_form() -> None:
    digits = load().x_test[:20]
    for digit, again in zip(digits, doubter.redrawn(np.random.default_rng(0), digits), strict=True):
        assert again.shape == (28, 28)
        assert again.max() > 200
        near = ndimage.binary_dilation(digit > 64, iterations=2)
        assert near[again > 128].mean() > 0.9


def test_digits_that_touch_become_one_drawing_that_is_wider_than_a_digit() -> None:
    digits = load().x_test[:40]
    pairs = doubter.touching(np.random.default_rng(0), digits, 20)
    widths = np.array([np.ptp(np.flatnonzero((pair > 64).any(0))) for pair in pairs])
    alone = np.array([np.ptp(np.flatnonzero((digit > 64).any(0))) for digit in digits])
    assert widths.mean() > 1.2 * alone.mean()


def test_a_lesson_holds_digits_redrawn_and_rare_ones_and_signs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = {"NUM_REDRAWN": 5, "NUM_RARE": 6, "NUM_SIGNS": 7, "NUM_TOUCHING": 4, "NUM_HELD": 3}
    for name, count in counts.items():
        monkeypatch.setattr(doubter, name, count)
    lesson = doubter.lesson(seed=0)
    assert lesson.x_train.shape == (60_000 + 5 + 6 + 7 + 4, 28, 28)
    assert (lesson.y_train == doubter.NO_DIGIT).sum() == 7 + 4
    assert (lesson.y_test == doubter.NO_DIGIT).tolist() == [False] * 6 + [True] * 3


def test_the_network_has_an_answer_for_what_is_no_digit() -> None:
    assert doubter.network().output_shape == (None, doubter.NO_DIGIT + 1)
