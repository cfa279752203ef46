import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from core import runtimes
from core.errors import MeasurementError
from core.records import Runtime


def test_every_runtime_is_found_with_its_version() -> None:
    infos = runtimes.available()
    assert [info.runtime for info in infos] == list(Runtime)
    litert = next(info for info in infos if info.runtime is Runtime.LITERT_FP32)
    assert litert.version == f"ai-edge-litert {version('ai-edge-litert')}"


def test_a_missing_runtime_comes_with_the_command_that_adds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(package: str) -> str:
        if package.startswith(("onnxruntime", "openvino")):
            raise PackageNotFoundError(package)
        return "1.0"

    monkeypatch.setattr(runtimes, "version", lookup)
    runtimes.available.cache_clear()
    try:
        missing = {info.runtime: info.command for info in runtimes.available() if not info.is_present}
        assert missing == {
            Runtime.ONNXRUNTIME: "pip install onnxruntime",
            Runtime.OPENVINO: "pip install openvino",
        }
        reason = runtimes.missing_reason(Runtime.OPENVINO)
        assert reason == "openvino is not installed here; add it with: pip install openvino"
        assert Runtime.OPENVINO not in runtimes.present()
    finally:
        monkeypatch.undo()
        runtimes.available.cache_clear()


def test_a_file_offers_the_runtimes_that_read_it() -> None:
    assert runtimes.for_file(Path("a.tflite")) == runtimes.LITERT
    assert set(runtimes.for_file(Path("a.onnx"))) == {Runtime.ONNXRUNTIME, Runtime.OPENVINO}
    with pytest.raises(MeasurementError, match=r"a.pb is no network file"):
        runtimes.for_file(Path("a.pb"))


def test_what_knows_no_gpu_is_measured_on_the_cpu() -> None:
    on_cpu = {runtime for runtime in Runtime if runtimes.device_of(runtime, "gpu:1") == "cpu"}
    assert on_cpu == {*runtimes.LITERT, Runtime.OPENVINO}
    assert runtimes.device_of(Runtime.TF_FUNCTION, "gpu:1") == "gpu:1"
    assert {runtimes.device_of(runtime, "cpu") for runtime in Runtime} == {"cpu"}


def test_the_providers_here_are_those_that_onnxruntime_names() -> None:
    code = "import onnxruntime; print(*onnxruntime.get_available_providers())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    real = {name.removesuffix("ExecutionProvider") for name in ran.stdout.split()}
    known = {"CPU", "CUDA", "Tensorrt"}
    assert {name.replace("TensorRT", "Tensorrt") for name in runtimes.providers()} & known == real & known


def test_providers_for_a_gpu_are_named_beside_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "onnxruntime" / "capi"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    for name in ("cuda", "tensorrt", "shared"):
        (folder / f"libonnxruntime_providers_{name}.so").touch()
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    runtimes.available.cache_clear()
    try:
        told = {info.runtime: info.version for info in runtimes.available()}
    finally:
        runtimes.available.cache_clear()
    expected = f"onnxruntime {version('onnxruntime')} (CPU, CUDA, TensorRT)"
    assert told[Runtime.ONNXRUNTIME] == expected
