"""How layers with weights carry channels: dense, convolutions, normalisations, PReLU.

A rule turns a Visit into a Reading; `RULES` maps the exact layer type to its rule.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import layers

from core.pruning.activations import mixes
from core.pruning.channels import Channels, Ids
from core.pruning.visit import Keep, Reading, Visit
from core.records.network import Form


def _check_plain(visit: Visit) -> None:
    if getattr(visit.layer, "lora_enabled", False):
        visit.refuse("it carries LoRA weights; merge them into the kernel first")
    if getattr(visit.layer, "quantization_mode", None):
        visit.refuse("it is quantised; prune the float network and quantise the result")


def _activated(visit: Visit, output: Channels) -> Channels:
    """Hold what the layer's own activation mixes."""
    mixing = mixes(visit.layer.activation)
    if mixing is None:
        name = getattr(visit.layer.activation, "__name__", repr(visit.layer.activation))
        visit.refuse(f"it is not known whether its activation {name!r} mixes channels")
    if mixing and output.axis == len(visit.made[0]) - 1:
        visit.hold(output, f"ends in {visit.layer.activation.__name__}, which mixes channels")
    return output


def _biased(visit: Visit, weights: dict[str, Any], out: Ids) -> float:
    """Add the bias to `weights`; return how many biases an output channel has."""
    if not visit.layer.use_bias:
        return 0
    weights["bias"] = ((0, out),)
    return 1


def dense(visit: Visit) -> Reading:
    """Dense: kernel (in, out), on the last axis."""
    _check_plain(visit)
    given, out = visit.along(visit.rank - 1), visit.fresh(visit.layer.units)
    weights: dict[str, Any] = {"kernel": ((0, given), (1, out))}
    bias = _biased(visit, weights, out)
    return Reading(
        (_activated(visit, Channels(visit.rank - 1, out)),),
        weights,
        {"units": _count(out)},
        macs=Form(both=visit.positions()),
        parameters=Form(both=1, outputs=bias),
        kernels=Form(both=1),
        is_consumer=True,
    )


def convolution(visit: Visit) -> Reading:
    """Conv1D/2D/3D, grouped or not: kernel (*window, in / groups, out)."""
    _check_plain(visit)
    layer, axis = visit.layer, visit.channel_axis()
    given = visit.along(axis)
    if 1 < layer.groups >= len(given) // layer.groups:
        return _whole_groups(visit, given, axis)
    out = visit.fresh(layer.filters)
    of_kernel = _same_in_each_group(visit, given, out)
    window = math.prod(layer.kernel_size)
    weights: dict[str, Any] = {"kernel": ((layer.rank, of_kernel), (layer.rank + 1, out))}
    bias = _biased(visit, weights, out)
    return Reading(
        (_activated(visit, Channels(axis, out)),),
        weights,
        {"filters": _count(out)},
        macs=Form(both=window * visit.positions() / layer.groups),
        parameters=Form(both=window / layer.groups, outputs=bias),
        kernels=Form(both=window / layer.groups),
        is_consumer=True,
    )


def _same_in_each_group(visit: Visit, given: Ids, out: Ids) -> Ids:
    """Few wide groups: the n-th channel goes from all at once, so that they stay equal. One group: nothing.

    Returns the slots that the kernel's input axis stands for.
    """
    groups = visit.layer.groups
    for ids in (given, out):
        by_group = ids.reshape(groups, -1)
        for other in by_group[1:]:
            visit.join(by_group[0], other)
    first: Ids = given.reshape(groups, -1)[0]
    return first


def _whole_groups(visit: Visit, given: Ids, axis: int) -> Reading:
    """Many narrow groups: a whole group goes, inputs and outputs together; the window's width stays."""
    layer, groups = visit.layer, visit.layer.groups
    by_group = given.reshape(groups, -1)
    for place in range(1, by_group.shape[1]):
        visit.join(by_group[:, 0], by_group[:, place])
    out = np.repeat(by_group[:, 0], layer.filters // groups)
    width, window = by_group.shape[1], math.prod(layer.kernel_size)
    weights: dict[str, Any] = {"kernel": ((layer.rank + 1, out),)}
    bias = _biased(visit, weights, out)
    return Reading(
        (_activated(visit, Channels(axis, out)),),
        weights,
        {"filters": _count(out), "groups": lambda keep: int(keep(by_group[:, 0]).sum())},
        macs=Form(outputs=window * width * visit.positions()),
        parameters=Form(outputs=window * width + bias),
        kernels=Form(outputs=window * width),
    )


def transposed(visit: Visit) -> Reading:
    """Conv1D/2D/3DTranspose: kernel (*window, out, in); MACs are counted on the input's positions."""
    layer, axis = visit.layer, visit.channel_axis()
    given, out = visit.along(axis), visit.fresh(layer.filters)
    window = math.prod(layer.kernel_size)
    shape = visit.shape
    positions = math.prod(size or 1 for place, size in enumerate(shape) if place not in (0, axis))
    weights: dict[str, Any] = {"kernel": ((layer.rank, out), (layer.rank + 1, given))}
    bias = _biased(visit, weights, out)
    return Reading(
        (_activated(visit, Channels(axis, out)),),
        weights,
        {"filters": _count(out)},
        macs=Form(both=window * positions),
        parameters=Form(both=window, outputs=bias),
        kernels=Form(both=window),
        is_consumer=True,
    )


def depthwise(visit: Visit) -> Reading:
    """DepthwiseConv1D/2D: kernel (*window, in, multiplier); its outputs are its inputs' channels."""
    layer, axis = visit.layer, visit.channel_axis()
    given = visit.along(axis)
    out = np.repeat(given, layer.depth_multiplier)
    window = math.prod(layer.kernel_size)
    weights: dict[str, Any] = {"kernel": ((layer.rank, given),)}
    bias = _biased(visit, weights, out)
    return Reading(
        (_activated(visit, Channels(axis, out)),),
        weights,
        macs=Form(outputs=window * visit.positions()),
        parameters=Form(outputs=window + bias),
        kernels=Form(outputs=window),
    )


def separable(visit: Visit) -> Reading:
    """SeparableConv1D/2D: depthwise (*window, in, multiplier), then pointwise (.., in x multiplier, out)."""
    layer, axis = visit.layer, visit.channel_axis()
    given, out = visit.along(axis), visit.fresh(layer.filters)
    multiplier, window = layer.depth_multiplier, math.prod(layer.kernel_size)
    between = np.repeat(given, multiplier)
    weights: dict[str, Any] = {
        "depthwise_kernel": ((layer.rank, given),),
        "pointwise_kernel": ((layer.rank, between), (layer.rank + 1, out)),
    }
    bias = _biased(visit, weights, out)
    return Reading(
        (_activated(visit, Channels(axis, out)),),
        weights,
        {"filters": _count(out)},
        macs=Form(both=multiplier * visit.positions(), inputs=window * multiplier * visit.positions()),
        parameters=Form(both=multiplier, inputs=window * multiplier, outputs=bias),
        kernels=Form(both=multiplier, inputs=window * multiplier),
        is_consumer=True,
    )


BATCH_STATISTICS = (
    "gamma",
    "beta",
    "moving_mean",
    "moving_variance",
    "moving_stddev",
    "renorm_mean",
    "renorm_stddev",
)


def batch_norm(visit: Visit) -> Reading:
    """BatchNormalization: one weight of each kind a channel; over another axis it leaves channels alone."""
    axis = visit.layer.axis % visit.rank
    present = [name for name in BATCH_STATISTICS if getattr(visit.layer, name, None) is not None]
    if axis != visit.only.axis:
        return visit.passed(parameters=Form(fixed=len(present) * visit.size(axis)))
    return visit.passed(
        weights=dict.fromkeys(present, ((0, visit.only.ids),)), parameters=Form(outputs=len(present))
    )


def normalization(visit: Visit) -> Reading:
    """Normalization: a mean and a variance a channel, adapted (weights) or given (settings)."""
    layer, axis = visit.layer, visit.only.axis
    kept_axes = layer._keep_axis
    if layer.input_mean is not None:
        return _given_statistics(visit)
    sizes = math.prod(visit.size(place) for place in kept_axes)
    if axis not in kept_axes:
        return visit.passed(parameters=Form(fixed=2 * sizes + 1))
    weights = dict.fromkeys(("adapt_mean", "adapt_variance"), ((kept_axes.index(axis), visit.only.ids),))
    each = 2 * sizes / len(visit.only.ids)
    return visit.passed(weights=weights, parameters=Form(outputs=each, fixed=1))


def _given_statistics(visit: Visit) -> Reading:
    layer, axis = visit.layer, visit.only.axis
    if np.ndim(layer.input_mean) == 0 or axis not in layer._keep_axis:
        return visit.passed()
    shape = tuple(visit.size(place) for place in layer._keep_axis)
    place, ids = layer._keep_axis.index(axis), visit.only.ids

    def shrunk(values: Any) -> Callable[[Keep], Any]:
        whole = np.broadcast_to(np.asarray(values), shape)
        return lambda keep: np.compress(keep(ids), whole, axis=place).tolist()

    return visit.passed(settings={"mean": shrunk(layer.input_mean), "variance": shrunk(layer.input_variance)})


def prelu(visit: Visit) -> Reading:
    """PReLU: alpha has the input's shape, 1 along shared axes."""
    place, ids = visit.only.axis - 1, visit.only.ids
    sizes = tuple(visit.layer.alpha.shape)
    if sizes[place] != len(ids) or (visit.layer.shared_axes and visit.only.axis in visit.layer.shared_axes):
        return visit.passed(parameters=Form(fixed=math.prod(sizes)))
    each = math.prod(sizes) / sizes[place]
    return visit.passed(weights={"alpha": ((place, ids),)}, parameters=Form(outputs=each))


def scale(visit: Visit) -> Reading:
    """ConvNeXt's LayerScale: one factor a channel, on the last axis."""
    return visit.passed(weights={"gamma": ((0, visit.along(visit.rank - 1)),)}, parameters=Form(outputs=1))


def _count(ids: Ids) -> Callable[[Keep], int]:
    return lambda keep: int(keep(ids).sum())


RULES: dict[type, Callable[[Visit], Reading]] = {
    layers.Dense: dense,
    layers.Conv1D: convolution,
    layers.Conv2D: convolution,
    layers.Conv3D: convolution,
    layers.Conv1DTranspose: transposed,
    layers.Conv2DTranspose: transposed,
    layers.Conv3DTranspose: transposed,
    layers.DepthwiseConv1D: depthwise,
    layers.DepthwiseConv2D: depthwise,
    layers.SeparableConv1D: separable,
    layers.SeparableConv2D: separable,
    layers.BatchNormalization: batch_norm,
    layers.Normalization: normalization,
    layers.PReLU: prelu,
}
