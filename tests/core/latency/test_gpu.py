"""The GPU beside a measurement, asked through the unmodified pynvml and a fake driver."""

import pytest

from core.errors import MeasurementError
from core.latency import conditions, energy, gpu
from core.records import Conditions
from tests.nvml import fake
from tests.nvml.conftest import Machine, library, machine  # noqa: F401 - fixtures


def test_name_clock_and_processes_are_read(machine: Machine) -> None:  # noqa: F811
    machine.play(fake.gpu(0, "a100", (4242, 4243)))
    facts = gpu.Gpu("gpu:0").facts()
    assert facts.name is not None
    assert "A100" in facts.name
    assert facts.processes == 2
    assert facts.clock_mhz is not None


def test_who_is_there_before_us_counts_as_sharing(machine: Machine) -> None:  # noqa: F811
    machine.play(fake.gpu(0, "a100", (4242,)))
    assert conditions.with_gpu(Conditions(), "gpu:0").gpu_processes == 1


def test_the_energy_counter_only_grows(machine: Machine) -> None:  # noqa: F811
    machine.play(fake.gpu(0))
    read = energy.counter("gpu:0")
    first, second = read(), read()
    assert isinstance(first, float)
    assert isinstance(second, float)
    assert second >= first


def test_a_gpu_that_is_not_there_is_refused(machine: Machine) -> None:  # noqa: F811
    machine.play(fake.gpu(0))
    with pytest.raises(MeasurementError, match="gpu:7 cannot be measured"):
        gpu.Gpu("gpu:7")


@pytest.mark.parametrize(
    ("bits", "said"),
    [
        (0, ()),
        (1, ()),
        (0b10, ()),
        (0b100, ("power limit reached",)),
        (0b1000001, ("too hot (hardware limit)",)),
    ],
)
def test_only_reasons_that_slow_down_are_limits(bits: int, said: tuple[str, ...]) -> None:
    assert gpu.limits(bits) == said
