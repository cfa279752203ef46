"""A functional network as one flat list of calls: nested models unrolled, shared layers called again.

Reads Keras's own record of the graph (nodes) and runs it; knows nothing about pruning and changes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
from keras import tree

from core.errors import PruningError


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One layer or operation called once. `path` names it (nested/inner); tensors are numbers."""

    operation: Any
    path: str
    arguments: Any
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    numbers: dict[int, int]

    @property
    def is_layer(self) -> bool:
        return isinstance(self.operation, keras.layers.Layer)

    def run(self, values: dict[int, Any], change: Callable[[int, Any], Any] | None = None) -> None:
        """Call the operation on `values` (by tensor number), add its outputs; `change` may edit inputs."""

        def filled(x: Any) -> Any:
            if not isinstance(x, keras.KerasTensor):
                return x
            number = self.numbers[id(x)]
            return change(number, values[number]) if change else values[number]

        args, kwargs = self.arguments.convert(filled)
        if self.is_layer and self.operation._call_has_training_arg:
            kwargs = {**kwargs, "training": False}
        for number, value in zip(self.outputs, tree.flatten(self.operation(*args, **kwargs)), strict=True):
            values[number] = value


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """All calls in an order that can be run; shapes (batch included) by tensor number."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    calls: tuple[Call, ...]
    shapes: tuple[tuple[int | None, ...], ...]


def functional(model: Any) -> Any:
    """Return the graph behind a functional or built Sequential model; raise PruningError otherwise."""
    name = getattr(model, "name", type(model).__name__)
    if isinstance(model, keras.Sequential):
        if not model.built or model._functional is None:
            raise PruningError(
                f"The Sequential model {name!r} has no input shape yet; allowed: a built one. "
                "Start it with keras.Input(shape), or call it once."
            )
        return model._functional
    if not is_functional(model):
        raise PruningError(
            f"{name!r} is a {type(model).__name__}; allowed: functional and Sequential Keras models, whose "
            "layers can be followed from input to output. Rebuild it with keras.Model(inputs, outputs)."
        )
    return model


def is_functional(model: Any) -> bool:
    """Return whether Keras runs `model` by its recorded graph, with no call of its own."""
    return isinstance(model, keras.Function) and type(model).call.__qualname__ == "Functional.call"


def trace(model: Any) -> Graph:
    """Return the flat graph of `model`; raise PruningError for a model without one."""
    shapes: list[tuple[int | None, ...]] = []
    calls: list[Call] = []
    top = functional(model)
    inputs = tuple(_number(tensor.shape, shapes) for tensor in top.inputs)
    outputs = _unroll(top, "", inputs, shapes, calls)
    return Graph(inputs, outputs, tuple(calls), tuple(shapes))


def nodes(model: Any) -> Iterator[Any]:
    """Yield the calls of one functional model, each after the ones that it depends on; inputs left out."""
    by_depth = model._nodes_by_depth
    order = {id(operation): place for place, operation in enumerate(model.operations)}
    for depth in sorted(by_depth, reverse=True):
        alike = sorted(by_depth[depth], key=lambda node: order[id(node.operation)])
        yield from (node for node in alike if not node.is_input)


def _number(shape: Any, shapes: list[tuple[int | None, ...]]) -> int:
    shapes.append(tuple(shape))
    return len(shapes) - 1


def _unroll(
    model: Any, prefix: str, inputs: tuple[int, ...], shapes: list[tuple[int | None, ...]], calls: list[Call]
) -> tuple[int, ...]:
    numbers = {id(tensor): number for tensor, number in zip(model.inputs, inputs, strict=True)}
    for node in nodes(model):
        operation, path = node.operation, prefix + node.operation.name
        given = tuple(numbers[id(tensor)] for tensor in node.input_tensors)
        if is_model(operation):
            made = _unroll_nested(functional(operation), path, given, shapes, calls)
        else:
            made = tuple(_number(tensor.shape, shapes) for tensor in node.outputs)
            calls.append(Call(operation, path, node.arguments, given, made, numbers))
        numbers.update((id(tensor), number) for tensor, number in zip(node.outputs, made, strict=True))
    return tuple(numbers[id(tensor)] for tensor in model.outputs)


def is_model(operation: Any) -> bool:
    """Return whether a call is to a whole model, whose own graph matters."""
    return isinstance(operation, keras.Model)


def _unroll_nested(
    inner: Any, path: str, given: tuple[int, ...], shapes: list[tuple[int | None, ...]], calls: list[Call]
) -> tuple[int, ...]:
    expected = [tensor.shape[1:] for tensor in inner.inputs]
    received = [shapes[number][1:] for number in given]
    if len(expected) != len(received) or any(
        len(a) != len(b) for a, b in zip(expected, received, strict=True)
    ):
        raise PruningError(
            f"The nested model {path!r} takes inputs of shapes {expected} but is called with {received}; "
            "allowed: the same number and ranks. Reshape before the call."
        )
    return _unroll(inner, f"{path}/", given, shapes, calls)
