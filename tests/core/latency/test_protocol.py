import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import MeasurementError
from core.latency import cores, energy, gpu, group, protocol
from core.latency.measurement import compare, measure
from core.latency.protocol import Effort, Request
from core.latency.subject import Subject
from core.records import Caveat, EventKind, LatencyRow, Runtime
from core.telemetry.refusal import Refusal

FP32 = (Runtime.LITERT_FP32,)


def outcome_of(subjects: list[Subject], short: Effort, **more: Any) -> protocol.Outcome:
    return next(iter(protocol.outcomes(subjects, Request(runtimes=FP32, effort=short, **more))))


@pytest.fixture(scope="module")
def row(prepared: Subject, lenet_files: tuple[Path, Path], short: Effort) -> LatencyRow:
    dense = Subject("dense", {Runtime.LITERT_FP32: lenet_files[0]})
    (found,) = measure(prepared, against=dense, runtimes=FP32, effort=short)
    return found


def test_a_row_has_every_figure_in_order(row: LatencyRow) -> None:
    assert row.error is None
    assert 0 < row.p50_low_ms <= row.p50_ms <= row.p50_high_ms  # type: ignore[operator]
    assert row.p50_ms <= row.p90_ms <= row.p99_ms  # type: ignore[operator]
    assert row.speedup_low <= row.speedup <= row.speedup_high  # type: ignore[operator]
    assert (row.model, row.against, row.processes, row.queries) == ("tiny", "dense", 2, 80)
    assert len(row.process_p50_ms) == 2
    assert row.warmup_queries > 0
    assert row.images_per_s == pytest.approx(1000 / row.p50_ms)  # type: ignore[operator]


def test_a_row_says_how_the_network_answers_and_what_it_takes(row: LatencyRow) -> None:
    assert row.agreement == 1.0
    assert row.max_difference is not None
    assert row.max_difference < 1e-4
    assert row.accuracy is not None
    assert row.accuracy > 0.9
    assert row.peak_memory_bytes is not None
    assert 20e6 < row.peak_memory_bytes < 200e6
    assert row.size_bytes is not None
    assert row.size_gzip_bytes is not None
    assert 0 < row.size_gzip_bytes <= row.size_bytes


def test_a_row_carries_its_conditions_and_is_marked_quick(row: LatencyRow) -> None:
    conditions = row.conditions
    assert conditions is not None
    assert conditions.cpu
    assert conditions.pinned_core in os.sched_getaffinity(0)
    assert conditions.overhead_us is not None
    assert 0 < conditions.overhead_us < 50
    assert conditions.core_shared is not None
    assert conditions.versions is not None
    assert "ai-edge-litert" in conditions.versions
    assert Caveat.QUICK in row.warnings


def test_where_a_gpu_is_asked_for_litert_is_measured_on_the_cpu_and_says_so(
    prepared: Subject, short: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu.nvml, "start", lambda: Refusal(12, "no NVIDIA driver is installed"))
    asked = (Runtime.LITERT_FP32, Runtime.TF_FUNCTION)
    litert, tensorflow = measure(prepared, runtimes=asked, device="gpu:0", effort=short)
    assert (litert.device, litert.error) == ("cpu", None)
    assert litert.p50_ms is not None
    assert tensorflow.device == "gpu:0"
    assert tensorflow.error == "gpu:0 cannot be measured: no NVIDIA driver is installed."


def test_blocks_of_all_networks_are_kept_apart_by_process(prepared: Subject, short: Effort) -> None:
    found = outcome_of([prepared, replace(prepared, name="copy")], short)
    assert found.series is not None
    shapes = [[[len(block) for block in process] for process in series.samples] for series in found.series]
    assert shapes == [[[10] * 4] * 2] * 2


def test_another_network_comes_first_in_each_process_so_that_both_have_a_peak(
    prepared: Subject, short: Effort
) -> None:
    found = outcome_of([prepared, replace(prepared, name="copy")], short)
    assert set(found.peak_memory_bytes) == {0, 1}


def test_a_child_that_is_killed_midway_is_an_error_row(
    prepared: Subject, short: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = group.Group.measure

    def killed(self: group.Group, turn: int, task: dict[str, Any]) -> dict[str, Any]:
        pid = self.servers[turn].pid
        assert pid
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        return asked(self, turn, task)

    monkeypatch.setattr(group.Group, "measure", killed)
    (row,) = measure(prepared, runtimes=FP32, effort=replace(short, min_s=30.0))
    assert row.p50_ms is None
    assert row.error == "the measuring process was ended by signal 9."


def test_a_network_that_answers_otherwise_is_an_error_and_no_number(
    prepared: Subject, lenet_files: tuple[Path, Path], short: Effort
) -> None:
    impostor = replace(prepared, name="impostor", files={FP32[0]: lenet_files[0]})
    (row,) = measure(impostor, runtimes=FP32, effort=short)
    assert row.p50_ms is None
    assert row.warnings == (Caveat.DISAGREES,)
    assert row.error is not None
    assert "impostor on litert-fp32 agrees with Keras on" in row.error


def test_a_broken_file_is_an_error_row_and_the_next_runtime_is_measured(
    prepared: Subject, tmp_path: Path, short: Effort
) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no flatbuffer" * 100)
    files = {Runtime.LITERT_FP32: broken, Runtime.LITERT_FP16: prepared.files[Runtime.LITERT_FP16]}
    bad, good = measure(replace(prepared, files=files), runtimes=list(files), effort=short)
    assert bad.error is not None
    assert "broken.tflite cannot be loaded" in bad.error
    assert good.error is None


def test_another_input_shape_is_refused_with_both_shapes(
    prepared: Subject, tmp_path: Path, short: Effort
) -> None:
    import keras

    from core.latency.export import export

    image = keras.Input((14, 14, 1))
    other = keras.Model(image, keras.layers.Dense(10)(keras.layers.Flatten()(image)))
    path = export(other, tmp_path, ("tflite",))["tflite"]
    (row,) = measure(prepared.files[FP32[0]], against=path, effort=short)
    assert row.error is not None
    assert "(14, 14, 1)" in row.error
    assert "(28, 28, 1)" in row.error


def test_a_file_with_its_own_input_is_measured_on_random_numbers(tmp_path: Path, short: Effort) -> None:
    import keras

    from core.latency.export import export

    image = keras.Input((6,))
    path = export(keras.Model(image, keras.layers.Dense(2)(image)), tmp_path, ("tflite",))["tflite"]
    (row,) = measure(path, effort=short)
    assert row.error is None
    assert row.agreement is None


def test_batches_are_rows_and_more_images_take_longer(lenet_files: tuple[Path, Path], short: Effort) -> None:
    rows = measure(lenet_files[0], batches=(1, 32), effort=short)
    assert [row.batch for row in rows] == [1, 32]
    assert rows[1].p50_ms > rows[0].p50_ms  # type: ignore[operator]


def test_a_far_smaller_network_is_faster_and_its_interval_says_so(
    lenet_files: tuple[Path, Path], short: Effort
) -> None:
    dense, small = lenet_files
    (row,) = measure(small, against=dense, effort=short)
    assert row.speedup_low <= row.speedup <= row.speedup_high  # type: ignore[operator]
    assert row.speedup_high > 1  # type: ignore[operator]


@pytest.mark.slow
def test_runtimes_of_tensorflow_share_its_import_and_no_process(
    prepared: Subject, short: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int | None]] = []
    asked = group.Group.measure

    def noted(self: group.Group, turn: int, task: dict[str, Any]) -> dict[str, Any]:
        seen.append((id(self.servers[turn]), self.servers[turn].pid))
        return asked(self, turn, task)

    monkeypatch.setattr(group.Group, "measure", noted)
    wanted = (Runtime.KERAS_CALL, Runtime.TF_FUNCTION, Runtime.TF_XLA)
    rows = measure(prepared, runtimes=wanted, effort=replace(short, processes=1))
    assert [row.error for row in rows] == [None] * 3
    assert [row.agreement for row in rows] == [1.0] * 3
    servers, pids = zip(*seen, strict=True)
    assert (len(set(servers)), len(set(pids))) == (1, 3)


@pytest.mark.slow
def test_tensorflow_is_measured_in_children_of_its_own(prepared: Subject, short: Effort) -> None:
    events: list[tuple[EventKind, dict[str, Any]]] = []
    rows: list[LatencyRow] = []
    measure(
        prepared,
        runtimes=["tf-function"],
        effort=replace(short, processes=1),
        emit=lambda kind, data: events.append((kind, data)),
        on_row=rows.append,
    )
    assert rows[0].error is None
    assert rows[0].agreement == 1.0
    assert [(kind, data["done"], data["total"]) for kind, data in events] == [(EventKind.STEP, 1, 1)]


@pytest.mark.parametrize(
    ("request_of", "said"),
    [
        ({"runtimes": ["warp"]}, r"'warp'; allowed: keras-predict"),
        ({"batches": (0,)}, r"batch is 0; allowed"),
        ({"batches": (True,)}, r"batch is True"),
        ({"threads": 0}, r"threads is 0; allowed here"),
        ({"threads": 4096}, r"threads is 4096"),
        ({"device": "tpu"}, r"device is 'tpu'; allowed: cpu"),
        ({"processes": 0}, r"processes is 0; allowed: 1 to 50"),
    ],
)
def test_a_request_that_makes_no_sense_starts_nothing(
    request_of: dict[str, Any], said: str, lenet_files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group.Server, "__init__", lambda *_: pytest.fail("a child was started"))
    with pytest.raises(MeasurementError, match=said):
        measure(lenet_files[0], **request_of)


def test_a_runtime_that_cannot_load_the_file_says_which_can(
    lenet_files: tuple[Path, Path], short: Effort
) -> None:
    (row,) = measure(lenet_files[0], runtimes=["tf-function"], effort=short)
    assert row.error == "model.tflite has no file for tf-function; it can run on: litert-fp32."


def test_other_files_than_networks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no network")
    with pytest.raises(
        MeasurementError, match=r"notes.txt is no network file; allowed: .keras, .tflite, .onnx"
    ):
        measure(path)


def test_energy_is_counted_over_a_loop_where_there_is_a_counter(
    prepared: Subject, short: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(energy, "LOOP_S", 0.2)
    monkeypatch.setattr(energy, "counter", lambda _: time.monotonic)  # one watt, whatever happens
    (row,) = measure(prepared, runtimes=FP32, effort=replace(short, is_quick=False))
    assert row.energy_j_per_1000 is not None
    assert row.p50_ms is not None
    assert row.energy_j_per_1000 >= 0.5 * row.p50_ms  # a mean: load only raises it


def test_two_measurements_never_overlap(prepared: Subject, short: Effort) -> None:
    def run() -> None:
        for _ in protocol.outcomes([prepared], Request(runtimes=FP32, effort=short), on_round=began.set):
            pass

    began = threading.Event()
    with cores.held():
        thread = threading.Thread(target=run)
        thread.start()
        assert not began.wait(0.5)
    thread.join(60)
    assert began.is_set()


def test_several_networks_are_compared_at_once(
    prepared: Subject, lenet_files: tuple[Path, Path], short: Effort
) -> None:
    subjects = [prepared, *(Subject(path.parent.name, {FP32[0]: path}) for path in lenet_files)]
    rows = compare(subjects, baseline=1, runtimes=FP32, effort=short)
    assert [each[0].model for each in rows] == ["tiny", "dense", "small"]
    assert rows[1][0].speedup == 1.0
    assert np.isfinite([each[0].speedup for each in rows]).all()
