import base64
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.charts.style import RED
from core.charts.telemetry import AMBER, draw, typed
from core.charts.timeline import bands, legend, timeline
from core.records import RunRecord, RunSpec, Stage, StageTime, Status, Throttle
from tests.core.telemetry.made_up import BEGAN, STAGES, gpu, host, window

N = 301


def run(run_id: str = "a", shift: float = 0.0, stages: tuple[StageTime, ...] = STAGES) -> RunRecord:
    moved = tuple(replace(stage, began_at=stage.began_at + shift) for stage in stages)
    return RunRecord(
        run_id=run_id,
        spec=RunSpec(),
        status=Status.FINISHED,
        started_at=moved[0].began_at,
        ended_at=moved[-1].began_at + (moved[-1].elapsed_s or 0),
        stages=moved,
    )


def decoded(data: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(data["bdata"]), "<" + data["dtype"])


def test_a_quantity_that_nobody_tells_has_no_panel() -> None:
    chart = timeline(window(gpu(fan_percent=np.nan)))
    assert "Fan" not in {panel.title for panel in chart.panels}
    assert "Power" in {panel.title for panel in chart.panels}


def test_every_gpu_is_a_line_of_its_own_colour_in_the_same_panel() -> None:
    chart = timeline(window(gpu(0), gpu(1)))
    power = next(panel for panel in chart.panels if panel.title == "Power")
    assert [line.name for line in power.lines] == ["GPU 0", "GPU 1"]
    assert len({line.colour for line in power.lines}) == 2


def test_a_gpu_that_is_not_chosen_is_not_drawn_and_keeps_the_others_colours() -> None:
    both, second = timeline(window(gpu(0), gpu(1))), timeline(window(gpu(0), gpu(1)), gpus=["GPU-1"])
    assert [line.name for line in second.panels[0].lines] == ["GPU 1"]
    assert second.panels[0].lines[0].colour == both.panels[0].lines[1].colour
    assert legend(window(gpu(0), gpu(1)), ["GPU-1"]) == (("GPU 1 · made up", both.panels[0].lines[1].colour),)


def test_values_are_drawn_in_the_unit_of_the_panel_and_up_to_the_limit() -> None:
    memory = next(p for p in timeline(window(gpu())).panels if p.title == "GPU memory used")
    assert memory.unit == "GiB"
    assert memory.lines[0].y[0] == pytest.approx(6e9 / 2**30)
    assert memory.top == pytest.approx(8e9 / 2**30)


def test_what_is_above_a_threshold_is_drawn_again_in_its_colour() -> None:
    degrees = np.linspace(70, 95, N)
    chart = timeline(window(gpu(temperature_c=degrees)), fields=["temperature_c"])
    traces, _, _ = draw(chart)
    by_colour = {trace["line"]["color"]: decoded(trace["y"]) for trace in traces}
    assert np.nanmin(by_colour[AMBER]) == pytest.approx(80, abs=0.1)
    assert np.nanmin(by_colour[RED]) == pytest.approx(90, abs=0.1)
    assert np.isnan(by_colour[RED][:10]).all()


def test_a_clock_that_is_held_back_is_amber() -> None:
    bits = np.where(np.arange(N) < 100, float(Throttle.POWER_CAP.bit), float(Throttle.IDLE.bit))
    chart = timeline(window(gpu(sm_clock_mhz=1000.0, throttle_bits=bits)), fields=["sm_clock_mhz"])
    traces, _, _ = draw(chart)
    amber = decoded(next(trace["y"] for trace in traces if trace["line"]["color"] == AMBER))
    assert np.isfinite(amber).sum() == 100


def test_stages_lie_behind_the_curves_and_end_with_the_window() -> None:
    chart = timeline(window(gpu()), [run()])
    assert [band.stage for band in chart.bands] == [stage.stage for stage in STAGES]
    _, layout, _ = draw(chart)
    assert all(shape["layer"] == "below" for shape in layout["shapes"])
    assert layout["shapes"][1]["x0"] == round((BEGAN + 10) * 1000)


def test_the_name_of_a_run_is_no_markup() -> None:
    chart = timeline(window(gpu()), [replace(run(), name="<a href='x'>L</a>")])
    _, layout, _ = draw(chart)
    assert "&lt;a href='x'&gt;L&lt;/a&gt;" in [note["text"] for note in layout["annotations"]]


def test_a_stage_that_lasts_reaches_to_now() -> None:
    lasting = replace(run(stages=(StageTime(Stage.TRAINING, BEGAN + 5),)), ended_at=None)
    (band,) = bands([lasting], BEGAN, BEGAN + 60)
    assert (band.began, band.ended) == (BEGAN + 5, BEGAN + 60)


@given(st.lists(st.floats(-200, 200), max_size=6))
def test_bands_never_leave_the_window_and_runs_at_the_same_time_have_own_lanes(shifts: list[float]) -> None:
    runs = [run(str(number), shift) for number, shift in enumerate(shifts)]
    found = bands(runs, BEGAN, BEGAN + 60)
    assert all(BEGAN <= band.began <= band.ended <= BEGAN + 60 for band in found)
    for one in found:
        for other in found:
            if one.run_id != other.run_id and one.lane == other.lane:
                assert one.ended <= other.began or other.ended <= one.began


def test_the_hover_is_shared_and_the_zoom_is_left_to_the_reader() -> None:
    traces, layout, height = draw(timeline(window(gpu())))
    assert (layout["hovermode"], layout["hoversubplots"]) == ("x unified", "axis")
    assert {trace["xaxis"] for trace in traces} == {"x"}
    assert "range" not in layout["xaxis"]
    assert height > 300


def test_times_are_shown_on_the_readers_clock() -> None:
    traces, _, _ = draw(timeline(window(gpu())), utc_offset_s=3600)
    assert decoded(traces[0]["x"])[0] == (BEGAN + 3600) * 1000


def test_nothing_to_draw_is_an_empty_chart() -> None:
    nothing = host(cpu_percent=np.nan, memory_used_bytes=np.nan, own_memory_bytes=np.nan)
    chart = timeline(window(of_host=nothing))
    assert chart.panels == ()
    traces, _, height = draw(chart)
    assert traces == []
    assert height > 0


def test_every_trace_has_an_id_of_its_own_that_is_a_plain_word() -> None:
    traces, _, _ = draw(timeline(window(gpu(0, temperature_c=95.0), gpu(1, temperature_c=95.0))))
    ids = [trace["uid"] for trace in traces]
    assert len(set(ids)) == len(ids)
    assert all(name.isalnum() for name in ids)


def test_typed_arrays_keep_gaps() -> None:
    back = decoded(typed(np.array([1.0, np.nan, 3.0]), "f4"))
    assert back[0] == 1
    assert np.isnan(back[1])


def test_what_the_browser_draws_is_a_figure_that_can_be_saved() -> None:
    traces, layout, height = draw(timeline(window(gpu(0)), [run()]))
    figure = go.Figure({"data": traces, "layout": layout | {"height": height}})
    assert len(figure.data) == len(traces)
    assert figure.layout.height == height


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.RUNNING, Status.KILLED])
def test_a_run_that_has_not_begun_has_no_bands(status: Status) -> None:
    waiting = RunRecord(run_id="b", spec=RunSpec(), status=status, created_at=BEGAN + 5)
    assert {band.run_id for band in bands([waiting, run("a")], BEGAN, BEGAN + 60)} == {"a"}
