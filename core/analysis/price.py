"""What a network costs at any widths, in MACs or milliseconds, and what removing units saves. Pure numpy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import PruningError
from core.records.network import Form, LatencyModel, NetworkStructure
from core.records.spec import Cost

Vector = NDArray[np.float64]


class Price:
    """Cost of a network at any widths, as MACs or as fitted milliseconds; all layers at once."""

    def __init__(self, structure: NetworkStructure, cost: Cost, latency: LatencyModel | None = None) -> None:
        layers = [layer for layer in structure.layers if layer.macs != Form()]
        weights, self._overhead = _weights([layer.layer for layer in layers], cost, latency)
        forms = np.array([(layer.macs.both, layer.macs.inputs, layer.macs.outputs) for layer in layers])
        self._both, self._of_given, self._of_made = weights * forms.reshape(-1, 3).T
        fixed = np.array([(layer.inputs.fixed, layer.outputs.fixed) for layer in layers], float)
        self._fixed_given, self._fixed_made = fixed.reshape(-1, 2).T
        self._given = np.zeros((len(layers), len(structure.groups)))
        self._made = np.zeros_like(self._given)
        for row, layer in enumerate(layers):
            for group, each in layer.inputs.units:
                self._given[row, group] = each
            for group, each in layer.outputs.units:
                self._made[row, group] = each

    def total(self, counts: Sequence[int]) -> float:
        """Return the cost at `counts`."""
        given, made = self._channels(counts)
        each = self._both * given * made + self._of_given * given + self._of_made * made
        return self._overhead + float(each.sum())

    def savings(self, counts: Sequence[int], steps: Sequence[int]) -> Vector:
        """Return, group by group, what the cost falls by when it alone loses its step of units."""
        given, made = (channels[:, None] for channels in self._channels(counts))
        less_given, less_made = self._given * steps, self._made * steps
        pairs = given * less_made + made * less_given - less_given * less_made
        saved: Vector = (
            self._both[:, None] * pairs
            + self._of_given[:, None] * less_given
            + self._of_made[:, None] * less_made
        ).sum(axis=0)
        return saved

    def _channels(self, counts: Sequence[int]) -> tuple[Vector, Vector]:
        kept = np.asarray(counts, float)
        return self._fixed_given + self._given @ kept, self._fixed_made + self._made @ kept


def _weights(layers: list[str], cost: Cost, latency: LatencyModel | None) -> tuple[Vector, float]:
    """Return what a MAC of each layer costs, and what is paid in any case."""
    if cost is Cost.MACS:
        return np.ones(len(layers)), 0.0
    if latency is None:
        raise PruningError("cost is 'latency' without measurements; measure first, or use cost macs.")
    return np.array([latency.ms_per_mac.get(layer, 0.0) for layer in layers]), latency.overhead_ms
