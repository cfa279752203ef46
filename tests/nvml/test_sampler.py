import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from core.records import DriverState, GpuState
from core.records.telemetry import SILENT_S
from core.telemetry.sampling import Sampler
from tests.nvml import fake
from tests.nvml.conftest import Machine


@pytest.fixture
def started(machine: Machine) -> Iterator[Callable[[], Sampler]]:
    made: list[Sampler] = []

    def start() -> Sampler:
        made.append(Sampler())
        return made[-1]

    yield start
    for sampler in made:
        sampler.close()


def eventually(holds: Callable[[], bool], within_s: float) -> bool:
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


def test_the_first_values_are_there_within_a_second(machine: Machine, started: Callable[[], Sampler]) -> None:
    machine.play(fake.gpu(0), fake.gpu(1, "rtx"))
    began = time.monotonic()
    sampler = started()
    assert sampler.wait(1.0).host is not None
    assert eventually(lambda: bool(sampler.latest().gpus), 1.0)
    assert time.monotonic() - began < 1.0
    assert sampler.latest().gpus[0].power_w is not None


def test_the_host_keeps_its_pace_while_every_answer_of_the_driver_takes_300_ms(
    machine: Machine, started: Callable[[], Sampler]
) -> None:
    machine.play("slow 300", fake.gpu(0))
    began = time.time()
    sampler = started()
    assert eventually(lambda: any(gpu.power_w for gpu in sampler.latest().gpus), 20.0)
    host = sampler.between(began, time.time()).host.series.t
    assert np.diff(host).max() < 0.75
    assert len(host) > 1.5 * (time.time() - began)


def test_a_call_that_hangs_holds_up_neither_the_host_nor_closing_and_is_told(
    machine: Machine, started: Callable[[], Sampler]
) -> None:
    machine.play(fake.gpu(0))
    sampler = started()
    assert eventually(lambda: any(gpu.power_w for gpu in sampler.latest().gpus), 5.0)
    assert sampler.latest().silent_s(time.time()) == 0
    machine.play("slow 60000", fake.gpu(0))
    hung = time.time()
    assert eventually(lambda: sampler.latest().silent_s(time.time()) > SILENT_S, 8.0)
    began = time.monotonic()
    assert sampler.wait(driver=True).host is not None
    assert time.monotonic() - began < 0.1
    host = sampler.between(hung, time.time()).host.series.t
    assert np.diff(host).max() < 0.75
    assert time.time() - host[-1] < 0.75
    machine.play(fake.gpu(0))
    assert eventually(lambda: sampler.latest().silent_s(time.time()) == 0, 2.0)
    machine.play("slow 60000", fake.gpu(0))
    began = time.monotonic()
    sampler.close()
    assert time.monotonic() - began < 2.5
    second = started()
    assert second.wait(1.0).host is not None
    machine.play(fake.gpu(0))
    assert eventually(lambda: any(gpu.power_w for gpu in second.latest().gpus), 5.0)


def test_a_window_holds_every_gpu_on_the_same_times(machine: Machine, started: Callable[[], Sampler]) -> None:
    machine.play(fake.gpu(0), fake.gpu(1, "rtx"))
    sampler = started()
    assert eventually(lambda: len(sampler.window(60).host.series.t) >= 5, 5.0)
    window = sampler.window(60)
    first, second = window.gpus
    assert list(first.series.t) == list(second.series.t)
    assert first.limits["power_w"] == 400.0
    assert not np.isfinite(first.series.values["fan_percent"]).any()
    assert np.isfinite(second.series.values["fan_percent"]).all()
    assert first.series.values["energy_j"][-1] > first.series.values["energy_j"][0]


def test_pcie_is_read_for_some_seconds_after_it_was_asked_for(
    machine: Machine, started: Callable[[], Sampler]
) -> None:
    machine.play(fake.gpu(0))
    sampler = started()
    sampler.ask_pcie()
    assert eventually(lambda: any(gpu.pcie_rx_bytes_per_s is not None for gpu in sampler.latest().gpus), 3.0)


@pytest.mark.slow
def test_a_driver_that_comes_and_one_that_goes_are_seen_within_15_seconds(
    machine: Machine, started: Callable[[], Sampler]
) -> None:
    machine.play("init 9")
    sampler = started()
    assert sampler.wait(2.0, driver=True).driver.state is DriverState.NOT_LOADED
    machine.play(fake.gpu(0))
    assert eventually(lambda: sampler.latest().driver.state is DriverState.OK, 15.0)
    assert eventually(lambda: sampler.latest().gpus[0].state is GpuState.OK, 1.0)
    machine.play("init 9")
    assert eventually(lambda: sampler.latest().driver.state is DriverState.NOT_LOADED, 15.0)
    assert sampler.latest().gpus == ()
    assert sampler.window(60).gpus[0].series.t.size > 0


def test_a_closed_sampler_leaves_the_driver_to_the_next_one(
    machine: Machine, started: Callable[[], Sampler]
) -> None:
    machine.play(fake.gpu(0))
    first = started()
    assert eventually(lambda: bool(first.latest().gpus), 2.0)
    first.close()
    assert not first.is_running
    second = started()
    assert eventually(lambda: any(gpu.power_w for gpu in second.latest().gpus), 2.0)
