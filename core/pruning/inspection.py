"""What a network is made of, without changing it: structure, costs, scores, and a before/after table."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from core.analysis.structures import layer_changes, sizes, totals
from core.errors import PruningError
from core.pruning.criteria import score
from core.pruning.graph import trace
from core.pruning.groups import read
from core.records.network import ChannelScores, LayerChange, NetworkStructure, PruningPlan
from core.records.spec import Criterion


def structure(model: Any, ignore: Iterable[str] = ()) -> NetworkStructure:
    """Return groups, layers and their costs at any widths; raise PruningError for an unknown layer."""
    return read(model, ignore).structure


def macs(model: Any, ignore: Iterable[str] = ()) -> int:
    """Return multiply-accumulates of one input in dense and convolution layers, biases left out."""
    return totals(structure(model, ignore)).macs


def scores(
    model: Any, criterion: Criterion | str, data: Any = None, *, seed: int = 0, ignore: Iterable[str] = ()
) -> ChannelScores:
    """Return the scores that `plan` would use, to be stored and given back to it or to a preview."""
    return score(read(model, ignore), Criterion(criterion), data, seed, tuple(ignore))


def count_weights(model: Any) -> tuple[int, int, int]:
    """Return (kernel weights, how many of them are zero, parameters with biases and statistics)."""
    kernels = [np.asarray(kernel) for _, kernel in kernels_of(model)]
    zeros = sum(int(kernel.size - np.count_nonzero(kernel)) for kernel in kernels)
    return sum(kernel.size for kernel in kernels), zeros, int(model.count_params())


def kernels_of(model: Any) -> list[tuple[str, Any]]:
    """Return (path of the layer, kernel variable) of every layer once; a separable layer has two."""
    found: dict[int, tuple[str, Any]] = {}
    for call in trace(model).calls:
        for variable in call.operation.weights if call.is_layer else ():
            if variable.name.endswith("kernel"):
                found.setdefault(id(variable), (call.path, variable))
    return list(found.values())


def changes(before: Any, after: Any, plan: PruningPlan | None = None) -> tuple[LayerChange, ...]:
    """Return the layers with parameters as they are in `before` and in `after`, zeros counted in `after`.

    `plan` is only needed where it ignores layers that are not understood.
    """
    ignore = plan.ignore if plan else ()
    old, new = structure(before, ignore), structure(after, ignore)
    rows = {row.layer: row for row in layer_changes(new, sizes(new))}
    zeros: dict[str, int] = {}
    for layer, kernel in kernels_of(after):
        values = np.asarray(kernel)
        zeros[layer] = zeros.get(layer, 0) + int(values.size - np.count_nonzero(values))
    table = layer_changes(old, sizes(old))
    missing = sorted({row.layer for row in table} ^ set(rows))
    if missing:
        raise PruningError(
            f"The two networks do not have the same layers: {', '.join(missing)}; "
            "compare copies of one network."
        )
    return tuple(_changed(row, rows[row.layer], zeros.get(row.layer, 0)) for row in table)


def _changed(before: LayerChange, after: LayerChange, zeros: int) -> LayerChange:
    return LayerChange(
        layer=before.layer,
        kind=before.kind,
        before=before.before,
        after=after.after,
        parameters_before=before.parameters_before,
        parameters_after=after.parameters_after,
        macs_before=before.macs_before,
        macs_after=after.macs_after,
        zeros=zeros,
    )
