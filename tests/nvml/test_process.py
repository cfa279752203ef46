import json
import os
import subprocess
import sys
from pathlib import Path

from core.settings import ROOT
from tests.nvml import fake

COMMAND = "from core.telemetry.command import gpu; gpu()"


def ask(tmp_path: Path, library: Path, *statements: str, seconds: float = 0.6) -> dict:
    scenario = fake.write(tmp_path / "scenario", *statements)
    environment = {**os.environ, "FAKE_NVML": str(scenario), "LD_LIBRARY_PATH": str(library.parent)}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "--seconds", str(seconds), "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_command_prints_one_document_with_every_reading(tmp_path: Path, library: Path) -> None:
    told = ask(tmp_path, library, fake.gpu(0), fake.gpu(1, "rtx"))
    assert told["status"] == "ok"
    a100, rtx = told["devices"]
    assert (a100["uuid"], a100["state"]) == (fake.UUIDS[0], "ok")
    assert a100["fan_percent"] is None
    assert a100["reasons"] == {"fan_percent": "not supported by this GPU"}
    assert rtx["fan_percent"] > 0
    assert a100["pcie_rx_bytes_per_s"] > 0
    assert a100["over_time"]["num_samples"] >= 2
    assert a100["over_time"]["power_w"]["lowest"] <= a100["over_time"]["power_w"]["highest"]
    assert told["host"]["memory_total_bytes"] > 0


def test_the_loader_finds_the_library_by_itself(tmp_path: Path, library: Path) -> None:
    told = ask(tmp_path, library, "init 18")
    assert told["status"] == "driver-mismatch"
    assert "old one still runs" in told["message"]
    assert told["devices"] == []


def test_nothing_heavy_is_loaded_for_it(tmp_path: Path, library: Path) -> None:
    heavy = {"tensorflow", "keras", "streamlit", "mlflow", "pandas"}
    code = (
        "from core.telemetry.command import gpu; gpu(standalone_mode=False); import sys; "
        f"sys.stderr.write(','.join({heavy} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--seconds", "0"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert done.stderr == ""
