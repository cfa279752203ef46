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
from core.learning.evaluation import Evaluation, answer_function, judge, probabilities
from core.learning.learning_rate import one_cycle
from core.learning.masks import Masks
from core.learning.models import logits_of
from core.learning.precision import bfloat16
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
    """Steps done of all, running means of the epoch in progress, and when the last step event left."""

    emit: Emit | None
    stage: Stage
    num_steps: int
    done: int = 0
    loss: float = 0.0
    correct: float = 0.0
    seen: int = 0
    told_at: float = float("-inf")

    def begin_epoch(self) -> None:
        self.loss, self.correct, self.seen, self.told_at = 0.0, 0.0, 0, float("-inf")

    def add(self, loss: float, correct: float, batch_size: int) -> None:
        self.done += 1
        self.loss, self.correct, self.seen = (
            self.loss + loss * batch_size,
            self.correct + correct,
            self.seen + batch_size,
        )
        now = time.monotonic()
        if self.emit and (now - self.told_at >= STEP_EVENT_S or self.done == self.num_steps):
            self.told_at = now
            values = {"loss": loss, "accuracy": correct / batch_size}
            steps = {"stage": self.stage, "done": self.done, "total": self.num_steps}
            self.emit(EventKind.STEP, {**steps, **values})

    def record(self, epoch: int, epochs: int, judged: Evaluation, elapsed_s: float) -> EpochRecord:
        """Return what the epoch in progress has come to, `judged` on the test images."""
        return EpochRecord(
            stage=self.stage,
            epoch=epoch,
            epochs=epochs,
            loss=self.loss / self.seen,
            accuracy=self.correct / self.seen,
            val_loss=judged.loss,
            val_accuracy=judged.accuracy,
            elapsed_s=elapsed_s,
        )


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
    in_bfloat16: bool = False,
) -> TrainingHistory:
    """Train `model` in place on `data` for `epochs` passes and return its history.

    A `teacher` (same input, ten probabilities) adds distillation, `masks` (see masks_of) keep zeros at zero.
    `label_smoothing` is the share of each label that goes to all ten digits alike.
    `answers` are a teacher's logits (n, 10) for the training images as they are: computed once, not in each
    step; they make no sense with `augment`.
    `should_stop` is asked after every batch; where it says yes, Cancelled is raised. `emit` gets a step event
    at most four times a second and an epoch event after each pass, with loss and accuracy on the test set.
    `in_bfloat16` multiplies in bfloat16 while it trains (see precision); accuracies are always float32's.
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
    progress = _Progress(emit, stage, num_steps)

    def rate_at(done: int) -> Any:
        return adam.unbiased(one_cycle(done, num_steps, peak_lr), done)

    records: list[EpochRecord] = []
    spent = 0.0
    for epoch in range(1, epochs + 1):
        order = shuffle.permutation(len(data.x_train))[: steps_per_epoch * batch_size].astype(np.int32)
        began = time.monotonic()
        with bfloat16(in_bfloat16):
            _pass(step, order.reshape(steps_per_epoch, batch_size), rate_at, progress, should_stop)
        spent += time.monotonic() - began
        judged = judge(probabilities(answer, data.x_test), data.y_test)
        records.append(progress.record(epoch, epochs, judged, spent))
        _tell(emit, records[-1])
    return TrainingHistory(epochs=tuple(records), num_steps=progress.done, elapsed_s=spent)


def _pass(
    step: Any,
    batches: NDArray[np.int32],
    rate_at: Callable[[int], Any],
    progress: _Progress,
    should_stop: Callable[[], bool] | None,
) -> None:
    """Take one step for each row of indices; raises Cancelled."""
    progress.begin_epoch()
    for batch in batches:
        loss, correct = step(tf.constant(batch), tf.constant(rate_at(progress.done)))
        progress.add(float(loss), float(correct), len(batch))
        if should_stop and should_stop():
            raise Cancelled(
                f"Cancelled while {progress.stage}, after batch {progress.done} of {progress.num_steps}."
            )


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
