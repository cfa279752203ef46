import numpy as np

from core.learning.evaluation import evaluate, judge


def test_the_counts_agree_with_each_other(tiny_network, few_digits):
    found = evaluate(tiny_network, few_digits.x_test, few_digits.y_test)
    confusion = np.array(found.confusion)
    assert found.num_images == confusion.sum() == 1_000
    assert found.errors == 1_000 - np.trace(confusion) == (found.predictions != few_digits.y_test).sum()
    assert found.accuracy == 1 - found.errors / 1_000 > 0.95
    assert confusion.sum(axis=1).tolist() == np.bincount(few_digits.y_test).tolist()
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), found.predictions)


def test_the_last_incomplete_batch_counts_too(tiny_network, few_digits):
    all_of_them = evaluate(tiny_network, few_digits.x_test, few_digits.y_test)
    odd = evaluate(tiny_network, few_digits.x_test[:503], few_digits.y_test[:503])
    np.testing.assert_array_equal(odd.predictions, all_of_them.predictions[:503])


def test_loss_is_the_mean_cross_entropy():
    answers = np.full((2, 10), 0.05, np.float32)
    answers[:, 3] = 0.55
    found = judge(answers, np.array([3, 4], np.uint8))
    assert np.isclose(found.loss, -(np.log(0.55) + np.log(0.05)) / 2)
    assert (found.errors, found.confusion[4][3]) == (1, 1)
