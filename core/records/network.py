"""What a network is made of, which of its channels can go, and what a pruning did to it."""

from dataclasses import dataclass, field

from core.records.spec import Cost, Criterion, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerChange:
    """One layer before and after: output channels, parameters with biases, MACs of one image.

    `zeros` counts the kernel weights that are exactly zero afterwards.
    """

    layer: str
    kind: str
    before: int
    after: int
    parameters_before: int
    parameters_after: int
    macs_before: int
    macs_after: int
    zeros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelGroup:
    """Units that can go one by one; a unit is the channels, over all `layers`, that must go together.

    `layers` make these channels; `channels` is how many of the first layer's one unit holds. Where `held` is
    not empty, nothing of the group can go, and `held` says why.
    """

    name: str
    layers: tuple[str, ...]
    size: int
    channels: int = 1
    held: str = ""


@dataclass(frozen=True, slots=True)
class Width:
    """How many channels a tensor has: `fixed`, and for each (group, n) of `units` n for each unit kept."""

    fixed: int = 0
    units: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A count as a function of a layer's input channels i and output channels o: a·i·o + b·i + c·o + d."""

    both: float = 0.0
    inputs: float = 0.0
    outputs: float = 0.0
    fixed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCost:
    """One layer's parameters, kernel weights (no biases) and MACs of one image, at any widths."""

    layer: str
    kind: str
    inputs: Width
    outputs: Width
    parameters: Form = Form()
    kernels: Form = Form()
    macs: Form = Form()


@dataclass(frozen=True, slots=True)
class NetworkStructure:
    """A network as pruning sees it; enough to say without the network what any ratio does to it."""

    name: str
    groups: tuple[ChannelGroup, ...]
    layers: tuple[LayerCost, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelScores:
    """How important each unit of each group is; smallest goes first."""

    criterion: Criterion
    groups: dict[str, tuple[float, ...]]
    num_images: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyModel:
    """Measured latency as overhead + sum over layers of ms per MAC x MACs, fitted to pruned copies.

    `error` is the largest relative error over the `num_points` measured copies.
    """

    overhead_ms: float
    ms_per_mac: dict[str, float]
    dense_ms: float
    error: float = 0.0
    num_points: int = 0


@dataclass(frozen=True, slots=True)
class PrunableNetwork:
    """What is stored with a trained baseline, so that a preview needs no network: structure and scores."""

    structure: NetworkStructure
    scores: tuple[ChannelScores, ...] = ()

    def scores_for(self, criterion: Criterion) -> ChannelScores | None:
        """Return the stored scores of `criterion`, or None."""
        return next((stored for stored in self.scores if stored.criterion == criterion), None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A layer whose channels stay whole, and why."""

    layer: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PruningPlan:
    """Which channels of which layer go, what was asked and what that achieves.

    `ratio` and `ratio_achieved` are shares of units (uniform, global) or of the cost (lagrangian). `removed`
    holds output channel indices by layer path. `notes` say what kept the ratio from being reached.
    """

    ratio: float
    ratio_achieved: float
    criterion: Criterion = Criterion.L1
    scope: Scope = Scope.UNIFORM
    cost: Cost = Cost.MACS
    round_to: int = 1
    ignore: tuple[str, ...] = ()
    removed: dict[str, tuple[int, ...]] = field(default_factory=dict)
    layers: tuple[LayerChange, ...] = ()
    parameters_before: int = 0
    parameters_after: int = 0
    macs_before: int = 0
    macs_after: int = 0
    kept_whole: tuple[Kept, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a ratio will do. Where `is_known` is False, `reason` says why and the figures after are None."""

    is_known: bool
    reason: str = ""
    ratio: float = 0.0
    ratio_achieved: float | None = None
    layers: tuple[LayerChange, ...] = ()
    parameters_before: int = 0
    parameters_after: int | None = None
    macs_before: int = 0
    macs_after: int | None = None
    weights_removed: float | None = None
    kept_whole: tuple[Kept, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityCurve:
    """Accuracy without fine-tuning when only this group loses channels; one entry a ratio."""

    group: str
    layers: tuple[str, ...]
    size: int
    kept: tuple[int, ...]
    accuracy: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityRecord:
    """How each group alone bears pruning, on `num_images` images; `accuracy` is that of the whole network."""

    ratios: tuple[float, ...]
    curves: tuple[SensitivityCurve, ...]
    accuracy: float
    num_images: int
    criterion: Criterion
    elapsed_s: float = 0.0
