import json
from importlib.metadata import version
from pathlib import Path

import pytest

from core.cli import main
from core.latency import conditions
from core.runtimes import providers


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNING_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_the_doctor_names_processor_and_providers(capsys: pytest.CaptureFixture[str]) -> None:
    runtime = f"onnxruntime {version('onnxruntime')} ({', '.join(providers())})"
    assert main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cpu"]["name"] == conditions.cpu_name()
    assert runtime in [each["version"] for each in told["runtimes"]]
    assert main(["doctor"]) == 0
    assert f"runtime onnxruntime: {runtime}" in capsys.readouterr().out
