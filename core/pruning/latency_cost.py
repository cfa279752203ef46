"""Measured latency as a cost of channels: pruned copies are timed, and time is shared out over their MACs."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.optimize import nnls

from core.analysis.allocation import ignoring, removed_of
from core.analysis.structures import channels, sizes, value
from core.errors import PruningError
from core.pruning.groups import Network, read
from core.pruning.surgery import remove
from core.records.network import Form, LatencyModel, NetworkStructure, PruningPlan

LatencyOf = Callable[[Any], float]
"""The latency of a network in milliseconds, such as the median on the runtime that matters."""

ALONE, TOGETHER = (0.5, 0.75), (0.25, 0.5, 0.75)
"""Shares of channels that go in the measured copies: from one group alone, and from all together."""


def latency_model(model: Any, latency_of: LatencyOf, *, ignore: tuple[str, ...] = ()) -> LatencyModel:
    """Time `model` and pruned copies of it, and return what a MAC of each layer costs.

    Least squares on relative errors with costs that are not negative, so a layer's time grows with its input
    times its output channels. Raises PruningError where a time is not positive.
    """
    network = read(model, ignore)
    structure = ignoring(network.structure, ignore)
    points = [(counts, _time(network, counts, latency_of)) for counts in _widths(structure)]
    layers = [layer for layer in structure.layers if layer.macs != Form()]
    rows = np.array([[1.0, *_macs(layers, counts)] for counts, _ in points])
    times = np.array([milliseconds for _, milliseconds in points])
    scale = rows.max(axis=0)
    found, _ = nnls(rows / scale / times[:, None], np.ones(len(times)))
    costs = found / scale
    return LatencyModel(
        overhead_ms=float(costs[0]),
        ms_per_mac={layer.layer: float(cost) for layer, cost in zip(layers, costs[1:], strict=True)},
        dense_ms=float(times[0]),
        error=float(np.abs(rows @ costs / times - 1).max()),
        num_points=len(points),
    )


def _widths(structure: NetworkStructure) -> Iterator[tuple[int, ...]]:
    """Yield the counts to measure at, the whole network first."""
    whole = sizes(structure)
    free = [index for index, group in enumerate(structure.groups) if not group.held and group.size > 1]
    seen = set()
    choices = [((), 0.0), *(((index,), share) for index in free for share in ALONE)]
    for pruned, share in [*choices, *((tuple(free), share) for share in TOGETHER)]:
        counts = list(whole)
        for index in pruned:
            counts[index] = max(1, whole[index] - removed_of(whole[index], share))
        if tuple(counts) not in seen:
            seen.add(tuple(counts))
            yield tuple(counts)


def _time(network: Network, counts: tuple[int, ...], latency_of: LatencyOf) -> float:
    gone = np.zeros(len(network.roots), bool)
    for group, count in zip(network.groups, counts, strict=True):
        gone[group.units[count:]] = True
    removed = {
        layer: tuple(np.flatnonzero(gone[network.roots[made]]).tolist())
        for layer, made in network.made_by.items()
        if gone[network.roots[made]].any()
    }
    smaller = PruningPlan(ratio=0.0, ratio_achieved=0.0, ignore=network.ignore, removed=removed)
    milliseconds = latency_of(remove(network.model, smaller))
    if not milliseconds > 0:
        raise PruningError(f"latency_of returned {milliseconds!r}; allowed: milliseconds above 0.")
    return milliseconds


def _macs(layers: list[Any], counts: tuple[int, ...]) -> Iterator[int]:
    for layer in layers:
        yield value(layer.macs, channels(layer.inputs, counts), channels(layer.outputs, counts))
