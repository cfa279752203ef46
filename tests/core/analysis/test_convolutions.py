import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.analysis.convolutions import Convolution2D, cost_ratio, pays_from

sides = some.integers(1, 64)
kernels = some.integers(2, 9)
channels = some.integers(1, 300)


def test_the_articles_own_example_costs_more_when_separated() -> None:
    example = Convolution2D(size=28, kernel=3, inputs=1, outputs=1)
    assert (example.standard_macs, example.separable_macs) == (7_056, 7_840)


@given(sides, kernels, channels, channels)
def test_the_cost_ratio_does_not_depend_on_size_or_channels_in(
    size: int, kernel: int, c: int, m: int
) -> None:
    layer = Convolution2D(size=size, kernel=kernel, inputs=c, outputs=m)
    assert layer.separable_macs / layer.standard_macs == pytest.approx(cost_ratio(kernel, m))


@given(kernels)
def test_it_pays_from_there_on_and_not_before(kernel: int) -> None:
    first = pays_from(kernel)
    assert first is not None
    assert cost_ratio(kernel, first) < 1
    assert first == 1 or cost_ratio(kernel, first - 1) >= 1


def test_a_1x1_convolution_never_pays() -> None:
    assert pays_from(1) is None


def test_only_a_stride_of_two_makes_14_out_of_28() -> None:
    assert Convolution2D(size=28, kernel=3, inputs=1, outputs=1).output_size == 28
    assert Convolution2D(size=28, kernel=3, inputs=1, outputs=1, stride=2).output_size == 14
