"""How layers without channel weights carry channels: activations, pooling, shapes, merges, operations.

A rule turns a Visit into a Reading; `RULES` maps the exact layer type, `OPERATIONS` the name of a keras.ops
operation, to its rule.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from core.pruning.activations import mixes
from core.pruning.channels import Channels, Ids
from core.pruning.visit import Keep, Reading, Shape, Visit
from core.records.network import Form


def unchanged(visit: Visit) -> Reading:
    """Each element by itself: Dropout, ReLU, Identity and their like."""
    return visit.passed()


def activation(visit: Visit) -> Reading:
    """Activation: refused where it is not known whether the function mixes channels."""
    mixing = mixes(visit.layer.activation)
    if mixing is None:
        name = getattr(visit.layer.activation, "__name__", repr(visit.layer.activation))
        visit.refuse(f"it is not known whether {name!r} mixes channels")
    if mixing and visit.only.axis == visit.rank - 1:
        visit.hold(visit.only, f"is a {visit.layer.activation.__name__}, which mixes channels")
    return visit.passed()


def over_axes(visit: Visit) -> Reading:
    """Softmax, LayerNormalization and their like: they mix what lies along their axis."""
    axis = visit.layer.axis
    axes = [place % visit.rank for place in (axis if isinstance(axis, list | tuple) else (axis,))]
    if visit.only.axis in axes:
        visit.hold(visit.only, f"is a {type(visit.layer).__name__}, which mixes channels")
    return visit.passed(parameters=_own_parameters(visit))


def group_norm(visit: Visit) -> Reading:
    """GroupNormalization always mixes channels, even with a group each: it also spans positions."""
    visit.hold(visit.only, "is a GroupNormalization, which mixes channels")
    return visit.passed(parameters=_own_parameters(visit))


def _own_parameters(visit: Visit) -> Any:
    return Form(fixed=visit.layer.count_params() if visit.call.is_layer else 0)


def dropout(visit: Visit) -> Reading:
    """Dropout: a noise shape that names the number of channels shrinks with them."""
    shape, axis, ids = visit.layer.noise_shape, visit.only.axis, visit.only.ids
    if shape is None or shape[axis] in (None, 1):
        return visit.passed()

    def shrunk(keep: Keep) -> Any:
        return tuple(int(keep(ids).sum()) if place == axis else size for place, size in enumerate(shape))

    return visit.passed(settings={"noise_shape": shrunk})


def rescaling(visit: Visit) -> Reading:
    """Rescaling: scale and offset may be lists with an entry a channel."""
    settings = {}
    for name in ("scale", "offset"):
        values = np.asarray(getattr(visit.layer, name))
        place = values.ndim - (visit.rank - visit.only.axis)
        if place >= 0 and values.shape[place] > 1:
            settings[name] = _compressed(values, place, visit.only.ids)
    return visit.passed(settings=settings)


def _compressed(values: Any, place: int, ids: Ids) -> Callable[[Keep], Any]:
    return lambda keep: np.compress(keep(ids), values, axis=place).tolist()


def spatial(visit: Visit) -> Reading:
    """Pooling, padding, cropping, resizing: positions change, channels stay on their axis."""
    axis = visit.channel_axis()
    return Reading((Channels(axis, visit.along(axis)),))


def global_pooling(visit: Visit) -> Reading:
    """Global pooling: the positions go, or stay as ones with keepdims."""
    axis = visit.channel_axis()
    ids = visit.along(axis)
    return Reading((Channels(axis if visit.layer.keepdims else 1, ids),))


def permute(visit: Visit) -> Reading:
    """Permute: the channel axis moves."""
    return Reading((Channels(visit.layer.dims.index(visit.only.axis) + 1, visit.only.ids),))


def repeat(visit: Visit) -> Reading:
    """RepeatVector: (batch, channels) becomes (batch, n, channels)."""
    return Reading((Channels(2, visit.along(1)),))


def flatten(visit: Visit) -> Reading:
    """Flatten: every position of a channel carries the channel's slot."""
    if visit.rank == 2:
        return visit.passed()
    grid = _grid(visit)
    if visit.layer.data_format == "channels_first":
        grid = np.moveaxis(grid, 0, -1)
    return Reading((Channels(1, grid.reshape(-1)),))


def reshape(visit: Visit) -> Reading:
    """Reshape: channels survive where one axis of the result tells them apart.

    Where none does, what shares a place on the last axis is joined (a Dense in front of Reshape((7, 7, c))).
    """
    made = visit.made[0]
    sizes = [size for size in made[1:] if size is not None]
    if len(sizes) < len(made) - 1:
        visit.refuse(f"the sizes of its output {made} are not all known")
    grid = _grid(visit).reshape(sizes)
    found = _telling_axis(grid)
    if found is None:
        by_place = grid.reshape(-1, sizes[-1])
        for other in by_place[1:]:
            visit.join(by_place[0], other)
        found = Channels(len(made) - 1, by_place[0])
    return Reading((found,), settings={"target_shape": _reshaped(made, found)})


def _grid(visit: Visit) -> Ids:
    """Return the slot of every element of the input, batch left out."""
    shape = tuple(visit.size(place) for place in range(1, visit.rank))
    place = [1] * len(shape)
    place[visit.only.axis - 1] = -1
    return np.broadcast_to(visit.only.ids.reshape(place), shape)


def _telling_axis(grid: Ids) -> Channels | None:
    """Return the axis along which alone the slots differ, the last one where several do."""
    for axis in reversed(range(grid.ndim)):
        rows = np.moveaxis(grid, axis, 0).reshape(grid.shape[axis], -1)
        if (rows == rows[:, :1]).all():
            return Channels(axis + 1, rows[:, 0].copy())
    return None


def _reshaped(made: Shape, found: Channels) -> Callable[[Keep], Any]:
    def shape(keep: Keep) -> Any:
        return tuple(
            int(keep(found.ids).sum()) if place == found.axis else made[place]
            for place in range(1, len(made))
        )

    return shape


def merge(visit: Visit) -> Reading:
    """Add, Multiply and their like: same place, same channel. Inputs of lower rank get ones in front."""
    rank = max(len(shape) for shape in visit.shapes)
    shapes = [(shape[0], *(1,) * (rank - len(shape)), *shape[1:]) for shape in visit.shapes]
    moved = [
        Channels(channels.axis + rank - len(shape), channels.ids)
        for channels, shape in zip(visit.channels, visit.shapes, strict=True)
    ]
    return Reading((_elementwise(visit, moved, shapes),))


def _elementwise(visit: Visit, given: list[Channels], shapes: list[Shape]) -> Channels:
    made = visit.made[0]
    spread = [
        shape[channels.axis] == 1 != made[channels.axis]
        for channels, shape in zip(given, shapes, strict=True)
    ]
    for channels, is_spread in zip(given, spread, strict=True):
        if is_spread:
            visit.hold(channels, "spreads this one channel over all of another input")
    own = [channels for channels, is_spread in zip(given, spread, strict=True) if not is_spread]
    if not own:
        return Channels(len(made) - 1, visit.fixed(made[-1] or 0, f"{visit.path} spreads its inputs"))
    if len({channels.axis for channels in own}) > 1:
        for channels in own:
            visit.hold(channels, "merges inputs whose channels lie along different axes")
        return own[0]
    for other in own[1:]:
        visit.join(own[0].ids, other.ids)
    return own[0]


def concatenate(visit: Visit) -> Reading:
    """Concatenate: along the channel axis they line up; along another one, same place is same channel."""
    axis = visit.layer.axis % visit.rank
    axes = {channels.axis for channels in visit.channels}
    if axes == {axis}:
        return Reading((Channels(axis, np.concatenate([channels.ids for channels in visit.channels])),))
    if len(axes) > 1 or axis in axes:
        return visit.mixed("joins inputs whose channels lie along different axes")
    first, *others = visit.channels
    for other in others:
        visit.join(first.ids, other.ids)
    return Reading((first,))


def binary(visit: Visit) -> Reading:
    """keras.ops add, multiply and their like, between tensors of one rank or with a number."""
    if len(visit.channels) == 1:
        _check_constant(visit)
        return visit.passed()
    if len({len(shape) for shape in visit.shapes}) > 1:
        visit.refuse(
            f"it broadcasts inputs of different ranks {visit.shapes}; Reshape them to one rank first"
        )
    return Reading((_elementwise(visit, list(visit.channels), list(visit.shapes)),))


def _check_constant(visit: Visit) -> None:
    arguments = visit.call.arguments
    for value in (*arguments.args, *arguments.kwargs.values()):
        if not isinstance(value, keras.KerasTensor) and np.size(value) > 1:
            visit.refuse("it combines a tensor with a constant array; use a layer (Rescaling, Normalization)")


def division(visit: Visit) -> Reading:
    """keras.ops.divide by a number; dividing by a tensor could divide zeros by zeros."""
    if len(visit.channels) > 1 or not isinstance(visit.call.arguments.args[0], keras.KerasTensor):
        visit.refuse("it divides by a tensor")
    return binary(visit)


def get_item(visit: Visit) -> Reading:
    """Slicing: positions may be cut, channels must be taken whole."""
    before, after, axis = visit.shape, visit.made[0], visit.only.axis
    key = visit.call.arguments.args[1]
    if len(before) != len(after) or before[axis] != after[axis] or _steps_back(key):
        visit.refuse("it takes some channels, or changes the rank; cut positions only, or use two layers")
    return visit.passed()


def _steps_back(key: Any) -> bool:
    parts = key if isinstance(key, list | tuple) else (key,)
    return any(isinstance(part, slice) and (part.step or 1) < 0 for part in parts)


def reduction(visit: Visit) -> Reading:
    """keras.ops mean, max over positions."""
    operation = visit.layer
    axis = operation.axis
    axes = sorted(place % visit.rank for place in (axis if isinstance(axis, list | tuple) else (axis or 0,)))
    if axis is None or 0 in axes or visit.only.axis in axes:
        return visit.mixed("takes the mean or maximum over channels")
    moved = visit.only.axis - (0 if operation.keepdims else sum(place < visit.only.axis for place in axes))
    return Reading((Channels(moved, visit.only.ids),))


def _by_name(rule: Callable[[Visit], Reading], names: str) -> dict[type, Callable[[Visit], Reading]]:
    return {getattr(layers, name): rule for name in names.split()}


RULES: dict[type, Callable[[Visit], Reading]] = {
    **_by_name(
        unchanged,
        "ActivityRegularization AlphaDropout ELU GaussianDropout GaussianNoise Identity LeakyReLU ReLU "
        "SpatialDropout1D SpatialDropout2D SpatialDropout3D "
        "RandomFlip RandomRotation RandomTranslation RandomZoom RandomShear RandomErasing",
    ),
    **_by_name(over_axes, "Softmax LayerNormalization UnitNormalization RMSNormalization"),
    **_by_name(
        spatial,
        "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D "
        "AdaptiveMaxPooling2D AdaptiveMaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D "
        "MaxPooling1D MaxPooling2D MaxPooling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D "
        "Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D "
        "Resizing CenterCrop RandomCrop",
    ),
    **_by_name(
        global_pooling,
        "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D "
        "GlobalMaxPooling2D GlobalMaxPooling3D",
    ),
    **_by_name(merge, "Add Subtract Multiply Average Maximum Minimum"),
    layers.Activation: activation,
    layers.Concatenate: concatenate,
    layers.Dropout: dropout,
    layers.Flatten: flatten,
    layers.GroupNormalization: group_norm,
    layers.Permute: permute,
    layers.RepeatVector: repeat,
    layers.Rescaling: rescaling,
    layers.Reshape: reshape,
}

_PLAIN_OPERATIONS = """
    Abs Absolute Cast Celu Clip Elu Gelu HardSigmoid HardSilu HardTanh LeakyRelu LogSigmoid Mish Negative Relu
    Relu6 Selu Sigmoid Silu Softplus Softsign Square Tanh
"""

OPERATIONS: dict[str, Callable[[Visit], Reading]] = {
    **dict.fromkeys(_PLAIN_OPERATIONS.split(), unchanged),
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Maximum", "Minimum"), binary),
    **dict.fromkeys(("Divide", "TrueDivide"), division),
    **dict.fromkeys(("Softmax", "LogSoftmax"), over_axes),
    **dict.fromkeys(("Mean", "Max", "Min"), reduction),
    "Concatenate": concatenate,
    "GetItem": get_item,
}
