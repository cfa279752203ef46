"""Fills a home folder with made-up runs, for screenshots and load tests: python -m tests.made_up_home HOME N.

The records, predictions and histories are invented; nothing of this is ever shown by the product itself.
"""

import io
import random
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.learning.data import load
from core.records import RunRecord, Series, Source, Stage, TrainingEpoch, Window, to_json
from core.settings import Settings
from core.telemetry.trace import TRACE, to_parquet
from core.tracking import RESULT, Store
from tests.made_up import made_up_family, made_up_run, made_up_runs


def fill(home: Path, number: int) -> None:
    """Store a family of runs that belong together, then `number` of all kinds that have ended."""
    home.mkdir(parents=True, exist_ok=True)
    store = Store(Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}"))
    labels = load().y_test
    ids: dict[str, str] = {}
    for record in made_up_family():
        named = replace(record, baseline_id=ids.get(record.baseline_id, ""))
        ids[record.run_id] = _keep(store, named, labels)
    for record in made_up_runs(number):
        if record.status.is_finished:
            _keep(store, record, None)


def keep_network(home: Path, keras_file: Path, tflite_file: Path) -> str:
    """Store a run whose network and answers are real (their latency is made up) and return its id."""
    import keras

    from core.learning.evaluation import evaluate

    store = Store(Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}"))
    data = load()
    judged = evaluate(keras.saving.load_model(keras_file), data.x_test, data.y_test)
    record = made_up_run(name="tiny", errors=judged.errors, confusion=judged.confusion)
    made = store.create(record)
    buffer = io.BytesIO()
    probabilities = judged.probabilities.astype(np.float16)
    np.savez_compressed(buffer, predictions=judged.predictions, probabilities=probabilities)
    files = {
        "model.keras": keras_file.read_bytes(),
        "model.tflite": tflite_file.read_bytes(),
        "predictions.npz": buffer.getvalue(),
        **_files(record, None),
    }
    for name, content in files.items():
        store.put(made.run_id, name, content)
    store.save(replace(record, run_id=made.run_id, owner=made.owner, artifacts=tuple(files)))
    return made.run_id


def _keep(store: Store, record: RunRecord, labels: np.ndarray | None) -> str:
    made = store.create(record)
    files = _files(record, labels)
    for name, content in files.items():
        store.put(made.run_id, name, content)
    store.save(replace(record, run_id=made.run_id, owner=made.owner, artifacts=tuple(files)))
    return made.run_id


def _files(record: RunRecord, labels: np.ndarray | None) -> dict[str, bytes]:
    files = {"log.txt": b"made up\n"}
    if record.result:
        files[RESULT] = to_json(record.result).encode()
        files[TRACE] = trace_of(record)
    if record.result and labels is not None:
        files["history.json"] = to_json({"steps": (), "epochs": _epochs(record)}).encode()
        files["predictions.npz"] = _predictions(record, labels)
    return files


def trace_of(record: RunRecord) -> bytes:
    """Return readings over the whole run, a GPU that works harder while it trains among them."""
    t = np.arange(record.started_at or 0.0, record.ended_at or 0.0, 0.5)
    host = {"cpu_percent": 60 + 30 * np.sin(t / 5), "memory_used_bytes": np.full_like(t, 4e9)}
    gpu = {"utilization_percent": 50 + 40 * np.sin(t / 3), "power_w": 200 + 90 * np.sin(t / 3)}
    return to_parquet(
        Window(
            began=float(t[0]),
            ended=float(t[-1]),
            host=Source(key="host", label="Host", series=Series(t, host), limits={"memory_used_bytes": 8e9}),
            gpus=(
                Source(key="GPU-0", label="GPU 0 · made up", series=Series(t, gpu), index=0, uuid="GPU-0"),
            ),
        )
    )


def _epochs(record: RunRecord) -> tuple[TrainingEpoch, ...]:
    assert record.result
    stage = Stage.TRAINING if record.spec.is_baseline else Stage.FINE_TUNING
    return tuple(
        TrainingEpoch(
            t=record.created_at + n,
            stage=stage,
            epoch=n,
            epochs=2,
            loss=0.2 / n,
            accuracy=record.result.accuracy - 0.005 / n,
            val_accuracy=record.result.accuracy - 0.004 * (2 - n),
        )
        for n in (1, 2)
    )


def _predictions(record: RunRecord, labels: np.ndarray) -> bytes:
    """Return answers with as many errors as the record says; runs of a family share most of them."""
    assert record.result
    hard = np.random.default_rng(5).permutation(len(labels))
    own = random.Random(record.run_id)
    wrong = [int(i) for i in hard[: record.result.errors * 2]]
    own.shuffle(wrong)
    answers = labels.copy()
    chosen = sorted(wrong)[: record.result.errors // 2] + wrong[: record.result.errors // 2]
    answers[chosen] = (answers[chosen] + 1 + np.array(chosen) % 8) % 10
    probabilities = np.full((len(labels), 10), 0.01, np.float16)
    probabilities[np.arange(len(labels)), answers] = 0.91
    buffer = io.BytesIO()
    np.savez_compressed(buffer, predictions=answers, probabilities=probabilities)
    return buffer.getvalue()


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]))
