from typing import Any

import keras
import pytest
from keras import layers, ops

from core.pruning import macs, mask, plan, remove
from tests.core.pruning.networks import answers, distance, inputs_for, realistic

ROUNDING, SINGLE_ROUNDING = 1e-8, 1e-4

FIRST = {"data_format": "channels_first"}


def channels_first() -> Any:
    # Sizes that differ from every number of channels: see docs/pruning.md on Keras's bias there.
    image = keras.Input((3, 11, 12))
    x = layers.BatchNormalization(axis=1)(layers.Conv2D(6, 3, activation="relu", **FIRST)(image))
    x = layers.Conv2D(7, 1, **FIRST)(layers.MaxPooling2D(**FIRST)(x))
    return keras.Model(image, layers.Dense(3)(layers.Flatten(**FIRST)(x)))


def channels_first_flattened_as_they_are() -> Any:
    image = keras.Input((3, 11, 12))
    x = layers.Flatten()(layers.Conv2D(6, 3, activation="relu", **FIRST)(image))
    return keras.Model(image, layers.Dense(3)(x))


def sequence() -> Any:
    series = keras.Input((20, 3))
    x = layers.SeparableConv1D(8, 3)(layers.Conv1D(6, 3, padding="causal")(series))
    x = layers.Conv1DTranspose(5, 2, strides=2)(layers.DepthwiseConv1D(3)(x))
    x = layers.ZeroPadding1D(1)(layers.UpSampling1D(2)(x))
    return keras.Model(series, layers.Dense(3)(layers.GlobalAveragePooling1D()(x)))


def volume() -> Any:
    scan = keras.Input((6, 6, 6, 2))
    x = layers.Conv3DTranspose(4, 2)(layers.Conv3D(6, 3, activation="softplus")(scan))
    return keras.Model(scan, layers.Dense(3)(layers.GlobalAveragePooling3D()(x)))


def operations() -> Any:
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(6, 3)(image)
    y = ops.mean(ops.hard_sigmoid(x) * x + 1.5, axis=(1, 2), keepdims=True)
    z = ops.max(ops.concatenate([x / 2, -x], axis=-1)[:, 1:, :, :], axis=(1, 2))
    return keras.Model(image, layers.Dense(3)(layers.Concatenate()([layers.Flatten()(y), z])))


def models_in_models() -> Any:
    inner = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(5, 1), layers.BatchNormalization()])
    image = keras.Input((8, 8, 4))
    middle = keras.Model(image, layers.Add()([inner(image), layers.Conv2D(5, 1)(image)]))
    head = layers.Flatten(), layers.Dense(2)
    return keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 1), middle, *head])


def one_layer_again_and_again() -> Any:
    given, loop = keras.Input((8,)), layers.Dense(6, activation="tanh")
    return keras.Model(given, layers.Dense(2)(loop(loop(layers.Dense(6)(given)))))


def joined_with_itself() -> Any:
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(6, 1)(image)
    y = layers.Concatenate()([layers.Conv2D(2, 1)(x), layers.Conv2D(4, 1)(x)])
    x = layers.Conv2D(4, 1)(layers.Concatenate()([layers.Add()([x, y]), y, y]))
    return keras.Model(image, layers.Dense(3)(layers.Flatten()(x)))


def depthwise_on_the_input() -> Any:
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(5, 1)(layers.DepthwiseConv2D(3, depth_multiplier=4)(image))
    return keras.Model(image, layers.Dense(3)(layers.Flatten()(x)))


def renormalised() -> Any:
    image = keras.Input((8, 8, 3))
    x = layers.BatchNormalization(renorm=True)(layers.Conv2D(6, 3)(image))
    return keras.Model(image, layers.Dense(3)(layers.GlobalMaxPooling2D()(x)))


def spatial_attention() -> Any:
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(6, 3)(image)
    gate = layers.Conv2D(1, 1, activation="sigmoid", name="gate")(x)
    return keras.Model(image, layers.Dense(3)(layers.Flatten()(layers.Multiply()([x, gate]))))


def dense_across_channels() -> Any:
    table = keras.Input((6, 8))
    x = layers.Dense(4)(layers.Permute((2, 1))(layers.Dense(5, name="across")(table)))
    return keras.Model(table, layers.Dense(3)(layers.Flatten()(x)))


NETWORKS = (
    sequence,
    volume,
    operations,
    models_in_models,
    one_layer_again_and_again,
    joined_with_itself,
    depthwise_on_the_input,
    renormalised,
    spatial_attention,
    dense_across_channels,
)


@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
def test_unusual_networks_obey_the_law(exact: None, make: Any) -> None:
    check(make(), ROUNDING)


@pytest.mark.parametrize("make", [channels_first, channels_first_flattened_as_they_are])
def test_networks_with_channels_first_obey_the_law(make: Any) -> None:
    # TensorFlow has no such convolution in float64 on a processor.
    check(make(), SINGLE_ROUNDING)


def check(model: Any, rounding: float) -> None:
    inputs = inputs_for(model)
    realistic(model, inputs)
    chosen = plan(model, 0.5)
    smaller = remove(model, chosen)
    assert type(smaller) is type(model)
    assert [layer.name for layer in smaller.layers] == [layer.name for layer in model.layers]
    assert smaller.count_params() == chosen.parameters_after < model.count_params()
    assert macs(smaller) == chosen.macs_after
    assert distance(answers(mask(model, chosen), inputs), answers(smaller, inputs)) < rounding


@pytest.mark.parametrize(
    ("make", "layer", "reason"),
    [
        (spatial_attention, "gate", "spreads this one channel over all"),
        (dense_across_channels, "across", "works along axis 2, across these channels"),
    ],
)
def test_what_stays_whole_is_named_with_its_reason(make: Any, layer: str, reason: str) -> None:
    assert reason in {kept.layer: kept.reason for kept in plan(make(), 0.5).kept_whole}[layer]


def test_a_network_of_unknown_image_size_is_cut_as_well() -> None:
    image = keras.Input((None, None, 3))
    model = keras.Model(image, layers.Conv2D(2, 1)(layers.Conv2D(6, 3)(image)))
    smaller = remove(model, plan(model, 0.5))
    assert smaller.output.shape == (None, None, None, 2)
    assert smaller.count_params() == 27 * 3 + 3 + 3 * 2 + 2


def test_settings_of_layers_are_carried_over() -> None:
    image = keras.Input((8, 8, 3), name="picture")
    x = layers.Conv2D(6, 3, trainable=False, name="frozen")(image)
    x = layers.Conv2D(6, 3, dilation_rate=2, kernel_regularizer="l2", name="wide")(x)
    model = keras.Model(image, layers.Flatten()(x), name="mine", trainable=True)
    model = keras.Model(image, layers.Dense(2)(model(image)))
    smaller = remove(model, plan(model, 0.5)).get_layer("mine")
    assert smaller.get_layer("frozen").trainable is False
    assert smaller.get_layer("wide").dilation_rate == (2, 2)
    assert isinstance(smaller.get_layer("wide").kernel_regularizer, keras.regularizers.L2)
    assert smaller.input.name == "picture"


def test_an_intermediate_output_stays_whole() -> None:
    given = keras.Input((8,))
    features = layers.Dense(6, name="features")(given)
    model = keras.Model(given, [features, layers.Dense(3, name="answer")(features), given])
    chosen = plan(model, 0.5)
    assert chosen.removed == {}
    assert [kept.layer for kept in chosen.kept_whole] == ["features", "answer"]
