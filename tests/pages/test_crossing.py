from dataclasses import replace

import pytest

from core.records import (
    Architecture,
    Caveat,
    Conditions,
    Convolution,
    Crossing,
    CrossingPoint,
    Origin,
    Runtime,
    StudyProgress,
)
from tests.made_up import made_up_family, made_up_run
from tests.pages.looking import opened, said
from ui import resources


def crossing(origin: Origin, late: float) -> Crossing:
    points = tuple(
        CrossingPoint(conv=conv, ratio=ratio, batch=batch, p50_ms=ms, low_ms=0.95 * ms, high_ms=1.05 * ms)
        for conv, times in ((Convolution.STANDARD, (4.0, 1.0)), (Convolution.SEPARABLE, (2.0, late)))
        for ratio, ms in zip((0.0, 0.5), times, strict=True)
        for batch in (1, 32)
    )
    return Crossing(
        architecture=Architecture.LENET5,
        runtime=Runtime.LITERT_FP32,
        points=points,
        warnings=(Caveat.QUICK,),
        conditions=Conditions(cpu="Made-up CPU", measured_at="2026-11-24T14:00:00+00:00"),
        origin=origin,
    )


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Crossing]:
    found: list[Crossing] = []
    monkeypatch.setattr(resources, "crossings", lambda: tuple(found))
    return found


def test_the_map_says_where_standard_and_separable_cross_and_under_which_conditions(runs, measured):
    runs += made_up_family()
    measured.append(crossing(Origin.RECORDED, 2.0))
    text = said(opened(view="map"))
    assert "batch 1: Cross-over at 25 % of the channels removed: separable is faster before it" in text
    assert "batch 32: Cross-over" in text
    assert "2026-11-24 14:00 UTC" in text
    assert ":violet-badge[recorded]" in text
    assert "quick" in text


def test_own_and_recorded_cross_overs_are_told_apart_and_the_own_one_comes_first(runs, measured):
    runs += made_up_family()
    measured += [crossing(Origin.OWN, 0.5), crossing(Origin.RECORDED, 2.0)]
    at = opened(view="map")
    assert "No cross-over: separable is faster at every ratio" in said(at)
    at.segmented_control(key="crossing-origin").set_value("recorded").run()
    assert "Cross-over at 25 %" in said(at)
    assert at.query_params["crossing-origin"] == "recorded"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[StudyProgress]:
    found: list[StudyProgress] = []

    def study_crossing(architecture: Architecture, *, quick: bool = False) -> None:
        line = f"measuring them in turns, quick {quick}"
        found.append(StudyProgress(crossing=architecture, state="running", lines=(line,)))

    def cancel_study(key: str) -> None:
        found[:] = [replace(each, state="failed", reason="cancelled") for each in found if each.key == key]

    engine = resources.engine()
    monkeypatch.setattr(engine, "studies", lambda: tuple(found))
    monkeypatch.setattr(engine, "study_crossing", study_crossing)
    monkeypatch.setattr(engine, "cancel_study", cancel_study)
    return found


def test_whoever_may_change_runs_has_one_measured_and_follows_it(runs, measured, asked):
    runs += made_up_family()
    at = opened(view="map")
    assert "Nobody has measured it for this network yet." in said(at)
    at.button(key="study-quick").click().run()
    assert asked[0].crossing is Architecture.LENET5
    assert at.code[0].value == "measuring them in turns, quick True"
    asked[0] = replace(asked[0], state="finished")
    measured.append(crossing(Origin.OWN, 2.0))
    at.run()
    assert not at.status
    assert "Cross-over at 25 %" in said(at)


def test_every_network_with_convolutions_can_be_measured_also_without_a_run(runs, measured, asked):
    runs += made_up_family()
    at = opened(view="map", map_architecture="convnet")
    at.button(key="study-full").click().run()
    assert asked[0].crossing is Architecture.CONVNET


def test_a_measurement_can_be_stopped_and_that_is_no_error(runs, measured, asked):
    runs += made_up_family()
    at = opened(view="map")
    at.button(key="study-full").click().run()
    at.button(key="study-stop").click().run()
    assert "It was cancelled." in said(at)
    assert not at.error


def test_who_only_looks_cannot_have_one_measured(runs, measured, asked, monkeypatch):
    runs += made_up_family()
    at = opened(view="map")
    monkeypatch.setattr(resources.engine(), "read_only", "another server owns the runs.")
    at.button(key="study-full").click().run()
    assert asked == []
    assert at.button(key="study-full").disabled


def test_a_network_without_convolutions_has_none(runs, measured):
    runs.append(made_up_run("mlp", architecture="mlp1000", ratio=0.5))
    assert "nothing crosses" in said(opened(view="map"))
