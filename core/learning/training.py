"""Training and fine-tuning: one loop, one-cycle learning rate, the data resident in memory.

Keras's own `fit` compiles with XLA here, which leaves one of two cores idle; this loop takes half its time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.errors import Cancelled
from core.learning.adam import Adam
from core.learning.augmentation import augmented
from core.learning.data import MnistArrays
from core.learning.evaluation import answer_function, judge, probabilities
from core.learning.learning_rate import one_cycle
from core.learning.masks import Masks
from core.learning.models import logits_of
from core.records import EventKind, Stage
from core.records.history import EpochRecord, TrainingHistory

PEAK_LR, PEAK_LR_NORMALISED = 5e-3, 1e-2
"""Highest learning rates, without and with batch norm."""
BETA_1, BETA_2 = 0.8, 0.95
LABEL_SMOOTHING = 0.05
TEMPERATURE = 4.0
TEACHER_SHARE = 0.7
STEP_EVENT_S = 0.25

Emit = Callable[[EventKind, dict[str, Any]], None]


@dataclass(slots=True)
class _Progress:
    """Running means of the epoch in progress, and when the last step event left."""

    emit: Emit | None
    stage: Stage
    num_steps: int
    loss: float = 0.0
    correct: float = 0.0
    seen: int = 0
    told_at: float = float("-inf")

    def add(self, done: int, loss: float, correct: float, batch_size: int) -> None:
        self.loss, self.correct, self.seen = (
            self.loss + loss * batch_size,
            self.correct + correct,
            self.seen + batch_size,
        )
        now = time.monotonic()
        if self.emit and (now - self.told_at >= STEP_EVENT_S or done == self.num_steps):
            self.told_at = now
            values = {"loss": loss, "accuracy": correct / batch_size}
            self.emit(EventKind.STEP, {"stage": self.stage, "done": done, "total": self.num_steps, **values})


@dataclass(frozen=True, slots=True)
class _Told:
    """What the network is to answer: labels, smoothed, and a teacher or its logits (n, 10)."""

    label_smoothing: float
    teacher: Any
    answers: NDArray[np.float32] | None


def train(
    model: Any,
    data: MnistArrays,
    *,
    epochs: int,
    batch_size: int = 128,
    seed: int = 0,
    emit: Emit | None = None,
    augment: bool = False,
    peak_lr: float | None = None,
    label_smoothing: float = LABEL_SMOOTHING,
    teacher: Any = None,
    answers: NDArray[np.float32] | None = None,
    stage: Stage = Stage.TRAINING,
    masks: Masks | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainingHistory:
    """Train `model` in place on `data` for `epochs` passes and return its history.

    A `teacher` (same input, ten probabilities) adds distillation, `masks` (see masks_of) keep zeros at zero.
    `label_smoothing` is the share of each label that goes to all ten digits alike.
    `answers` are a teacher's logits (n, 10) for the training images as they are: computed once, not in each
    step; they make no sense with `augment`.
    `should_stop` is asked after every batch; where it says yes, Cancelled is raised. `emit` gets a step event
    at most four times a second and an epoch event after each pass, with loss and accuracy on the test set.
    """
    keras.utils.set_random_seed(seed)
    peak_lr = _peak_lr(model) if peak_lr is None else peak_lr
    batch_size = min(batch_size, len(data.x_train))
    steps_per_epoch = len(data.x_train) // batch_size
    num_steps = epochs * steps_per_epoch
    shuffle = np.random.default_rng(seed)
    adam = Adam(model.trainable_variables, BETA_1, BETA_2)
    told = _Told(label_smoothing, teacher, answers)
    step = _step_function(model, data, adam, augment, masks or {}, told)
    answer = answer_function(model)
    records: list[EpochRecord] = []
    done, spent = 0, 0.0
    for epoch in range(1, epochs + 1):
        progress, began = _Progress(emit, stage, num_steps), time.monotonic()
        order = shuffle.permutation(len(data.x_train))[: steps_per_epoch * batch_size].astype(np.int32)
        for batch in order.reshape(steps_per_epoch, batch_size):
            rate = adam.unbiased(one_cycle(done, num_steps, peak_lr), done)
            loss, correct = step(tf.constant(batch), tf.constant(rate))
            done += 1
            progress.add(done, float(loss), float(correct), batch_size)
            if should_stop and should_stop():
                raise Cancelled(f"Cancelled while {stage}, after batch {done} of {num_steps}.")
        spent += time.monotonic() - began
        judged = judge(probabilities(answer, data.x_test), data.y_test)
        records.append(
            EpochRecord(
                stage=stage,
                epoch=epoch,
                epochs=epochs,
                loss=progress.loss / progress.seen,
                accuracy=progress.correct / progress.seen,
                val_loss=judged.loss,
                val_accuracy=judged.accuracy,
                elapsed_s=spent,
            )
        )
        _tell(emit, records[-1])
    return TrainingHistory(epochs=tuple(records), num_steps=done, elapsed_s=spent)


def _peak_lr(model: Any) -> float:
    is_normalised = any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)
    return PEAK_LR_NORMALISED if is_normalised else PEAK_LR


def _tell(emit: Emit | None, record: EpochRecord) -> None:
    if emit:
        names = ("stage", "epoch", "epochs", "loss", "accuracy", "val_loss", "val_accuracy")
        emit(EventKind.EPOCH, {name: getattr(record, name) for name in names})


def _step_function(
    model: Any,
    data: MnistArrays,
    adam: Adam,
    augment: bool,
    masks: Masks,
    told: _Told,
) -> Any:
    """Return a compiled function (indices, rate for `adam`) -> (loss, number of right answers) of a batch."""
    images, labels = tf.constant(data.x_train), tf.constant(data.y_train)
    weights = model.trainable_variables
    student, guide = logits_of(model), logits_of(told.teacher) if told.teacher is not None else None
    stored = tf.constant(told.answers) if told.answers is not None else None
    kept = [(w, tf.constant(masks[w.path], tf.float32)) for w in weights if w.path in masks]

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def step(indices: Any, rate: Any) -> Any:
        x = tf.cast(tf.gather(images, indices), tf.float32)[..., None] / 255.0
        y = tf.cast(tf.gather(labels, indices), tf.int32)
        x = augmented(x) if augment else x
        with tf.GradientTape() as tape:
            logits = student(x, training=True)
            guided = guide(x, training=False) if guide is not None else None
            guided = tf.gather(stored, indices) if stored is not None else guided
            loss = _loss(logits, y, told.label_smoothing, guided)
        adam.apply(tape.gradient(loss, weights), rate)
        for weight, mask in kept:
            weight.assign(weight * mask)
        right = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), y)
        return loss, tf.reduce_sum(tf.cast(right, tf.float32))

    return step


def _loss(logits: Any, y: Any, label_smoothing: float, teacher_logits: Any) -> Any:
    """Cross-entropy with smoothed labels, and a teacher's softened answers (Hinton, Vinyals & Dean 2015)."""
    wanted = (1 - label_smoothing) * tf.one_hot(y, logits.shape[1]) + label_smoothing / logits.shape[1]
    hard = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(wanted, logits))
    if teacher_logits is None:
        return hard
    softened = tf.nn.softmax(teacher_logits / TEMPERATURE)
    soft = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(softened, logits / TEMPERATURE))
    return (1 - TEACHER_SHARE) * hard + TEACHER_SHARE * TEMPERATURE**2 * soft
