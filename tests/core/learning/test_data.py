import numpy as np
import pytest

from core.errors import DataError
from core.learning.data import load, scaled
from core.settings import settings


def test_the_embedded_file_holds_mnist(mnist):
    assert mnist.x_train.shape == (60_000, 28, 28)
    assert mnist.x_test.shape == (10_000, 28, 28)
    assert np.bincount(mnist.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert {array.dtype for array in (mnist.x_train, mnist.y_train, mnist.x_test, mnist.y_test)} == {
        np.dtype(np.uint8)
    }


def test_arrays_cannot_be_changed_by_accident(mnist):
    with pytest.raises(ValueError, match="read-only"):
        mnist.x_train[0, 0, 0] = 1


def test_one_flipped_bit_is_refused_and_the_file_named(tmp_path):
    content = bytearray(settings().data_file.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "mnist.npz"
    damaged.write_bytes(content)
    with pytest.raises(DataError, match=r"mnist\.npz is damaged.*git checkout"):
        load(damaged)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "mnist.npz").touch()
    with pytest.raises(DataError, match="damaged"):
        load(tmp_path / "mnist.npz")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.npz cannot be read: No such file"):
        load(tmp_path / "gone.npz")


def test_scaled_images_are_what_networks_take(mnist):
    images = scaled(mnist.x_test[:3])
    assert images.shape == (3, 28, 28, 1)
    assert images.dtype == np.float32
    assert (images.min(), images.max()) == (0, 1)
