import gzip
from pathlib import Path

import pytest

from core.errors import StoreError
from core.gallery import Gallery
from core.records import Origin, RunRecord, to_json
from tests.made_up import made_up_run


def put(folder: Path, record: RunRecord, files: dict[str, bytes]) -> None:
    (folder / record.run_id).mkdir(parents=True)
    (folder / record.run_id / "run.json").write_text(to_json(record))
    for name, content in files.items():
        (folder / record.run_id / name).write_bytes(content)


def recorded(name: str, **changes: object) -> RunRecord:
    made = {"origin": Origin.RECORDED, "recorded_on": "A CPU", "artifacts": ("model.tflite",), **changes}
    return made_up_run(name, **made)


def test_runs_and_files_come_back_as_they_were_recorded(tmp_path: Path) -> None:
    put(tmp_path, recorded("plain"), {"model.tflite": b"as it is"})
    put(tmp_path, recorded("small"), {"model.tflite.gz": gzip.compress(b"packed")})
    gallery = Gallery(tmp_path)
    assert [run.run_id for run in gallery.runs()] == ["plain", "small"]
    assert gallery.run("plain") == recorded("plain")
    assert gallery.artifact("plain", "model.tflite") == b"as it is"
    assert gallery.artifact("small", "model.tflite") == b"packed"


def test_an_artifact_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, recorded("plain"), {"model.tflite": b""})
    gallery = Gallery(tmp_path)
    with pytest.raises(StoreError, match=r"has no model.keras; it has model.tflite"):
        gallery.artifact("plain", "model.keras")
    with pytest.raises(StoreError, match=r"has no ../plain/run.json"):
        gallery.artifact("plain", "../plain/run.json")
    with pytest.raises(StoreError, match="it has nothing"):
        gallery.artifact("nobody", "model.tflite")


def test_what_is_no_recorded_run_of_its_folder_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, recorded("good"), {})
    put(tmp_path, made_up_run("own"), {})
    put(tmp_path, recorded("moved"), {})
    (tmp_path / "moved").rename(tmp_path / "elsewhere")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    assert [run.run_id for run in Gallery(tmp_path).runs()] == ["good"]
    assert len(caplog.records) == 3


def test_without_a_folder_there_are_no_runs(tmp_path: Path) -> None:
    assert Gallery(tmp_path / "nowhere").runs() == ()
