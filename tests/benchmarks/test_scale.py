from pathlib import Path

import pytest

from benchmarks.scale import measured, sweep_of
from core.records import RunSpec
from tests.core.engine.conftest import SCRIPTED

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed", "ignore::ResourceWarning")


def test_what_a_run_costs_is_counted_on_a_real_scheduler(tmp_path: Path) -> None:
    cost = measured(tmp_path, 2, SCRIPTED, RunSpec())
    # Its start on a node, five stages, an epoch and at least one step; steps are thinned out to one a second.
    assert 8 <= cost["messages"] <= 30
    assert cost["outcome_bytes"] > 200
    assert cost["job_bytes"] > 200
    assert cost["writes_by_kind"]["create"] == 1
    assert cost["store_writes"] == sum(cost["writes_by_kind"].values()) >= 8
    assert cost["store_s"] > 0
    assert cost["artifact_bytes"] > 500
    assert cost["run_s"] > 0.2


def test_a_large_sweep_is_one_run_times_its_number() -> None:
    names = ("messages", "message_bytes", "job_bytes", "outcome_bytes", "store_writes", "store_s")
    cost = dict.fromkeys((*names, "database_bytes", "artifact_bytes", "record_bytes"), 2.0) | {"run_s": 36.0}
    rows = {row["what"]: row for row in sweep_of(cost, 1000, 10)}
    assert rows["the whole sweep"]["takes"] == "1 h"
    assert rows["run store, one thread"]["so"] == "0.556 seconds of writing every second"
