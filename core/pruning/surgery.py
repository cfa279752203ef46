"""Copies of a network without some channels (`remove`), or with them there but cut off (`mask`).

Weights are carried over exactly; the given network is never changed.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
from keras import tree

from core.errors import PruningError
from core.pruning.channels import Ids
from core.pruning.graph import functional, is_model, nodes
from core.pruning.groups import Network, read
from core.pruning.visit import Keep
from core.records.network import PruningPlan


def remove(model: Any, plan: PruningPlan) -> Any:
    """Return a physically smaller copy of `model`; raise PruningError where `plan` does not fit it."""
    network = read(model, plan.ignore)
    keep = network.keep(removed_slots(network, plan))
    smaller, copies = _copy(network, keep)
    for operation, weights in _weights(network):
        _carry(operation, copies[id(operation)], weights, keep)
    _finish(copies)
    return smaller


def mask(model: Any, plan: PruningPlan) -> Any:
    """Return a copy of `model` whose chosen channels are zero and are read by nothing; shapes stay."""
    network = read(model, plan.ignore)
    keep = network.keep(removed_slots(network, plan))
    same, copies = _copy(network, lambda ids: np.ones(len(ids), bool))
    for operation, weights in _weights(network):
        _carry(operation, copies[id(operation)], {}, keep)
        cut_off(copies[id(operation)], weights, keep)
    _finish(copies)
    return same


def copied(model: Any, ignore: Iterable[str] = ()) -> Any:
    """Return a copy of `model` with the same weights."""
    return mask(model, PruningPlan(ratio=0.0, ratio_achieved=0.0, ignore=tuple(ignore)))


def removed_slots(network: Network, plan: PruningPlan) -> Ids:
    """Return the standing slots that go; raise PruningError unless they are whole units that may go."""
    gone = np.zeros(len(network.roots), bool)
    for layer, indices in plan.removed.items():
        made = network.made_by.get(layer)
        if made is None or max(indices, default=0) >= len(made):
            raise _misfit(network, f"layer {layer!r} with channel {max(indices, default=0)} is not there")
        gone[network.roots[made[list(indices)]]] = True
    for group in network.groups:
        going = gone[group.units]
        if group.record.held and going.any():
            raise _misfit(network, f"channels of {group.record.name!r} cannot go: {group.record.held}")
        if going.all():
            raise _misfit(network, f"no channel of {group.record.name!r} would be left")
    for layer, made in network.made_by.items():
        planned = np.zeros(len(made), bool)
        planned[list(plan.removed.get(layer, ()))] = True
        if (planned != gone[network.roots[made]]).any():
            raise _misfit(network, f"in {layer!r} it leaves channels that must go together with others")
    return np.flatnonzero(gone)


def _misfit(network: Network, reason: str) -> PruningError:
    return PruningError(
        f"The plan does not fit the network {network.model.name!r}: {reason}. Nothing was changed. "
        "Make the plan from this network, or from one with the same layers."
    )


def cut_off(operation: Any, weights: Any, keep: Keep) -> None:
    """Set to zero what belongs to, or reads, channels that go."""
    for name, axes in weights.items():
        variable = getattr(operation, name)
        values = np.array(variable)
        for axis, ids in axes:
            np.moveaxis(values, axis, 0)[~keep(ids)] = 0
        variable.assign(values)


def _carry(old: Any, new: Any, weights: Any, keep: Keep) -> None:
    shrinking = {id(getattr(old, name)): axes for name, axes in weights.items()}
    for before, after in zip(old.weights, new.weights, strict=True):
        values = np.asarray(before)
        for axis, ids in shrinking.get(id(before), ()):
            values = np.compress(keep(ids), values, axis=axis)
        after.assign(values)


def _weights(network: Network) -> Iterator[tuple[Any, Any]]:
    """Yield each operation that has weights once, with those that shrink."""
    seen = set()
    for call, reading in zip(network.graph.calls, network.readings, strict=True):
        if call.is_layer and call.operation.weights and id(call.operation) not in seen:
            seen.add(id(call.operation))
            yield call.operation, reading.weights


def _finish(copies: dict[int, Any]) -> None:
    for layer in copies.values():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def _copy(network: Network, keep: Keep) -> tuple[Any, dict[int, Any]]:
    """Return a rebuilt network with fresh weights, and its operations by the id of those that they copy."""
    settings = {
        id(call.operation): (call.path, {key: shrunk(keep) for key, shrunk in reading.settings.items()})
        for call, reading in zip(network.graph.calls, network.readings, strict=True)
    }
    copies: dict[int, Any] = {}
    return _copy_model(network.model, None, settings, copies), copies


def _copy_model(model: Any, given: list[Any] | None, settings: Any, copies: dict[int, Any]) -> Any:
    graph = functional(model)
    shapes = [tensor.shape for tensor in (given or graph.inputs)]
    inputs = [_input(tensor, shape) for tensor, shape in zip(graph.inputs, shapes, strict=True)]
    values = {id(tensor): made for tensor, made in zip(graph.inputs, inputs, strict=True)}
    for node in nodes(graph):
        args, kwargs = node.arguments.fill_in(values)
        operation = copies.get(id(node.operation))
        if operation is None:
            received = [x for x in tree.flatten((args, kwargs)) if isinstance(x, keras.KerasTensor)]
            operation = _copy_operation(node.operation, received, settings, copies)
            copies[id(node.operation)] = operation
        made = tree.flatten(operation(*args, **kwargs))
        values.update((id(tensor), new) for tensor, new in zip(node.outputs, made, strict=True))
    return _assembled(model, graph, inputs, values, copies)


def _assembled(
    model: Any, graph: Any, inputs: list[Any], values: dict[int, Any], copies: dict[int, Any]
) -> Any:
    if isinstance(model, keras.Sequential):
        layers = [inputs[0], *(copies[id(layer)] for layer in model.layers)]
        return keras.Sequential(layers, name=model.name, trainable=model.trainable)
    ins = tree.pack_sequence_as(graph._inputs_struct, inputs)
    outs = tree.map_structure(lambda tensor: values[id(tensor)], graph._outputs_struct)
    return keras.Model(ins, outs, name=model.name, trainable=model.trainable)


def _input(tensor: Any, shape: Any) -> Any:
    layer = tensor._keras_history.operation
    shape = (tensor.shape[0], *shape[1:])
    return keras.layers.InputLayer.from_config({**layer.get_config(), "batch_shape": shape}).output


def _copy_operation(operation: Any, received: list[Any], settings: Any, copies: dict[int, Any]) -> Any:
    if is_model(operation):
        return _copy_model(operation, received, settings, copies)
    path, changed = settings[id(operation)]
    try:
        config = operation.get_config()
        if callable(getattr(operation, "activation", None)):
            # A function given as an object would not survive the way through its name.
            config["activation"] = operation.activation
        return type(operation).from_config({**config, **changed})
    except (TypeError, ValueError, NotImplementedError, AttributeError) as error:
        raise PruningError(
            f"Layer {path!r} ({type(operation).__name__}) cannot be copied from its own configuration: "
            f"{error}. Give it a get_config that its constructor accepts."
        ) from error
