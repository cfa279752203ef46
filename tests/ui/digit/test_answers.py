import numpy as np
import pytest

from core.digits.variants import Break
from core.records import Answer, Caveat, ModelFile
from ui.digit.answers import answers_frame, breaking_words, is_unsure


def answer(label: int, sure: float = 0.9) -> Answer:
    shares = np.full((1, 10), (1 - sure) / 9, np.float32)
    shares[0, label] = sure
    return Answer(model=f"{label}", title="made up", size_bytes=1, probabilities=shares, latency_ms=0.1)


@pytest.mark.parametrize(
    ("others", "sure", "is_doubted"),
    [([7, 7], 0.9, False), ([7, 1], 0.9, False), ([1, 2], 0.9, True), ([7, 7], 0.4, True)],
)
def test_an_answer_is_unsure_where_its_network_or_most_others_are(others, sure, is_doubted):
    first = answer(7, sure)
    assert is_unsure([first, *map(answer, others)], first) is is_doubted


def test_a_latency_in_doubt_stands_beside_its_doubts():
    models = [
        ModelFile(run_id=name, title=name, source=b"", latency_ms=0.1, warnings=caveats)
        for name, caveats in (("7", (Caveat.NOISY, Caveat.LOADED)), ("1", ()))
    ]
    frame = answers_frame(models, [answer(7), answer(1)], 0, None)
    assert list(frame["doubts"]) == [["noisy", "machine busy"], None]


def test_families_that_break_have_a_sentence_each_and_the_others_one_together():
    said = breaking_words(
        [
            Break("lenet5 · structured", 4, 0.9, 6, 3, recovers=True),
            Break("convnet · structured", 4, None, None, 4),
            Break("mlp1000 · magnitude", 4, None, None, 1),
        ]
    )
    assert said == [
        "lenet5 · structured: from ratio 0.9 on it answers 6 instead of 4. "
        "At a higher ratio it is 4 again, so this digit is near a border.",
        "4 at every ratio: convnet · structured, mlp1000 · magnitude.",
    ]
