import base64

import pytest

from core.engine.jobs import job_of
from core.errors import StoreError
from core.records import RunSpec
from core.settings import Settings
from core.tracking import Store
from tests.made_up import made_up_run


@pytest.fixture
def store(tmp_path):
    return Store(Settings(home=tmp_path, tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}"))


def test_a_dense_run_starts_from_nothing_and_may_hold(store):
    job = job_of(RunSpec().baseline(), "a", None, store, can_hold=True)
    assert job.holds
    assert (job.baseline_model, job.baseline_tflite, job.baseline_result) == ("", "", None)


@pytest.mark.parametrize("exported", [b"", b"flat"])
def test_a_run_gets_its_baseline_and_what_that_exported_where_it_is_kept(store, exported):
    baseline = store.create(made_up_run())
    with pytest.raises(StoreError):
        job_of(RunSpec(), "a", baseline, store, can_hold=True)
    store.put(baseline.run_id, "model.keras", b"weights")
    if exported:
        store.put(baseline.run_id, "model.tflite", exported)
    job = job_of(RunSpec(), "a", baseline, store, can_hold=True)
    assert not job.holds
    assert base64.b64decode(job.baseline_model) == b"weights"
    assert base64.b64decode(job.baseline_tflite) == exported
    assert job.baseline_result == baseline.result


@pytest.mark.parametrize(("conv", "is_local"), [("standard", False), ("separable", True)])
def test_an_exported_baseline_goes_neither_to_a_node_nor_to_a_run_that_is_not_measured_against_it(
    store, conv, is_local
):
    baseline = store.create(made_up_run())
    store.put(baseline.run_id, "model.keras", b"weights")
    store.put(baseline.run_id, "model.tflite", b"flat")
    job = job_of(RunSpec(conv=conv), "a", baseline, store, is_local=is_local)
    assert base64.b64decode(job.baseline_model) == b"weights"
    assert job.baseline_tflite == ""
