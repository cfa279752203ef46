"""What the loss would rise by if a unit of channels were cut off, estimated from gradients on data."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import tree
from numpy.typing import NDArray

from core.errors import PruningError
from core.pruning.channels import Channels
from core.pruning.groups import Network

BATCH_SIZE = 100


def loss_increase(
    network: Network, data: Any, batch_size: int = BATCH_SIZE
) -> tuple[NDArray[np.float64], int]:
    """Return, by slot, half the mean squared derivative of each example's loss by a gate on the unit.

    The gate (1: there, 0: gone) sits where the unit is read by dense and convolution kernels, so shutting it
    is exactly what removing does. First-order Taylor, squared per example as in Molchanov et al. 2019; the
    half makes it the Fisher estimate of the increase in loss (Theis et al. 2018). Also returns the number of
    examples.
    """
    inputs, labels = _checked(network, data)
    count = len(tree.flatten(inputs)[0])
    total = np.zeros(len(network.roots))
    step = _step(network)
    for start in range(0, count, batch_size):
        part = slice(start, min(start + batch_size, count))
        batch = tree.map_structure(
            lambda x, part=part: tf.convert_to_tensor(np.asarray(x[part])), (inputs, labels)
        )
        total += step(*batch).numpy()
    return 0.5 * total / count, count


def _checked(network: Network, data: Any) -> tuple[Any, Any]:
    if not isinstance(data, tuple) or len(data) != 2:
        raise PruningError(
            f"criterion 'taylor' needs data, got {type(data).__name__}; "
            "give data=(inputs, labels) as arrays, or use criterion l1."
        )
    lengths = {len(x) for x in tree.flatten(data)}
    if len(lengths) != 1 or not min(lengths):
        raise PruningError(
            f"data has {sorted(lengths)} entries; allowed: as many labels as inputs, at least one."
        )
    if len(tree.flatten(data[0])) != len(network.graph.inputs):
        raise PruningError(
            f"data has {len(tree.flatten(data[0]))} inputs; the network takes {len(network.graph.inputs)}."
        )
    return data


def _step(network: Network) -> Any:
    """Return a function of one batch: the sum over examples of the squared derivative, by slot."""

    def step(inputs: Any, labels: Any) -> Any:
        flat = [tf.cast(x, tf.float32) for x in tree.flatten(inputs)]
        gates = tf.ones((tf.shape(flat[0])[0], len(network.roots)))
        with tf.GradientTape() as tape:
            tape.watch(gates)
            outputs = _run(network, flat, gates)
            loss = tf.reduce_sum(_losses(network, outputs, labels))
        gradient = tape.gradient(loss, gates)
        return tf.reduce_sum(tf.cast(gradient, tf.float64) ** 2, axis=0)

    return tf.function(step, reduce_retracing=True)


def _run(network: Network, inputs: list[Any], gates: Any) -> list[Any]:
    graph = network.graph
    values = dict(zip(graph.inputs, inputs, strict=True))
    for call, reading in zip(graph.calls, network.readings, strict=True):
        if reading.is_consumer:
            call.run(values, lambda number, x: _gated(network, network.channels[number], x, gates))
        else:
            call.run(values)
    return [values[number] for number in graph.outputs]


def _gated(network: Network, channels: Channels, x: Any, gates: Any) -> Any:
    gate = tf.gather(gates, tf.constant(network.roots[channels.ids]), axis=1)
    shape = [1] * len(x.shape)
    shape[0], shape[channels.axis] = -1, len(channels.ids)
    return x * tf.cast(tf.reshape(gate, shape), x.dtype)


def _losses(network: Network, outputs: list[Any], labels: Any) -> Any:
    """Return the loss of each example: the compiled loss, or one that fits labels and last layer."""
    model = network.model
    if model.compiled and model.loss is not None:
        packed = outputs[0] if len(outputs) == 1 else outputs
        size = tf.cast(tf.shape(outputs[0])[0], tf.float32)
        return model.compute_loss(y=labels, y_pred=packed, training=False) * size
    makers = {number: call.operation for call in network.graph.calls for number in call.outputs}
    answers = zip(network.graph.outputs, outputs, tree.flatten(labels), strict=True)
    return tf.add_n(
        [_loss(_is_softmax(makers.get(number)), output, label) for number, output, label in answers]
    )


def _loss(is_softmax: bool, output: Any, label: Any) -> Any:
    """Return the cross-entropy for class numbers (behind softmax: also shares), else the squared error."""
    if label.dtype.is_integer:
        label = tf.cast(label, tf.int32)
        if not is_softmax:
            return tf.nn.sparse_softmax_cross_entropy_with_logits(label, output)
        return -_log(tf.gather(output, label, axis=1, batch_dims=1))
    label = tf.cast(label, output.dtype)
    loss = -label * _log(output) if is_softmax else (output - label) ** 2
    return tf.reduce_sum(tf.reshape(loss, (tf.shape(output)[0], -1)), axis=1)


def _log(probabilities: Any) -> Any:
    return tf.math.log(tf.clip_by_value(probabilities, keras.config.epsilon(), 1.0))


def _is_softmax(operation: Any) -> bool:
    name = getattr(getattr(operation, "activation", None), "__name__", type(operation).__name__)
    return bool(name.lower() == "softmax")
