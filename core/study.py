"""A closer look at one run's latency: ladder, layers, twins and findings. Imports keras; touches no store.

Measured on demand, by `python -m core measure RUN --ladder`; a run itself measures two runtimes.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core import pruning, runtimes
from core.analysis.diagnosis import Facts, findings
from core.errors import MeasurementError
from core.latency import export, layers
from core.latency.ladder import ALL, Climb, Networks, climb
from core.latency.measurement import compare
from core.latency.protocol import FULL, Effort
from core.latency.roofline import bounded, roofline
from core.latency.subject import Subject
from core.learning import models
from core.records import (
    Architecture,
    Convolution,
    Crossing,
    CrossingPoint,
    LatencyRow,
    LatencyStudy,
    LayerTime,
    Roofline,
    RunSpec,
    Runtime,
    Twins,
)


@dataclass(frozen=True, slots=True)
class TwinModels:
    """The dense network with the same channels removed and only zeroed."""

    ratio: float
    macs_ratio: float
    removed: Any
    zeroed: Any


RATIOS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9)
BATCHES = (1, 32)
"""Where a cross-over is looked for: at which ratios, and for how many images in a query."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """A run's networks: the result, and the dense network of the same convolution that it came from."""

    spec: RunSpec
    result: Any
    dense: Any


def study(
    trained: Trained,
    *,
    wanted: Sequence[Runtime] | None = None,
    effort: Effort = FULL,
    batches: Sequence[int] = (),
    say: Say = lambda _: None,
    on_row: Callable[[LatencyRow], None] = lambda _: None,
) -> LatencyStudy:
    """Measure the ladder of a run, its twins, its layers and the machine; say why it is not faster.

    `wanted` None: every runtime that is installed. `batches` beyond 1 are measured on LiteRT float32 as well.
    Raises MeasurementError for a request that makes no sense.
    """
    began = time.monotonic()
    chosen = tuple(wanted or (runtime for runtime in ALL if runtime in runtimes.present()))
    pair = _twin_models(trained)
    with tempfile.TemporaryDirectory(prefix="study-") as folder:
        say("exporting the networks")
        networks = _networks(trained, Path(folder), chosen, pair)
        say(f"measuring {len(chosen)} runtimes")
        climbed = climb(networks, wanted=chosen, effort=effort, on_row=on_row)
        rows, standard_rows = _swept(networks, [batch for batch in batches if batch != 1], effort, on_row)
    say("measuring the machine and the layers")
    machine, of_result, of_standard, notes = _layers(trained, effort)
    twins = _twins(pair, climbed, networks)
    facts = Facts(
        rows=(*climbed.rows, *rows),
        layers=of_result,
        zero_share=_zero_share(trained.result),
        is_removed=trained.spec.method.is_removal or trained.spec.is_baseline,
        macs_ratio=_macs(_standard(trained)) / _macs(trained.result),
        twins=twins,
    )
    return LatencyStudy(
        rows=tuple(facts.rows),
        baseline_rows=(*climbed.standard_rows, *standard_rows),
        ladder=climbed.ladder,
        layers=of_result,
        baseline_layers=of_standard,
        twins=twins,
        findings=findings(facts),
        roofline=machine,
        notes=notes,
        elapsed_s=time.monotonic() - began,
    )


def _standard(trained: Trained) -> Any:
    """Return the dense standard network; untrained where the run is separable, for times depend on shapes."""
    if trained.spec.conv is Convolution.STANDARD:
        return trained.dense
    return models.build(trained.spec.architecture, Convolution.STANDARD, seed=trained.spec.seed)


def _twin_models(trained: Trained) -> TwinModels | None:
    if not trained.spec.ratio:
        return None
    plan = pruning.plan(trained.dense, trained.spec.ratio)
    return TwinModels(
        trained.spec.ratio,
        _macs(_standard(trained)) / plan.macs_after,
        pruning.remove(trained.dense, plan),
        pruning.mask(trained.dense, plan),
    )


def _networks(
    trained: Trained, folder: Path, chosen: Sequence[Runtime], twins: TwinModels | None
) -> Networks:
    def prepared(model: Any, name: str, on: Sequence[Runtime] = (Runtime.LITERT_FP32,)) -> Subject:
        return export.prepare(model, folder / name.replace(" ", "-"), on, name=name)

    standard = prepared(_standard(trained), "dense standard", chosen)
    result = replace(standard, name="this run")
    if trained.result is not trained.dense or trained.spec.conv is not Convolution.STANDARD:
        result = prepared(trained.result, "this run", chosen)
    is_between = trained.spec.conv is not Convolution.STANDARD and not trained.spec.is_baseline
    dense = prepared(trained.dense, f"dense {trained.spec.conv}") if is_between else None
    extra = (prepared(twins.removed, "removed"), prepared(twins.zeroed, "zeroed")) if twins else ()
    return Networks(standard, result, dense, extra)


def _swept(
    networks: Networks,
    batches: Sequence[int],
    effort: Effort,
    on_row: Callable[[LatencyRow], None],
) -> tuple[tuple[LatencyRow, ...], ...]:
    """Return the rows of the result and of the dense standard network at `batches`."""
    if not batches:
        return (), ()
    return compare(
        [networks.result, networks.standard],
        baseline=1,
        runtimes=[Runtime.LITERT_FP32],
        batches=batches,
        effort=effort,
        on_row=on_row,
    )


def _layers(
    trained: Trained, effort: Effort
) -> tuple[Roofline | None, tuple[LayerTime, ...], tuple[LayerTime, ...], tuple[str, ...]]:
    short = replace(layers.EFFORT, processes=effort.processes, is_quick=effort.is_quick)
    notes: list[str] = []
    try:
        machine = roofline(effort.processes)
        return (
            machine,
            bounded(_times(trained.result, short), machine),
            bounded(_times(_standard(trained), short), machine),
            (),
        )
    except MeasurementError as error:
        notes.append(str(error))
    return None, (), (), tuple(notes)


def _times(model: Any, effort: Effort) -> tuple[LayerTime, ...]:
    macs = {change.layer: change.macs_after for change in pruning.changes(model, model)}
    return layers.layer_times(model, macs=macs, effort=effort)


def _twins(models: TwinModels | None, climbed: Climb, networks: Networks) -> Twins | None:
    if models is None or not climbed.extra_rows:
        return None
    rows = {row.model: row for row in climbed.extra_rows}
    names = [subject.name for subject in networks.extra]
    return Twins(
        ratio=models.ratio, macs_ratio=models.macs_ratio, removed=rows[names[0]], zeroed=rows[names[1]]
    )


def _zero_share(model: Any) -> float:
    kernels, zeros, _ = pruning.count_weights(model)
    return zeros / kernels


def _macs(model: Any) -> int:
    found: int = pruning.macs(model)
    return found


def cross_over(
    architecture: Architecture | str,
    *,
    ratios: Sequence[float] = RATIOS,
    batches: Sequence[int] = BATCHES,
    effort: Effort = FULL,
    say: Say = lambda _: None,
) -> Crossing:
    """Measure standard and separable networks of `architecture` over ratio and batch, all interleaved.

    Untrained: times depend on shapes only. Raises MeasurementError where they cannot be measured.
    """
    say(f"building {2 * len(ratios)} networks")
    networks = {
        (conv, ratio): _cut(models.build(architecture, conv), ratio)
        for conv in Convolution
        for ratio in ratios
    }
    with tempfile.TemporaryDirectory(prefix="crossing-") as folder:
        subjects = [
            Subject(
                f"{conv} {ratio:g}", {Runtime.LITERT_FP32: _tflite(model, Path(folder) / f"{conv}-{ratio:g}")}
            )
            for (conv, ratio), model in networks.items()
        ]
        say(f"measuring them in turns at batch {', '.join(map(str, batches))}")
        found = compare(subjects, runtimes=[Runtime.LITERT_FP32], batches=batches, effort=effort)
    rows = [row for each in found for row in each]
    return Crossing(
        architecture=Architecture(architecture),
        runtime=Runtime.LITERT_FP32,
        threads=rows[0].threads,
        processes=effort.processes,
        points=tuple(
            _point(conv, ratio, row, _macs(networks[conv, ratio]))
            for (conv, ratio), each in zip(networks, found, strict=True)
            for row in each
        ),
        warnings=tuple(dict.fromkeys(caveat for row in rows for caveat in row.warnings)),
        conditions=rows[0].conditions,
    )


def _cut(model: Any, ratio: float) -> Any:
    return pruning.remove(model, pruning.plan(model, ratio)) if ratio else model


def _tflite(model: Any, folder: Path) -> Path:
    return export.export(model, folder, ("tflite",))["tflite"]


def _point(conv: Convolution, ratio: float, row: LatencyRow, macs: int) -> CrossingPoint:
    if row.p50_ms is None or row.p50_low_ms is None or row.p50_high_ms is None:
        raise MeasurementError(f"{row.model} cannot be measured: {row.error}")
    return CrossingPoint(
        conv=conv,
        ratio=ratio,
        batch=row.batch,
        p50_ms=row.p50_ms,
        low_ms=row.p50_low_ms,
        high_ms=row.p50_high_ms,
        macs=macs,
    )
