"""Time per layer, by the difference between growing prefixes of the network. Imports keras.

ai-edge-litert offers no profile in Python, so each prefix is exported as a network of its own and all of them
are timed interleaved. Every prefix ends in one number of its last output, so that copying a large output does
not count as the layer's time. What XNNPACK fuses (activation, batch norm) stays with the layer it belongs to.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from core.analysis import statistics
from core.errors import MeasurementError
from core.latency import export, protocol
from core.latency.layout import WideConvolution
from core.latency.protocol import Effort, Request
from core.latency.subject import Subject
from core.records import LayerTime, Runtime

EFFORT = Effort(min_queries=512, min_s=0.15, blocks=12, warmup_s=0.5)
FREE = (keras.layers.InputLayer, keras.layers.Identity, keras.layers.Dropout, export.FixedReshape)
FUSED = (keras.layers.BatchNormalization, keras.layers.ReLU, keras.layers.Activation)


@dataclass(frozen=True, slots=True)
class Cut:
    """A place to cut the exported network: after which of its tensors, and whose layers' time that adds."""

    layer: str
    kind: str
    tensor: Any
    channels: int
    weight_bytes: int


def layer_times(
    model: keras.Model,
    *,
    macs: dict[str, int] | None = None,
    effort: Effort = EFFORT,
) -> tuple[LayerTime, ...]:
    """Return what a LiteRT query costs without layers, then each layer's time, in milliseconds.

    `macs` by layer name are passed through to the records. MeasurementError where the network branches.
    """
    copy = export.inference_copy(model)
    cuts = list(_cuts(copy))
    with tempfile.TemporaryDirectory(prefix="layers-") as work:
        subjects = [_prefix(copy, cut, Path(work) / f"{i}.tflite") for i, cut in enumerate(cuts)]
        request = Request(runtimes=(Runtime.LITERT_FP32,), effort=effort)
        outcome = next(iter(protocol.outcomes(subjects, request)))
    if outcome.series is None:
        raise MeasurementError(f"the layers of {model.name} cannot be timed: {outcome.error}")
    samples = [series.samples for series in outcome.series]
    return _with_shares(list(_differences(cuts, samples, macs or {})))


def _cuts(copy: keras.Model) -> Iterator[Cut]:
    yield Cut("input and output", "transfer", copy.input, 0, 0)
    layers = [layer for layer in copy.layers if not isinstance(layer, keras.layers.InputLayer)]
    for before, layer in zip([copy.layers[0], *layers], layers, strict=False):
        if layer.input is not before.output:
            raise MeasurementError(
                f"{copy.name} branches at {layer.name}; layers can be timed in a chain only."
            )
    weights, owner = 0, None
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        weights += _weight_bytes(layer)
        owner = owner or (None if isinstance(layer, FREE) else layer)
        if owner is None or isinstance(following, FUSED):
            continue
        yield Cut(owner.name, _kind(owner), layer.output, int(layer.output.shape[-1]), weights)
        weights, owner = 0, None


def _kind(layer: Any) -> str:
    return "Conv2D and pooling" if isinstance(layer, WideConvolution) else type(layer).__name__


def _weight_bytes(layer: Any) -> int:
    if isinstance(layer, WideConvolution):
        return int(layer.kernel.nbytes)
    return 4 * sum(int(weight.shape.num_elements() or 0) for weight in layer.weights)


def _prefix(copy: keras.Model, cut: Cut, path: Path) -> Subject:
    prefix = keras.Model(copy.input, _FirstNumber()(cut.tensor), name=f"to_{path.stem}")
    export.write_litert(prefix, path)
    return Subject(cut.layer, {Runtime.LITERT_FP32: path})


class _FirstNumber(keras.layers.Layer):  # type: ignore[misc]
    """One number of each image's tensor."""

    def call(self, inputs: Any) -> Any:
        rank = len(inputs.shape)
        return tf.slice(inputs, [0] * rank, [1] * rank)

    def compute_output_shape(self, shape: Any) -> Any:
        return (1,) * len(shape)


def _differences(cuts: list[Cut], samples: list[Any], macs: dict[str, int]) -> Iterator[LayerTime]:
    for i, cut in enumerate(cuts):
        if i == 0:
            took = statistics.percentile_interval(samples[0])
        else:
            took = statistics.difference_interval(samples[i], samples[i - 1])
        yield LayerTime(
            layer=cut.layer,
            kind=cut.kind,
            time_ms=took.estimate / 1e6,
            low_ms=took.low / 1e6,
            high_ms=took.high / 1e6,
            share=0.0,
            channels=cut.channels,
            macs=macs.get(cut.layer, 0),
            weight_bytes=cut.weight_bytes,
        )


def _with_shares(times: list[LayerTime]) -> tuple[LayerTime, ...]:
    total = sum(each.time_ms for each in times)
    return tuple(replace(each, share=each.time_ms / total) for each in times)
