"""A network loaded into a runtime, ready to be asked. Used by the measuring child only.

Each loader imports its runtime when called, so that a LiteRT child never pays for TensorFlow. Every network
has one input and one output; a query takes an array and returns one, so transfers are inside the timer.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import MeasurementError
from core.latency.loop import Query

TENSORFLOW = ("keras-predict", "keras-call", "tf-function", "tf-xla")

Prepare = Callable[[int], Query]


@dataclass(frozen=True, slots=True)
class Loaded:
    """`shape` is one input without the batch; `prepare(batch)` returns the query for that batch size."""

    shape: tuple[int, ...]
    dtype: str
    prepare: Prepare


def load(runtime: str, path: Path, *, threads: int, device: str) -> Loaded:
    """Return `path` in `runtime`; raises MeasurementError where the file or the runtime does not allow it."""
    try:
        return _LOADERS[runtime](path, threads, device)
    except MeasurementError:
        raise
    except (OSError, ValueError, RuntimeError, ImportError, KeyError, TypeError) as error:
        raise MeasurementError(f"{path.name} cannot be loaded by {runtime}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).strip().splitlines() if not line.startswith(_PLACES)]
    return (lines or [type(error).__name__])[0][:300]


_PLACES = ("Exception from ", "Check '")
"""OpenVINO says where in its own source first, and what is wrong after that."""


def _one(things: list[Any], what: str, path: Path) -> Any:
    if len(things) != 1:
        raise MeasurementError(
            f"{path.name} has {len(things)} {what}; only networks with one can be measured."
        )
    return things[0]


def _image_shape(shape: Any, path: Path) -> tuple[int, ...]:
    sizes = tuple(shape)[1:]
    if not all(isinstance(size, int | np.integer) and size > 0 for size in sizes):
        raise MeasurementError(
            f"{path.name} has an input of shape {list(shape)}; only the first size (the batch) may be open."
        )
    return tuple(int(size) for size in sizes)


def _litert(path: Path, threads: int, device: str) -> Loaded:
    from ai_edge_litert.interpreter import Interpreter

    if device != "cpu":
        raise MeasurementError(f"LiteRT runs on the CPU only here, not on {device}.")
    content = path.read_bytes()

    def interpreter() -> Any:
        return Interpreter(model_content=content, num_threads=threads)

    first = interpreter()
    entry = _one(first.get_input_details(), "inputs", path)
    _one(first.get_output_details(), "outputs", path)

    def prepare(batch: int) -> Query:
        runner = interpreter()
        if int(entry["shape"][0]) != batch:
            runner.resize_tensor_input(entry["index"], [batch, *entry["shape"][1:]], strict=False)
        runner.allocate_tensors()
        put, invoke, get = runner.set_tensor, runner.invoke, runner.get_tensor
        source, sink = entry["index"], runner.get_output_details()[0]["index"]

        def query(x: Any) -> Any:
            put(source, x)
            invoke()
            return get(sink)

        return query

    return Loaded(_image_shape(entry["shape"], path), np.dtype(entry["dtype"]).name, prepare)


def start_tensorflow(threads: int, device: str) -> None:
    """Set TensorFlow's threads and let its GPU memory grow, before its first operation."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    gpus = tf.config.list_physical_devices("GPU")
    if device != "cpu" and not gpus:
        raise MeasurementError(f"TensorFlow sees no GPU here, so {device} cannot be measured.")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)


def _keras_model(path: Path) -> Any:
    import keras

    return keras.models.load_model(path, compile=False)


def _keras_predict(path: Path, _: int, __: str) -> Loaded:
    model = _keras_model(path)

    def prepare(batch: int) -> Query:
        return lambda x: model.predict(x, batch_size=batch, verbose=0)

    return Loaded(_image_shape(model.input_shape, path), "float32", prepare)


def _keras_call(path: Path, _: int, __: str) -> Loaded:
    model = _keras_model(path)

    def query(x: Any) -> Any:
        return model(x, training=False).numpy()

    return Loaded(_image_shape(model.input_shape, path), "float32", lambda _: query)


def _tf_function(path: Path, _: int, __: str, *, jit: bool = False) -> Loaded:
    model = _keras_model(path)
    import tensorflow as tf

    shape = _image_shape(model.input_shape, path)

    def prepare(batch: int) -> Query:
        signature = [tf.TensorSpec((batch, *shape), tf.float32)]
        call = tf.function(lambda x: model(x, training=False), input_signature=signature, jit_compile=jit)
        to_tensor = tf.constant

        def query(x: Any) -> Any:
            return call(to_tensor(x)).numpy()

        return query

    return Loaded(shape, "float32", prepare)


def _tf_xla(path: Path, threads: int, device: str) -> Loaded:
    return _tf_function(path, threads, device, jit=True)


def _onnxruntime(path: Path, threads: int, device: str) -> Loaded:
    import onnxruntime as ort
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    ort.set_default_logger_severity(3)
    try:
        probe = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    except (state.InvalidProtobuf, state.InvalidGraph, state.Fail, state.InvalidArgument) as error:
        raise ValueError(str(error)) from error  # ORT's own errors have no base but Exception
    entry = _one(probe.get_inputs(), "inputs", path)
    sink = _one(probe.get_outputs(), "outputs", path).name
    batch_name = entry.shape[0]

    def prepare(batch: int) -> Query:
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if isinstance(batch_name, str):
            options.add_free_dimension_override_by_name(batch_name, batch)
        elif batch_name not in (None, batch):
            raise MeasurementError(
                f"{path.name} is fixed to batch {batch_name}; it cannot run batch {batch}."
            )
        session = ort.InferenceSession(path, options, providers=_providers(device))
        run, outputs, source = session.run, [sink], entry.name

        def query(x: Any) -> Any:
            return run(outputs, {source: x})[0]

        return query

    if entry.type != "tensor(float)":
        raise MeasurementError(f"{path.name} takes {entry.type}; only float32 inputs can be measured.")
    return Loaded(_image_shape(entry.shape, path), "float32", prepare)


def _providers(device: str) -> list[str]:
    import onnxruntime as ort

    if device == "cpu":
        return ["CPUExecutionProvider"]
    present = [name for name in ("TensorrtExecutionProvider", "CUDAExecutionProvider")
               if name in ort.get_available_providers()]  # fmt: skip
    if not present:
        raise MeasurementError(
            f"this ONNX Runtime has no GPU provider for {device}: pip install onnxruntime-gpu"
        )
    return [*present, "CPUExecutionProvider"]


def _openvino(path: Path, threads: int, device: str) -> Loaded:
    import openvino as ov

    if device != "cpu":
        raise MeasurementError(f"OpenVINO is measured on the CPU only, not on {device}.")
    core = ov.Core()
    network = core.read_model(path)
    shape = network.inputs[0].get_partial_shape()
    sizes = [0 if size.is_dynamic else size.get_length() for size in shape]
    # bfloat16 is OpenVINO's default on processors that have it; the other runtimes answer in float32.
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
    }

    def prepare(batch: int) -> Query:
        copy = core.read_model(path)
        copy.reshape([batch, *sizes[1:]])
        request = core.compile_model(copy, "CPU", settings).create_infer_request()

        def query(x: Any) -> Any:
            return request.infer([x], share_inputs=True)[0]

        return query

    return Loaded(_image_shape(sizes, path), "float32", prepare)


_LOADERS: dict[str, Callable[[Path, int, str], Loaded]] = {
    "keras-predict": _keras_predict,
    "keras-call": _keras_call,
    "tf-function": _tf_function,
    "tf-xla": _tf_xla,
    "litert-fp32": _litert,
    "litert-fp16": _litert,
    "litert-int8": _litert,
    "litert-dynamic": _litert,
    "onnxruntime": _onnxruntime,
    "openvino": _openvino,
}


def quiet_environment(device: str) -> dict[str, str]:
    """Return the environment of a child that measures on `device`: few words, and no other GPU in sight."""
    kind, _, number = device.partition(":")
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    chosen = given if given.startswith(("GPU-", "MIG-")) else number  # the parent named it by its UUID
    return {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": "tensorflow",
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES": chosen if kind == "gpu" else "-1",
        "PYTHONWARNINGS": "ignore",
    }
