"""Arithmetic on a network's structure: what it costs at any widths. No network is needed.

`counts` are the units kept of each group, in the order of `structure.groups`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.records.codec import from_dict
from core.records.network import Form, LayerChange, LayerCost, NetworkStructure, Width
from core.records.spec import Architecture, Convolution

STRUCTURES_FILE = Path(__file__).with_name("structures.json")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all layers: parameters with biases, kernel weights without, MACs of one image."""

    parameters: int
    kernels: int
    macs: int


def sizes(structure: NetworkStructure) -> tuple[int, ...]:
    """Return the number of units of each group: the counts of the whole network."""
    return tuple(group.size for group in structure.groups)


def channels(width: Width, counts: Sequence[int]) -> int:
    """Return how many channels `width` is at `counts`."""
    return width.fixed + sum(each * counts[group] for group, each in width.units)


def value(form: Form, inputs: int, outputs: int) -> int:
    """Return the count that `form` is for a layer with these channels."""
    return round(form.both * inputs * outputs + form.inputs * inputs + form.outputs * outputs + form.fixed)


def totals(structure: NetworkStructure, counts: Sequence[int] | None = None) -> Totals:
    """Return the network's sums at `counts`, whole by default."""
    counts = sizes(structure) if counts is None else counts
    parameters = kernels = macs = 0
    for layer in structure.layers:
        given, made = channels(layer.inputs, counts), channels(layer.outputs, counts)
        parameters += value(layer.parameters, given, made)
        kernels += value(layer.kernels, given, made)
        macs += value(layer.macs, given, made)
    return Totals(parameters, kernels, macs)


def layer_changes(structure: NetworkStructure, counts: Sequence[int]) -> tuple[LayerChange, ...]:
    """Return every layer with parameters at full width and at `counts`."""
    whole = sizes(structure)
    return tuple(_change(layer, whole, counts) for layer in structure.layers if _has_parameters(layer, whole))


def _has_parameters(layer: LayerCost, whole: Sequence[int]) -> bool:
    return value(layer.parameters, channels(layer.inputs, whole), channels(layer.outputs, whole)) > 0


def _change(layer: LayerCost, whole: Sequence[int], counts: Sequence[int]) -> LayerChange:
    before = channels(layer.inputs, whole), channels(layer.outputs, whole)
    after = channels(layer.inputs, counts), channels(layer.outputs, counts)
    return LayerChange(
        layer=layer.layer,
        kind=layer.kind,
        before=before[1],
        after=after[1],
        parameters_before=value(layer.parameters, *before),
        parameters_after=value(layer.parameters, *after),
        macs_before=value(layer.macs, *before),
        macs_after=value(layer.macs, *after),
    )


def structure_of(architecture: Architecture, conv: Convolution) -> NetworkStructure:
    """Return the structure of one of our architectures, as committed beside this module."""
    return known_structures()[f"{architecture}-{conv}"]


@cache
def known_structures() -> dict[str, NetworkStructure]:
    """Return every committed structure by `architecture-conv`.

    `python -m core.pruning.structures_file` writes them.
    """
    stored = json.loads(STRUCTURES_FILE.read_text())
    return {name: from_dict(NetworkStructure, value) for name, value in stored.items()}
