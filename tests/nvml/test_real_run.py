"""A whole run on a real GPU that nobody else uses: the worker trains there, its children measure there."""

from queue import SimpleQueue

import pytest

from core.engine.local import Body, Child, Exited
from core.records import Caveat, DriverState, Event, EventKind, Job, RunResult, RunSpec, Runtime, from_dict
from core.telemetry import sampler
from core.telemetry.choice import START_S

pytestmark = pytest.mark.gpu

DEVICE = "gpu:0"
SILENCE_S = 300


@pytest.fixture(scope="module")
def result() -> RunResult:
    driver = sampler().wait(START_S, driver=True).driver
    if DEVICE != "cpu" and driver.state is not DriverState.OK:
        pytest.skip("there is no NVIDIA GPU here")
    said: SimpleQueue[Body] = SimpleQueue()
    found: list[RunResult] = []
    child = Child(DEVICE)
    child.listen(said.put)
    spec = RunSpec(device=DEVICE, epochs=1, augment=False).baseline()
    child.send(Job(run_id="gpu", spec=spec))
    try:
        while not isinstance(body := said.get(timeout=SILENCE_S), Exited):
            if isinstance(body, Event) and body.kind is EventKind.ERROR:
                pytest.fail(body.data["message"])
            if isinstance(body, Event) and body.kind is EventKind.RESULT:
                found.append(from_dict(RunResult, body.data["result"]))
    finally:
        child.kill()
    return found[0]


def test_a_run_on_the_gpu_learns(result: RunResult) -> None:
    assert result.accuracy > 0.9


def test_a_run_on_the_gpu_has_every_figure_and_says_where_it_was_measured(result: RunResult) -> None:
    assert [row.error for row in result.latency] == [None, None]
    assert {row.runtime: row.device for row in result.latency} == {
        Runtime.LITERT_FP32: "cpu",
        Runtime.TF_FUNCTION: DEVICE,
    }


def test_the_worker_that_trained_is_nobody_else(result: RunResult) -> None:
    (row,) = [row for row in result.latency if row.runtime is Runtime.TF_FUNCTION]
    assert row.conditions is not None
    assert row.conditions.gpu_processes == 0
    assert Caveat.SHARED_GPU not in row.warnings
