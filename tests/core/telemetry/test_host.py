import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.telemetry.host import Cores, Host, PackageEnergy


def test_a_busy_core_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    cores = Cores()
    ends = time.monotonic() + 0.4
    while time.monotonic() < ends:
        pass
    busy = cores.busy_percent()
    assert len(busy) == psutil.cpu_count()
    assert max(busy) > 40
    assert all(0 <= percent <= 100 for percent in busy)


def test_two_readings_at_once_give_the_last_known_value() -> None:
    cores = Cores()
    time.sleep(0.1)
    assert cores.busy_percent() == cores.busy_percent()


def test_a_reading_holds_values_or_reasons() -> None:
    host = Host()
    time.sleep(0.1)
    reading = host.read(time.time(), time.monotonic())
    assert 0 < (reading.memory_used_bytes or 0) < (reading.memory_total_bytes or 0)
    assert reading.load_1m is not None
    for field in ("cpu_percent", "frequency_mhz", "temperature_c", "energy_j"):
        assert (getattr(reading, field) is None) == (field in reading.reasons)


def test_processes_of_ours_are_this_one_and_its_children() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        host = Host()
        reading = host.read(time.time(), time.monotonic())
        assert {os.getpid(), child.pid} <= {process.pid for process in reading.processes}
        assert host.pids() >= {os.getpid(), child.pid}
    finally:
        child.communicate(b"\n")


def counter(root: Path, value: int, name: str = "intel-rapl:0") -> None:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "energy_uj").write_text(f"{value}\n")
    (folder / "max_energy_range_uj").write_text("1000000\n")


def test_energy_of_the_packages_adds_up_and_survives_a_wrapped_counter(tmp_path: Path) -> None:
    counter(tmp_path, 900_000)
    counter(tmp_path, 0, "intel-rapl:1")
    energy = PackageEnergy(tmp_path)
    assert energy.read_j() == 0
    counter(tmp_path, 100_000)
    counter(tmp_path, 500_000, "intel-rapl:1")
    assert energy.read_j() == pytest.approx(0.2 + 0.5)


def test_energy_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    counter(tmp_path, 5)
    energy = PackageEnergy(tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    assert energy.read_j() is None
    assert "permission" in energy.reason


def test_a_machine_without_a_counter_says_so(tmp_path: Path) -> None:
    energy = PackageEnergy(tmp_path)
    assert energy.read_j() is None
    assert energy.reason.startswith("not supported")
