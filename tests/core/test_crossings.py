from dataclasses import replace
from pathlib import Path

import pytest

from core.crossings import load, path_of, save
from core.gallery import RECORD, Gallery
from core.records import Architecture, Crossing, CrossingPoint, Origin, Runtime, to_json
from tests.made_up import made_up_run

POINT = CrossingPoint(conv="standard", ratio=0.5, batch=1, p50_ms=0.2, low_ms=0.19, high_ms=0.21, macs=7)
FOUND = Crossing(architecture=Architecture.LENET5, runtime=Runtime.LITERT_FP32, points=(POINT,))


def test_what_is_kept_is_read_back_as_of_where_it_lies(tmp_path: Path) -> None:
    path = save(FOUND, tmp_path / "new")
    assert path.name == "crossing-lenet5.json"
    assert load(path.parent, Origin.OWN) == (FOUND,)
    assert load(path.parent, Origin.RECORDED) == (replace(FOUND, origin=Origin.RECORDED),)


def test_a_newer_one_takes_the_place_of_the_older(tmp_path: Path) -> None:
    save(FOUND, tmp_path)
    save(replace(FOUND, points=()), tmp_path)
    assert [each.points for each in load(tmp_path, Origin.OWN)] == [()]
    assert len(list(tmp_path.iterdir())) == 1


def test_an_unreadable_file_is_left_out_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save(FOUND, tmp_path)
    path_of(tmp_path, Architecture.CONVNET).write_text("{")
    assert load(tmp_path, Origin.OWN) == (FOUND,)
    assert "crossing-convnet.json" in caplog.text
    assert load(tmp_path / "nowhere", Origin.OWN) == ()


def test_a_gallery_carries_them_beside_its_runs(tmp_path: Path) -> None:
    run = made_up_run("recorded-x", origin=Origin.RECORDED)
    (tmp_path / run.run_id).mkdir()
    (tmp_path / run.run_id / RECORD).write_text(to_json(run))
    save(FOUND, tmp_path)
    gallery = Gallery(tmp_path)
    assert [each.run_id for each in gallery.runs()] == ["recorded-x"]
    assert gallery.crossings() == (replace(FOUND, origin=Origin.RECORDED),)
