from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from core.errors import PruningError
from core.learning.data import scaled
from core.pruning import plan, remove, scores, structure
from core.records import PruningPlan
from tests.core.pruning.networks import inputs_for, realistic


@pytest.fixture
def network() -> Any:
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(6, 3, name="first")(image)
    x = layers.ReLU()(layers.BatchNormalization(name="norm")(x))
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    model = keras.Model(image, layers.Dense(4, activation="softmax", name="out")(x))
    return realistic(model, inputs_for(model))


def set_kernel(model: Any, layer: str, channel: int, factor: float) -> None:
    kernel = np.array(model.get_layer(layer).kernel)
    kernel[..., channel] *= factor
    model.get_layer(layer).kernel.assign(kernel)


@pytest.mark.parametrize("criterion", ["l1", "l2"])
def test_norm_criteria_take_the_filter_with_the_smallest_weights(network: Any, criterion: str) -> None:
    set_kernel(network, "first", 3, 0.01)
    assert plan(network, 0.17, criterion=criterion).removed == {"first": (3,)}


def test_l1_and_l2_differ_where_they_should(network: Any) -> None:
    kernel = np.full((3, 3, 1, 6), 0.5, np.float32)
    kernel[:, :, 0, 0] = 0
    kernel[0, 0, 0, 0] = 2.0
    kernel[:, :, 0, 1] = 0.3
    network.get_layer("first").kernel.assign(kernel)
    assert plan(network, 0.17, criterion="l1").removed == {"first": (0,)}
    assert plan(network, 0.17, criterion="l2").removed == {"first": (1,)}


def test_the_batch_norm_criterion_takes_the_smallest_scale(network: Any) -> None:
    network.get_layer("norm").gamma.assign([1.0, 2.0, -0.1, 1.0, 0.5, 3.0])
    assert plan(network, 0.17, criterion="bn").removed == {"first": (2,)}


def test_random_scores_depend_on_the_seed_alone(network: Any) -> None:
    first, again, other = (plan(network, 0.5, criterion="random", seed=seed).removed for seed in (1, 1, 2))
    assert first == again
    assert first != other


def loss(model: Any, x: Any, y: Any) -> float:
    return float(keras.losses.SparseCategoricalCrossentropy()(y, model(x)))


def ranks(values: Any) -> Any:
    return np.argsort(np.argsort(values))


def test_taylor_scores_rank_channels_as_the_loss_without_them_does(
    tiny_network: Any, few_digits: Any
) -> None:
    x, y = scaled(few_digits.x_test), few_digits.y_test
    found = scores(tiny_network, "taylor", (x, y))
    for group in structure(tiny_network).groups[:-1]:
        layer = group.layers[0]
        rises = [
            loss(remove(tiny_network, PruningPlan(ratio=0, ratio_achieved=0, removed={layer: (unit,)})), x, y)
            for unit in range(group.size)
        ]
        agreement = np.corrcoef(ranks(found.groups[group.name]), ranks(rises))[0, 1]
        print(group.name, group.size, agreement)
        assert agreement > 0.6


def test_taylor_scores_are_half_the_mean_squared_derivative_by_a_gate() -> None:
    draw = np.random.default_rng(0)
    x, y, w1, w2 = (draw.normal(size=shape) for shape in ((30, 3), (30, 1), (3, 4), (4, 1)))
    hidden, out = (layers.Dense(n, use_bias=False, name=name) for n, name in ((4, "hidden"), (1, "out")))
    model = keras.Sequential([keras.Input((3,)), hidden, out])
    model.set_weights([w1, w2])
    derivative = 2 * (x @ w1 @ w2 - y) * (x @ w1) * w2.T
    expected = 0.5 * (derivative**2).mean(axis=0)
    found = scores(model, "taylor", (x.astype("float32"), y.astype("float32"))).groups["hidden"]
    assert found == pytest.approx(expected, rel=1e-3)


def test_a_channel_that_nothing_reads_has_no_taylor_score(network: Any) -> None:
    kernel = np.array(network.get_layer("out").kernel).reshape(3, 3, 6, 4)
    kernel[:, :, 4] = 0
    network.get_layer("out").kernel.assign(kernel.reshape(54, 4))
    data = inputs_for(network, 20), np.arange(20) % 4
    found = scores(network, "taylor", data).groups["first"]
    assert found[4] == 0
    assert min(found[:4] + found[5:]) > 0


def test_taylor_scores_do_not_depend_on_how_examples_are_batched(network: Any) -> None:
    x, y = inputs_for(network, 150), np.arange(150) % 4
    whole = np.array(scores(network, "taylor", (x, y)).groups["first"])
    halves = [
        np.array(scores(network, "taylor", (x[part], y[part])).groups["first"])
        for part in (slice(75), slice(75, 150))
    ]
    assert whole == pytest.approx((halves[0] + halves[1]) / 2, rel=1e-3)


def test_taylor_scores_use_the_compiled_loss(network: Any) -> None:
    data = inputs_for(network, 20), np.arange(20) % 4
    plain = scores(network, "taylor", data).groups["first"]
    network.compile(loss="sparse_categorical_crossentropy")
    assert scores(network, "taylor", data).groups["first"] == pytest.approx(plain, rel=1e-3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1, 2], "needs data, got list"),
        ((np.zeros((3, 8, 8, 1)), np.zeros(4, int)), r"data has \[3, 4\] entries"),
        ((np.zeros((0, 8, 8, 1)), np.zeros(0, int)), "at least one"),
        (([np.zeros((3, 8, 8, 1))] * 2, np.zeros(3, int)), "data has 2 inputs; the network takes 1"),
    ],
)
def test_taylor_data_that_does_not_fit_is_refused(network: Any, data: Any, message: str) -> None:
    with pytest.raises(PruningError, match=message):
        plan(network, 0.5, criterion="taylor", data=data)
