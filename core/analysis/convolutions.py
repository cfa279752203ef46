"""Multiply-adds (MACs) of one convolution, standard and depthwise separable. Pure.

H and W are the size of the *output*; a separable one is a K×K filter for each of C channels, then M of
1×1 filters (Howard et al. 2017, MobileNets): H·W·C·(K² + M) against H·W·K²·C·M.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Convolution2D:
    """K×K filters from C to M channels over a square image, padded to keep its `size`, moved by `stride`."""

    size: int
    kernel: int
    inputs: int
    outputs: int
    stride: int = 1

    @property
    def output_size(self) -> int:
        """Return the side of the output: the input's divided by the stride, rounded up ("same" padding)."""
        return -(-self.size // self.stride)

    @property
    def standard_macs(self) -> int:
        return self.output_size**2 * self.kernel**2 * self.inputs * self.outputs

    @property
    def depthwise_macs(self) -> int:
        return self.output_size**2 * self.kernel**2 * self.inputs

    @property
    def pointwise_macs(self) -> int:
        return self.output_size**2 * self.inputs * self.outputs

    @property
    def separable_macs(self) -> int:
        return self.depthwise_macs + self.pointwise_macs


def cost_ratio(kernel: int, outputs: int) -> float:
    """Return separable over standard MACs, (K² + M) / (K²·M); the number of input channels cancels."""
    return (kernel**2 + outputs) / (kernel**2 * outputs)


def pays_from(kernel: int) -> int | None:
    """Return the fewest output channels at which separable costs less; None for 1×1, where it never does."""
    if kernel <= 1:
        return None
    outputs = 1
    while cost_ratio(kernel, outputs) >= 1:
        outputs += 1
    return outputs
