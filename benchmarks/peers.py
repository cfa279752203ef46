"""The peers of the training benchmark, by their published recipes; each yields one record an epoch.

keras.io, "Simple MNIST convnet": 3x3 convolutions of 32 and 64, each max-pooled, dropout 0.5, dense 10;
batch 128, Adam, a tenth of the training images kept aside for validation. PyTorch's example: torch_mnist.py.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import keras
from keras import layers

from core.learning.data import MnistArrays, scaled

KERAS = "peer: keras.io simple MNIST convnet"
TORCH = "peer: PyTorch basic MNIST example"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch of a peer: seconds of its training alone, and the test accuracy after it."""

    seed: int
    accuracy: float
    wall_s: float
    cpu_s: float


def keras_epochs(arrays: MnistArrays, seed: int) -> Iterator[Epoch]:
    """Train keras.io's example, one epoch each time the caller asks; preparing data is not timed."""
    x, y = scaled(arrays.x_train), keras.utils.to_categorical(arrays.y_train, 10)
    x_test, y_test = scaled(arrays.x_test), keras.utils.to_categorical(arrays.y_test, 10)
    keras.utils.set_random_seed(seed)
    wall, cpu = time.perf_counter(), time.process_time()
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    while True:
        model.fit(x, y, batch_size=128, epochs=1, validation_split=0.1, verbose=0)
        spent = time.perf_counter() - wall, time.process_time() - cpu
        yield Epoch(seed, float(model.evaluate(x_test, y_test, verbose=0)[1]), *spent)
        wall, cpu = time.perf_counter(), time.process_time()


def torch_epochs(seed: int) -> Iterator[Epoch]:
    """Train PyTorch's example in a process of its own, one epoch each time the caller asks."""
    command = [sys.executable, "-m", "benchmarks.torch_mnist", str(seed)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin
    assert child.stdout
    try:
        while True:
            child.stdin.write("go\n")
            child.stdin.flush()
            yield Epoch(seed=seed, **json.loads(child.stdout.readline()))
    finally:
        child.stdin.close()
        child.wait()
