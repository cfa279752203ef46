"""Fixtures that every room may use: the data set, and one small network that has really been trained."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if (
    "PYTEST_XDIST_WORKER" in os.environ
):  # every core has a worker; more threads would only wait for each other
    for pool in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ):
        os.environ.setdefault(pool, "1")
# Machines that test are busy. A commit is asked the same examples each time; `make soak` looks for new ones.
settings.register_profile("lab", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("lab")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


LONGEST_FIRST = ("test_story.py", "test_compare.py", "test_pages.py", "test_digit.py", "test_device.py")
"""Browser tests that begin first, so that nobody waits for one of them alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The browser's event loop stays open in this thread; tests that run one of their own come first.
    def place(item: pytest.Item) -> tuple[bool, int]:
        is_in_browser = "e2e" in item.path.parts
        is_long = is_in_browser and item.path.name in LONGEST_FIRST
        return is_in_browser, LONGEST_FIRST.index(item.path.name) if is_long else len(LONGEST_FIRST)

    items.sort(key=place)


@pytest.fixture(autouse=True, scope="module")
def little_to_collect() -> Iterator[None]:
    """Put what earlier modules loaded out of the collector's sight: page tests took ten times as long."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def mnist() -> Any:
    """All of MNIST, verified and read-only."""
    from core.learning.data import loaded

    return loaded()


@pytest.fixture(scope="session")
def few_digits(mnist: Any) -> Any:
    """MNIST's first 12,000 training and 1,000 test images, for trainings of a second."""
    return mnist.first(12_000, 1_000)


@pytest.fixture(scope="session")
def tiny_keras(few_digits: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of the tiny trained network as .keras: conv, batch norm, conv, pool, dense; over 95 % right."""
    from core.learning.training import train

    model = _untrained()
    history = train(model, few_digits, epochs=2, batch_size=128, seed=0)
    assert history.epochs[-1].val_accuracy > 0.95
    path = tmp_path_factory.mktemp("tiny") / "model.keras"
    model.save(path)
    return path


@pytest.fixture
def tiny_network(tiny_keras: Path) -> Any:
    """The tiny trained network, a fresh copy for each test; it may be changed at will."""
    import keras

    return keras.saving.load_model(tiny_keras)


@pytest.fixture(scope="session")
def tiny_tflite(tiny_keras: Path) -> Path:
    """Path of the tiny trained network as .tflite: fp32, input (1, 28, 28, 1), ten probabilities."""
    import keras

    path = tiny_keras.with_suffix(".tflite")
    keras.saving.load_model(tiny_keras).export(path, format="litert", verbose=False)
    return path


def _untrained() -> Any:
    import keras
    from keras import layers

    keras.utils.set_random_seed(7)
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(8, 5, strides=2, use_bias=False, name="conv1")(image)
    x = layers.BatchNormalization(momentum=0.9, name="conv1_norm")(x)
    x = layers.ReLU(name="conv1_relu")(x)
    x = layers.Conv2D(16, 3, activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(32, activation="relu", name="dense1")(x)
    x = layers.Dense(10, name="logits")(x)
    return keras.Model(image, layers.Softmax(name="probabilities")(x), name="tiny")
