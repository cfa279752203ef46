import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from core.latency import layout
from core.latency.export import inference_copy
from core.learning.models import build


def network(
    height: int, width: int, inputs: int, kernel: tuple[int, int], filters: int, activation: str
) -> keras.Model:
    keras.utils.set_random_seed(height + filters)
    image = keras.Input((height, width, inputs))
    x = layers.Conv2D(filters, kernel, activation=activation, name="conv", bias_initializer="normal")(image)
    x = layers.MaxPooling2D(2, name="pool")(x)
    return keras.Model(image, layers.Flatten()(x))


@settings(max_examples=15)
@given(
    st.sampled_from([(12, 12), (10, 16), (28, 28), (9, 12)]),
    st.integers(1, 3),
    st.sampled_from([(5, 5), (3, 5), (1, 1), (4, 9)]),
    st.integers(1, 7),
    st.sampled_from(["relu", "tanh", "linear"]),
    st.sampled_from(layout.COLUMNS),
)
def test_the_wide_layout_computes_the_same(
    size: tuple[int, int], inputs: int, kernel: tuple[int, int], filters: int, activation: str, columns: int
) -> None:
    model = network(*size, inputs, kernel, filters, activation)
    convolution = model.get_layer("conv")
    if not layout.shape_of(convolution).fits(columns):
        return
    images = np.random.default_rng(0).normal(size=(3, *size, inputs)).astype(np.float32)
    wide = layout.WideConvolution(convolution, columns)(images)
    narrow = model.get_layer("pool")(convolution(images))
    assert wide.shape == narrow.shape
    np.testing.assert_allclose(wide, narrow, rtol=1e-5, atol=1e-5)


def test_lenet5_gets_its_first_layer_wide_and_answers_the_same() -> None:
    model = build("lenet5")
    copy = inference_copy(model)
    assert isinstance(copy.get_layer("conv1"), layout.WideConvolution)
    images = np.random.default_rng(0).random((16, 28, 28, 1), np.float32)
    np.testing.assert_allclose(copy(images), model(images), atol=1e-6)


@pytest.mark.parametrize("conv", ["standard", "separable"])
@pytest.mark.parametrize("architecture", ["lenet5", "convnet", "mlp1000"])
def test_the_exported_copy_of_every_architecture_answers_the_same(architecture: str, conv: str) -> None:
    if (architecture, conv) == ("mlp1000", "separable"):
        return
    model = build(architecture, conv)
    images = np.random.default_rng(0).random((8, 28, 28, 1), np.float32)
    np.testing.assert_allclose(inference_copy(model)(images), model(images), atol=1e-6)


def test_what_does_not_divide_stays_as_it_is() -> None:
    assert layout.best_columns(layout.Shape(27, 27, 1, 5, 5, 4)) == 1


def test_many_channels_fill_vectors_already() -> None:
    assert layout.best_columns(layout.Shape(12, 12, 20, 5, 5, 50)) == 1


@pytest.mark.parametrize("filters", [1, 4, 6, 20])
def test_few_channels_of_one_number_each_are_laid_out_wide(filters: int) -> None:
    assert layout.best_columns(layout.Shape(28, 28, 1, 5, 5, filters)) in layout.COLUMNS


@pytest.mark.parametrize(
    "change",
    [{"strides": 2}, {"padding": "same"}, {"dilation_rate": 2}, {"activation": "softmax"}],
)
def test_only_plain_convolutions_with_elementwise_activation_are_touched(change: dict[str, object]) -> None:
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(4, 5, name="conv", **change)(image)
    model = keras.Model(image, layers.MaxPooling2D(2)(x))
    assert layout.widened(model) == {}


def test_a_convolution_that_somebody_else_reads_too_is_not_touched() -> None:
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(4, 5, name="conv")(image)
    both = layers.Concatenate()([layers.Flatten()(layers.MaxPooling2D(2)(x)), layers.Flatten()(x)])
    assert layout.widened(keras.Model(image, both)) == {}
