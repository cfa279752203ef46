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


DAMAGED = (
    b'{"id": "x", "label": 3, "ima',
    b'{"id": "\xff\xfe", "label": 3}',
    b'{"id": "x", "label": 1e999, "image": "", "t": 0}',
    b"[]",
)


def test_damaged_lines_are_left_out_counted_and_outlive_a_deletion(store, mnist, tmp_path):
    path = tmp_path / "home" / FILE
    first = store.add(mnist.x_test[0], 7)
    with path.open("ab") as file:
        file.write(b"\n".join(DAMAGED) + b"\n")
    store.add(mnist.x_test[1], 2)
    found = store.contents()
    assert ([visit.label for visit in found.visits], found.num_damaged) == ([7, 2], len(DAMAGED))
    assert store.delete([first]) == 1
    assert path.read_bytes().splitlines()[:-1] == list(DAMAGED)
    assert store.delete([first]) == 0


def test_a_line_without_an_end_takes_no_later_digit_with_it(store, mnist, tmp_path):
    store.add(mnist.x_test[0], 7)
    with (tmp_path / "home" / FILE).open("ab") as file:
        file.write(DAMAGED[0])
    store.add(mnist.x_test[1], 2)
    assert [visit.label for visit in store.all()] == [7, 2]


def test_a_deletion_that_cannot_be_written_says_so_and_keeps_all(store, mnist, tmp_path):
    visit_id = store.add(mnist.x_test[0], 7)
    (tmp_path / "home" / FILE).with_suffix(".new").mkdir()
    with pytest.raises(StoreError, match="Nothing was deleted"):
        store.delete([visit_id])
    assert [visit.visit_id for visit in store.all()] == [visit_id]


@pytest.mark.parametrize("ask", [Feedback.all, Feedback.as_jsonl, lambda store: store.delete(["x"])])
def test_a_store_that_cannot_be_read_says_so(tmp_path, ask):
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match="cannot be read"):
        ask(Feedback(tmp_path))


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
