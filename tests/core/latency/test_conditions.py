import os
from pathlib import Path

import pytest

from core.errors import MeasurementError
from core.latency import conditions
from core.latency.child import Usage
from core.records import Conditions


def test_the_worst_round_stands_for_all() -> None:
    rounds = [
        {"load_during": 0.1, "core_shared": 0.02, "overhead_us": 0.06},
        {"load_during": 0.4, "core_shared": 0.01, "overhead_us": 0.08},
    ]
    found = conditions.at_end(Conditions(cpu="x"), rounds, "cpu")
    assert (found.cpu, found.load_during, found.core_shared, found.overhead_us) == ("x", 0.4, 0.02, 0.08)


def test_what_others_took_is_what_we_did_not() -> None:
    before = Usage(clock_s=0.0, own_s=0.0, cores_s=10.0, machine_s=50.0, num_cores=1)
    after = Usage(clock_s=2.0, own_s=1.5, cores_s=12.0, machine_s=53.0, num_cores=1)
    core, machine = after.shares_since(before)
    assert core == pytest.approx(0.25)
    assert machine == pytest.approx(0.75 / (os.cpu_count() or 1))


def test_nobody_takes_less_than_nothing() -> None:
    usage = Usage(clock_s=0.0, own_s=0.0, cores_s=0.0, machine_s=0.0, num_cores=1)
    later = Usage(clock_s=1.0, own_s=1.0, cores_s=0.9, machine_s=0.9, num_cores=1)
    assert later.shares_since(usage) == (0.0, 0.0)


def test_a_gpu_without_a_driver_is_refused_with_the_drivers_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.latency import gpu
    from core.telemetry.refusal import Refusal

    monkeypatch.setattr(gpu.nvml, "start", lambda: Refusal(12, "no NVIDIA driver is installed"))
    with pytest.raises(MeasurementError, match="gpu:0 cannot be measured: no NVIDIA driver"):
        conditions.with_gpu(Conditions(), "gpu:0")


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("processor\t: 0\nmodel\t\t: 17\nmodel name\t: EPYC\n\nmodel name\t: EPYC\n", "EPYC"),
        ("processor\t: 0\n\nModel\t\t: Raspberry Pi 5\n", "Raspberry Pi 5"),
    ],
)
def test_a_processor_is_called_what_the_system_calls_it(
    lines: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(lines)
    monkeypatch.setattr(conditions, "Path", lambda path: tmp_path / Path(path).name)
    assert conditions.cpu_name.__wrapped__() == name
