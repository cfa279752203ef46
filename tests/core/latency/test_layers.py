from dataclasses import replace
from typing import Any

import keras
import pytest
from keras import layers

from core.errors import MeasurementError
from core.latency import roofline
from core.latency.layers import EFFORT, layer_times
from core.learning.models import build
from core.records import LayerTime, Roofline

SHORT = replace(EFFORT, processes=1, blocks=4, min_queries=40, min_s=0.0, warmup_s=0.05)


@pytest.fixture(scope="module")
def lenet() -> tuple[LayerTime, ...]:
    return layer_times(build("lenet5"), macs={"conv2": 1_600_000}, effort=SHORT)


def test_every_layer_that_computes_is_there_once_after_the_transfer(lenet: tuple[LayerTime, ...]) -> None:
    names = [each.layer for each in lenet]
    assert names == ["input and output", "conv1", "conv2", "pool2", "dense1", "logits", "probabilities"]
    assert (lenet[0].kind, lenet[1].kind) == ("transfer", "Conv2D and pooling")


def test_shares_add_up_and_the_large_layers_take_most(lenet: tuple[LayerTime, ...]) -> None:
    assert sum(each.share for each in lenet) == pytest.approx(1.0)
    by_name = {each.layer: each for each in lenet}
    assert by_name["conv2"].share + by_name["dense1"].share > 0.5
    assert all(each.low_ms <= each.time_ms <= each.high_ms for each in lenet)


def test_channels_weights_and_given_macs_come_along(lenet: tuple[LayerTime, ...]) -> None:
    by_name = {each.layer: each for each in lenet}
    assert by_name["conv2"].channels == 50
    assert by_name["conv2"].macs == 1_600_000
    assert by_name["dense1"].weight_bytes == 4 * (800 * 500 + 500)


def test_batch_norm_and_activation_stay_with_their_layer(tiny_network: Any) -> None:
    names = [each.layer for each in layer_times(tiny_network, effort=SHORT)]
    assert "conv1" in names
    assert not {"conv1_norm", "conv1_relu"} & set(names)


def test_a_network_that_branches_is_refused_by_the_layers_name() -> None:
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(2, 3, name="left")(image)
    y = layers.Conv2D(2, 3, name="right")(image)
    model = keras.Model(image, layers.Add(name="both")([x, y]), name="forked")
    with pytest.raises(MeasurementError, match="branches at right; layers can be timed in a chain only"):
        layer_times(model, effort=SHORT)


MACHINE = Roofline(peak_gflops=100.0, bandwidth_gbps=50.0)


def layer(macs: int, weight_bytes: int) -> LayerTime:
    return LayerTime(
        layer="a", kind="Dense", time_ms=1, low_ms=1, high_ms=1, share=1, macs=macs, weight_bytes=weight_bytes
    )


@pytest.mark.parametrize(
    ("macs", "weight_bytes", "bound_us"),
    [(1_000_000, 1_000, 20.0), (1_000, 1_000_000, 20.0), (0, 0, 0.0)],
)
def test_the_bound_is_the_larger_of_compute_and_memory(macs: int, weight_bytes: int, bound_us: float) -> None:
    assert 1000 * roofline.bound_ms(layer(macs, weight_bytes), MACHINE) == pytest.approx(bound_us)


def test_a_copy_and_a_product_have_a_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        roofline, "EFFORT", replace(roofline.EFFORT, processes=1, blocks=2, min_queries=4, min_s=0.0)
    )
    found = roofline.roofline()
    assert found.peak_gflops > 1
    assert found.bandwidth_gbps > 0.5
