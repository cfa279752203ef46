import numpy as np

from core.digits.signs import other_sign
from core.learning.data import load
from core.learning.doubter import redrawn, signs


def test_digits_that_it_never_saw_are_no_other_sign() -> None:
    digits = load().x_test[5_000:5_300]
    assert (other_sign(digits) > 0.5).mean() < 0.02
    assert (other_sign(redrawn(np.random.default_rng(3), digits[:100])) > 0.5).mean() <= 0.03


def test_signs_drawn_anew_are() -> None:
    assert (other_sign(signs(np.random.default_rng(99), 200)) > 0.5).mean() > 0.93


def test_no_images_give_no_answers() -> None:
    assert other_sign(np.zeros((0, 28, 28), np.uint8)).shape == (0,)
