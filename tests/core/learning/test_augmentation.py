import numpy as np
import pytest
import tensorflow as tf

from core.learning.augmentation import augmented, moved
from core.learning.data import scaled


def test_augmented_digits_keep_shape_type_and_range(mnist):
    images = np.asarray(augmented(tf.constant(scaled(mnist.x_train[:64]))))
    assert images.shape == (64, 28, 28, 1)
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 1


def test_every_digit_gets_its_own_distortion(mnist):
    same = np.repeat(scaled(mnist.x_train[:1]), 16, axis=0)
    images = np.asarray(augmented(tf.constant(same)))
    changed = [image.tobytes() for image in images if (image != same[0]).any()]
    assert len(set(changed)) == len(changed) >= 8


def test_augmented_digits_are_still_read(tiny_network, few_digits):
    images = augmented(tf.constant(scaled(few_digits.x_test)))
    accuracy = (np.asarray(tiny_network(images)).argmax(axis=1) == few_digits.y_test).mean()
    assert accuracy > 0.5


def test_about_one_image_in_five_stays_as_it_is(mnist):
    images = scaled(mnist.x_train[:500])
    unchanged = (np.asarray(augmented(tf.constant(images))) == images).all(axis=(1, 2, 3)).mean()
    assert 0.1 < unchanged < 0.3


def test_a_blank_image_gains_only_noise_and_rests_of_lines():
    blank = np.asarray(augmented(tf.zeros((300, 28, 28, 1))))[..., 0]
    rows_with_ink = (blank > 0.35).any(axis=2).sum(axis=1)
    assert rows_with_ink.max() <= 2
    assert 0 < (rows_with_ink > 0).mean() < 0.12


def test_digits_are_moved_stretched_and_thickened(mnist):
    square = np.zeros((200, 28, 28, 1), np.float32)
    square[:, 10:18, 10:18] = 1
    ink = np.asarray(augmented(tf.constant(square)))[..., 0]
    rows = (ink.sum(axis=2) * np.arange(28)).sum(axis=1) / ink.sum(axis=(1, 2))
    assert 0.5 < rows.std() < 2.5
    assert ink.sum(axis=(1, 2)).std() > 3


def test_moved_digits_gain_no_noise_and_move_the_further_the_stronger(mnist):
    images = scaled(mnist.x_train[:300])

    def change(strength):
        found = np.asarray(moved(tf.constant(images), strength))
        assert 0 <= found.min() <= found.max() <= 1
        return float(np.abs(found - images).mean())

    assert np.asarray(moved(tf.zeros((50, 28, 28, 1)), 1.0)).max() == 0
    assert change(0.0) == pytest.approx(0, abs=1e-4)
    assert change(1.0) > change(0.3) > 0.005
