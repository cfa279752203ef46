"""The same first layers in a layout that CPU kernels like. Only the order of work changes. Imports keras.

A convolution with few channels leaves vector lanes empty and reads one number per pointer. As fewer, wider
pixels it does not: `columns` neighbours become channels of one pixel (a free reshape), two rows and `columns`
columns of outputs become channels of one output, and the 2x2 pooling behind it a maximum over four runs of
channels. That multiplies more (windows overlap less) and wastes fewer lanes; `best_columns` weighs the two.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

ROWS = 2
COLUMNS = (2, 4)
LANES = 16
WIDE_LANES = 32
MACS_PER_NS = 110.0
NS_PER_POINTER = 0.14
NS_PER_REMAINDER = 4.7
NS_PER_POOL = 3.5
LEAST_GAIN = 0.05
"""Measured on XNNPACK's AVX-512 kernels (docs/performance.md): tiles of 16 or 32 lanes, a price for each
pointer into the input, for outputs that end in the middle of a tile, and for each vector pooled."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A stride-1, unpadded convolution: input height, width, channels, kernel height, width, filters."""

    height: int
    width: int
    inputs: int
    kernel_height: int
    kernel_width: int
    outputs: int

    @property
    def out_height(self) -> int:
        return self.height - self.kernel_height + 1

    @property
    def out_width(self) -> int:
        return self.width - self.kernel_width + 1

    def blocks(self, columns: int) -> int:
        """Return how many wide pixels a window covers that yields `columns` outputs side by side."""
        return ceil((columns + self.kernel_width - 1) / columns)

    def fits(self, columns: int) -> bool:
        """Whether rows and columns divide evenly into blocks."""
        return not (self.width % columns or self.out_width % columns or self.out_height % ROWS)


def cost_ns(shape: Shape, columns: int = 1) -> float:
    """Estimate the time of the convolution as it is (1), or with `columns` pixels side by side."""
    rows = ROWS if columns > 1 else 1
    outputs = shape.out_height * shape.out_width // (rows * columns)
    pointers = outputs * (shape.kernel_height + rows - 1) * shape.blocks(columns)
    lanes = shape.outputs * rows * columns
    tile = LANES if lanes <= LANES else WIDE_LANES
    macs = pointers * columns * shape.inputs * tile * ceil(lanes / tile)
    ragged = lanes > LANES and lanes % LANES
    side_by_side = max(1, columns // 2)
    pools = (
        shape.out_height * shape.out_width // 4 // side_by_side * ceil(side_by_side * shape.outputs / LANES)
    )
    convolution = (
        macs / MACS_PER_NS + pointers * NS_PER_POINTER + (outputs * NS_PER_REMAINDER if ragged else 0)
    )
    return convolution + pools * NS_PER_POOL


def best_columns(shape: Shape) -> int:
    """Return the number of columns estimated fastest; 1 where widening gains less than a twentieth."""
    costs = {columns: cost_ns(shape, columns) for columns in COLUMNS if shape.fits(columns)}
    best = min(costs, key=costs.__getitem__, default=1)
    return best if best > 1 and costs[best] < (1 - LEAST_GAIN) * cost_ns(shape) else 1


def wide_kernel(kernel: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """Return (kh, kw, in, out) as (kh + 1, blocks, columns * in, 2 * columns * out).

    The last axis runs over row, column within a pool, pool, channel: a pool's four outputs are four runs.
    """
    height, width, inputs, outputs = kernel.shape
    blocks = ceil((columns + width - 1) / columns)
    wide = np.zeros((height + 1, blocks * columns, inputs, ROWS, 2, columns // 2, outputs), kernel.dtype)
    for row in range(ROWS):
        for column in range(columns):
            window = wide[row : row + height, column : column + width]
            window[:, :, :, row, column % 2, column // 2, :] = kernel
    return wide.reshape(height + 1, blocks, columns * inputs, ROWS * columns * outputs)


class WideConvolution(keras.layers.Layer):  # type: ignore[misc]
    """A convolution with its activation and the 2x2 pooling behind it; weights are constants of the graph."""

    def __init__(self, convolution: Any, columns: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shape, self.columns, self.activation = shape_of(convolution), columns, convolution.activation
        kernel, *bias = convolution.get_weights()
        self.kernel = wide_kernel(kernel, columns)
        self.bias = np.tile(bias[0], ROWS * columns) if bias else None

    def call(self, inputs: Any) -> Any:
        shape, columns = self.shape, self.columns
        pairs = columns // 2
        x = tf.reshape(inputs, (-1, shape.height, shape.width // columns, columns * shape.inputs))
        x = tf.nn.conv2d(x, self.kernel, strides=(1, ROWS, 1, 1), padding="VALID")
        x = self.activation(x if self.bias is None else tf.nn.bias_add(x, self.bias))
        pools = shape.out_height * shape.out_width // (4 * pairs)
        x = tf.reshape(x, (-1, 1, 4 * pools, pairs * shape.outputs))
        x = tf.nn.max_pool2d(x, (1, 4), (1, 4), "VALID")
        return tf.reshape(x, (-1, shape.out_height // 2, shape.out_width // 2, shape.outputs))

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], self.shape.out_height // 2, self.shape.out_width // 2, self.shape.outputs)


def shape_of(convolution: Any) -> Shape:
    """Return the sizes of a built Conv2D layer."""
    height, width, inputs = convolution.input.shape[1:]
    kernel_height, kernel_width = convolution.kernel_size
    return Shape(height, width, inputs, kernel_height, kernel_width, convolution.filters)


def widened(model: keras.Model) -> dict[str, int]:
    """Return the convolutions worth widening: name -> columns."""
    found = {layer.name: best_columns(shape_of(layer)) for layer in model.layers if pool_behind(layer)}
    return {name: columns for name, columns in found.items() if columns > 1}


def pool_behind(layer: Any) -> Any | None:
    """Return the 2x2 maximum pooling that alone reads a plain stride-1 convolution, or None."""
    if not isinstance(layer, keras.layers.Conv2D) or isinstance(layer, keras.layers.DepthwiseConv2D):
        return None
    plain = (layer.padding, layer.strides, layer.dilation_rate, layer.groups, layer.data_format)
    if plain != ("valid", (1, 1), (1, 1), 1, "channels_last") or None in layer.input.shape[1:]:
        return None
    readers = [node.operation for node in layer._outbound_nodes]
    if len(readers) != 1 or not isinstance(readers[0], keras.layers.MaxPooling2D):
        return None
    pool = readers[0]
    is_plain = (pool.pool_size, pool.strides, pool.padding) == ((2, 2), (2, 2), "valid")
    is_elementwise = layer.activation in _ELEMENTWISE
    return pool if is_plain and is_elementwise else None


_ELEMENTWISE = (
    keras.activations.relu,
    keras.activations.linear,
    keras.activations.tanh,
    keras.activations.sigmoid,
)
