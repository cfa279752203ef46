"""What a network is made of, layer by layer, before and after pruning."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerChange:
    """One layer before and after: output channels, parameters with biases, MACs of one image."""

    layer: str
    kind: str
    before: int
    after: int
    parameters_before: int
    parameters_after: int
    macs_before: int
    macs_after: int
    zeros: int = 0
