"""How important each unit of channels is: by weights, batch-norm scale, effect on the loss, or chance.

Weight criteria: each layer's norms are divided by their mean and added up over the layers of a group, so that
a small depthwise kernel counts as much as the wide one behind it.
"""

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analysis.allocation import ignoring, random_scores
from core.errors import PruningError
from core.pruning.channels import Ids
from core.pruning.groups import Network
from core.pruning.taylor import loss_increase
from core.records.network import ChannelScores
from core.records.spec import Criterion


def score(
    network: Network, criterion: Criterion, data: Any = None, seed: int = 0, ignore: tuple[str, ...] = ()
) -> ChannelScores:
    """Return the score of every unit; the smallest go first.

    l1, l2: norms of the filters (Li et al. 2017). bn: scale of the batch norm behind them (Liu et al. 2017).
    taylor: expected increase of the loss, see `loss_increase`; it needs `data` = (inputs, labels).
    """
    if criterion is Criterion.RANDOM:
        return random_scores(network.structure, seed)
    if criterion is Criterion.TAYLOR:
        per_slot, num_images = loss_increase(network, data)
    else:
        per_slot, num_images = _BY_WEIGHTS[criterion](network, ignore), 0
    groups = {group.record.name: tuple(per_slot[group.units].tolist()) for group in network.groups}
    return ChannelScores(criterion=criterion, groups=groups, num_images=num_images, seed=seed)


def _l1(network: Network, _: tuple[str, ...]) -> NDArray[np.float64]:
    return _kernel_norms(network, 1)


def _l2(network: Network, _: tuple[str, ...]) -> NDArray[np.float64]:
    return _kernel_norms(network, 2)


def _kernel_norms(network: Network, order: int) -> NDArray[np.float64]:
    found = _Sum(network)
    for operation, path, weights in _own_weights(network):
        for name, axes in weights.items():
            if name.endswith("kernel"):
                axis, ids = _outgoing(axes, network.made_by.get(path))
                kernel = np.moveaxis(np.asarray(getattr(operation, name), np.float64), axis, 0)
                found.add(ids, np.linalg.norm(kernel.reshape(len(ids), -1), order, axis=1))
    return found.total


def _outgoing(axes: tuple[tuple[int, Ids], ...], made: Ids | None) -> tuple[int, Ids]:
    """Return the axis of a kernel along which its filters lie; a depthwise kernel has only one."""
    for axis, ids in axes:
        if ids is made:
            return axis, ids
    axis, ids = axes[0]
    return axis, ids


def _bn(network: Network, ignore: tuple[str, ...]) -> NDArray[np.float64]:
    found = _Sum(network)
    for operation, _, weights in _own_weights(network):
        if "moving_variance" in weights and "gamma" in weights:
            found.add(weights["gamma"][0][1], np.abs(np.asarray(operation.gamma, np.float64)))
    records = ignoring(network.structure, ignore).groups
    bare = [
        record.name
        for group, record in zip(network.groups, records, strict=True)
        if not record.held and not found.seen[group.units].all()
    ]
    if bare:
        raise PruningError(
            f"criterion 'bn' needs a batch norm with scale behind every layer; {', '.join(bare)} have none. "
            "Use criterion l1 or taylor, or name them in ignore."
        )
    return found.total


class _Sum:
    """Adds up layers' scores by standing slot."""

    def __init__(self, network: Network) -> None:
        self._roots = network.roots
        self.total = np.zeros(len(network.roots))
        self.seen = np.zeros(len(network.roots), bool)

    def add(self, ids: Ids, values: NDArray[np.float64]) -> None:
        roots = self._roots[ids]
        self.seen[roots] = True
        np.add.at(self.total, roots, values / (values.mean() or 1.0))


def _own_weights(network: Network) -> list[tuple[Any, str, Any]]:
    """Return (operation, path, weights) of each layer once, however often it is called."""
    found: defaultdict[int, list[tuple[Any, str, Any]]] = defaultdict(list)
    for call, reading in zip(network.graph.calls, network.readings, strict=True):
        if reading.weights:
            found[id(call.operation)].append((call.operation, call.path, reading.weights))
    return [calls[0] for calls in found.values()]


_BY_WEIGHTS = {Criterion.L1: _l1, Criterion.L2: _l2, Criterion.BN: _bn}
