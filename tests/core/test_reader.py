import numpy as np
import pytest

from core import reader as room
from core.reader import NUM_TRIAL, reader, trial
from core.records import ModelFile


def model(run_id, accuracy, size_bytes=100):
    return ModelFile(
        run_id=run_id, title=run_id, source=run_id.encode(), accuracy=accuracy, size_bytes=size_bytes
    )


@pytest.fixture
def scores(monkeypatch):
    found = {}
    monkeypatch.setattr(room, "trial", lambda model: found[model.run_id])
    return found


def test_the_network_that_reads_distorted_digits_best_speaks_first(scores):
    scores |= {"large": 250, "robust": 285}
    assert reader([model("large", 0.996, 900), model("robust", 0.995)]).run_id == "robust"


def test_a_network_that_is_worse_on_clean_digits_is_not_tried(scores):
    scores |= {"good": 250}
    assert reader([model("good", 0.996), model("poor", 0.9)]).run_id == "good"


def test_of_equals_the_smaller_speaks_first(scores):
    scores |= {"a": 280, "b": 280}
    assert reader([model("a", 0.995, 900), model("b", 0.995, 100)]).run_id == "b"


def test_visitors_digits_count_where_there_are_enough_of_them(scores):
    scores |= {"a": 270, "b": 280}
    visitors = {"a": (100, 100), "b": (60, 100)}
    assert reader([model("a", 0.995), model("b", 0.995)], visitors).run_id == "a"


def test_networks_that_cannot_be_loaded_do_not_speak(tiny_tflite):
    good = ModelFile(run_id="tiny", title="tiny", source=tiny_tflite, accuracy=0.97)
    assert reader([model("broken", 0.97), good]).run_id == "tiny"
    assert reader([model("broken", 0.97)]) is None
    assert reader([]) is None


def test_the_trial_is_hard_and_always_the_same(tiny_tflite, mnist):
    tiny = ModelFile(run_id="tiny", title="tiny", source=tiny_tflite)
    right = trial(tiny)
    clean, _ = room.network(tiny).probabilities(mnist.x_test[:NUM_TRIAL])
    assert 0.3 * NUM_TRIAL < right < (np.argmax(clean, axis=1) == mnist.y_test[:NUM_TRIAL]).sum()
    trial.cache_clear()
    assert trial(tiny) == right
