"""From a Keras network to the files that runtimes read, through `model.export`. Imports keras.

The exported copy answers the same; its Flatten is a reshape to a fixed width, because Keras's own becomes
four operations that split the graph in two for LiteRT's XNNPACK, whatever the batch.
"""

import contextlib
import gzip
import logging
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from core.errors import MeasurementError
from core.latency import layout
from core.latency.subject import CHECK_IMAGES, Subject
from core.learning import data as mnist
from core.records import Runtime

CALIBRATION_IMAGES = 500
FORMATS = ("tflite", "onnx", "keras")

KERAS_FILE, TFLITE_FILE = "model.keras", "model.tflite"
_FILES = {
    Runtime.LITERT_FP32: TFLITE_FILE,
    Runtime.LITERT_FP16: "model.fp16.tflite",
    Runtime.LITERT_INT8: "model.int8.tflite",
    Runtime.LITERT_DYNAMIC: "model.dynamic.tflite",
    Runtime.ONNXRUNTIME: "model.onnx",
    Runtime.OPENVINO: "model.onnx",
}
REFERENCE_FILE = "reference.npy"


def export(
    model: keras.Model,
    folder: Path,
    formats: Iterable[str] = FORMATS,
    *,
    data: mnist.MnistArrays | None = None,
) -> dict[str, Path]:
    """Write `model` into `folder` as tflite (float32), onnx, keras, fp16, int8 or dynamic; return the files.

    Raises MeasurementError for an unknown format or where a converter refuses the network.
    """
    writers = {"keras": KERAS_FILE, "onnx": "model.onnx", "tflite": TFLITE_FILE}
    writers |= {kind: f"model.{kind}.tflite" for kind in ("fp16", "int8", "dynamic")}
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    for kind in formats:
        if kind not in writers:
            raise MeasurementError(f"format is {kind!r}; allowed: {', '.join(writers)}.")
        written[kind] = _write(model, folder / writers[kind], data)
    return written


def prepare(
    model: keras.Model,
    folder: Path,
    runtimes: Iterable[Runtime],
    *,
    name: str = "",
    data: mnist.MnistArrays | None = None,
) -> Subject:
    """Write into `folder` what `runtimes` need of `model`, reusing files that are there; return the subject.

    A converter's refusal becomes that runtime's failure, so that the others are measured all the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    subject = Subject(name or model.name, {}, reference(model, folder / REFERENCE_FILE, data))
    for runtime in runtimes:
        path = folder / _FILES.get(runtime, KERAS_FILE)
        try:
            subject.files[runtime] = path if path.is_file() else _write(model, path, data)
        except MeasurementError as error:
            subject.failures[runtime] = str(error)
    return subject


def prepare_file(path: Path, folder: Path, runtimes: Iterable[Runtime], *, name: str = "") -> Subject:
    """Return a .keras file of our own as a subject; raises MeasurementError where it does not load."""
    try:
        model = keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise MeasurementError(f"{path} is no Keras network: {str(error).splitlines()[0][:200]}") from error
    return prepare(model, folder, runtimes, name=name or path.name)


def reference(model: keras.Model, path: Path, data: mnist.MnistArrays | None = None) -> Path | None:
    """Store the answers of `model` to the first test images; None where it does not take digits."""
    if tuple(model.input_shape[1:]) != (28, 28, 1):
        return None
    images = mnist.scaled((data or mnist.loaded()).x_test[:CHECK_IMAGES])
    answers = np.concatenate(
        [model(images[i : i + 250], training=False).numpy() for i in range(0, len(images), 250)]
    )
    np.save(path, answers)
    return path


def gzip_size(path: Path) -> int:
    """Return the bytes of `path` after gzip."""
    return len(gzip.compress(path.read_bytes(), mtime=0))


def inference_copy(model: keras.Model, *, widen: bool = True) -> keras.Model:
    """Return a copy that answers the same: no shape arithmetic, few-channel layers laid out wide."""
    wide = layout.widened(model) if widen else {}
    pools = {pool.name for name in wide if (pool := layout.pool_behind(model.get_layer(name)))}

    def swap(layer: Any) -> Any:
        if layer.name in wide:
            return layout.WideConvolution(layer, wide[layer.name], name=layer.name)
        if layer.name in pools:
            return keras.layers.Identity(name=layer.name)
        if isinstance(layer, keras.layers.Flatten) and None not in layer.output.shape[1:]:
            return FixedReshape(layer.output.shape[-1], name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=swap)
    for layer in model.layers:
        if layer.weights and layer.name not in wide:
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy


class FixedReshape(keras.layers.Layer):  # type: ignore[misc]
    """A flatten whose target shape is a constant of the graph: (-1, width)."""

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def call(self, inputs: Any) -> Any:
        return tf.reshape(inputs, (-1, self.width))

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], self.width)


def _write(model: keras.Model, path: Path, data: mnist.MnistArrays | None) -> Path:
    try:
        with _quiet():
            if path.suffix == ".keras":
                model.save(path)
            elif path.suffix == ".onnx":
                _write_onnx(model, path)
            else:
                shape = (1, *model.input_shape[1:])
                write_litert(inference_copy(model), path, **_conversion(path, shape, data))
    except (
        ValueError,
        RuntimeError,
        TypeError,
        ImportError,
        NotImplementedError,
        tf.errors.OpError,
    ) as error:
        path.unlink(missing_ok=True)
        raise MeasurementError(
            f"{model.name} cannot be exported as {path.name}: {_first_line(error)}"
        ) from error
    return path


def _write_onnx(model: keras.Model, path: Path) -> None:
    signature = [keras.InputSpec(shape=(None, *model.input_shape[1:]), dtype="float32", name="image")]
    inference_copy(model, widen=False).export(path, format="onnx", input_signature=signature, verbose=False)


def write_litert(copy: keras.Model, path: Path, *, batch: int = 1, **options: Any) -> None:
    """Write `copy` as it is, for queries of `batch`; `options` are the converter's."""
    signature = [keras.InputSpec(shape=(batch, *copy.input_shape[1:]), dtype="float32", name="image")]
    with _quiet():
        copy.export(path, format="litert", input_signature=signature, verbose=False, **options)


def _conversion(path: Path, shape: tuple[int, ...], data: mnist.MnistArrays | None) -> dict[str, Any]:
    kind = path.suffixes[0].strip(".")
    if kind == "tflite":
        return {}
    options: dict[str, Any] = {"optimizations": [tf.lite.Optimize.DEFAULT]}
    if kind == "fp16":
        options["target_spec"] = {"supported_types": [tf.float16]}
    if kind == "int8":
        options["target_spec"] = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]}
        options["representative_dataset"] = lambda: _calibration(shape, data)
    return options


def _calibration(shape: tuple[int, ...], data: mnist.MnistArrays | None) -> Iterator[list[Any]]:
    if shape[1:] != (28, 28, 1):
        raise MeasurementError(f"int8 is calibrated on digits (28, 28, 1); this network takes {shape[1:]}.")
    for image in mnist.scaled((data or mnist.loaded()).x_train[:CALIBRATION_IMAGES]):
        yield [image[None]]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the converters' notices about their own future out of the log."""
    loggers = [logging.getLogger(name) for name in ("tf2onnx", "tensorflow", "absl")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
