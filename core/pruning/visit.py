"""What a rule sees of one call, and what it answers: channels, weights and settings that shrink, costs."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from core.errors import PruningError
from core.pruning.channels import Channels, Ids, Slots
from core.pruning.graph import Call
from core.records.network import Form

Keep = Callable[[Ids], NDArray[np.bool_]]
"""Which of these slots stay."""

Shape = tuple[int | None, ...]

NOTHING = Form()


@dataclass(frozen=True, slots=True)
class Reading:
    """One call understood. `weights`: attribute -> (axis, slots) of each axis that shrinks. `settings`:
    config key -> its new value, given which slots stay. Costs are functions of the channels in and out.
    `is_consumer`: a kernel reads the input's channels here, so what comes out is new.
    """

    outputs: tuple[Channels, ...]
    weights: dict[str, tuple[tuple[int, Ids], ...]] = field(default_factory=dict)
    settings: dict[str, Callable[[Keep], Any]] = field(default_factory=dict)
    macs: Form = NOTHING
    parameters: Form = NOTHING
    kernels: Form = NOTHING
    is_consumer: bool = False


class Visit:
    """One call: its layer, shapes and the channels that come in. Rules ask it and answer with a Reading."""

    def __init__(
        self,
        call: Call,
        channels: tuple[Channels, ...],
        shapes: tuple[Shape, ...],
        slots: Slots,
        made: tuple[Shape, ...],
    ) -> None:
        self.call, self.layer, self.path = call, call.operation, call.path
        self.channels, self.shapes, self.made = channels, shapes, made
        self.read = channels[0].ids if channels else np.zeros(0, np.int64)
        """The slots that the layer's own weights index: its input's channels, or another axis of it."""
        self._slots = slots

    @property
    def only(self) -> Channels:
        return self.channels[0]

    @property
    def shape(self) -> Shape:
        return self.shapes[0]

    @property
    def rank(self) -> int:
        return len(self.shapes[0])

    def refuse(self, reason: str) -> NoReturn:
        """Stop: this call cannot be handled."""
        kind = type(self.layer).__name__
        raise PruningError(
            f"Layer {self.path!r} ({kind}) cannot be pruned: {reason}. Nothing was changed. "
            f"To prune around it, name it: ignore=({self.path!r},)."
        )

    def fresh(self, count: int) -> Ids:
        """Return the slots of the channels that this layer makes."""
        return self._slots.fresh(count, self.path)

    def fixed(self, count: int, reason: str) -> Ids:
        """Return `count` slots that cannot go."""
        ids = self._slots.fresh(count)
        self._slots.hold(ids, reason)
        return ids

    def join(self, first: Ids, second: Ids) -> None:
        self._slots.join(first, second)

    def hold(self, channels: Channels, reason: str) -> None:
        """Say that `channels` cannot go because of this layer."""
        self._slots.hold(channels.ids, f"{self.path} {reason}")

    def along(self, axis: int, index: int = 0) -> Ids:
        """Return the slots along `axis` of an input; channels that lie along another axis cannot go."""
        channels = self.channels[index]
        if channels.axis == axis:
            return channels.ids
        self.hold(channels, f"works along axis {axis}, across these channels (axis {channels.axis})")
        self.read = self.fixed(self.size(axis, index), f"is no channel axis before {self.path}")
        return self.read

    def size(self, axis: int, index: int = 0) -> int:
        """Return the static size of an input's axis."""
        size = self.shapes[index][axis]
        if size is None:
            self.refuse(f"the size of axis {axis} of its input {self.shapes[index]} is not known")
        return size

    def channel_axis(self) -> int:
        """Return where this layer expects channels: last, or 1 with data_format channels_first."""
        first = getattr(self.layer, "data_format", None) == "channels_first"
        return 1 if first else self.rank - 1

    def positions(self) -> int:
        """Return at how many positions the output's channels are computed; unknown sizes count as 1."""
        shape = self.made[0]
        axis = 1 if getattr(self.layer, "data_format", None) == "channels_first" else len(shape) - 1
        return math.prod(size or 1 for place, size in enumerate(shape) if place not in (0, axis))

    def mixed(self, reason: str) -> Reading:
        """Answer for a call that mixes its channels: none of them can go, nor what comes out."""
        for channels in self.channels:
            self.hold(channels, reason)
        outputs = (Channels(len(shape) - 1, self._held_out(shape, reason)) for shape in self.made)
        return Reading(tuple(outputs))

    def _held_out(self, shape: Shape, reason: str) -> Ids:
        return self.fixed((shape[-1] or 0) if len(shape) > 1 else 0, f"{self.path} {reason}")

    def passed(self, **more: Any) -> Reading:
        """Answer for a call whose output has the channels of its only input."""
        return Reading((self.only,), **more)
