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
    assert "batch 1: Cross-over at 25% of the channels removed: separable is faster before it" in text
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
    assert "Cross-over at 25%" in said(at)
    assert at.query_params["crossing-origin"] == "recorded"


def test_without_one_the_command_that_measures_it_is_shown(runs, measured):
    runs += made_up_family()
    assert opened(view="map").code[0].value == "python -m core measure --crossing lenet5"


def test_a_network_without_convolutions_has_none(runs, measured):
    runs.append(made_up_run("mlp", architecture="mlp1000", ratio=0.5))
    assert "nothing crosses" in said(opened(view="map"))
