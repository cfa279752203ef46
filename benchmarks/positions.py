"""Positions behind Flatten: which of them the dense layer of a pruned lenet5 still reads.

A position is one channel at one place, so taking it away takes a whole row out of the dense kernel. That is
how the structured records count LeNet-5: 5-10-76-16 reads 76 of 160 positions.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.pruning.surgery import copied

FLAT, DENSE, LOGITS = "flatten", "dense1", "logits"


def scores(model: Any, data: tuple[Any, Any]) -> NDArray[np.float64]:
    """Return (positions,): half the mean square of what shutting one changes the loss by, to first order."""
    x, y = data
    features = keras.Model(model.input, model.get_layer(FLAT).output)(x, training=False)
    with tf.GradientTape() as tape:
        tape.watch(features)
        logits = model.get_layer(LOGITS)(model.get_layer(DENSE)(features))
        loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(y, tf.int32), logits))
    change = np.asarray(features * tape.gradient(loss, features), np.float64)
    return np.asarray((change**2).mean(axis=0) / 2)


def read_only(model: Any, count: int, data: tuple[Any, Any]) -> Any:
    """Return a copy of `model` that reads the `count` best positions: all other rows are zero."""
    same = copied(model)
    kernel = same.get_layer(DENSE).kernel
    values = np.array(kernel)
    values[np.argsort(-scores(model, data), kind="stable")[count:]] = 0
    kernel.assign(values)
    return same


def without_unread(model: Any) -> Any:
    """Return `model` with the rows that are zero taken out: it picks its positions and has fewer weights."""
    old = model.get_layer(DENSE)
    kernel = np.asarray(old.kernel)
    read = np.flatnonzero(kernel.any(axis=1))
    picked = keras.ops.take(model.get_layer(FLAT).output, read, axis=1)
    dense = keras.layers.Dense(kernel.shape[1], activation=old.activation, name=DENSE)
    hidden = dense(picked)
    dense.set_weights([kernel[read], np.asarray(old.bias)])
    answer = model.layers[-1](model.get_layer(LOGITS)(hidden))
    return keras.Model(model.input, answer, name=model.name)
