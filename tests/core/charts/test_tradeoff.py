import pytest

from core.analysis.pareto import front
from core.analysis.quantities import points
from core.charts.tradeoff import MOST_BARS, tradeoff_alt, tradeoff_figure, tradeoff_info
from core.records import Caveat
from core.records.comparison import Front, Quantity, Setup
from tests.made_up import made_up_run, made_up_runs

X, Y = Quantity.P50, Quantity.ACCURACY


def info_of(runs, x=X, y=Y, **more):
    cloud = points(runs, x, y, Setup())
    return tradeoff_info(cloud, x, y, front(cloud, x, y), **more)


def test_values_are_in_the_units_of_the_axes():
    (mark,) = info_of([made_up_run(errors=100, p50_ms=0.05)]).marks
    assert (mark.x, mark.y) == (0.05, 99.0)


def test_more_parameters_make_a_larger_point():
    small, large = info_of([made_up_run(ratio=0.9), made_up_run(ratio=0.1)]).marks
    assert small.size < large.size


def test_runs_outside_the_limits_fade_and_hidden_ones_are_not_drawn():
    runs = [made_up_run("a"), made_up_run("b", ratio=0.9), made_up_run("c", ratio=0.1)]
    marks = info_of(runs, faded={"a"}, hidden={"c"}).marks
    assert {mark.point.run_id: mark.is_faded for mark in marks} == {"a": True, "b": False}


def test_a_caveat_marks_a_point_as_doubtful():
    doubtful, sure = info_of([made_up_run(caveats=(Caveat.NOISY,)), made_up_run()]).marks
    assert doubtful.is_doubtful
    assert "noisy" in doubtful.text
    assert not sure.is_doubtful


def test_with_many_runs_only_the_leaders_carry_intervals():
    marks = info_of(made_up_runs(400)).marks
    assert len(marks) > MOST_BARS
    assert all(mark.has_bars == mark.is_leader for mark in marks)


def test_the_stairs_only_ever_improve():
    info = info_of(made_up_runs(80))
    xs, ys = zip(*info.stairs, strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys)


def test_the_stairs_turn_where_more_is_better_across():
    info = info_of(made_up_runs(80), Quantity.THROUGHPUT)
    xs, ys = zip(*info.stairs, strict=True)
    assert list(xs) == sorted(xs, reverse=True)
    assert list(ys) == sorted(ys)


def test_ties_are_boxed():
    info = info_of([made_up_run("a", errors=80, p50_ms=0.1), made_up_run("b", errors=82, p50_ms=0.1001)])
    assert info.groups == ((0.1, 99.18, 0.1001, 99.2),)


def test_the_figure_carries_run_ids_and_error_bars():
    figure = tradeoff_figure(info_of([made_up_run("a", errors=100, p50_ms=0.05, spread=0.1)]))
    (runs,) = [trace for trace in figure.data if trace.customdata is not None]
    assert list(runs.customdata) == ["a"]
    assert runs.error_x.array[0] == pytest.approx(0.005)
    assert runs.error_y.arrayminus[0] == pytest.approx(0.214, abs=0.01)


def test_bars_can_be_left_out_and_axes_be_logarithmic():
    figure = tradeoff_figure(info_of([made_up_run()]), log_x=True, bars=False)
    assert figure.layout.xaxis.type == "log"
    assert all(trace.error_x.array is None for trace in figure.data)


def test_a_name_is_no_markup():
    (mark,) = info_of([made_up_run(name="<img src=x onerror=alert(1)>")]).marks
    assert "<img" not in mark.text


def test_nothing_to_draw_says_so():
    figure = tradeoff_figure(tradeoff_info((), X, Y, Front()))
    assert "No run" in figure.layout.annotations[0].text


def test_the_alternative_text_names_the_front():
    assert "lenet5 · standard · structured 0.5" in tradeoff_alt(info_of([made_up_run()]))
