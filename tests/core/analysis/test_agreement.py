import pytest

from core.analysis.agreement import Answers, mismatch
from core.records import Runtime


def test_the_same_answers_are_no_mismatch() -> None:
    assert mismatch(Runtime.LITERT_FP32, Answers(1.0, 1e-6, 0.99, 0.99)) is None


def test_another_probability_is_a_mismatch_though_every_label_agrees() -> None:
    reason = mismatch(Runtime.ONNXRUNTIME, Answers(1.0, 0.2, 0.99, 0.99))
    assert reason is not None
    assert "0.2" in reason


def test_other_labels_are_a_mismatch() -> None:
    reason = mismatch(Runtime.TF_FUNCTION, Answers(0.9, 1e-4, 0.9, 0.99))
    assert reason is not None
    assert "90.0%" in reason


def test_half_precision_may_differ_by_more_than_single() -> None:
    answers = Answers(1.0, 0.01, 0.99, 0.99)
    assert mismatch(Runtime.LITERT_FP16, answers) is None
    assert mismatch(Runtime.LITERT_FP32, answers) is not None


@pytest.mark.parametrize("runtime", [Runtime.LITERT_INT8, Runtime.LITERT_DYNAMIC])
def test_quantised_networks_are_judged_by_their_accuracy(runtime: Runtime) -> None:
    assert mismatch(runtime, Answers(0.97, 0.4, 0.985, 0.99)) is None
    reason = mismatch(runtime, Answers(0.99, 0.4, 0.97, 0.99))
    assert reason is not None
    assert "97.0%" in reason


def test_another_number_of_outputs_or_not_a_number_is_a_mismatch() -> None:
    assert mismatch(Runtime.LITERT_FP32, Answers(0.0, None, 0.0, 0.0)) is not None
    assert mismatch(Runtime.LITERT_FP32, Answers(1.0, float("nan"), 0.99, 0.99)) is not None
