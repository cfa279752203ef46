import json
from pathlib import Path

import pytest

from core.analysis.constraints import recommend
from core.analysis.quantities import estimate, setups
from core.records import RunRecord, from_json, to_json
from core.records.comparison import Quantity, Setup
from core.report.snippet import snippet
from core.report.table import runs_csv

OLD = Path(__file__).parents[2] / "data" / "run-record-1.json"
"""Written by the records of the project's first commit, with figures that are made up; never edit it."""


@pytest.fixture
def old() -> RunRecord:
    return from_json(RunRecord, OLD.read_bytes())


def test_a_stored_record_of_the_first_version_is_read(old):
    assert (old.name, old.result.version, old.result.errors) == ("an old run", 1, 80)
    assert len(old.result.latency) == 2


def test_it_lacks_what_came_later(old):
    stored = json.loads(OLD.read_bytes())
    assert "sweep_name" not in stored
    assert "p90_low_ms" not in stored["result"]["latency"][0]
    assert old.sweep_name == ""


def test_it_is_compared_like_a_new_one(old):
    assert setups([old])[0] == Setup()
    accuracy = estimate(old, Quantity.ACCURACY, Setup())
    assert accuracy.low < 0.992 < accuracy.high
    assert not estimate(old, Quantity.P90, Setup()).has_interval
    assert recommend([old], [], Setup()).best == old.run_id


def test_it_is_exported_and_rebuilt_like_a_new_one(old):
    assert "an old run" in runs_csv([old], Setup())
    assert "ratio=0.5" in snippet(old)


def test_what_a_later_version_adds_is_ignored(old):
    later = json.loads(to_json(old)) | {"mood": "good"}
    later["result"]["entropy"] = 1.0
    assert from_json(RunRecord, json.dumps(later)) == old
