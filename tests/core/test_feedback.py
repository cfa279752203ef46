import io

import numpy as np
import pytest

from core.errors import StoreError
from core.feedback import FILE, Feedback, accuracy
from core.records import ModelFile


@pytest.fixture
def store(tmp_path):
    return Feedback(tmp_path / "home")


def test_a_digit_comes_back_as_it_was_given(store, mnist):
    visit_id = store.add(mnist.x_test[0], 7)
    (visit,) = store.all()
    assert (visit.visit_id, visit.label) == (visit_id, 7)
    np.testing.assert_array_equal(visit.image, mnist.x_test[0])


def test_nothing_is_there_before_somebody_agreed(store, tmp_path):
    assert store.all() == ()
    assert store.as_jsonl() == b""
    assert not (tmp_path / "home").exists()


def test_digits_can_be_deleted_and_are_then_gone_from_the_disk(store, mnist, tmp_path):
    first, second = store.add(mnist.x_test[0], 7), store.add(mnist.x_test[1], 2)
    assert store.delete([first]) == 1
    assert [visit.visit_id for visit in store.all()] == [second]
    assert first not in (tmp_path / "home" / FILE).read_text()
    assert store.delete([first]) == 0


def test_a_line_that_was_cut_off_does_not_hide_the_others(store, mnist, tmp_path):
    store.add(mnist.x_test[0], 7)
    with (tmp_path / "home" / FILE).open("a") as file:
        file.write('{"id": "x", "label": 3, "ima\n')
    store.add(mnist.x_test[1], 2)
    assert [visit.label for visit in store.all()] == [7, 2]


@pytest.mark.parametrize(("shape", "label"), [((27, 28), 3), ((28, 28), 10), ((28, 28), -1)])
def test_only_digits_of_28_by_28_are_kept(store, shape, label):
    with pytest.raises(StoreError, match="28x28"):
        store.add(np.zeros(shape, np.uint8), label)


def test_the_version_changes_with_the_store(store, mnist):
    before = store.version
    store.add(mnist.x_test[0], 7)
    assert store.version != before


def test_accuracy_counts_what_each_network_reads_as_the_visitors_named_it(
    store, mnist, tiny_tflite, tmp_path
):
    for image, label in zip(mnist.x_test[:20], mnist.y_test, strict=False):
        store.add(image, int(label))
    store.add(mnist.x_test[20], (int(mnist.y_test[20]) + 1) % 10)
    models = [
        ModelFile(run_id="tiny", title="tiny", source=tiny_tflite),
        ModelFile(run_id="gone", title="gone", source=tmp_path / "gone.tflite"),
    ]
    found = accuracy(models, store.all())
    assert set(found) == {"tiny"}
    right, total = found["tiny"]
    assert total == 21
    assert 17 <= right <= 20


def test_a_store_that_cannot_be_written_says_so(tmp_path, mnist):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be"):
        Feedback(tmp_path / "file").add(mnist.x_test[0], 7)


def test_the_download_holds_every_digit(store, mnist):
    store.add(mnist.x_test[0], 7)
    store.add(mnist.x_test[1], 2)
    assert len(io.BytesIO(store.as_jsonl()).readlines()) == 2
