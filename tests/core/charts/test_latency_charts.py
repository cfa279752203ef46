from dataclasses import replace
from typing import Any

import pytest

from core.charts.batches import batch_alt, batch_figure, batch_lines
from core.charts.crossing import crossing_figure, crossing_info, crossing_words
from core.charts.findings import finding_words
from core.charts.ladder import ladder_alt, ladder_figure, ladder_info, ladder_words
from core.charts.layer_times import layer_series, layer_times_alt, layer_times_figure, roofline_gap
from core.charts.twins import twin_bars, twins_figure, twins_words
from core.records import (
    Caveat,
    CrossingPoint,
    Finding,
    Ladder,
    LadderStep,
    LatencyRow,
    LayerTime,
    Lever,
    Rule,
    Runtime,
    Twins,
)

STEPS = (
    LadderStep(model="dense standard", runtime=Runtime.KERAS_PREDICT, p50_ms=60.0),
    LadderStep(model="dense standard", runtime=Runtime.KERAS_CALL, lever=Lever.RUNTIME, error="it died"),
    LadderStep(
        model="dense standard",
        runtime=Runtime.LITERT_FP32,
        lever=Lever.RUNTIME,
        p50_ms=0.12,
        factor=500.0,
        factor_low=480.0,
        factor_high=520.0,
    ),
    LadderStep(
        model="this run",
        runtime=Runtime.LITERT_FP32,
        lever=Lever.ALGORITHM,
        p50_ms=0.015,
        factor=8.0,
        factor_low=7.8,
        factor_high=8.2,
    ),
)
LADDER = Ladder(steps=STEPS, algorithm=8.0, runtime=500.0, total=4000.0, total_low=3800.0, total_high=4200.0)


def speedup(value: float) -> LatencyRow:
    return LatencyRow(
        runtime=Runtime.LITERT_FP32, speedup=value, speedup_low=0.9 * value, speedup_high=1.1 * value
    )


def layer(name: str, ms: float, bound: float | None = None) -> LayerTime:
    return LayerTime(
        layer=name, kind="Dense", time_ms=ms, low_ms=0.9 * ms, high_ms=1.2 * ms, share=0.5, bound_ms=bound
    )


def test_the_ladder_shows_measured_rungs_in_order_with_their_factors() -> None:
    rungs = ladder_info(LADDER)
    assert [(rung.p50_ms, rung.lever) for rung in rungs] == [
        (60.0, None),
        (0.12, Lever.RUNTIME),
        (0.015, Lever.ALGORITHM),
    ]
    assert rungs[2].factor == "8× (7.8 – 8.2)"


def test_each_lever_has_its_colour_and_the_slowest_stands_on_top() -> None:
    figure = ladder_figure(LADDER)
    assert [len(bar.x) for bar in figure.data] == [1, 1, 1]
    assert len({bar.marker.color for bar in figure.data}) == 3
    assert figure.layout.yaxis.categoryarray[-1].startswith("1. dense standard · keras-predict")


def test_a_doubtful_rung_carries_a_sign_and_its_reason() -> None:
    noisy = replace(LADDER, steps=(*STEPS[:3], replace(STEPS[3], warnings=(Caveat.NOISY,))))
    bars = {bar.name: bar for bar in ladder_figure(noisy).data}
    assert bars["algorithm"].text[0] == "8× (7.8 – 8.2) ⚠"
    assert bars["algorithm"].customdata[0] == "noisy"
    assert "this run · litert-fp32 15 µs 8× (7.8 – 8.2)" in ladder_alt(noisy)


def test_the_split_is_told_in_words() -> None:
    assert ladder_words(LADDER) == "4,000× in all (3,800 – 4,200): 8× by the algorithm, 500× by the runtime."


def test_layers_are_drawn_in_microseconds_with_their_intervals() -> None:
    figure = layer_times_figure(
        [layer_series("pruned", [layer("conv1", 0.002, 0.001), layer("logits", 0.001)])]
    )
    assert list(figure.data[0].y) == [2.0, 1.0]
    assert list(figure.data[0].error_y.array) == pytest.approx([0.4, 0.2])
    assert list(figure.data[0].customdata) == ["1.00 µs", "unknown"]


def test_each_network_has_marks_at_the_least_time_and_one_name_for_all_of_them() -> None:
    both = [layer_series(name, [layer("conv1", 0.002, 0.001)]) for name in ("dense", "pruned")]
    figure = layer_times_figure(both)
    marks = [trace for trace in figure.data if trace.type == "scatter"]
    assert [list(mark.y) for mark in marks] == [[1.0], [1.0]]
    assert [mark.showlegend for mark in marks] == [True, False]
    assert [mark.offsetgroup for mark in marks] == [bar.offsetgroup for bar in figure.data[:2]]
    assert "dense: conv1 2.00 µs (50 %)" in layer_times_alt(both)


def test_the_gap_is_measured_time_over_all_bounds() -> None:
    assert roofline_gap([layer("a", 0.003, 0.001), layer("b", 0.001, 0.001)]) == pytest.approx(2.0)
    assert roofline_gap([layer("a", 0.003)]) is None


def test_twins_stand_beside_the_theory() -> None:
    twins = Twins(ratio=0.5, macs_ratio=4.0, removed=speedup(3.0), zeroed=speedup(1.0))
    assert [(bar.name, bar.factor) for bar in twin_bars(twins)] == [
        ("fewer multiplications", 4.0),
        ("removed", 3.0),
        ("only zeroed", 1.0),
    ]
    assert "4× fewer multiplications became 3× when removed (75 % of it) and 1×" in twins_words(twins)
    assert list(twins_figure(twins).data[0].y) == [4.0, 3.0, 1.0]


def test_a_twin_that_failed_is_left_out_and_said() -> None:
    failed = LatencyRow(runtime=Runtime.LITERT_FP32, error="it disagrees")
    twins = Twins(ratio=0.5, macs_ratio=4.0, removed=failed, zeroed=speedup(1.0))
    assert len(twin_bars(twins)) == 2
    assert "it disagrees" in twins_words(twins)


def rate(runtime: Runtime, batch: int, **more: Any) -> LatencyRow:
    return LatencyRow(runtime=runtime, batch=batch, p50_ms=1.0, images_per_s=1000.0 * batch, **more)


def test_throughput_is_a_line_for_each_network_and_runtime() -> None:
    both = [
        rate(runtime, batch) for runtime in (Runtime.LITERT_FP32, Runtime.TF_FUNCTION) for batch in (8, 1)
    ]
    lines = batch_lines([("this run", both), ("dense network", both[:2])])
    assert [(line.name, line.batches) for line in lines] == [
        ("this run · litert-fp32", (1, 8)),
        ("this run · tf-function", (1, 8)),
        ("dense network · litert-fp32", (1, 8)),
    ]
    drawn = batch_figure(lines).data
    assert drawn[0].line.color == drawn[2].line.color != drawn[1].line.color
    assert (drawn[0].line.dash, drawn[2].line.dash) == ("solid", "dot")
    assert "this run · litert-fp32: 1 → 1,000/s, 8 → 8,000/s" in batch_alt(lines)


def test_one_batch_is_no_line_and_other_threads_do_not_mix() -> None:
    rows = [rate(Runtime.LITERT_FP32, 1), rate(Runtime.LITERT_FP32, 8, threads=2)]
    assert batch_lines([("this run", rows)]) == ()


def crossing_points(*separable: float) -> list[CrossingPoint]:
    return [
        CrossingPoint(conv=conv, ratio=ratio, batch=1, p50_ms=ms, low_ms=0.9 * ms, high_ms=1.1 * ms)
        for conv, times in (("standard", (4.0, 1.0)), ("separable", separable))
        for ratio, ms in zip((0.0, 0.5), times, strict=True)
    ]


def test_the_cross_over_is_drawn_where_it_is_and_said() -> None:
    info = crossing_info(crossing_points(2.0, 2.0), 1)
    figure = crossing_figure(info)
    assert [line.name for line in figure.data] == ["standard", "separable"]
    assert list(figure.data[0].error_y.array) == pytest.approx([400.0, 100.0])
    assert figure.layout.shapes[0].x0 == pytest.approx(0.25)
    assert "25 %" in figure.layout.annotations[0].text
    assert (
        crossing_words(info)
        == "Cross-over at 25 % of the channels removed: separable is faster before it, standard after it."
    )


def test_without_a_cross_over_the_faster_one_is_named_and_doubt_too() -> None:
    info = crossing_info(crossing_points(2.0, 0.95), 1)
    assert not crossing_figure(info).layout.shapes
    assert crossing_words(info) == (
        "No cross-over: separable is faster at every ratio that was measured. "
        "At ratio 0.5 the intervals overlap: there neither is clearly faster."
    )
    assert crossing_words(crossing_info(crossing_points(5.0, 3.0), 1)).startswith(
        "No cross-over: standard is"
    )
    assert "not both measured" in crossing_words(crossing_info([], 1))


EVIDENCE = {
    Rule.ONLY_ZEROED: {"zeros_percent": 90.0, "zeroed": 1.01, "removed": 3.0},
    Rule.OVERHEAD_BOUND: {"batch": 32.0, "growth": 2.0, "one_ms": 0.3},
    Rule.FLAT_IN_MACS: {"macs_ratio": 14.0, "speedup": 1.06},
    Rule.MEMORY_BOUND: {"time_percent": 30.0, "macs_percent": 3.0},
    Rule.FIRST_LAYER: {"time_percent": 60.0, "time_ms": 0.003},
    Rule.VECTOR_WIDTH: {"channels": 17.0, "filled": 24.0},
    Rule.QUANTISED_SLOWER: {"quantised_ms": 0.046, "float_ms": 0.0155},
    Rule.NOISY: {"rows": 2.0, "of": 3.0, "core_shared_percent": 25.0},
}


@pytest.mark.parametrize("rule", list(Rule))
def test_every_finding_has_a_headline_and_names_its_evidence(rule: Rule) -> None:
    title, said = finding_words(Finding(rule=rule, subject="conv1", evidence=EVIDENCE[rule]))
    assert title
    assert "{" not in said
    assert any(character.isdigit() for character in said)
