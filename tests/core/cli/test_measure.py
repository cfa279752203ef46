import json
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from core import study
from core.cli import main
from core.crossings import load
from core.latency import measurement, protocol
from core.latency.protocol import Effort
from core.records import Architecture, Crossing, CrossingPoint, LatencyRow, Origin, Runtime
from core.settings import settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRUNING_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path / "home"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def compare(models: Sequence[Path], **request: Any) -> tuple[tuple[LatencyRow, ...], ...]:
        calls.append(request)
        row = LatencyRow(model="a.tflite", runtime=Runtime.LITERT_FP32, p50_ms=1.0, p90_ms=1.1, p99_ms=1.2)
        return tuple((row,) for _ in models)

    monkeypatch.setattr(measurement, "compare", compare)
    return calls


def test_a_batch_sweep_is_the_default(asked: list[dict[str, Any]]) -> None:
    assert main(["measure", "a.tflite"]) == 0
    assert asked[0]["batches"] == (1, 8, 32, 128, 512)
    assert main(["measure", "a.tflite", "--batch", "4", "--batch", "2"]) == 0
    assert asked[1]["batches"] == (4, 2)


def test_where_a_gpu_is_asked_for_each_line_says_what_it_was_measured_on(
    asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "")
    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH")
    assert main(["measure", "a.tflite", "--batch", "1", "--device", "gpu:0"]) == 0
    assert "a.tflite  litert-fp32  cpu  batch 1: p50 1.0000 ms" in capsys.readouterr().out
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert main(["measure", "a.tflite", "--batch", "1"]) == 0
    assert "a.tflite  litert-fp32  batch 1: p50 1.0000 ms" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.tflite", "--batch", "0"], "batch is 0; allowed: a whole number from 1 to 10000."),
        (["a.tflite", "--threads=-2"], "threads is -2; allowed here: 1 to "),
        (["a.tflite", "--runtime", "abacus"], "runtime is 'abacus'; allowed: keras-predict, "),
        (["a.tflite", "--processes", "0"], "processes is 0; allowed: 1 to 50."),
        (["a.tflite", "--device", "tpu"], "device is 'tpu'; allowed: cpu, or gpu:N as in gpu:0."),
        ([], "nothing to measure: name a RUN, a .tflite or an .onnx file."),
        (["a.tflite", "--ladder"], "--ladder takes one RUN"),
        (["some-run", "--ladder", "--runtime", "abacus"], "runtime is 'abacus'"),
        (["--crossing", "mlp1000"], "'mlp1000' is not one of 'lenet5', 'convnet'"),
        (["a.tflite", "--crossing", "lenet5"], "--crossing takes no RUN or FILE"),
    ],
)
def test_what_makes_no_sense_is_bad_usage_and_touches_nothing(
    arguments: list[str],
    said: str,
    asked: list[dict[str, Any]],
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["measure", *arguments, "--json"]) == 2
    out, err = capsys.readouterr()
    assert said in json.loads(out)["error"]
    assert said in err
    assert not asked
    assert not home.exists()


def test_a_run_or_a_file_that_is_not_there_fails_and_touches_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", "nobody"]) == 1
    assert "there is no run 'nobody'; `python -m core runs` lists them." in capsys.readouterr().err
    assert main(["measure", "nothing.tflite"]) == 1
    assert "nothing.tflite is missing or empty" in capsys.readouterr().err
    assert not home.exists()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    brief = {"blocks": 4, "min_queries": 40, "min_s": 0.0, "slow_queries": 8, "slow_s": 0.0, "warmup_s": 0.05}
    module = import_module("core.cli.measure")  # the package has the command under this name
    monkeypatch.setattr(module, "QUICK", Effort(processes=1, is_quick=True, **brief))


@pytest.mark.usefixtures("hasty")
def test_a_broken_file_is_a_row_with_the_reason(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no flatbuffer" * 100)
    assert main(["measure", str(broken), "--quick", "--batch", "1", "--json"]) == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert row["p50_ms"] is None
    assert "broken.tflite cannot be loaded" in row["error"]
    assert not home.exists()


@pytest.mark.usefixtures("hasty")
def test_a_file_beside_one_of_another_shape_is_a_row_with_both_shapes(
    tiny_tflite: Path, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import keras

    from core.latency.export import export

    image = keras.Input((14, 14, 1))
    other = keras.Model(image, keras.layers.Dense(10)(keras.layers.Flatten()(image)))
    path = export(other, tmp_path / "other", ("tflite",))["tflite"]
    capsys.readouterr()
    arguments = [str(path), "--against", str(tiny_tflite), "--quick", "--batch", "1", "--json"]
    assert main(["measure", *arguments]) == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert "(14, 14, 1)" in row["error"]
    assert "(28, 28, 1)" in row["error"]
    assert not home.exists()


def crossing() -> Crossing:
    points = tuple(
        CrossingPoint(conv=conv, ratio=ratio, batch=1, p50_ms=ms, low_ms=0.9 * ms, high_ms=1.1 * ms)
        for conv, times in (("standard", (4.0, 1.0)), ("separable", (2.0, 2.0)))
        for ratio, ms in zip((0.0, 0.5), times, strict=True)
    )
    return Crossing(architecture=Architecture.CONVNET, runtime=Runtime.LITERT_FP32, points=points)


def test_a_cross_over_is_measured_as_asked_told_and_kept_in_the_home_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[str, dict[str, Any]]] = []

    def cross_over(architecture: str, **request: Any) -> Crossing:
        calls.append((architecture, request))
        return crossing()

    monkeypatch.setattr(study, "cross_over", cross_over)
    assert main(["measure", "--crossing", "convnet", "--batch", "1", "--quick"]) == 0
    (name, request), said = calls[0], capsys.readouterr().out
    assert (name, request["batches"]) == ("convnet", (1,))
    assert request["effort"] == protocol.QUICK
    assert "cross-over at ratio 0.25: separable is faster before the first, standard after it" in said
    (kept,) = load(settings().home, Origin.OWN)
    assert kept.points == crossing().points
