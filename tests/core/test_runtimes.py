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
    assert runtimes.for_file(Path("a.tflite")) == (Runtime.LITERT_FP32,)
    assert set(runtimes.for_file(Path("a.onnx"))) == {Runtime.ONNXRUNTIME, Runtime.OPENVINO}
    with pytest.raises(MeasurementError, match=r"a.pb is no network file"):
        runtimes.for_file(Path("a.pb"))
