import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import StageTime, TraceSummary, from_json, to_json
from core.telemetry import summary as sums
from core.telemetry.summary import energy_j, mean_over_time, source_of, summary
from tests.core.telemetry.made_up import BEGAN, STAGES, gpu, host, result, row, series, window

T = series().t
COUNTER = 1e6 + 200 * (T - BEGAN)


def test_energy_of_training_is_the_difference_of_the_counter() -> None:
    told = summary(window(gpu(energy_j=COUNTER)), "gpu:0", STAGES)
    assert told.energy_training_j.value == pytest.approx(200 * 30)
    assert told.energy_training_j.how == sums.COUNTER
    assert told.energy_training_j.limits


def test_without_a_counter_power_is_added_up_and_said_so() -> None:
    told = summary(window(gpu(power_w=150.0)), "gpu:0", STAGES)
    assert told.energy_training_j.value == pytest.approx(150 * 30)
    assert told.energy_training_j.how == sums.INTEGRATED


def test_a_driver_that_was_reloaded_does_not_make_energy_negative() -> None:
    counter = np.where(T < BEGAN + 20, 1e6, 0.0)
    joules, how = energy_j(gpu(energy_j=counter), BEGAN + 10, BEGAN + 30)
    assert joules == pytest.approx(200 * 20)
    assert how == sums.INTEGRATED


def test_without_power_and_energy_there_is_a_reason_and_no_figure() -> None:
    told = summary(window(), "cpu", STAGES, result(row("cpu")))
    assert told.energy_training_j.value is None
    assert told.energy_training_j.how == sums.NO_POWER
    assert told.energy_j_per_1000.value is None


@given(st.floats(1, 500), st.floats(0.01, 50), st.sampled_from([1, 8, 32]))
def test_energy_of_queries_is_power_times_time(watts: float, p50_ms: float, batch: int) -> None:
    told = summary(window(gpu(power_w=watts)), "gpu:0", STAGES, result(row(p50_ms=p50_ms, batch=batch)))
    assert told.energy_j_per_1000.value == pytest.approx(watts * p50_ms / 1000 / batch * 1000)
    assert told.energy_j_per_1000.detail == f"tf-function, batch {batch}"


def test_an_energy_that_was_counted_goes_before_one_that_is_estimated() -> None:
    rows = (row(p50_ms=1.0), row(p50_ms=3.0, energy_j_per_1000=0.42))
    told = summary(window(gpu()), "gpu:0", STAGES, result(*rows))
    assert told.energy_j_per_1000.value == 0.42
    assert told.energy_j_per_1000.how == sums.COUNTED


def test_rows_of_another_device_are_not_priced_with_this_one() -> None:
    told = summary(window(gpu()), "gpu:0", STAGES, result(row("cpu")))
    assert told.energy_j_per_1000.how == sums.NO_LATENCY


def test_a_run_without_training_has_no_training_energy() -> None:
    told = summary(window(gpu()), "gpu:0", STAGES[:1])
    assert told.energy_training_j.how == sums.NO_TRAINING


def test_use_and_memory_are_of_the_device_that_ran() -> None:
    peak = np.where(T < BEGAN + 30, 100.0, 20.0)
    told = summary(window(gpu(0), gpu(1, utilization_percent=peak)), "gpu:1", STAGES)
    assert told.uuid == "GPU-1"
    assert told.utilization_peak_percent.value == 100
    assert told.utilization_mean_percent.value == pytest.approx(60, abs=0.5)
    assert told.memory_peak_bytes.value == 6e9
    on_cpu = summary(window(gpu()), "cpu", STAGES)
    assert (on_cpu.device, on_cpu.uuid) == ("host", None)
    assert on_cpu.utilization_mean_percent.value == 50
    assert on_cpu.memory_peak_bytes.value == 1e9


def test_a_gpu_that_was_not_sampled_leaves_the_host() -> None:
    assert source_of(window(gpu(0)), "gpu:3").key == "host"


def test_the_mean_weighs_samples_by_their_time() -> None:
    source = gpu()
    source.series.t[:] = BEGAN + np.cumsum(np.where(np.arange(len(T)) < 10, 10.0, 0.1))
    values = np.where(np.arange(len(T)) < 10, 0.0, 100.0)
    source.series.values["utilization_percent"] = values
    mean = mean_over_time(source, "utilization_percent")
    assert mean is not None
    assert mean < 40


def test_nothing_sampled_says_so() -> None:
    empty = host(cpu_percent=float("nan"), own_memory_bytes=float("nan"))
    told = summary(window(of_host=empty), "cpu", ())
    assert told.utilization_mean_percent.value is None
    assert told.utilization_mean_percent.how == sums.NO_SAMPLES
    assert told.memory_peak_bytes.value is None


def test_a_stage_that_never_ended_is_not_counted_beyond_the_next() -> None:
    stages = (StageTime(STAGES[1].stage, BEGAN + 10), StageTime(STAGES[3].stage, BEGAN + 20, 5.0))
    told = summary(window(gpu(energy_j=COUNTER)), "gpu:0", stages)
    assert told.energy_training_j.value == pytest.approx(200 * 10)


def test_a_summary_is_read_back_as_it_was_written() -> None:
    told = summary(window(gpu(energy_j=COUNTER)), "gpu:0", STAGES, result(row()))
    assert from_json(TraceSummary, to_json(told)) == told
