"""The three architectures, each standard or depthwise separable, as functional Keras networks.

Every network takes (n, 28, 28, 1) float32 in 0..1 and answers ten probabilities; nothing outside it scales or
normalises, so an exported file is complete in itself.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from core.errors import SpecError
from core.records import Architecture, Convolution

INPUT_SHAPE = (28, 28, 1)
NUM_CLASSES = 10


def build(architecture: Architecture | str, conv: Convolution | str = "standard", *, seed: int = 0) -> Any:
    """Return a fresh, untrained network; the same seed gives the same weights. Raises SpecError."""
    body, separable = _member(Architecture, architecture), _member(Convolution, conv) is Convolution.SEPARABLE
    if body is Architecture.MLP1000 and separable:
        raise SpecError("conv is 'separable' for mlp1000, which has no convolution; use conv standard.")
    keras.utils.set_random_seed(seed)
    image = keras.Input(INPUT_SHAPE, name="image")
    x = _BODIES[body](image, separable)
    x = layers.Dense(NUM_CLASSES, name="logits")(x)
    x = layers.Softmax(name="probabilities")(x)
    return keras.Model(image, x, name=f"{architecture}_{conv}")


def logits_of(model: Any) -> Any:
    """Return `model` without its last softmax, sharing all weights; losses are exact on logits only."""
    last = model.layers[-1]
    if not isinstance(last, layers.Softmax):
        raise SpecError(
            f"The network {model.name!r} ends in {last.name!r} ({type(last).__name__}); "
            "training expects a Softmax layer at the end."
        )
    return keras.Model(model.input, last.input, name=f"{model.name}_logits")


def _lenet5(x: Any, separable: bool) -> Any:
    """LeNet-5 as in Caffe, 20-50-500, with ReLU everywhere: 431,080 parameters (407,600 separable)."""
    x = layers.Conv2D(20, 5, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(2, name="pool1")(x)
    if separable:
        x = layers.DepthwiseConv2D(5, activation="relu", name="conv2_depthwise")(x)
        x = layers.Conv2D(50, 1, activation="relu", name="conv2_pointwise")(x)
    else:
        x = layers.Conv2D(50, 5, activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = layers.Flatten(name="flatten")(x)
    return layers.Dense(500, activation="relu", name="dense1")(x)


def _mlp1000(x: Any, _: bool) -> Any:
    """784-1000-10, the classic example of neuron pruning: 795,010 parameters."""
    x = layers.Flatten(name="flatten")(x)
    return layers.Dense(1000, activation="relu", name="dense1")(x)


def _convnet(x: Any, separable: bool) -> Any:
    """Four convolutions, each with batch norm and ReLU, then global average pooling.

    87,886 parameters (23,698 separable, which needs more channels to bear pruning: decision 0103).
    """
    first, second, third, last = (24, 56, 96, 128) if separable else (20, 40, 64, 96)
    x = _block(x, "conv1", first, 5)
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = _block(x, "conv2", second, 3, separable=separable)
    x = _block(x, "conv3", third, 3, separable=separable)
    x = layers.MaxPooling2D(2, name="pool3")(x)
    x = _block(x, "conv4", last, 3, padding="same", separable=separable)
    return layers.GlobalAveragePooling2D(name="average")(x)


def _block(
    x: Any, name: str, channels: int, size: int, *, padding: str = "valid", separable: bool = False
) -> Any:
    if separable:
        x = layers.DepthwiseConv2D(size, padding=padding, use_bias=False, name=f"{name}_depthwise")(x)
        # No norm or ReLU between the two: more test digits right, and a quarter less time (decision 0103).
        x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_pointwise")(x)
        return _normalised(x, f"{name}_pointwise")
    x = layers.Conv2D(channels, size, padding=padding, use_bias=False, name=name)(x)
    return _normalised(x, name)


def _normalised(x: Any, name: str) -> Any:
    # 0.99, the default momentum, still remembers the untrained network after a short training.
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


_BODIES: dict[Architecture, Callable[[Any, bool], Any]] = {
    Architecture.LENET5: _lenet5,
    Architecture.CONVNET: _convnet,
    Architecture.MLP1000: _mlp1000,
}


def _member(kind: Any, value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise SpecError(f"{kind.__name__.lower()} is {value!r}; allowed: {', '.join(kind)}.") from None
