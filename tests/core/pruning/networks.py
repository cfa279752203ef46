"""Random networks with realistic weights, and the measure of how far two answers lie apart."""

from typing import Any

import keras
import numpy as np


def realistic(model: Any, inputs: Any, seed: int = 0) -> Any:
    """Give `model` weights as training leaves them, and the batch-norm statistics of `inputs`."""
    draw = np.random.default_rng(seed)
    for variable in model.weights:
        variable.assign(_values(variable, draw))
    norms = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    if norms:
        model(inputs, training=True)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
        # Statistics that fit the data exactly would hide a shifted channel.
        layer.moving_mean.assign(layer.moving_mean + draw.normal(0, 0.2, layer.moving_mean.shape))
        factors = draw.uniform(0.7, 1.4, layer.moving_variance.shape)
        layer.moving_variance.assign(layer.moving_variance * factors + 1e-3)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return model


def _values(variable: Any, draw: np.random.Generator) -> Any:
    name, shape = variable.name, variable.shape
    if name.endswith("kernel"):
        return draw.normal(0, (2 / max(1, np.prod(shape[:-1]))) ** 0.5, shape)
    if name in ("gamma", "moving_variance", "variance"):
        return draw.uniform(0.5, 1.5, shape)
    if name == "alpha":
        return draw.uniform(0.05, 0.4, shape)
    if name == "count" or "seed" in name:
        return np.asarray(variable)
    return draw.normal(0, 0.3, shape)


def inputs_for(model: Any, count: int = 4, seed: int = 1) -> Any:
    """Return random inputs of the model's shapes, in its structure."""
    draw = np.random.default_rng(seed)
    made = [draw.normal(size=(count, *x.shape[1:])).astype(keras.config.floatx()) for x in model.inputs]
    return made[0] if len(made) == 1 else made


def answers(model: Any, inputs: Any) -> list[Any]:
    """Return the outputs as arrays, random layers off."""
    return [np.asarray(output) for output in keras.tree.flatten(model(inputs, training=False))]


def distance(first: list[Any], second: list[Any]) -> float:
    """Return the largest difference over how much that output differs between inputs."""
    worst = 0.0
    for one, other in zip(first, second, strict=True):
        assert one.shape == other.shape
        assert np.isfinite(one).all()
        assert np.isfinite(other).all()
        spread = max(float(one.std(axis=0).mean()), 1e-6 * float(np.abs(one).max()), 1e-30)
        worst = max(worst, float(np.abs(one - other).max()) / spread)
    return worst
