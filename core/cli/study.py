"""`measure RUN --ladder`: a closer look at one run, kept with it as study.json."""

import os
import tempfile
from pathlib import Path
from typing import Any

import click

from core import runtimes as names
from core.cli.options import say
from core.cli.store import content, find, store
from core.errors import MeasurementError
from core.imports import UNUSED_BY_KERAS, lasting
from core.records import LatencyStudy, Origin, RunRecord, to_json

STUDY = "study.json"


def study_of(
    run: str, runtimes: tuple[str, ...], processes: int, quick: bool, batches: tuple[int, ...] = ()
) -> LatencyStudy:
    """Measure ladder, layers and twins of a run and keep them with it; raises LabError, storing nothing."""
    chosen = [names.named(name) for name in runtimes] or None
    record = find(run)
    if record.result is None:
        raise MeasurementError(f"run {record.run_id} is {record.status}; only a finished one has a ladder.")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with lasting(UNUSED_BY_KERAS):
        from core.latency.protocol import QUICK, Effort
        from core.study import Trained, study

    with tempfile.TemporaryDirectory(prefix="study-") as folder:
        result = _network(record, Path(folder) / "result.keras")
        dense = result
        if not record.spec.is_baseline:
            dense = _network(find(record.baseline_id), Path(folder) / "dense.keras")
        found = study(
            Trained(record.spec, result, dense),
            wanted=chosen,
            effort=QUICK if quick else Effort(processes=processes),
            batches=batches,
            say=say,
            on_row=lambda row: say(
                f"{row.runtime}, batch {row.batch}: {row.error or f'{row.p50_ms:.4f} ms'}"
            ),
        )
    _keep(record, found)
    return found


def _network(record: RunRecord, path: Path) -> Any:
    import keras

    path.write_bytes(content(record, "model.keras"))
    return keras.models.load_model(path, compile=False)


def _keep(record: RunRecord, found: LatencyStudy) -> None:
    kept = store()
    if kept is not None and record.origin is not Origin.RECORDED:
        kept.put(record.run_id, STUDY, to_json(found).encode())


def print_study(found: LatencyStudy) -> None:
    """Print ladder, layers, twins and findings as lines of text."""
    for line in (*_ladder(found), *_layers(found), *_twins(found), *_findings(found), *found.notes):
        click.echo(line)


def _ladder(found: LatencyStudy) -> list[str]:
    if found.ladder is None:
        return []
    lines = ["ladder:"]
    for step in found.ladder.steps:
        start = f"  {step.model:16} {step.runtime:14}"
        if step.p50_ms is None:
            lines.append(f"{start} {step.error}")
            continue
        doubts = f"  [{', '.join(step.warnings)}]" if step.warnings else ""
        factor = (
            f"{step.factor:.3g}x ({step.factor_low:.3g} to {step.factor_high:.3g})" if step.factor else ""
        )
        lines.append(f"{start} {1000 * step.p50_ms:12.2f} us  {step.lever or '':9}  {factor}{doubts}")
    total = found.ladder
    lines.append(
        f"  in all {total.total:,.0f}x ({total.total_low:,.0f} to {total.total_high:,.0f}): "
        f"algorithm {total.algorithm:.3g}x, runtime {total.runtime:,.0f}x"
    )
    return lines


def _layers(found: LatencyStudy) -> list[str]:
    lines = ["layers (growing prefixes, litert-fp32):"] if found.layers else []
    for each in found.layers:
        bound = "" if each.bound_ms is None else f"  bound {1000 * each.bound_ms:.2f}"
        lines.append(f"  {each.layer:16} {1000 * each.time_ms:8.2f} us  {each.share:6.1%}{bound}")
    if found.roofline:
        peak, copy = found.roofline.peak_gflops, found.roofline.bandwidth_gbps
        lines.append(f"  machine: {peak:.0f} GFLOP/s dense product, {copy:.0f} GB/s copy, one thread")
    return lines


def _twins(found: LatencyStudy) -> list[str]:
    if found.twins is None:
        return []
    removed, zeroed = found.twins.removed, found.twins.zeroed
    said = [
        f"{row.speedup:.2f}x ({row.speedup_low:.2f} to {row.speedup_high:.2f})"
        if row.speedup
        else str(row.error)
        for row in (removed, zeroed)
    ]
    theory = f"{found.twins.macs_ratio:.2f}x fewer multiplications"
    return [f"twins at ratio {found.twins.ratio:g}: {theory}; removed {said[0]}; only zeroed {said[1]}"]


def _findings(found: LatencyStudy) -> list[str]:
    return [
        f"finding: {each.rule} {each.subject} ".rstrip()
        + " ("
        + ", ".join(f"{name} {value:.4g}" for name, value in each.evidence.items())
        + ")"
        for each in found.findings
    ]
