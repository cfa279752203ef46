"""Records the gallery: runs every spec of it on this machine and copies what a visitor needs.

The runs themselves stay in a home folder of their own, so an interrupted recording goes on where it was.
"""

import gzip
import io
import shutil
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil

from core import crossings
from core.engine import Engine
from core.errors import EngineError
from core.gallery import RECORD
from core.records import (
    Architecture,
    Convolution,
    Method,
    Origin,
    RunRecord,
    RunSpec,
    Status,
    to_json,
)
from core.telemetry.trace import SUMMARY, TRACE

MOST_BYTES = 15_000_000
STUDY = "study.json"
PACKED = (
    "model.tflite",
    "history.json",
    "structure.json",
    "sensitivity.json",
    STUDY,
    "log.txt",
    SUMMARY,
)
KEPT = (*PACKED, "predictions.npz", TRACE)
ARTICLE_EPOCHS = 10
DECIMALS = 2

Say = Callable[[str], None]


def specs() -> tuple[RunSpec, ...]:
    """Return the runs of the gallery: every architecture and convolution, dense, removed and zeroed."""
    found: dict[RunSpec, None] = {}
    for architecture, ratios, zeroed in (
        (Architecture.LENET5, (0.25, 0.5, 0.75, 0.9, 0.95), (0.9,)),
        (Architecture.CONVNET, (0.25, 0.5, 0.75, 0.9), (0.9,)),
        (Architecture.MLP1000, (0.5, 0.9, 0.95), (0.9,)),
    ):
        for conv in _convolutions(architecture):
            base = _base(architecture, conv)
            found[base.baseline()] = None
            found |= dict.fromkeys(base.edited(ratio=ratio) for ratio in ratios)
            found |= dict.fromkeys(base.edited(method=Method.MAGNITUDE, ratio=ratio) for ratio in zeroed)
    return tuple(found)


def studied() -> tuple[RunSpec, ...]:
    """Return the runs whose latency is looked at closely: ladder, twins and layers (three minutes each)."""
    standard, separable = (_base(Architecture.LENET5, conv) for conv in Convolution)
    zeroed = standard.edited(method=Method.MAGNITUDE, ratio=0.9)
    return (standard, standard.edited(ratio=0.9), separable, zeroed)


def _convolutions(architecture: Architecture) -> Sequence[Convolution]:
    return (Convolution.STANDARD,) if architecture is Architecture.MLP1000 else tuple(Convolution)


def _base(architecture: Architecture, conv: Convolution) -> RunSpec:
    if architecture is Architecture.MLP1000:
        return RunSpec(architecture=architecture, epochs=ARTICLE_EPOCHS, finetune_epochs=ARTICLE_EPOCHS)
    return RunSpec(architecture=architecture, conv=conv)


def record(engine: Engine, folder: Path, wanted: Sequence[RunSpec], say: Say) -> int:
    """Run what is missing of `wanted`, write all of it to `folder` and return its size in bytes.

    Cross-overs that were measured in the engine's home come along. Raises EngineError where a run or a study
    fails, or where the gallery would be too large; then nothing is replaced.
    """
    done = _studied(engine, _run(engine, wanted, say), say)
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for made in done:
        _write(engine, made, fresh)
    for crossing in crossings.load(engine.settings.home, Origin.OWN):
        crossings.save(crossing, fresh)
    size = sum(path.stat().st_size for path in fresh.rglob("*") if path.is_file())
    if size > MOST_BYTES:
        raise EngineError(f"the gallery would take {size:,} bytes, allowed are {MOST_BYTES:,}; drop runs.")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"*/{RECORD}"):
        shutil.rmtree(old.parent)
    for new in fresh.iterdir():
        new.replace(folder / new.name)
    fresh.rmdir()
    return size


def _run(engine: Engine, wanted: Sequence[RunSpec], say: Say) -> list[RunRecord]:
    have = {run.spec for run in engine.runs() if run.status in _GOING_ON}
    missing = [spec for spec in wanted if spec not in have]
    if missing:
        engine.submit_sweep(missing, name="gallery")
    told: set[str] = set()
    while open_runs := [run for run in engine.runs() if not run.status.is_finished]:
        _tell(engine.runs(), told, len(open_runs), say)
        time.sleep(1.0)
    _tell(engine.runs(), told, 0, say)
    return [_finished(engine.runs(), spec) for spec in wanted]


def _studied(engine: Engine, runs: Sequence[RunRecord], say: Say) -> list[RunRecord]:
    """Have the latency of some runs looked at closely, and return all of them as they are now."""
    for run in runs:
        if run.spec in studied() and STUDY not in run.artifacts:
            engine.study(run.run_id)
    while waiting := [study for study in engine.studies() if study.is_open]:
        say(f"{len(waiting)} closer looks left")
        _await(engine, len(waiting))
    for study in engine.studies():
        if study.state == "failed":
            raise EngineError(f"the closer look at run {study.run_id} failed: {study.reason}.")
    return [_finished(engine.runs(), run.spec) for run in runs]


def _await(engine: Engine, number: int) -> None:
    while sum(study.is_open for study in engine.studies()) >= number:
        time.sleep(1.0)


_GOING_ON = (Status.SCHEDULED, Status.RUNNING, Status.FINISHED)


def _tell(runs: Iterable[RunRecord], told: set[str], left: int, say: Say) -> None:
    for run in runs:
        if run.status.is_finished and run.run_id not in told:
            told.add(run.run_id)
            say(f"{run.spec.title}: {run.status.lower()} {run.reason} ({left} left)")


def _finished(runs: Iterable[RunRecord], spec: RunSpec) -> RunRecord:
    same = [run for run in runs if run.spec == spec]
    good = next((run for run in same if run.status is Status.FINISHED), None)
    if good is None:
        reason = same[0].reason if same else "it never ran"
        raise EngineError(f"the gallery lacks {spec.title}: {reason}.")
    return good


def name_of(spec: RunSpec) -> str:
    """Return the id that a recorded run has for ever: `recorded-lenet5-separable-structured-0.5`."""
    what = "dense" if spec.is_baseline else f"{spec.method}-{spec.ratio:g}"
    return f"recorded-{spec.architecture}-{spec.conv}-{what}"


def _write(engine: Engine, run: RunRecord, folder: Path) -> None:
    target = folder / name_of(run.spec)
    target.mkdir(parents=True)
    kept = [name for name in KEPT if name in run.artifacts]
    for name in kept:
        _copy(engine.artifact(run.run_id, name), target)
    told = replace(
        run,
        run_id=target.name,
        baseline_id="" if run.spec.is_baseline else name_of(run.spec.baseline()),
        origin=Origin.RECORDED,
        recorded_on=machine_name(run),
        artifacts=tuple(kept),
        sweep_id="",
        sweep_name="",
        owner="",
        worker="",
    )
    (target / RECORD).write_text(to_json(told) + "\n")


def _copy(source: Path, target: Path) -> None:
    content = source.read_bytes()
    if source.name == "predictions.npz":
        content = _rounded(content)
    if source.name in PACKED:
        (target / f"{source.name}.gz").write_bytes(gzip.compress(content, mtime=0))
    else:
        (target / source.name).write_bytes(content)


def _rounded(content: bytes) -> bytes:
    """Return predictions whose probabilities are rounded to a hundredth: a quarter of the size."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        found = {name: archive[name] for name in archive.files}
    found["probabilities"] = np.round(found["probabilities"].astype(np.float32), DECIMALS).astype(np.float16)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, values in found.items():
            array = io.BytesIO()
            np.lib.format.write_array(array, values, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy")
            packed.writestr(entry, array.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)  # NumPy's is 6
    return buffer.getvalue()


def machine_name(run: RunRecord) -> str:
    """Return the processor that a run was measured on, and its number of cores."""
    rows = run.result.latency if run.result else ()
    cpu = next((row.conditions.cpu for row in rows if row.conditions and row.conditions.cpu), "")
    return f"{cpu or 'unknown processor'}, {psutil.cpu_count()} cores"
