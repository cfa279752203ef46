"""The story of a run on 6,000 digits: everything is real but shorter."""

import base64
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import pipeline
from core.errors import Cancelled, EngineError
from core.latency.protocol import QUICK
from core.records import (
    EventKind,
    Job,
    LatencyRow,
    PrunableNetwork,
    RunResult,
    RunSpec,
    Runtime,
    SensitivityRecord,
    Stage,
    from_dict,
    from_json,
)


class Told:
    """Collects what a pipeline emits."""

    def __init__(self) -> None:
        self.events: list[tuple[EventKind, dict[str, Any]]] = []
        self.held_after: list[int] = []
        self.lay_ready: dict[str, set[str]] = {}
        """By network to be measured: the exported files that were there already."""

    def hold(self) -> None:
        self.held_after.append(len(self.events))

    def __call__(self, kind: EventKind, data: dict[str, Any]) -> None:
        self.events.append((kind, data))

    def of(self, kind: EventKind) -> list[dict[str, Any]]:
        return [data for found, data in self.events if found is kind]

    @property
    def files(self) -> dict[str, bytes]:
        return {data["name"]: base64.b64decode(data["base64"]) for data in self.of(EventKind.ARTIFACT)}

    @property
    def result(self) -> RunResult:
        (data,) = self.of(EventKind.RESULT)
        return from_dict(RunResult, data["result"])

    @property
    def stages(self) -> list[Stage]:
        return [data["stage"] for data in self.of(EventKind.STAGE)]


@pytest.fixture(scope="module")
def told_of(few_digits: Any) -> Any:
    """Do a run on few digits, measured quickly, and return what it told."""
    patch = pytest.MonkeyPatch()
    part = few_digits.first(6_000, 1_000)
    patch.setattr(pipeline.mnist, "loaded", lambda: part)
    effort = replace(QUICK, blocks=4, min_queries=64, min_s=0.05, warmup_s=0.2)
    patch.setattr(pipeline, "EFFORT", effort)
    patch.setattr(pipeline, "RUNTIMES", (Runtime.LITERT_FP32,))
    patch.setattr(pipeline, "PROBED_IMAGES", 500)

    prepare = pipeline.exporting.prepare

    def do(spec: RunSpec, dense: Told | None = None) -> Told:
        told = Told()

        def noticed(model: Any, folder: Path, *given: Any, name: str, **more: Any) -> Any:
            told.lay_ready[name] = {path.name for path in folder.glob("*")}
            return prepare(model, folder, *given, name=name, **more)

        patch.setattr(pipeline.exporting, "prepare", noticed)
        given: dict[str, Any] = {}
        if dense is not None:
            model, exported = (
                base64.b64encode(dense.files[f"model.{kind}"]).decode() for kind in ("keras", "tflite")
            )
            given = {"baseline_model": model, "baseline_tflite": exported, "baseline_result": dense.result}
        pipeline.run(Job(run_id="r", spec=spec, holds=dense is None, **given), told, hold=told.hold)
        return told

    yield do
    patch.undo()


SPEC = RunSpec(epochs=1, finetune_epochs=1, augment=False)


@pytest.fixture(scope="module")
def dense(told_of: Any) -> Told:
    return told_of(SPEC.baseline())


@pytest.fixture(scope="module")
def halved(told_of: Any, dense: Told) -> Told:
    return told_of(SPEC, dense)


def network(told: Told, folder: Path) -> Any:
    import keras

    path = folder / "model.keras"
    path.write_bytes(told.files["model.keras"])
    return keras.models.load_model(path, compile=False)


def test_a_dense_run_trains_and_leaves_what_later_runs_and_previews_need(dense: Told) -> None:
    assert dense.stages == [Stage.TRAINING, Stage.EVALUATING, Stage.EXPORTING, Stage.MEASURING]
    assert set(dense.files) == {
        *("predictions.npz", "model.keras", "model.tflite", "structure.json", "sensitivity.json")
    }
    result = dense.result
    assert result.parameters == result.parameters_baseline == 431_080
    assert result.accuracy == result.accuracy_baseline > 0.9
    assert (result.ratio_achieved, result.weights_removed) == (0.0, 0.0)
    assert [row.speedup for row in result.latency] == [1.0]
    stored = from_json(PrunableNetwork, dense.files["structure.json"])
    assert {scores.criterion for scores in stored.scores} == {"l1", "l2", "taylor"}
    assert from_json(SensitivityRecord, dense.files["sensitivity.json"]).num_images == 500


def test_a_structured_run_leaves_a_smaller_network_that_is_faster(halved: Told, tmp_path: Path) -> None:
    assert halved.stages == [
        *(Stage.PRUNING, Stage.FINE_TUNING, Stage.EVALUATING, Stage.EXPORTING, Stage.MEASURING)
    ]
    result = halved.result
    model = network(halved, tmp_path)
    assert model.count_params() == result.parameters == 109_295
    assert {c.layer: (c.before, c.after) for c in result.channels}["dense1"] == (500, 250)
    assert result.ratio_achieved == pytest.approx(0.5)
    assert result.macs < result.macs_baseline / 2
    (row,) = result.latency
    assert row.runtime is Runtime.LITERT_FP32
    assert row.speedup > 1.5
    assert row.speedup_low <= row.speedup <= row.speedup_high
    assert result.size_bytes == len(halved.files["model.tflite"])
    assert 0 < result.size_gzip_bytes < result.size_bytes


def test_figures_in_the_result_are_those_of_the_predictions(halved: Told, few_digits: Any) -> None:
    with np.load(BytesIO(halved.files["predictions.npz"])) as stored:
        predictions, probabilities = stored["predictions"], stored["probabilities"]
    result = halved.result
    assert result.errors == int((predictions != few_digits.y_test).sum())
    assert result.accuracy == pytest.approx(1 - result.errors / result.num_test_images)
    assert probabilities.shape == (1000, 10)
    assert sum(map(sum, result.confusion)) == 1000


def test_the_accuracy_before_fine_tuning_is_that_of_the_pruned_network(halved: Told) -> None:
    assert halved.result.accuracy_before_finetune < halved.result.accuracy
    assert halved.result.accuracy_baseline > halved.result.accuracy_before_finetune


@pytest.mark.parametrize("method", ["magnitude"])
def test_zeroed_weights_stay_zero_and_are_counted_from_the_tensors(
    told_of: Any, dense: Told, tmp_path: Path, method: str
) -> None:
    told = told_of(SPEC.edited(method=method, ratio=0.8, scope="global"), dense)
    kernels = [w.numpy() for w in network(told, tmp_path).weights if w.name == "kernel"]
    zeros = sum(int((kernel == 0).sum()) for kernel in kernels) / sum(kernel.size for kernel in kernels)
    assert told.result.weights_removed == pytest.approx(zeros)
    assert told.result.ratio_achieved == pytest.approx(0.8, abs=1e-3)
    assert told.result.parameters == told.result.parameters_baseline
    assert sum(row.zeros for row in told.result.channels) > 0


def test_pruning_in_steps_reaches_the_same_ratio(told_of: Any, dense: Told) -> None:
    told = told_of(SPEC.edited(schedule="iterative", ratio=0.6), dense)
    assert told.result.ratio_achieved == pytest.approx(0.6, abs=0.02)
    assert told.stages.count(Stage.FINE_TUNING) >= 2


def test_a_separable_run_is_compared_with_the_dense_standard_network(told_of: Any) -> None:
    spec = SPEC.edited(conv="separable")
    dense = told_of(spec.baseline())
    assert dense.result.parameters == 407_600
    assert all(row.speedup != 1.0 for row in dense.result.latency)
    assert {row.against for row in dense.result.latency} == {"dense standard"}
    assert dense.lay_ready["dense standard"] == set()


def test_a_run_is_compared_with_its_baseline_as_that_was_exported(halved: Told) -> None:
    assert halved.lay_ready["dense standard"] == {"model.keras", "model.tflite"}


def test_distillation_and_a_global_scope_by_gradients_work_together(told_of: Any, dense: Told) -> None:
    told = told_of(SPEC.edited(distill=True, criterion="taylor", scope="global"), dense)
    assert told.result.accuracy > 0.85
    assert told.result.parameters < told.result.parameters_baseline


def test_a_dense_run_that_holds_tells_what_others_need_before_it_waits(dense: Told, halved: Told) -> None:
    (held,) = dense.held_after
    kind, data = dense.events[held - 1]
    assert kind is EventKind.TRAINED
    assert replace(from_dict(RunResult, data["result"]), total_s=0.0) == replace(
        dense.result, total_s=0.0, latency=()
    )
    (probed, told), measuring = dense.events[held : held + 2]
    assert (probed, told["name"]) == (EventKind.ARTIFACT, "sensitivity.json")
    assert measuring == (EventKind.STAGE, {"stage": Stage.MEASURING})
    assert halved.held_after == []


def test_a_latency_is_told_as_soon_as_it_is_known(halved: Told) -> None:
    (row,) = halved.result.latency
    (told,) = halved.of(EventKind.LATENCY)
    assert from_dict(LatencyRow, told["row"]) == row


def test_a_cost_budget_is_kept(told_of: Any, dense: Told) -> None:
    told = told_of(SPEC.edited(scope="lagrangian", criterion="taylor", ratio=0.7, finetune_epochs=0), dense)
    assert told.result.macs == pytest.approx(0.3 * told.result.macs_baseline, rel=0.15)
    assert Stage.FINE_TUNING not in told.stages


def test_a_run_that_is_told_to_stop_stops_within_a_batch(few_digits: Any, told_of: Any) -> None:
    told = Told()

    def after_three_steps() -> bool:
        return len(told.of(EventKind.STEP)) >= 3

    with pytest.raises(Cancelled):
        pipeline.run(Job(run_id="r", spec=SPEC.baseline()), told, after_three_steps)
    assert told.of(EventKind.RESULT) == []


def test_a_pruned_run_without_its_baseline_is_refused(told_of: Any) -> None:
    with pytest.raises(EngineError, match="without its trained baseline"):
        told_of(SPEC)


def test_everything_that_is_told_fits_into_lines_of_json(halved: Told) -> None:
    for kind, data in halved.events:
        assert json.loads(json.dumps({"kind": kind, **data}))["kind"] == kind.value
