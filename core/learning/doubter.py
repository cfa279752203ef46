"""The network that tells digits from other signs, for the doubts of the Digit page: trained and exported.

    python -m core.learning.doubter

It has an eleventh answer, "no digit". Digits are MNIST's training images, as they are and redrawn with one
pen; the others are the signs of `core.learning.letters` and two digits that touch, drawn with the same pens,
so that nothing but the shape tells them apart: outlier exposure (Hendrycks et al. 2019).
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.morphology import skeletonize

from core.digits.normalise import BOX, centred
from core.digits.signs import NO_DIGIT
from core.latency.export import inference_copy, write_litert
from core.learning.data import MnistArrays, load
from core.learning.letters import DIGITS, FINE, SIGNS, Random, written
from core.learning.training import train
from core.records.digit import Bytes
from core.settings import settings

NUM_REDRAWN, NUM_RARE, NUM_SIGNS, NUM_TOUCHING, NUM_HELD = 25_000, 8_000, 30_000, 10_000, 2_000
EPOCHS, SEED = 8, 0


def network() -> keras.Model:
    """Return the untrained network: (n, 28, 28, 1) to eleven probabilities."""
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(12, 5, strides=2, activation="relu", name="conv1")(image)
    x = layers.Conv2D(32, 3, activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = layers.Conv2D(64, 3, activation="relu", name="conv3")(x)
    x = layers.Dense(48, activation="relu", name="dense1")(layers.Flatten(name="flatten")(x))
    x = layers.Dense(NO_DIGIT + 1, name="logits")(x)
    return keras.Model(image, layers.Softmax(name="probabilities")(x), name="doubter")


def skeleton(digit: Bytes) -> NDArray[np.bool_]:
    """Return the middle line of a 28x28 digit on the fine grid."""
    soft = ndimage.gaussian_filter(ndimage.zoom(digit.astype(np.float32) / 255, FINE, order=1), FINE / 2)
    return np.asarray(skeletonize(soft > 0.4))


def drawn(rng: Random, line: NDArray[np.bool_]) -> Bytes:
    """Return a line of the fine grid as one pen draws it, 28x28 in MNIST's form."""
    width = np.exp(rng.uniform(np.log(1.6), np.log(4.2))) * FINE
    away = ndimage.distance_transform_edt(~np.pad(line, 3 * FINE))
    waves = np.sin(np.linspace(0, rng.uniform(2, 9), len(away)))[:, None]
    mask = away < width / 2 * np.clip(1 + rng.normal(0, 0.2) * waves, 0.6, 1.4)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    tight = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    scale = BOX / max(tight.shape)
    size = (max(1, round(tight.shape[1] * scale)), max(1, round(tight.shape[0] * scale)))
    return centred(np.asarray(Image.fromarray(tight).resize(size, Image.Resampling.BOX)))


def signs(rng: Random, count: int) -> Bytes:
    """Return `count` signs that are no digits, (count, 28, 28)."""
    paths = [path for name in SIGNS for path in SIGNS[name]]
    return np.stack([drawn(rng, written(rng, paths[rng.integers(len(paths))])) for _ in range(count)])


def rare(rng: Random, count: int) -> tuple[Bytes, NDArray[np.uint8]]:
    """Return digits as MNIST's writers seldom wrote them, (count, 28, 28), and their labels."""
    labels = rng.integers(10, size=count).astype(np.uint8)
    paths = [DIGITS[label][rng.integers(len(DIGITS[label]))] for label in labels.tolist()]
    return np.stack([drawn(rng, written(rng, path)) for path in paths]), labels


def touching(rng: Random, digits: Bytes, count: int) -> Bytes:
    """Return `count` drawings of two digits whose strokes touch, as one piece of ink is found."""
    lines = [line for digit in digits[: count // 2] if (line := skeleton(digit)).any()]
    pairs = rng.integers(len(lines), size=(count, 2))
    return np.stack([drawn(rng, _joined(rng, lines[one], lines[other])) for one, other in pairs])


def _joined(rng: Random, left: NDArray[np.bool_], right: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return two lines on one grid, the right one moved until the two touch or nearly so."""
    left, right = (line[line.any(1)][:, line.any(0)] for line in (left, right))
    drop, high = int(rng.integers(3 * FINE)), max(len(left), len(right))
    both = np.zeros((high + drop, left.shape[1] + right.shape[1]), bool)
    both[: len(left), : left.shape[1]] = left
    shift = left.shape[1] - int(rng.uniform(0, 0.25) * min(left.shape[1], right.shape[1]))
    both[drop : drop + len(right), shift : shift + right.shape[1]] |= right
    return both


def redrawn(rng: Random, digits: Bytes) -> Bytes:
    """Return (n, 28, 28) digits drawn anew along their middle lines."""
    return np.stack([drawn(rng, line) if (line := skeleton(digit)).any() else digit for digit in digits])


def lesson(seed: int) -> MnistArrays:
    """Return what the network learns from and is tested with: digits as they are and redrawn, and signs."""
    rng, data = np.random.default_rng(seed), load()
    again = rng.permutation(len(data.x_train))[:NUM_REDRAWN]
    pairs = touching(rng, data.x_train[rng.permutation(len(data.x_train))], NUM_TOUCHING)
    strange = np.concatenate([signs(rng, NUM_HELD + NUM_SIGNS), pairs])
    seldom, names = rare(rng, NUM_RARE)
    none = np.full(len(strange), NO_DIGIT, np.uint8)
    return MnistArrays(
        np.concatenate([data.x_train, redrawn(rng, data.x_train[again]), seldom, strange[NUM_HELD:]]),
        np.concatenate([data.y_train, data.y_train[again], names, none[NUM_HELD:]]),
        np.concatenate([data.x_test[:NUM_HELD], redrawn(rng, data.x_test[:NUM_HELD]), strange[:NUM_HELD]]),
        np.concatenate([data.y_test[:NUM_HELD], data.y_test[:NUM_HELD], none[:NUM_HELD]]),
    )


def main() -> None:
    """Train the network and write it where the Digit page looks for it."""
    keras.utils.set_random_seed(SEED)
    model = network()
    history = train(model, lesson(SEED), epochs=EPOCHS, seed=SEED, augment=True)
    write_litert(inference_copy(model), settings().doubter_file)
    print(f"{history.epochs[-1].val_accuracy:.2%} of digits and signs told apart: {settings().doubter_file}")


if __name__ == "__main__":
    main()
