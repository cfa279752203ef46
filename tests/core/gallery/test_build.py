import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import crossings
from core.errors import EngineError
from core.gallery import Gallery, build
from core.records import (
    Architecture,
    Crossing,
    Method,
    Origin,
    RunRecord,
    RunSpec,
    Runtime,
    Status,
    StudyProgress,
)
from core.settings import settings
from tests.made_up import made_up_run


class Kitchen:
    """Stands in for the engine: what is submitted is done at once, or fails with `reason`."""

    def __init__(self, folder: Path, size: int = 10, reason: str = "") -> None:
        self.folder, self.size, self.reason = folder, size, reason
        self.made: list[RunRecord] = []
        self.asked: list[StudyProgress] = []
        self.settings = replace(settings(), home=folder)

    def study(self, run_id: str) -> None:
        self.asked.append(StudyProgress(run_id=run_id, state="finished"))
        self.made = [replace(run, artifacts=build.KEPT) if run.run_id == run_id else run for run in self.made]

    def studies(self) -> tuple[StudyProgress, ...]:
        return tuple(self.asked)

    def runs(self) -> tuple[RunRecord, ...]:
        return tuple(self.made)

    def submit_sweep(self, specs: Sequence[RunSpec], name: str) -> str:
        for spec in specs:
            made = replace(made_up_run(f"id{len(self.made)}"), spec=spec, owner="me", artifacts=MADE)
            if self.reason:
                made = replace(made, status=Status.FAILED, reason=self.reason, result=None)
            self.made.append(made)
        return name

    def artifact(self, run_id: str, name: str) -> Path:
        path = self.folder / run_id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answers() if name.endswith(".npz") else np.random.default_rng(0).bytes(self.size))
        return path


def answers() -> bytes:
    file = io.BytesIO()
    np.savez(file, predictions=np.uint8([7]), probabilities=np.float16([[0.123456, 0.876543]]))
    return file.getvalue()


def record(kitchen: Kitchen, folder: Path, wanted: Sequence[RunSpec]) -> int:
    return build.record(kitchen, folder, wanted, lambda _: None)  # type: ignore[arg-type]


MADE = tuple(name for name in build.KEPT if name != build.STUDY)
WANTED = build.specs()[:3]


def test_the_gallery_has_enough_runs_of_every_kind() -> None:
    specs = build.specs()
    assert len(specs) >= 24
    assert len({build.name_of(spec) for spec in specs}) == len(specs)
    assert {(s.architecture, s.conv) for s in specs} == {
        (s.architecture, s.conv) for s in specs if s.is_baseline
    }
    ratios = {s.ratio for s in specs if s.method is Method.STRUCTURED}
    assert min(ratios) == 0.25
    assert max(ratios) == 0.95
    assert {s.baseline() for s in specs} == {s for s in specs if s.is_baseline}


def test_what_was_recorded_is_what_a_visitor_reads(tmp_path: Path) -> None:
    size = record(Kitchen(tmp_path / "work"), tmp_path / "gallery", WANTED)
    gallery = Gallery(tmp_path / "gallery")
    assert {run.spec for run in gallery.runs()} == set(WANTED)
    assert size == sum(p.stat().st_size for p in (tmp_path / "gallery").rglob("*") if p.is_file())
    run = gallery.run("recorded-lenet5-standard-structured-0.25")
    assert run is not None
    assert (run.origin, run.owner, run.recorded_on.split(",")[0]) == (Origin.RECORDED, "", "Made-up CPU")
    assert run.baseline_id == "recorded-lenet5-standard-dense"
    assert len(gallery.artifact(run.run_id, "model.tflite")) == 10
    with np.load(io.BytesIO(gallery.artifact(run.run_id, "predictions.npz"))) as archive:
        assert np.allclose(archive["probabilities"], [[0.12, 0.88]], atol=1e-3)


def test_recording_again_runs_only_what_is_missing_and_replaces_the_rest(tmp_path: Path) -> None:
    kitchen = Kitchen(tmp_path / "work")
    record(kitchen, tmp_path / "gallery", WANTED)
    record(kitchen, tmp_path / "gallery", WANTED[:2])
    assert len(kitchen.made) == len(WANTED)
    assert len(Gallery(tmp_path / "gallery").runs()) == 2


@pytest.mark.parametrize(
    ("kitchen", "said"),
    [({"reason": "out of memory"}, "out of memory"), ({"size": 6_000_000}, "would take .* drop runs")],
)
def test_a_gallery_that_fails_leaves_the_old_one(tmp_path: Path, kitchen: dict, said: str) -> None:
    record(Kitchen(tmp_path / "work"), tmp_path / "gallery", WANTED[:1])
    with pytest.raises(EngineError, match=said):
        record(Kitchen(tmp_path / "again", **kitchen), tmp_path / "gallery", WANTED)
    assert len(Gallery(tmp_path / "gallery").runs()) == 1


def test_the_latency_of_some_runs_is_looked_at_closely_once(tmp_path: Path) -> None:
    kitchen = Kitchen(tmp_path / "work")
    for _ in range(2):
        record(kitchen, tmp_path / "gallery", build.specs())
    assert len(kitchen.asked) == len(build.studied()) >= 4
    with_study = {run.spec for run in Gallery(tmp_path / "gallery").runs() if build.STUDY in run.artifacts}
    assert with_study == set(build.studied())


def test_a_measured_cross_over_comes_along(tmp_path: Path) -> None:
    crossing = Crossing(architecture=Architecture.LENET5, runtime=Runtime.LITERT_FP32)
    crossings.save(crossing, tmp_path / "work")
    record(Kitchen(tmp_path / "work"), tmp_path / "gallery", WANTED)
    (found,) = Gallery(tmp_path / "gallery").crossings()
    assert found == replace(crossing, origin=Origin.RECORDED)
