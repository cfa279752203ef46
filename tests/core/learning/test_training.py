from itertools import count

import keras
import numpy as np
import pytest

from core.errors import Cancelled
from core.learning.data import scaled
from core.learning.evaluation import evaluate
from core.learning.masks import masks_of
from core.learning.models import logits_of
from core.learning.training import train
from core.records import EventKind, Stage


@pytest.fixture
def little(mnist):
    return mnist.first(1_280, 200)


def test_training_learns_and_records_every_epoch(tiny_network, few_digits):
    weights = [np.random.default_rng(1).normal(0, 0.1, w.shape) for w in tiny_network.trainable_variables]
    for variable, value in zip(tiny_network.trainable_variables, weights, strict=True):
        variable.assign(value)
    history = train(tiny_network, few_digits, epochs=2, batch_size=128)
    assert [record.epoch for record in history.epochs] == [1, 2]
    assert history.num_steps == 2 * (12_000 // 128)
    assert history.epochs[1].val_accuracy > 0.9
    assert history.epochs[1].loss < history.epochs[0].loss
    assert history.epochs[1].elapsed_s == history.elapsed_s > 0


def test_events_tell_of_steps_and_epochs(tiny_network, little):
    events = []
    emit = lambda kind, values: events.append((kind, values))  # noqa: E731
    history = train(tiny_network, little, epochs=2, batch_size=128, stage=Stage.FINE_TUNING, emit=emit)
    steps = [values for kind, values in events if kind is EventKind.STEP]
    epochs = [values for kind, values in events if kind is EventKind.EPOCH]
    assert steps[-1].keys() == {"stage", "done", "total", "loss", "accuracy"}
    assert (steps[-1]["done"], steps[-1]["total"], steps[-1]["stage"]) == (20, 20, Stage.FINE_TUNING)
    assert [values["epoch"] for values in epochs] == [1, 2]
    assert epochs[-1]["val_accuracy"] == history.epochs[-1].val_accuracy


def test_step_events_come_at_most_four_times_a_second(tiny_network, little):
    events = []
    history = train(tiny_network, little, epochs=6, batch_size=16, emit=lambda kind, _: events.append(kind))
    num_steps = events.count(EventKind.STEP)
    # One more for the first batch of each epoch and one for the very last.
    assert 6 <= num_steps <= 4 * history.elapsed_s + 7 < history.num_steps


def test_a_request_to_stop_is_obeyed_within_one_batch(tiny_network, little):
    asked = count(1)
    with pytest.raises(Cancelled, match=r"after batch 3 of 10"):
        train(tiny_network, little, epochs=1, batch_size=128, should_stop=lambda: next(asked) == 3)
    assert next(asked) == 4


def test_zeros_stay_zero_and_others_learn(tiny_network, little):
    kernel = tiny_network.get_layer("conv2").kernel
    before = np.array(kernel)
    before[np.random.default_rng(0).random(before.shape) < 0.7] = 0
    kernel.assign(before)
    masks = masks_of(tiny_network)
    assert list(masks) == [kernel.path]
    train(tiny_network, little, epochs=1, batch_size=64, masks=masks)
    after = np.array(kernel)
    np.testing.assert_array_equal(after == 0, before == 0)
    assert not np.array_equal(after, before)


def test_without_masks_zeros_come_back_to_life(tiny_network, little):
    kernel = tiny_network.get_layer("conv2").kernel
    kernel.assign(np.zeros(kernel.shape))
    train(tiny_network, little, epochs=1, batch_size=64)
    assert np.count_nonzero(np.array(kernel)) > 0


def test_a_seed_reproduces_a_training(tiny_keras, little):
    def trained(seed):
        model = keras.saving.load_model(tiny_keras)
        history = train(model, little, epochs=1, batch_size=64, seed=seed, augment=True)
        return history.epochs[0].loss

    assert trained(5) == pytest.approx(trained(5), rel=1e-4)
    assert trained(5) != pytest.approx(trained(6), rel=1e-4)


def test_a_student_believes_its_teacher_more_than_the_labels(tiny_keras, tiny_network, few_digits):
    teacher = keras.saving.load_model(tiny_keras)
    logits = teacher.get_layer("logits")
    logits.set_weights([np.roll(weight, 1, axis=-1) for weight in logits.get_weights()])
    train(tiny_network, few_digits, epochs=2, teacher=teacher)
    predictions = evaluate(tiny_network, few_digits.x_test, few_digits.y_test).predictions
    assert (predictions == (few_digits.y_test + 1) % 10).mean() > 0.9


def test_a_teacher_may_answer_all_images_beforehand(tiny_keras, little):
    def trained(**guide):
        model = keras.saving.load_model(tiny_keras)
        model.set_weights([weight * 0.9 for weight in model.get_weights()])
        train(model, little, epochs=1, batch_size=64, seed=1, **guide)
        return np.concatenate([weight.ravel() for weight in model.get_weights()])

    teacher = keras.saving.load_model(tiny_keras)
    answers = np.asarray(logits_of(teacher)(scaled(little.x_train), training=False))
    assert trained(answers=answers) == pytest.approx(trained(teacher=teacher), abs=1e-4)
    assert trained(answers=answers) != pytest.approx(trained(), abs=1e-3)


def test_a_batch_larger_than_the_data_is_the_whole_data(tiny_network, little):
    assert train(tiny_network, little, epochs=3, batch_size=60_000).num_steps == 3


def test_smoothed_labels_make_answers_less_certain(tiny_keras, few_digits):
    def certainty(share):
        model = keras.saving.load_model(tiny_keras)
        train(model, few_digits, epochs=2, label_smoothing=share)
        return evaluate(model, few_digits.x_test, few_digits.y_test).probabilities.max(axis=1).mean()

    assert certainty(0.0) > certainty(0.3) + 0.1
