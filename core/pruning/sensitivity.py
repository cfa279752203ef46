"""How each group of channels alone bears pruning: accuracy without fine-tuning, channels cut off in place.

One copy of the network is loaded; weights are cut off, tried and put back. The given one never changes.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from core.analysis.allocation import removed_of
from core.errors import PruningError
from core.pruning.criteria import score
from core.pruning.groups import Group, read
from core.pruning.surgery import copied, cut_off
from core.records.network import SensitivityCurve, SensitivityRecord
from core.records.spec import Criterion

RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
BATCH_SIZE = 500


def sensitivity(
    model: Any,
    x: Any,
    y: Any,
    ratios: Sequence[float] = RATIOS,
    *,
    criterion: Criterion = Criterion.L1,
    data: Any = None,
    should_stop: Callable[[], bool] | None = None,
) -> SensitivityRecord:
    """Return the accuracy on inputs `x` with labels `y` when one group at a time loses each of `ratios`.

    `x` is what the network takes (float32). `data` is for criterion taylor; where it is None, (x, y) serve.
    """
    began = time.monotonic()
    _check(ratios)
    network = read(copied(model))
    found = score(network, criterion, data if data is not None else (x, y))
    answer = _answers(network.model)
    curves = []
    for group in network.groups:
        if group.record.held or group.record.size < 2:
            continue
        if should_stop and should_stop():
            break
        order = np.argsort(found.groups[group.record.name], kind="stable")
        kept = [max(1, group.record.size - removed_of(group.record.size, ratio)) for ratio in ratios]
        accuracy = [
            _without(network, group, order[: group.record.size - left], answer, x, y) for left in kept
        ]
        curves.append(_curve(group, kept, accuracy))
    return SensitivityRecord(
        ratios=tuple(ratios),
        curves=tuple(curves),
        accuracy=_accuracy(answer, x, y),
        num_images=len(y),
        criterion=criterion,
        elapsed_s=time.monotonic() - began,
    )


def _check(ratios: Sequence[float]) -> None:
    wrong = [ratio for ratio in ratios if not 0 <= ratio < 1]
    if wrong or not ratios:
        raise PruningError(f"ratios hold {wrong or 'nothing'}; allowed: at least one, each 0 <= ratio < 1.")


def _curve(group: Group, kept: list[int], accuracy: list[float]) -> SensitivityCurve:
    record = group.record
    return SensitivityCurve(
        group=record.name,
        layers=record.layers,
        size=record.size,
        kept=tuple(kept),
        accuracy=tuple(accuracy),
    )


def _without(network: Any, group: Group, going: Any, answer: Any, x: Any, y: Any) -> float:
    if not len(going):
        return _accuracy(answer, x, y)
    keep = network.keep(group.units[going])
    touched = [
        (call.operation, reading.weights)
        for call, reading in zip(network.graph.calls, network.readings, strict=True)
        if any(not keep(ids).all() for axes in reading.weights.values() for _, ids in axes)
    ]
    before = [(operation, operation.get_weights()) for operation, _ in touched]
    try:
        for operation, weights in touched:
            cut_off(operation, weights, keep)
        return _accuracy(answer, x, y)
    finally:
        for operation, weights in before:
            operation.set_weights(weights)


def _answers(model: Any) -> Any:
    return tf.function(lambda batch: tf.argmax(model(batch, training=False), axis=-1), reduce_retracing=True)


def _accuracy(answer: Any, x: Any, y: Any) -> float:
    parts = [
        answer(tf.constant(x[start : start + BATCH_SIZE])).numpy() for start in range(0, len(y), BATCH_SIZE)
    ]
    return float(np.mean(np.concatenate(parts) == np.asarray(y)))
