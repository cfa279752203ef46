"""What a network answers on labelled images, counted. Never trains, never changes a weight."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.learning.data import Images, Labels

BATCH_SIZE = 500


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Counts over `num_images` images; confusion[truth][answer]; probabilities (n, 10), predictions (n,)."""

    accuracy: float
    errors: int
    num_images: int
    loss: float
    confusion: tuple[tuple[int, ...], ...]
    predictions: NDArray[np.uint8]
    probabilities: NDArray[np.float32]


def evaluate(model: Any, x: Images, y: Labels) -> Evaluation:
    """Return how `model` does on images (n, 28, 28) uint8, labels (n,); loss is the mean cross-entropy."""
    return judge(probabilities(answer_function(model), x), y)


def answer_function(model: Any) -> Any:
    """Return a compiled function from (n, 28, 28) uint8 to (n, 10) probabilities, batch norm at rest."""

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec((None, 28, 28), tf.uint8)], autograph=False
    )
    def answer(images: Any) -> Any:
        return model(tf.cast(images, tf.float32)[..., None] / 255.0, training=False)

    return answer


def probabilities(answer: Any, x: Images) -> NDArray[np.float32]:
    """Return the probabilities (n, 10) of all images, in batches that fit the processor's cache."""
    parts = [answer(x[start : start + BATCH_SIZE]).numpy() for start in range(0, len(x), BATCH_SIZE)]
    return np.concatenate(parts)


def judge(answers: NDArray[np.float32], y: Labels) -> Evaluation:
    """Return the counts for probabilities (n, 10) against labels (n,)."""
    predictions = answers.argmax(axis=1).astype(np.uint8)
    confusion = np.zeros((answers.shape[1], answers.shape[1]), np.int64)
    np.add.at(confusion, (y, predictions), 1)
    errors = int((predictions != y).sum())
    likelihood = answers[np.arange(len(y)), y].clip(1e-12)
    return Evaluation(
        accuracy=1 - errors / len(y),
        errors=errors,
        num_images=len(y),
        loss=float(-np.log(likelihood).mean()),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        predictions=predictions,
        probabilities=answers,
    )
