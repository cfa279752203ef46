from core.analysis.matching import cells, pairs
from core.charts.map import MOST_TEXTS, map_alt, map_figure, map_info, pairs_figure, pairs_info
from core.records import Caveat, Convolution
from core.records.comparison import Match, Quantity, Setup
from tests.made_up import made_up_run

RUNS = [
    made_up_run("a", ratio=0.5, errors=80),
    made_up_run("b", ratio=0.9, errors=150, caveats=(Caveat.QUICK,)),
    made_up_run("c", ratio=0.5, conv="separable", errors=85),
]


def info_of(runs, colour=Quantity.ACCURACY):
    return map_info(cells(runs, Setup()), colour)


def test_a_place_without_a_run_stays_empty():
    info = info_of(RUNS)
    assert info.ratios == (0.5, 0.9)
    assert info.convs == (Convolution.SEPARABLE, Convolution.STANDARD)
    assert [[cell and cell.run_id for cell in row] for row in info.cells] == [["c", None], ["a", "b"]]


def test_each_cell_is_coloured_and_written():
    heat = map_figure(info_of(RUNS)).data[0]
    assert heat.z[1][0] == 99.2
    assert heat.z[0][1] is None
    assert "99.20 %" in heat.text[1][0]
    assert "⚠" in heat.text[1][1]


def test_colour_may_be_the_speed_up():
    heat = map_figure(info_of(RUNS, Quantity.SPEEDUP)).data[0]
    assert heat.z[1][1] > heat.z[1][0]


def test_too_many_ratios_keep_their_figures_for_the_tooltip():
    runs = [made_up_run(str(n), ratio=n / 40) for n in range(1, MOST_TEXTS + 2)]
    assert not info_of(runs).has_texts


def test_no_runs_say_so():
    assert "No finished run" in map_figure(info_of([])).layout.annotations[0].text


def test_the_alternative_text_reads_out_the_cells():
    assert "separable 0.5: 99.15 %" in map_alt(info_of(RUNS))


def test_a_pair_is_a_line_between_its_two_networks():
    marks = pairs_info(pairs(RUNS, Match.RATIO, Setup()))
    figure = pairs_figure(marks)
    assert len(marks) == 1
    assert tuple(figure.data[0].x) == marks[0].x
    assert [trace.name for trace in figure.data[1:]] == ["standard", "separable"]


def test_no_pairs_say_so():
    assert "match" in pairs_figure(()).layout.annotations[0].text
