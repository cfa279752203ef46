from pathlib import Path

import numpy as np
import pytest

from core.errors import MeasurementError
from core.latency.loading import load
from core.latency.subject import Subject
from core.records import Runtime

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


@pytest.mark.parametrize("runtime", list(Runtime))
def test_every_runtime_answers_as_keras_does_at_every_batch(
    runtime: Runtime, prepared: Subject, mnist: object
) -> None:
    assert prepared.reference is not None
    expected = np.load(prepared.reference)
    images = mnist.x_test[:8].astype(np.float32)[..., None] / np.float32(255)  # type: ignore[attr-defined]
    loaded = load(runtime, prepared.file(runtime), threads=1, device="cpu")
    assert loaded.shape == (28, 28, 1)
    far = 0.2 if runtime in (Runtime.LITERT_INT8, Runtime.LITERT_DYNAMIC) else 2e-3
    for batch in (1, 8):
        answers = np.array(loaded.prepare(batch)(images[:batch]))
        assert answers.shape == (batch, 10)
        np.testing.assert_allclose(answers, expected[:batch], atol=far)


@pytest.mark.parametrize(
    ("runtime", "name"),
    [(Runtime.LITERT_FP32, "a.tflite"), (Runtime.ONNXRUNTIME, "a.onnx"), (Runtime.OPENVINO, "a.onnx")],
)
def test_a_broken_file_is_refused_by_its_name(runtime: Runtime, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"this is no network" * 50)
    with pytest.raises(MeasurementError, match=f"{name} cannot be loaded by {runtime}"):
        load(runtime, path, threads=1, device="cpu")


@pytest.mark.parametrize("runtime", [Runtime.LITERT_FP32, Runtime.OPENVINO])
def test_what_runs_on_the_cpu_only_says_so(runtime: Runtime, prepared: Subject) -> None:
    with pytest.raises(MeasurementError, match=r"CPU only.*gpu:0"):
        load(runtime, prepared.file(runtime), threads=1, device="gpu:0")
