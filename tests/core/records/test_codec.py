import json

import pytest

from core.records import (
    LatencyRow,
    RunRecord,
    RunSpec,
    Runtime,
    Status,
    from_dict,
    from_json,
    to_dict,
    to_json,
)


def test_fields_of_a_newer_version_are_ignored():
    data = to_dict(RunRecord(run_id="a", spec=RunSpec(), status=Status.FINISHED)) | {"invented_later": 1}
    assert from_dict(RunRecord, data).run_id == "a"


def test_fields_that_an_older_version_did_not_write_take_their_default():
    old = json.dumps({"run_id": "a", "spec": {"architecture": "lenet5"}, "status": "FINISHED"})
    assert from_json(RunRecord, old).notes == ""


def test_a_wrong_type_is_refused():
    with pytest.raises(ValueError, match="batch"):
        from_dict(LatencyRow, {"runtime": Runtime.LITERT_FP32, "batch": "many"})


def test_a_figure_that_is_not_finite_becomes_null():
    row = LatencyRow(runtime=Runtime.LITERT_FP32, p50_ms=float("nan"))
    assert json.loads(to_json(row))["p50_ms"] is None
