"""Arithmetic in bfloat16 while training, on processors that multiply it: weights and optimizer stay float32.

TensorFlow rewrites the graph of a training step (oneDNN's automatic mixed precision): convolutions and dense
layers multiply in bfloat16 and add in float32; what passes between them and their gradients are rounded to
bfloat16. Its exponent is float32's, so no loss is scaled. What is evaluated, exported or measured is never
rewritten.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

OPTION = "auto_mixed_precision_onednn_bfloat16"
FLAGS = {"avx512_bf16", "amx_bf16"}
PRODUCTS = (keras.layers.Dense, keras.layers.Conv2D)


def pays(model: Any) -> bool:
    """Whether training `model` is faster so: the processor can, and products are what its steps consist of.

    Depthwise convolutions and batch norms pass numbers through, and only pay for the conversions between.
    """
    layers = [layer for layer in model.layers if layer.weights]
    return processor_can() and all(type(layer) in PRODUCTS for layer in layers)


@functools.cache
def processor_can() -> bool:
    """Whether this processor multiplies bfloat16; False where the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return False
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return not FLAGS.isdisjoint(flags) and not tf.config.list_physical_devices("GPU")


@contextmanager
def bfloat16(wanted: bool) -> Iterator[None]:
    """Let graphs that run in this block be rewritten, where wanted; before and after it they are not."""
    if not wanted:
        yield
        return
    before = tf.config.optimizer.get_experimental_options().get(OPTION, False)
    tf.config.optimizer.set_experimental_options({OPTION: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({OPTION: before})
