"""bfloat16 is for training only: it is on while steps are taken, and never where answers are judged."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.learning import precision
from core.learning.data import MnistArrays
from core.learning.evaluation import evaluate
from core.learning.models import build
from core.learning.training import train

needs_bfloat16 = pytest.mark.skipif(not precision.processor_can(), reason="no bfloat16 on this processor")


def product() -> "tf.Tensor":
    x = tf.random.stateless_normal((256, 256), (1, 2))
    return tf.function(lambda: tf.nn.relu(x @ x), autograph=False)()


@needs_bfloat16
def test_products_are_rounded_within_the_block_only() -> None:
    before = product().numpy()
    with precision.bfloat16(True):
        within = product().numpy()
    after = product().numpy()
    assert np.array_equal(before, after)
    spread = before.std()
    assert 1e-4 * spread < np.abs(within - before).max() < 0.1 * spread


def test_an_error_in_the_block_leaves_float32_behind() -> None:
    with pytest.raises(KeyError), precision.bfloat16(True):
        raise KeyError
    assert not tf.config.optimizer.get_experimental_options().get(precision.OPTION, False)


@needs_bfloat16
def test_training_in_bfloat16_learns_as_much_and_is_judged_in_float32(mnist: MnistArrays) -> None:
    few, trained = mnist.first(6_000, 500), {}
    for half in (False, True):
        model = build("mlp1000", seed=1)
        history = train(model, few, epochs=2, seed=1, in_bfloat16=half)
        judged = evaluate(model, few.x_test, few.y_test)
        assert history.epochs[-1].val_accuracy == judged.accuracy
        trained[half] = model.get_weights()[0], judged.accuracy
    assert not np.array_equal(trained[False][0], trained[True][0])
    assert trained[True][1] > trained[False][1] - 0.05


@pytest.mark.parametrize(
    ("architecture", "conv", "consists_of_products"),
    [
        ("lenet5", "standard", True),
        ("mlp1000", "standard", True),
        ("lenet5", "separable", False),
        ("convnet", "standard", False),
    ],
)
def test_it_pays_for_networks_of_products_where_the_processor_can(
    monkeypatch: pytest.MonkeyPatch, architecture: str, conv: str, consists_of_products: bool
) -> None:
    model = build(architecture, conv)
    for can in (True, False):
        monkeypatch.setattr(precision, "processor_can", lambda can=can: can)
        assert precision.pays(model) is (can and consists_of_products)


def test_a_processor_that_nobody_knows_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> str:
        raise OSError

    monkeypatch.setattr(Path, "read_text", unreadable)
    assert precision.processor_can.__wrapped__() is False


def test_layers_that_are_no_products_do_not_count_where_they_have_no_weights() -> None:
    image = keras.Input((28, 28, 1))
    x = keras.layers.MaxPooling2D(4)(keras.layers.Conv2D(2, 3)(image))
    model = keras.Model(image, keras.layers.Dense(10)(keras.layers.Flatten()(x)))
    assert precision.pays(model) is precision.processor_can()
