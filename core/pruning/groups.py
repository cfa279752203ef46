"""Groups of channels that must go together, found by following a network's graph.

`read` visits every call once and raises PruningError, before anything changes, for what is not understood.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.errors import PruningError
from core.pruning.channels import Channels, Ids, Slots
from core.pruning.graph import Call, Graph, trace
from core.pruning.rules import rule_of
from core.pruning.visit import Keep, Reading, Visit
from core.records.network import ChannelGroup, Form, LayerCost, NetworkStructure, Width


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A ChannelGroup with, unit by unit, the standing slot that its channels share."""

    record: ChannelGroup
    units: Ids


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network understood. `roots`: the standing slot of each slot; readings in the order of calls."""

    model: Any
    graph: Graph
    readings: tuple[Reading, ...]
    channels: tuple[Channels, ...]
    roots: Ids
    made_by: dict[str, Ids]
    groups: tuple[Group, ...]
    structure: NetworkStructure
    ignore: tuple[str, ...] = ()

    def keep(self, removed: Ids) -> Keep:
        """Return the question which of some slots stay when the standing slots `removed` go."""
        gone = np.zeros(len(self.roots), bool)
        gone[removed] = True
        return lambda ids: ~gone[self.roots[ids]]


@dataclass(slots=True, eq=False)
class _Reader:
    graph: Graph
    ignore: frozenset[str]
    slots: Slots = field(default_factory=Slots)
    channels: dict[int, Channels] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    read: list[Ids] = field(default_factory=list)
    first: dict[int, tuple[Reading, tuple[Channels, ...]]] = field(default_factory=dict)

    def run(self) -> None:
        for number in self.graph.inputs:
            self.channels[number] = self._input(self.graph.shapes[number])
        for call in self.graph.calls:
            given = tuple(self.channels[number] for number in call.inputs)
            visit = self._visit(call, given)
            reading = self._reading(visit)
            self.readings.append(reading)
            self.read.append(visit.read)
            self._share(call, reading, given)
            self.channels.update(zip(call.outputs, reading.outputs, strict=True))
        for number in self.graph.outputs:
            self.slots.hold(self.channels[number].ids, "is an output of the network")

    def _input(self, shape: tuple[int | None, ...]) -> Channels:
        axis = max((place for place in range(1, len(shape)) if shape[place] is not None), default=1)
        ids = self.slots.fresh((shape[axis] if axis < len(shape) else None) or 0)
        self.slots.hold(ids, "is an input of the network")
        return Channels(axis, ids)

    def _visit(self, call: Call, given: tuple[Channels, ...]) -> Visit:
        shapes = tuple(self.graph.shapes[number] for number in call.inputs)
        return Visit(call, given, shapes, self.slots, tuple(self.graph.shapes[n] for n in call.outputs))

    def _reading(self, visit: Visit) -> Reading:
        call, rule = visit.call, rule_of(visit.call)
        if rule is None and not {call.path, call.operation.name} & self.ignore:
            visit.refuse("this kind of layer is not known, so neither is what becomes of its channels")
        if rule is None or not visit.channels:
            return _untouched(visit)
        return rule(visit)

    def _share(self, call: Call, reading: Reading, given: tuple[Channels, ...]) -> None:
        """A layer that is called again has the same weights: what they see must be the same channels."""
        before = self.first.setdefault(id(call.operation), (reading, given))
        if before[0] is reading:
            return
        for name, axes in reading.weights.items():
            for (_, first), (_, second) in zip(before[0].weights[name], axes, strict=True):
                self._same(call, first, second)
        if reading.settings:
            for one, other in zip(before[1], given, strict=True):
                self._same(call, one.ids, other.ids)

    def _same(self, call: Call, first: Ids, second: Ids) -> None:
        if len(first) != len(second):
            raise PruningError(
                f"Layer {call.path!r} is shared between inputs with {len(first)} and {len(second)} channels; "
                "allowed: the same number in every call. Use two layers."
            )
        self.slots.join(first, second)


def _untouched(visit: Visit) -> Reading:
    reading = visit.mixed("is left alone, with all that enters and leaves it")
    count = visit.layer.count_params() if visit.call.is_layer else 0
    return Reading(reading.outputs, parameters=Form(fixed=count))


def read(model: Any, ignore: Iterable[str] = ()) -> Network:
    """Return `model` understood; raise PruningError, naming layer and reason, for what cannot be.

    `ignore` names layers that need not be understood: what enters and leaves them stays whole.
    """
    graph, ignore = trace(model), tuple(ignore)
    reader = _Reader(graph, frozenset(ignore))
    reader.run()
    roots, held = reader.slots.roots(), reader.slots.held()
    channels = tuple(reader.channels[number] for number in range(len(graph.shapes)))
    groups = _groups(channels, roots, held, reader.slots.made_by)
    structure = NetworkStructure(
        model.name, tuple(group.record for group in groups), _costs(graph, reader, groups, roots)
    )
    return Network(
        model, graph, tuple(reader.readings), channels, roots, reader.slots.made_by, groups, structure, ignore
    )


def _groups(
    channels: tuple[Channels, ...], roots: Ids, held: dict[int, str], made_by: dict[str, Ids]
) -> tuple[Group, ...]:
    """Gather the units that occur in exactly the same tensors, equally often, into one group.

    So every tensor is made of whole groups, and keeping one unit of each group keeps every tensor alive.
    """
    seen: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, tensor in enumerate(channels):
        for root, count in zip(*np.unique(roots[tensor.ids], return_counts=True), strict=True):
            seen[int(root)].append((number, int(count)))
    makers: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for layer, ids in made_by.items():
        for root in roots[ids].tolist():
            makers[root][layer] = makers[root].get(layer, 0) + 1
    alike: defaultdict[Any, list[int]] = defaultdict(list)
    for root, layers in makers.items():
        alike[(tuple(layers.items()), tuple(seen[root]), root in held)].append(root)
    return tuple(_named(alike, held))


def _named(alike: dict[Any, list[int]], held: dict[int, str]) -> Iterable[Group]:
    used: defaultdict[str, int] = defaultdict(int)
    for (layers, _, _), units in alike.items():
        name = layers[0][0]
        used[name] += 1
        record = ChannelGroup(
            name=name if used[name] == 1 else f"{name}#{used[name]}",
            layers=tuple(layer for layer, _ in layers),
            size=len(units),
            channels=layers[0][1],
            held=held.get(units[0], ""),
        )
        yield Group(record, np.array(units, dtype=np.int64))


def _costs(graph: Graph, reader: _Reader, groups: tuple[Group, ...], roots: Ids) -> tuple[LayerCost, ...]:
    group_of = {int(unit): index for index, group in enumerate(groups) for unit in group.units}
    found: dict[str, LayerCost] = {}
    for call, reading, read in zip(graph.calls, reader.readings, reader.read, strict=True):
        if call.path in found:
            found[call.path] = _called_again(found[call.path], reading)
            continue
        found[call.path] = LayerCost(
            layer=call.path,
            kind=type(call.operation).__name__,
            inputs=_width(read, roots, groups, group_of),
            outputs=_width(reading.outputs[0].ids, roots, groups, group_of),
            parameters=reading.parameters,
            kernels=reading.kernels,
            macs=reading.macs,
        )
    return tuple(found.values())


def _called_again(cost: LayerCost, reading: Reading) -> LayerCost:
    more = reading.macs
    macs = Form(
        cost.macs.both + more.both,
        cost.macs.inputs + more.inputs,
        cost.macs.outputs + more.outputs,
        cost.macs.fixed,
    )
    return LayerCost(
        layer=cost.layer,
        kind=cost.kind,
        inputs=cost.inputs,
        outputs=cost.outputs,
        parameters=cost.parameters,
        kernels=cost.kernels,
        macs=macs,
    )


def _width(ids: Ids, roots: Ids, groups: tuple[Group, ...], group_of: dict[int, int]) -> Width:
    counts: defaultdict[int, int] = defaultdict(int)
    fixed = 0
    for root in roots[ids].tolist():
        if root in group_of:
            counts[group_of[root]] += 1
        else:
            fixed += 1
    return Width(fixed, tuple((index, count // len(groups[index].units)) for index, count in counts.items()))
