import keras
import numpy as np
import pytest
from keras import layers

from core.errors import SpecError
from core.learning.models import build, logits_of
from core.records import Architecture

FAMILY = [
    ("lenet5", "standard"),
    ("lenet5", "separable"),
    ("convnet", "standard"),
    ("convnet", "separable"),
    ("mlp1000", "standard"),
]


@pytest.mark.parametrize(
    ("architecture", "conv", "parameters"),
    [
        ("lenet5", "standard", 431_080),
        ("lenet5", "separable", 407_600),
        ("mlp1000", "standard", 795_010),
        ("convnet", "standard", 87_886),
        ("convnet", "separable", 23_698),
    ],
)
def test_every_network_has_its_parameters(architecture, conv, parameters):
    assert build(architecture, conv).count_params() == parameters


@pytest.mark.parametrize(("architecture", "conv"), FAMILY)
def test_every_network_takes_a_digit_and_answers_ten_probabilities(architecture, conv):
    model = build(architecture, conv)
    answers = np.asarray(model(np.random.default_rng(0).random((2, 28, 28, 1), np.float32)))
    assert answers.shape == (2, 10)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("architecture", ["lenet5", "convnet"])
def test_separable_networks_keep_only_the_first_convolution(architecture):
    def convolutions(model):
        return [layer for layer in model.layers if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D)]

    first, *others = convolutions(build(architecture, "separable"))
    assert type(first) is layers.Conv2D
    assert [type(layer) for layer in others[::2]] == [layers.DepthwiseConv2D] * (len(others) // 2)
    assert [(type(layer), layer.kernel_size) for layer in others[1::2]] == [(layers.Conv2D, (1, 1))] * (
        len(others) // 2
    )
    assert len(others) == 2 * (len(convolutions(build(architecture, "standard"))) - 1)


def test_the_seed_decides_the_weights():
    first, same, other = (build("lenet5", seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.get_weights()[0], same.get_weights()[0])
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


def test_unknown_names_are_refused_with_what_is_allowed():
    with pytest.raises(SpecError, match=r"'resnet'; allowed: lenet5, convnet, mlp1000"):
        build("resnet")
    with pytest.raises(SpecError, match=r"'sparable'; allowed: standard, separable"):
        build("lenet5", "sparable")
    with pytest.raises(SpecError, match="mlp1000, which has no convolution"):
        build(Architecture.MLP1000, "separable")


def test_logits_are_the_probabilities_before_softmax(tiny_network, few_digits):
    x = few_digits.x_test[:8].astype(np.float32)[..., None] / 255
    logits = np.asarray(logits_of(tiny_network)(x, training=False))
    powers = np.exp(logits)
    np.testing.assert_allclose(
        powers / powers.sum(axis=1, keepdims=True), tiny_network(x, training=False), rtol=1e-4, atol=1e-7
    )


def test_a_network_without_softmax_is_refused_by_name():
    image = keras.Input((28, 28, 1))
    headless = keras.Model(image, layers.Flatten(name="bare")(image), name="headless")
    with pytest.raises(SpecError, match="'headless' ends in 'bare'"):
        logits_of(headless)
