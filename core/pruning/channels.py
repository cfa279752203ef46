"""Identity of channels: which elements of which tensors are the same channel, and which cannot go.

Every channel that a layer makes gets a slot. Slots that must go together are joined (union-find); slots that
cannot go are held with a reason. Pure bookkeeping on numbers; knows no Keras.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """The slot of each element of a tensor along `axis` (0 is the batch); other axes carry no identity."""

    axis: int
    ids: Ids


class Slots:
    """Slots made so far, which are joined, which are held and which layer made them."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._held: dict[int, str] = {}
        self.made_by: dict[str, Ids] = {}

    def fresh(self, count: int, layer: str = "") -> Ids:
        """Return `count` new slots, made by `layer`; a layer that is called again gets the same ones."""
        if layer in self.made_by:
            return self.made_by[layer]
        start = len(self._parent)
        self._parent.extend(range(start, start + count))
        ids = np.arange(start, start + count, dtype=np.int64)
        if layer:
            self.made_by[layer] = ids
        return ids

    def root(self, slot: int) -> int:
        """Return the slot that stands for all that are joined with `slot`."""
        while self._parent[slot] != slot:
            self._parent[slot] = self._parent[self._parent[slot]]
            slot = self._parent[slot]
        return slot

    def join(self, first: Ids, second: Ids) -> None:
        """Make each element of `first` the same channel as its counterpart in `second`."""
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            a, b = self.root(a), self.root(b)
            # The older slot stands for both, so that groups keep the order of the graph.
            self._parent[max(a, b)] = min(a, b)

    def hold(self, ids: Ids, reason: str) -> None:
        """Say that none of `ids` can go; the first reason given to a channel stays."""
        for slot in ids.tolist():
            self._held.setdefault(slot, reason)

    def roots(self) -> Ids:
        """Return the standing slot of every slot."""
        return np.array([self.root(slot) for slot in range(len(self._parent))], dtype=np.int64)

    def held(self) -> dict[int, str]:
        """Return, by standing slot, why it cannot go."""
        reasons: dict[int, str] = {}
        for slot, reason in self._held.items():
            reasons.setdefault(self.root(slot), reason)
        return reasons
