import gzip
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest
from keras import layers

from core.errors import MeasurementError
from core.latency import export
from core.latency.subject import CHECK_IMAGES, Subject, of_file
from core.records import Runtime

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # tf2onnx


def operations(path: Path) -> list[str]:
    from ai_edge_litert.interpreter import Interpreter

    return [entry["op_name"] for entry in Interpreter(str(path))._get_ops_details()]


def test_export_writes_the_asked_formats_under_their_names(tiny_network: Any, tmp_path: Path) -> None:
    files = export.export(tiny_network, tmp_path, ("keras", "tflite", "onnx"))
    assert {kind: path.name for kind, path in files.items()} == {
        "keras": "model.keras",
        "tflite": "model.tflite",
        "onnx": "model.onnx",
    }
    onnx.checker.check_model(onnx.load(files["onnx"]))


def test_an_unknown_format_is_refused_with_what_is_allowed(tiny_network: Any, tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"'pdf'; allowed: .*tflite"):
        export.export(tiny_network, tmp_path, ("pdf",))


def test_flatten_leaves_no_shape_arithmetic_and_the_graph_stays_whole(prepared: Subject) -> None:
    found = operations(prepared.files[Runtime.LITERT_FP32])
    assert not {"SHAPE", "STRIDED_SLICE", "PACK"} & set(found)
    assert found.count("DELEGATE") <= 1


def test_int8_is_integer_throughout(prepared: Subject) -> None:
    from ai_edge_litert.interpreter import Interpreter

    tensors = Interpreter(str(prepared.files[Runtime.LITERT_INT8])).get_tensor_details()
    assert sum(tensor["dtype"] == np.int8 for tensor in tensors) > 5
    assert next(tensor["name"] for tensor in tensors if tensor["dtype"] == np.float32).startswith("serving")


def test_quantised_files_are_smaller(prepared: Subject) -> None:
    size = {runtime: path.stat().st_size for runtime, path in prepared.files.items()}
    assert size[Runtime.LITERT_INT8] < size[Runtime.LITERT_FP32]
    assert size[Runtime.LITERT_FP16] < size[Runtime.LITERT_FP32]


def test_reference_answers_are_those_of_the_keras_network(
    prepared: Subject, tiny_network: Any, mnist: Any
) -> None:
    assert prepared.reference is not None
    stored = np.load(prepared.reference)
    images = mnist.x_test[:20].astype(np.float32)[..., None] / np.float32(255)
    assert stored.shape == (CHECK_IMAGES, 10)
    np.testing.assert_allclose(stored[:20], tiny_network(images), atol=1e-5)


def test_a_refused_conversion_is_that_runtimes_failure_only(tmp_path: Path) -> None:
    image = keras.Input((8, 8, 1))
    model = keras.Model(image, layers.Dense(3)(layers.Flatten()(image)), name="other")
    subject = export.prepare(model, tmp_path, (Runtime.LITERT_FP32, Runtime.LITERT_INT8))
    assert subject.reference is None
    assert subject.file(Runtime.LITERT_FP32).is_file()
    with pytest.raises(MeasurementError, match=r"calibrated on digits"):
        subject.file(Runtime.LITERT_INT8)


def test_gzip_size_is_what_gzip_gives(prepared: Subject) -> None:
    path = prepared.files[Runtime.LITERT_FP32]
    assert export.gzip_size(path) == len(gzip.compress(path.read_bytes()))


def test_a_missing_or_empty_file_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.tflite"
    empty.touch()
    for path in (empty, tmp_path / "missing.tflite"):
        with pytest.raises(MeasurementError, match="missing or empty"):
            of_file(path, [Runtime.LITERT_FP32])


def test_a_file_that_is_no_keras_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.keras"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(MeasurementError, match=r"broken.keras is no Keras network"):
        export.prepare_file(path, tmp_path / "work", [Runtime.LITERT_FP32])
