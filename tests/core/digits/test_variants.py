from dataclasses import replace

import numpy as np
import pytest

from core.digits.variants import breaks, family_of, variants
from core.errors import StoreError
from core.records import Answer, Caveat, ModelFile, Origin, RunRecord, RunSpec, Runtime, Status
from tests.made_up import made_up_row, made_up_run

DENSE = RunSpec(method="none", ratio=0.0)


def model(run_id, ratio, family, *, is_dense=False):
    return ModelFile(run_id=run_id, title=run_id, source=b"", ratio=ratio, family=family, is_dense=is_dense)


def says(run_id, label):
    probabilities = np.zeros((1, 10), np.float32)
    probabilities[0, label] = 1
    return Answer(model=run_id, title=run_id, size_bytes=1, probabilities=probabilities, latency_ms=0.1)


def family(labels):
    """A dense network that says 7 and pruned ones at 0.1, 0.2 ... that say `labels`."""
    models = [model("dense", 0.0, family_of(DENSE), is_dense=True)]
    pruned = family_of(RunSpec(ratio=0.5))
    models += [model(f"p{i}", (i + 1) / 10, pruned) for i in range(len(labels))]
    rows = [says("dense", 7), *(says(f"p{i}", label) for i, label in enumerate(labels))]
    return breaks(models, rows, 0)


def test_the_lowest_ratio_whose_answer_differs_is_where_it_breaks():
    (found,) = family([7, 7, 2, 2])
    assert (found.label, found.ratio, found.becomes, found.recovers) == (7, pytest.approx(0.3), 2, False)


def test_an_answer_that_comes_back_at_a_higher_ratio_is_said():
    (found,) = family([7, 1, 7])
    assert found.ratio == pytest.approx(0.2)
    assert found.recovers


def test_a_family_that_never_breaks_has_no_ratio():
    (found,) = family([7, 7])
    assert found.ratio is None
    assert found.num_ratios == 2


def test_without_a_dense_network_nothing_is_claimed():
    assert breaks([model("p", 0.5, family_of(RunSpec(ratio=0.5)))], [says("p", 7)], 0) == ()


def test_a_family_differs_in_nothing_but_the_ratio():
    base = RunSpec(ratio=0.5)
    assert family_of(base) == family_of(replace(base, ratio=0.9))
    assert family_of(base) != family_of(replace(base, conv="separable"))
    assert family_of(base) != family_of(replace(base, scope="global"))


def test_only_finished_runs_whose_file_is_there_answer(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"12345")

    def artifact(record, name):
        assert name == "model.tflite"
        if record.run_id == "gone":
            raise StoreError("gone")
        return b"123" if record.origin is Origin.RECORDED else path

    records = [
        RunRecord(run_id="own", spec=DENSE, status=Status.FINISHED),
        RunRecord(run_id="gone", spec=DENSE, status=Status.FINISHED),
        RunRecord(run_id="live", spec=DENSE, status=Status.RUNNING),
        RunRecord(run_id="kept", spec=DENSE, status=Status.FINISHED, origin=Origin.RECORDED),
    ]
    found = variants(records, artifact)
    assert [(each.run_id, each.size_bytes) for each in found] == [("kept", 3), ("own", 5)]


def test_a_network_brings_its_latest_latency_with_the_doubts_about_it():
    first, latest = made_up_row(Runtime.LITERT_FP32, 0.1), made_up_row(Runtime.LITERT_FP32, 0.2)
    latest = replace(latest, warnings=(Caveat.NOISY,))
    rows = (first, latest, made_up_row(Runtime.LITERT_INT8, 0.3, caveats=(Caveat.LOADED,)))
    records = (made_up_run("a", latency=rows), RunRecord(run_id="b", spec=DENSE, status=Status.FINISHED))
    timed, untimed = variants(records, lambda *_: b"123")
    assert (timed.latency_ms, timed.warnings) == (0.2, (Caveat.NOISY,))
    assert (untimed.latency_ms, untimed.warnings) == (None, ())
