"""The GPU beside a measurement, asked through the unmodified pynvml and a fake driver."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from core.errors import MeasurementError
from core.latency import conditions, energy, gpu
from core.records import Conditions
from tests.core.engine.conftest import wait_until
from tests.nvml import fake
from tests.nvml.conftest import Machine, library, machine  # noqa: F401 - fixtures

NOBODY = (5_000_001, 5_000_002)
"""Above all numbers that Linux gives: processes that this one cannot see, as from within a container."""


@pytest.fixture
def stranger() -> Iterator[int]:
    """A process that is not below this one: whoever started it has ended."""
    command = "sleep 60 >/dev/null 2>&1 & echo $!"
    pid = int(subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, check=True).stdout)
    yield pid
    os.kill(pid, signal.SIGKILL)


def test_name_clock_and_processes_are_read(machine: Machine) -> None:  # noqa: F811
    machine.play(fake.gpu(0, "a100", NOBODY))
    facts = gpu.Gpu("gpu:0").facts()
    assert facts.name is not None
    assert "A100" in facts.name
    assert facts.processes == 2
    assert facts.clock_mhz is not None


def test_who_is_there_before_us_counts_as_sharing(machine: Machine) -> None:  # noqa: F811
    machine.play(fake.gpu(0, "a100", NOBODY[:1]))
    assert conditions.with_gpu(Conditions(), "gpu:0").gpu_processes == 1


def test_the_worker_what_it_started_and_who_started_it_do_not_count(machine: Machine) -> None:  # noqa: F811
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        machine.play(fake.gpu(0, "a100", (os.getpid(), os.getppid(), child.pid)))
        assert conditions.with_gpu(Conditions(), "gpu:0").gpu_processes == 0
        machine.play(fake.gpu(0, "a100", (os.getpid(), child.pid, *NOBODY[:1])))
        assert conditions.with_gpu(Conditions(), "gpu:0").gpu_processes == 1
    finally:
        child.communicate(b"\n")


def test_another_process_counts_unless_it_stands_still(machine: Machine, stranger: int) -> None:  # noqa: F811
    machine.play(fake.gpu(0, "a100", (os.getpid(), stranger)))
    assert gpu.Gpu("gpu:0").facts().processes == 1
    os.kill(stranger, signal.SIGSTOP)
    wait_until(lambda: gpu.Gpu("gpu:0").facts().processes == 0, 5)
    os.kill(stranger, signal.SIGCONT)
    wait_until(lambda: gpu.Gpu("gpu:0").facts().processes == 1, 5)


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
