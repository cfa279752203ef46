"""Functional networks drawn at random from every kind of layer that pruning says it understands."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from hypothesis import strategies as st
from keras import layers, ops

Draw = Callable[[Any], Any]

ACTIVATIONS = ("linear", "relu", "softplus", "sigmoid", "hard_sigmoid", "tanh", "silu", "gelu")
MAX_SIZE, MIN_SIZE = 12, 3


def random_network(draw: Draw, max_steps: int = 6) -> Any:
    """A network with one or two image inputs, a few random blocks and one or two outputs.

    Not a strategy itself: Keras draws seeds of its own while layers are made.
    """
    size, channels = draw(st.integers(5, 9)), draw(st.integers(1, 3))
    inputs = [keras.Input((size, size, channels), name=f"input{n}") for n in range(draw(st.integers(1, 2)))]
    tensors = [_conv(draw, x) for x in inputs]
    x = tensors[0] if len(tensors) == 1 else _joined(draw, tensors)
    for _ in range(draw(st.integers(1, max_steps))):
        x = draw(st.sampled_from(STEPS))(draw, x)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], _heads(draw, x))


def _filters(draw: Draw) -> int:
    return draw(st.integers(2, 9))


def _activation(draw: Draw) -> str:
    return draw(st.sampled_from(ACTIVATIONS))


def _padding(draw: Draw, x: Any) -> str:
    return draw(st.sampled_from(("same", "valid"))) if min(x.shape[1:3]) > MIN_SIZE else "same"


def _strides(draw: Draw, x: Any) -> int:
    return draw(st.integers(1, 2)) if min(x.shape[1:3]) > MIN_SIZE + 1 else 1


def _conv(draw: Draw, x: Any) -> Any:
    return layers.Conv2D(
        _filters(draw),
        draw(st.sampled_from((1, 2, 3))),
        strides=_strides(draw, x),
        padding=_padding(draw, x),
        use_bias=draw(st.booleans()),
        activation=_activation(draw),
    )(x)


def _grouped(draw: Draw, x: Any) -> Any:
    groups = draw(st.integers(2, 4))
    x = layers.Conv2D(groups * draw(st.integers(1, 4)), 1, activation=_activation(draw))(x)
    filters = groups * draw(st.integers(1, 4))
    return layers.Conv2D(filters, 3, padding="same", groups=groups, activation=_activation(draw))(x)


def _depthwise(draw: Draw, x: Any) -> Any:
    return layers.DepthwiseConv2D(
        draw(st.sampled_from((1, 3))),
        strides=_strides(draw, x),
        padding=_padding(draw, x),
        depth_multiplier=draw(st.integers(1, 2)),
        use_bias=draw(st.booleans()),
        activation=_activation(draw),
    )(x)


def _separable(draw: Draw, x: Any) -> Any:
    return layers.SeparableConv2D(
        _filters(draw),
        3,
        padding="same",
        depth_multiplier=draw(st.integers(1, 2)),
        activation=_activation(draw),
    )(x)


def _transposed(draw: Draw, x: Any) -> Any:
    strides = 2 if max(x.shape[1:3]) * 2 <= MAX_SIZE else 1
    activation = _activation(draw)
    return layers.Conv2DTranspose(_filters(draw), 3, strides=strides, padding="same", activation=activation)(
        x
    )


def _norm(draw: Draw, x: Any) -> Any:
    x = layers.BatchNormalization(center=draw(st.booleans()), scale=draw(st.booleans()))(x)
    return layers.Activation(_activation(draw))(x)


def _activated(draw: Draw, x: Any) -> Any:
    kinds = (
        layers.ReLU,
        layers.LeakyReLU,
        layers.ELU,
        layers.PReLU,
        lambda: layers.PReLU(shared_axes=[1, 2]),
        lambda: layers.Activation(_activation(draw)),
    )
    return draw(st.sampled_from(kinds))()(x)


def _pooled(draw: Draw, x: Any) -> Any:
    if min(x.shape[1:3]) <= MIN_SIZE:
        return x
    kind = draw(st.sampled_from((layers.MaxPooling2D, layers.AveragePooling2D)))
    return kind(2, 1, padding=_padding(draw, x))(x)


def _random(draw: Draw, x: Any) -> Any:
    kinds = (
        lambda: layers.Dropout(0.4),
        lambda: layers.Dropout(0.4, noise_shape=(None, 1, 1, x.shape[-1])),
        lambda: layers.SpatialDropout2D(0.4),
        lambda: layers.GaussianNoise(0.4),
        lambda: layers.GaussianDropout(0.4),
    )
    return draw(st.sampled_from(kinds))()(x)


def _resized(draw: Draw, x: Any) -> Any:
    if max(x.shape[1:3]) * 2 > MAX_SIZE:
        return layers.Cropping2D(1)(x) if min(x.shape[1:3]) > MIN_SIZE + 1 else x
    kinds = (
        lambda: layers.ZeroPadding2D(1),
        lambda: layers.UpSampling2D(2, interpolation=draw(st.sampled_from(("nearest", "bilinear")))),
        lambda: layers.Resizing(7, 6),
    )
    return draw(st.sampled_from(kinds))()(x)


def _rescaled(draw: Draw, x: Any) -> Any:
    channels = x.shape[-1]
    values = np.random.default_rng(channels).uniform(0.5, 1.5, (2, channels))
    kinds = (
        lambda: layers.Rescaling(0.7, offset=0.3),
        lambda: layers.Rescaling(values[0].tolist(), offset=values[1].tolist()),
        lambda: layers.Normalization(),
        lambda: layers.Normalization(mean=values[0].tolist(), variance=values[1].tolist()),
        lambda: layers.Normalization(mean=0.2, variance=1.3),
    )
    return draw(st.sampled_from(kinds))()(x)


def _joined(draw: Draw, tensors: list[Any]) -> Any:
    """Join tensors of one size: stacked channels, or merged element by element."""
    smallest = min(min(x.shape[1:3]) for x in tensors)
    tensors = [layers.Resizing(smallest, smallest)(x) for x in tensors]
    if draw(st.booleans()):
        return layers.Concatenate()(tensors)
    tensors = [layers.Conv2D(4, 1)(x) for x in tensors]
    kinds = (layers.Add, layers.Multiply, layers.Subtract, layers.Average, layers.Maximum)
    return draw(st.sampled_from(kinds))()(tensors)


def _residual(draw: Draw, x: Any) -> Any:
    y = layers.Conv2D(_filters(draw), 3, padding="same", activation=_activation(draw))(x)
    y = layers.BatchNormalization()(y)
    y = layers.Conv2D(x.shape[-1], 1)(y)
    kinds = (
        lambda: layers.Add()([x, y]),
        lambda: layers.Subtract()([x, y]),
        lambda: x + y,
        lambda: ops.relu(x * 0.5 - y),
    )
    return draw(st.sampled_from(kinds))()


def _squeeze_excite(draw: Draw, x: Any) -> Any:
    channels = x.shape[-1]
    if draw(st.booleans()):
        y = layers.GlobalAveragePooling2D(keepdims=draw(st.booleans()))(x)
        y = layers.Dense(_filters(draw), activation="relu")(y)
        y = layers.Dense(channels, activation="sigmoid")(y)
    else:
        y = layers.Reshape((1, 1, channels))(layers.GlobalMaxPooling2D()(x))
        y = layers.Conv2D(_filters(draw), 1, activation="relu")(y)
        y = layers.Conv2D(channels, 1, activation="hard_sigmoid")(y)
    return layers.Multiply()([x, y])


def _branches(draw: Draw, x: Any) -> Any:
    branches = [
        layers.Conv2D(_filters(draw), 1, activation=_activation(draw))(x),
        layers.Conv2D(_filters(draw), 3, padding="same")(x),
        x,
    ]
    return layers.Concatenate()(branches[: draw(st.integers(2, 3))])


def _spatially_joined(draw: Draw, x: Any) -> Any:
    filters = _filters(draw)
    parts = [layers.Conv2D(filters, 1)(x), layers.Conv2D(filters, 3, padding="same")(x)]
    x = layers.Concatenate(axis=draw(st.sampled_from((1, 2))))(parts)
    return layers.AveragePooling2D(2, padding="same")(x)


def _pointwise_dense(draw: Draw, x: Any) -> Any:
    return layers.Dense(_filters(draw), activation=_activation(draw))(x)


def _as_sequence(draw: Draw, x: Any) -> Any:
    height, width, channels = x.shape[1:]
    x = layers.Reshape((height * width, channels))(x)
    x = layers.Conv1D(_filters(draw), 3, padding="same", activation=_activation(draw))(x)
    return layers.Reshape((height, width, x.shape[-1]))(x)


def _nested(draw: Draw, x: Any) -> Any:
    """A model inside; called once, or twice on two branches so that all its layers are shared."""
    filters = _filters(draw)
    if draw(st.booleans()):
        inner = keras.Sequential(
            [
                keras.Input(x.shape[1:]),
                layers.Conv2D(filters, 1, activation=_activation(draw)),
                layers.BatchNormalization(),
                layers.Conv2D(_filters(draw), 3, padding="same"),
            ]
        )
    else:
        image = keras.Input(x.shape[1:])
        y = layers.Conv2D(filters, 3, padding="same")(image)
        inner = keras.Model(image, layers.Add()([y, layers.Conv2D(filters, 1)(image)]))
    if draw(st.booleans()):
        return inner(x)
    other = layers.Conv2D(x.shape[-1], 1, activation="relu")(x)
    return layers.Add()([inner(x), inner(other)])


def _shared(draw: Draw, x: Any) -> Any:
    shared = layers.Conv2D(_filters(draw), 3, padding="same", activation=_activation(draw))
    other = layers.Conv2D(x.shape[-1], 1)(x)
    return draw(st.sampled_from((layers.Add, layers.Concatenate)))()([shared(x), shared(other)])


def _heads(draw: Draw, x: Any) -> Any:
    outputs = [_head(draw, x) for _ in range(draw(st.integers(1, 2)))]
    return outputs if len(outputs) > 1 else outputs[0]


def _head(draw: Draw, x: Any) -> Any:
    kinds = (
        lambda: layers.Flatten()(x),
        lambda: layers.GlobalAveragePooling2D()(x),
        lambda: layers.Flatten()(layers.Permute((3, 1, 2))(x)),
        lambda: layers.Reshape((-1,))(x),
    )
    x = draw(st.sampled_from(kinds))()
    if draw(st.booleans()):
        x = layers.Dense(_filters(draw), activation=_activation(draw))(x)
        x = layers.BatchNormalization()(x)
    if draw(st.booleans()):
        channels = draw(st.integers(2, 4))
        x = layers.Reshape((2, 2, channels))(layers.Dense(4 * channels, activation=_activation(draw))(x))
        x = layers.Flatten()(layers.Conv2D(_filters(draw), 2, activation=_activation(draw))(x))
    return layers.Dense(3, activation=draw(st.sampled_from(("linear", "softmax"))))(x)


STEPS = (
    _conv,
    _grouped,
    _depthwise,
    _separable,
    _transposed,
    _norm,
    _activated,
    _pooled,
    _random,
    _resized,
    _rescaled,
    _residual,
    _squeeze_excite,
    _branches,
    _spatially_joined,
    _pointwise_dense,
    _as_sequence,
    _nested,
    _shared,
)
