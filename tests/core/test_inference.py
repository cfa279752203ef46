import threading
import time

import numpy as np
import pytest

from core.errors import InferenceError
from core.inference import answer, network, occlusion
from core.records import ModelFile


@pytest.fixture
def model(tiny_tflite):
    return ModelFile(run_id="tiny", title="tiny", source=tiny_tflite)


def test_answers_are_ten_probabilities_and_mostly_right(model, mnist):
    probabilities, latency_ms = network(model).probabilities(mnist.x_test[:300])
    assert probabilities.shape == (300, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (probabilities.argmax(axis=1) == mnist.y_test[:300]).mean() > 0.93
    assert 0 < latency_ms < 50


def test_a_file_and_its_content_answer_alike(model, tiny_tflite, mnist):
    content = ModelFile(run_id="bytes", title="bytes", source=tiny_tflite.read_bytes())
    one, _ = network(model).probabilities(mnist.x_test[:5])
    other, _ = network(content).probabilities(mnist.x_test[:5])
    np.testing.assert_array_equal(one, other)


def test_the_smallest_network_comes_first(model, mnist):
    small = ModelFile(run_id="small", title="small", source=model.source, size_bytes=10)
    answers = answer([model, small], mnist.x_test[:2])
    assert [row.model for row in answers.rows] == ["small", "tiny"]
    assert answers.rows[0].labels == answers.rows[1].labels


def test_a_network_that_cannot_be_loaded_is_named_and_the_others_answer(model, mnist, tmp_path):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no network")
    gone = ModelFile(run_id="gone", title="gone", source=tmp_path / "gone.tflite")
    answers = answer([ModelFile(run_id="bad", title="bad", source=broken), gone, model], mnist.x_test[:1])
    assert [row.model for row in answers.rows] == ["tiny"]
    assert [run for run, _ in answers.failed] == ["bad", "gone"]
    assert "cannot be loaded" in answers.failed[0][1]


def test_no_images_get_no_answers(model):
    assert answer([model], np.zeros((0, 28, 28), np.uint8)).rows[0].probabilities.shape == (0, 10)


def test_a_changed_file_is_loaded_again(model, tiny_tflite, tmp_path):
    copy = tmp_path / "copy.tflite"
    copy.write_bytes(tiny_tflite.read_bytes())
    changing = ModelFile(run_id="copy", title="copy", source=copy)
    first = network(changing)
    assert network(changing) is first
    copy.write_bytes(b"ruined")
    with pytest.raises(InferenceError):
        network(changing)


def test_fifty_variants_answer_one_image_within_fifty_milliseconds(tiny_tflite, mnist):
    content = tiny_tflite.read_bytes()
    models = [ModelFile(run_id=f"v{i}", title="v", source=content, size_bytes=i + 1) for i in range(50)]
    answer(models, mnist.x_test[:1])
    times = []
    for image in mnist.x_test[:5]:
        began = time.thread_time()
        answers = answer(models, image[None])
        times.append(time.thread_time() - began)
    assert len(answers.rows) == 50
    assert min(times) < 0.05


def test_threads_share_a_network_without_mixing_answers(model, mnist):
    expected, _ = network(model).probabilities(mnist.x_test[:40])
    wrong = []

    def ask(start):
        got, _ = network(model).probabilities(mnist.x_test[start : start + 10])
        if not np.array_equal(got, expected[start : start + 10]):
            wrong.append(start)

    threads = [threading.Thread(target=ask, args=(start,)) for start in (0, 10, 20, 30) * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_covering_the_ink_costs_more_than_covering_the_ground(model, mnist):
    image = mnist.x_test[0]
    drop = occlusion(model, image)
    assert drop.shape == (28, 28)
    assert drop[image > 128].mean() > drop[:3].mean()
    assert abs(drop[0, 0]) < 1e-4
