import numpy as np
import tensorflow as tf

from core.learning.augmentation import augmented
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
    assert len({image.tobytes() for image in images}) == 16


def test_augmented_digits_are_still_read(tiny_network, few_digits):
    images = augmented(tf.constant(scaled(few_digits.x_test)))
    accuracy = (np.asarray(tiny_network(images)).argmax(axis=1) == few_digits.y_test).mean()
    assert accuracy > 0.5
