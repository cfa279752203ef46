import pytest

from core.analysis.quantities import estimate, points, row_of, setups
from core.records import Caveat, LatencyRow, Runtime
from core.records.comparison import Quantity, Setup
from tests.made_up import made_up_run

LITERT = Setup()


def test_accuracy_carries_wilson_and_counts_carry_nothing():
    run = made_up_run(errors=100)
    accuracy = estimate(run, Quantity.ACCURACY, LITERT)
    assert accuracy.value == 0.99
    assert accuracy.low == pytest.approx(0.98786, abs=1e-4)
    assert accuracy.high == pytest.approx(0.99177, abs=1e-4)
    assert estimate(run, Quantity.PARAMETERS, LITERT).is_exact


def test_errors_have_the_same_interval_as_accuracy_turned_around():
    run = made_up_run(errors=100)
    errors, accuracy = (estimate(run, q, LITERT) for q in (Quantity.ERRORS, Quantity.ACCURACY))
    assert errors.value == 100
    assert errors.low == pytest.approx(10_000 * (1 - accuracy.high))


@pytest.mark.parametrize("quantity", [Quantity.P50, Quantity.P90, Quantity.SPEEDUP, Quantity.THROUGHPUT])
def test_a_timed_quantity_is_none_on_a_setup_that_was_not_measured(quantity):
    run = made_up_run()
    assert estimate(run, quantity, LITERT).value > 0
    assert estimate(run, quantity, Setup(runtime=Runtime.OPENVINO)) is None


@pytest.mark.parametrize("quantity", list(Quantity))
def test_a_run_without_a_result_has_no_quantity(quantity):
    assert estimate(made_up_run(result=None), quantity, LITERT) is None


def test_throughput_takes_its_interval_from_the_median_time():
    through = estimate(made_up_run(p50_ms=0.1, spread=0.1), Quantity.THROUGHPUT, LITERT)
    assert through.value == pytest.approx(10_000)
    assert through.low == pytest.approx(10_000 / 1.1)
    assert through.high == pytest.approx(10_000 / 0.9)


def test_what_was_not_exported_has_no_size():
    assert estimate(made_up_run(size_bytes=0), Quantity.SIZE, LITERT) is None


def test_the_size_is_that_of_the_file_that_the_setup_runs():
    rows = (LatencyRow(runtime=Runtime.LITERT_INT8, p50_ms=0.1, size_bytes=500),)
    run = made_up_run(latency=rows, size_bytes=2000)
    assert estimate(run, Quantity.SIZE, Setup(runtime=Runtime.LITERT_INT8)).value == 500
    assert estimate(run, Quantity.SIZE, LITERT).value == 2000


def test_visitors_digits_count_only_for_runs_that_read_some():
    run = made_up_run("a")
    assert estimate(run, Quantity.VISITORS, LITERT, {"a": (9, 10)}).value == 0.9
    assert estimate(run, Quantity.VISITORS, LITERT, {"a": (0, 0)}) is None
    assert estimate(run, Quantity.VISITORS, LITERT) is None


def test_a_row_that_failed_is_no_setup():
    rows = (LatencyRow(runtime=Runtime.OPENVINO, error="not installed"),)
    run = made_up_run(latency=rows)
    assert setups([run]) == ()
    assert row_of(run, Setup(runtime=Runtime.OPENVINO)) is None


def test_the_setup_that_most_runs_have_comes_first():
    one = LatencyRow(runtime=Runtime.OPENVINO, p50_ms=1.0)
    two = LatencyRow(runtime=Runtime.LITERT_FP32, p50_ms=1.0)
    runs = [made_up_run(latency=(one, two)), made_up_run(latency=(two,))]
    assert [setup.runtime for setup in setups(runs)] == [Runtime.LITERT_FP32, Runtime.OPENVINO]


def test_a_point_carries_the_caveats_of_its_latency_only_where_a_time_is_shown():
    run = made_up_run(caveats=(Caveat.NOISY,))
    assert points([run], Quantity.P50, Quantity.ACCURACY, LITERT)[0].caveats == (Caveat.NOISY,)
    assert points([run], Quantity.PARAMETERS, Quantity.ACCURACY, LITERT)[0].caveats == ()


def test_a_run_that_lacks_an_axis_is_no_point():
    assert points([made_up_run()], Quantity.ENERGY, Quantity.ACCURACY, LITERT) == ()
