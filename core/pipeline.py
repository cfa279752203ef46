"""The story of a run: train, prune, fine-tune, evaluate, export, measure. Emits events, touches no store.

A run of method `none` trains the dense network; every other run starts from that one's weights.
"""

import base64
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from core import pruning
from core.errors import Cancelled, EngineError
from core.latency import export as exporting
from core.latency import measurement, pricing
from core.latency.protocol import FULL
from core.learning import data as mnist
from core.learning import models, precision, training
from core.learning.evaluation import Evaluation, evaluate
from core.learning.masks import masks_of
from core.pruning.schedule import prune, prune_weights, ratios
from core.records import (
    Architecture,
    Convolution,
    Criterion,
    EventKind,
    Job,
    LatencyRow,
    LayerChange,
    PrunableNetwork,
    PruningPlan,
    RunResult,
    RunSpec,
    Stage,
    to_json,
)
from core.runtimes import DEFAULT as RUNTIMES

SCORED_IMAGES = PROBED_IMAGES = 2000
EFFORT = FULL
EXPORTS, REFERENCE = "export", "reference"
EPOCHS_BETWEEN = 1
"""Fine-tuning between the steps of an iterative schedule; the last step gets the spec's own."""

Emit = Callable[[EventKind, dict[str, Any]], None]


@dataclass(slots=True)
class Work:
    """One run at work: what was asked, where its files go, and how to say what happens."""

    job: Job
    emit: Emit
    should_stop: Callable[[], bool]
    hold: Callable[[], None]
    folder: Path
    data: mnist.MnistArrays
    began: float = field(default_factory=time.monotonic)
    warnings: list[str] = field(default_factory=list)

    @property
    def spec(self) -> RunSpec:
        return self.job.spec

    def enter(self, stage: Stage) -> None:
        """Begin a stage, unless the run is to stop."""
        if self.should_stop():
            raise Cancelled(f"cancelled before {stage}")
        self.emit(EventKind.STAGE, {"stage": stage})

    def warn(self, message: str) -> None:
        self.warnings.append(message)
        self.emit(EventKind.WARNING, {"message": message})

    def tell_row(self, row: LatencyRow) -> None:
        """Send a latency as soon as it is known."""
        self.emit(EventKind.LATENCY, {"row": json.loads(to_json(row))})

    def hand_over(self, name: str, content: bytes) -> None:
        """Send a file of the run."""
        self.emit(EventKind.ARTIFACT, {"name": name, "base64": base64.b64encode(content).decode()})


@dataclass(frozen=True, slots=True)
class Pruned:
    """A network after its method and its fine-tuning."""

    model: Any
    plan: PruningPlan | None = None
    accuracy_before_finetune: float = 0.0
    finetune_s: float = 0.0


def run(
    job: Job,
    emit: Emit,
    should_stop: Callable[[], bool] = lambda: False,
    hold: Callable[[], None] = lambda: None,
) -> None:
    """Do the run and emit its result; raises Cancelled, or LabError where it cannot be done.

    A job that holds calls `hold` once its network is trained and told of; it returns when it may measure.
    """
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        work = Work(job, emit, should_stop, hold, Path(folder), mnist.loaded())
        result = _dense(work) if job.spec.is_baseline else _pruned(work)
        result = replace(result, total_s=time.monotonic() - work.began, warnings=tuple(work.warnings))
        emit(EventKind.RESULT, _told(result))


def rehearse(spec: RunSpec) -> None:
    """Load the data and trace a training step of a network like `spec`: a later run begins at once."""

    def stop_at_once() -> bool:
        return True

    model = models.build(spec.architecture, spec.conv, seed=0)
    try:
        training.train(
            model,
            mnist.loaded(),
            epochs=1,
            batch_size=spec.batch_size,
            should_stop=stop_at_once,
            in_bfloat16=precision.pays(model),
        )
    except Cancelled:
        return


def _dense(work: Work) -> RunResult:
    spec = work.spec
    model = models.build(spec.architecture, spec.conv, seed=spec.seed)
    work.enter(Stage.TRAINING)
    history = training.train(
        model,
        work.data,
        epochs=spec.epochs or 1,
        batch_size=spec.batch_size,
        seed=spec.seed,
        emit=work.emit,
        augment=spec.augment,
        should_stop=work.should_stop,
        in_bfloat16=precision.pays(model),
    )
    judged = _evaluate(work, model)
    if not work.job.holds:
        _probe(work, model)
    result = _result(work, model, model, Pruned(model, None, judged.accuracy), judged)
    result = replace(result, train_s=history.elapsed_s, accuracy_baseline=judged.accuracy)
    if work.job.holds:
        work.emit(EventKind.TRAINED, _told(result))
        work.hold()
        _probe(work, model)  # now: whoever waited for the weights has not waited for this
    return replace(result, latency=_measure(work, model, model))


def _pruned(work: Work) -> RunResult:
    dense = _dense_network(work)
    work.enter(Stage.PRUNING)
    pruned = _removed(work, dense) if work.spec.method.is_removal else _zeroed(work, dense)
    judged = _evaluate(work, pruned.model)
    result = _result(work, dense, pruned.model, pruned, judged)
    baseline = work.job.baseline_result
    assert baseline is not None
    return replace(
        result,
        train_s=baseline.train_s,
        accuracy_baseline=baseline.accuracy,
        latency=_measure(work, dense, pruned.model),
    )


def _told(result: RunResult) -> dict[str, Any]:
    return {"result": json.loads(to_json(result))}


def _probe(work: Work, model: Any) -> None:
    """Send how each group of channels bears pruning, on the first test images."""
    part = work.data.first(1, PROBED_IMAGES)
    found = pruning.sensitivity(model, mnist.scaled(part.x_test), part.y_test, should_stop=work.should_stop)
    work.hand_over("sensitivity.json", to_json(found).encode())


def _dense_network(work: Work) -> Any:
    if not work.job.baseline_model or work.job.baseline_result is None:
        raise EngineError("the run came without its trained baseline; run method none first.")
    # The standard network is what runs are measured against: what is written here need not be exported again.
    is_reference = work.spec.conv is Convolution.STANDARD
    folder = work.folder / (REFERENCE if is_reference else "baseline")
    folder.mkdir()
    path = folder / exporting.KERAS_FILE
    path.write_bytes(base64.b64decode(work.job.baseline_model))
    if work.job.baseline_tflite:
        (folder / exporting.TFLITE_FILE).write_bytes(base64.b64decode(work.job.baseline_tflite))
    model = models.build(work.spec.architecture, work.spec.conv, seed=work.spec.seed)
    model.load_weights(path)  # weights only: a .keras file could bring code of its own
    return model


def _removed(work: Work, dense: Any) -> Pruned:
    """Remove channels, at once or in steps with an epoch of fine-tuning between, and fine-tune."""
    spec = work.spec
    spent: list[float] = []
    model, plans = prune(
        dense,
        ratios(spec.ratio, spec.schedule),
        lambda model, *_: spent.append(_fine_tune(work, model, dense, EPOCHS_BETWEEN)),
        criterion=spec.criterion or Criterion.L1,
        scope=spec.scope,
        cost=spec.cost,
        latency_of=pricing.p50_ms,
        data=_scored(work),
        round_to=spec.round_to,
        ignore=spec.ignore,
        seed=spec.seed,
    )
    for note in plans[-1].notes:
        work.warn(note)
    return _tuned(work, model, dense, sum(spent), plans[-1])


def _zeroed(work: Work, dense: Any) -> Pruned:
    """Set single weights to zero, at once or in steps, and fine-tune what is left."""
    spec = work.spec
    spent: list[float] = []
    model = prune_weights(
        dense,
        ratios(spec.ratio, spec.schedule),
        lambda model, *_: spent.append(_fine_tune(work, model, dense, EPOCHS_BETWEEN)),
        method=spec.method,
        scope=spec.scope,
        seed=spec.seed,
    )
    return _tuned(work, model, dense, sum(spent), None)


def _tuned(work: Work, model: Any, dense: Any, spent_s: float, plan: PruningPlan | None) -> Pruned:
    before = evaluate(model, work.data.x_test, work.data.y_test).accuracy
    seconds = spent_s + _fine_tune(work, model, dense, work.spec.finetune_epochs or 0)
    return Pruned(model, plan, before, seconds)


def _scored(work: Work) -> tuple[Any, Any]:
    part = work.data.first(SCORED_IMAGES, 1)
    return mnist.scaled(part.x_train), part.y_train


def _fine_tune(work: Work, model: Any, dense: Any, epochs: int) -> float:
    spec = work.spec
    if not epochs:
        return 0.0
    work.enter(Stage.FINE_TUNING)
    history = training.train(
        model,
        work.data,
        epochs=epochs,
        batch_size=spec.batch_size,
        seed=spec.seed,
        emit=work.emit,
        augment=spec.augment,
        teacher=dense if spec.distill else None,
        stage=Stage.FINE_TUNING,
        masks=masks_of(model),
        should_stop=work.should_stop,
        in_bfloat16=precision.pays(model),
    )
    return history.elapsed_s


def _evaluate(work: Work, model: Any) -> Evaluation:
    work.enter(Stage.EVALUATING)
    judged = evaluate(model, work.data.x_test, work.data.y_test)
    buffer = BytesIO()
    np.savez_compressed(
        buffer, predictions=judged.predictions, probabilities=judged.probabilities.astype(np.float16)
    )
    work.hand_over("predictions.npz", buffer.getvalue())
    return judged


def _result(work: Work, dense: Any, model: Any, pruned: Pruned, judged: Evaluation) -> RunResult:
    files = _export(work, model)
    kernels, zeros, parameters = pruning.count_weights(model)
    dense_kernels, _, dense_parameters = pruning.count_weights(dense)
    removed = 1 - (kernels - zeros) / dense_kernels
    achieved = pruned.plan.ratio_achieved if pruned.plan else removed
    return RunResult(
        ratio_achieved=0.0 if work.spec.is_baseline else achieved,
        weights_removed=0.0 if work.spec.is_baseline else removed,
        channels=_changes(dense, model, pruned.plan),
        parameters=parameters,
        parameters_baseline=dense_parameters,
        macs=pruning.macs(model),
        macs_baseline=pruning.macs(dense),
        accuracy=judged.accuracy,
        errors=judged.errors,
        num_test_images=judged.num_images,
        accuracy_baseline=judged.accuracy,
        accuracy_before_finetune=pruned.accuracy_before_finetune,
        train_s=0.0,
        finetune_s=pruned.finetune_s,
        size_bytes=files["tflite"].stat().st_size,
        size_gzip_bytes=exporting.gzip_size(files["tflite"]),
        confusion=judged.confusion,
    )


def _changes(dense: Any, model: Any, plan: PruningPlan | None) -> tuple[LayerChange, ...]:
    changes: tuple[LayerChange, ...] = pruning.changes(dense, model, plan)
    return changes


def _export(work: Work, model: Any) -> dict[str, Path]:
    work.enter(Stage.EXPORTING)
    files = exporting.export(model, work.folder / EXPORTS, ("keras", "tflite"), data=work.data)
    for path in files.values():
        work.hand_over(path.name, path.read_bytes())
    if work.spec.is_baseline:
        work.hand_over("structure.json", to_json(_prunable(work, model)).encode())
    return files


def _prunable(work: Work, model: Any) -> PrunableNetwork:
    """Return structure and scores, so that a preview of any ratio needs no network."""
    kinds = [Criterion.L1, Criterion.L2, Criterion.TAYLOR]
    if work.spec.architecture is Architecture.CONVNET:
        kinds.append(Criterion.BN)
    images = _scored(work)
    found = [pruning.scores(model, kind, images, seed=work.spec.seed) for kind in kinds]
    return PrunableNetwork(pruning.structure(model), tuple(found))


def _measure(work: Work, dense: Any, model: Any) -> tuple[LatencyRow, ...]:
    """Measure interleaved with the dense standard network; its times depend on shapes, not on training."""
    work.enter(Stage.MEASURING)
    spec = work.spec
    subject = exporting.prepare(model, work.folder / EXPORTS, RUNTIMES, name="this run", data=work.data)
    if spec.is_baseline and spec.conv is Convolution.STANDARD:
        rows = measurement.compare(
            [subject],
            baseline=0,
            runtimes=RUNTIMES,
            device=spec.device,
            effort=EFFORT,
            emit=work.emit,
            on_row=work.tell_row,
        )
        return rows[0]
    standard = dense
    if spec.conv is not Convolution.STANDARD:
        standard = models.build(spec.architecture, Convolution.STANDARD, seed=spec.seed)
    reference = exporting.prepare(
        standard, work.folder / REFERENCE, RUNTIMES, name="dense standard", data=work.data
    )
    return measurement.measure(
        subject,
        against=reference,
        runtimes=RUNTIMES,
        device=spec.device,
        effort=EFFORT,
        emit=work.emit,
        on_row=work.tell_row,
    )
