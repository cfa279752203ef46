"""Answers of exported networks by LiteRT, for the server process: no keras, no tensorflow.

Interpreters are kept between calls, one lock each, and loaded again when their file changes.
"""

import time
import zlib
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.errors import InferenceError
from core.records.digit import Answer, Answers, Bytes, Floats, ModelFile

_MOST_KEPT = 256
_SHAPE = (28, 28)


class Network:
    """One loaded .tflite. Thread-safe: a lock lets one caller at a time use its buffers."""

    def __init__(self, source: Path | bytes, name: str, num_values: int = 10) -> None:
        where = {"model_content": source} if isinstance(source, bytes) else {"model_path": str(source)}
        try:
            self._interpreter: Any = Interpreter(num_threads=1, **where)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as problem:
            raise InferenceError(f"{name} cannot be loaded as a LiteRT network: {problem}") from None
        entry, target = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()[0]
        if tuple(entry["shape"][1:3]) != _SHAPE or int(target["shape"][-1]) != num_values:
            raise InferenceError(
                f"{name} takes {tuple(entry['shape'])} and gives {tuple(target['shape'])}; "
                f"expected one 28x28 image in and {num_values} values out."
            )
        self._entry, self._target, self._num_values = entry, target, num_values
        self._lock = Lock()

    def probabilities(self, images: Bytes) -> tuple[Floats, float]:
        """Return (n, values) probabilities of (n, 28, 28) uint8 images, and the median time of one in ms."""
        inputs = images.astype(np.float32)[..., None] / np.float32(255)
        answers, times = [], []
        with self._lock:
            for image in inputs:
                began = time.perf_counter_ns()
                self._interpreter.set_tensor(self._entry["index"], self._quantised(image[None]))
                self._interpreter.invoke()
                answers.append(self._interpreter.get_tensor(self._target["index"])[0].copy())
                times.append(time.perf_counter_ns() - began)
        if not answers:
            return np.zeros((0, self._num_values), np.float32), 0.0
        return _as_probabilities(self._restored(np.stack(answers))), float(np.median(times)) / 1e6

    def _quantised(self, image: Floats) -> NDArray[Any]:
        kind = self._entry["dtype"]
        if kind == np.float32:
            return image
        scale, zero = self._entry["quantization"]
        limits = np.iinfo(kind)
        whole: NDArray[Any] = np.clip(np.round(image / scale + zero), limits.min, limits.max).astype(kind)
        return whole

    def _restored(self, values: NDArray[Any]) -> Floats:
        if self._target["dtype"] == np.float32:
            return values
        scale, zero = self._target["quantization"]
        restored: Floats = ((values.astype(np.float32) - zero) * scale).astype(np.float32)
        return restored


def _as_probabilities(values: Floats) -> Floats:
    """Return values that sum to one; networks that end in logits get their softmax here."""
    total = values.sum(axis=1, keepdims=True)
    if values.min() >= 0 and np.all(np.abs(total - 1) < 0.05):
        given: Floats = (values / total).astype(np.float32)
        return given
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    shares: Floats = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


_kept: OrderedDict[Hashable, Network] = OrderedDict()
_kept_lock = Lock()


def network(model: ModelFile) -> Network:
    """Return the loaded network, from memory where its file has not changed; raises InferenceError."""
    key = _identity(model)
    with _kept_lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    loaded = Network(model.source, model.title)
    with _kept_lock:
        _kept[key] = loaded
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return loaded


def _identity(model: ModelFile) -> Hashable:
    if isinstance(model.source, bytes):
        return model.run_id, len(model.source), zlib.crc32(model.source)
    try:
        stat = model.source.stat()
    except OSError as problem:
        raise InferenceError(f"The network of {model.title} cannot be read: {problem.strerror}.") from None
    return str(model.source), stat.st_mtime_ns, stat.st_size


def size_of(model: ModelFile) -> int:
    """Return the bytes of the exported file."""
    if model.size_bytes:
        return model.size_bytes
    return len(model.source) if isinstance(model.source, bytes) else model.source.stat().st_size


def answer(models: Sequence[ModelFile], images: Bytes) -> Answers:
    """Return what every model says about (n, 28, 28) uint8 images, smallest model first.

    A model that cannot be loaded is named in `failed` with its reason; the others still answer.
    """
    rows, failed = [], []
    for model in models:
        try:
            probabilities, latency_ms = network(model).probabilities(images)
        except InferenceError as problem:
            failed.append((model.run_id, str(problem)))
            continue
        rows.append(
            Answer(
                model=model.run_id,
                title=model.title,
                size_bytes=size_of(model),
                probabilities=probabilities,
                latency_ms=latency_ms,
            )
        )
    return Answers(rows=tuple(sorted(rows, key=lambda row: row.size_bytes)), failed=tuple(failed))


def occlusion(model: ModelFile, image: Bytes, *, label: int | None = None, patch: int = 5) -> Floats:
    """Return (28, 28): how far the label's probability falls when a patch around each pixel is blanked.

    After Zeiler and Fergus 2014. `label` is the model's own answer where None. Every second pixel is
    tried, and its value stands for the four around it.
    """
    loaded = network(model)
    places = range(0, 28, 2)
    half = patch // 2
    covered = [image]
    for row in places:
        for column in places:
            copy = image.copy()
            copy[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = 0
            covered.append(copy)
    probabilities, _ = loaded.probabilities(np.stack(covered))
    chosen = int(probabilities[0].argmax()) if label is None else label
    drop = probabilities[0, chosen] - probabilities[1:, chosen]
    return np.kron(drop.reshape(14, 14), np.ones((2, 2))).astype(np.float32)
