from collections.abc import Iterator

import keras
import pytest


@pytest.fixture
def exact() -> Iterator[None]:
    """Networks made here count in float64, so that rounding cannot hide, or pass for, a wrong channel."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])
