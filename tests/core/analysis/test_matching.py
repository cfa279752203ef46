from core.analysis.matching import cells, pairs
from core.records.comparison import Match, Setup, Sign
from tests.made_up import made_up_run

LITERT = Setup()


def standard(run_id: str, ratio: float = 0.5, **changes):
    return made_up_run(run_id, ratio=ratio, **changes)


def separable(run_id: str, ratio: float = 0.5, **changes):
    return made_up_run(run_id, ratio=ratio, conv="separable", **changes)


def test_a_cell_shows_a_run_that_was_measured_and_not_a_mean():
    runs = [standard(str(errors), errors=errors, seed=errors) for errors in (80, 90, 120)]
    (cell,) = cells(runs, LITERT)
    assert (cell.run_id, cell.num_runs) == ("90", 3)
    assert cell.accuracy.value == 0.991


def test_of_two_runs_the_worse_one_stands_for_both():
    (cell,) = cells([standard("a", errors=80), standard("b", errors=90)], LITERT)
    assert cell.run_id == "b"


def test_cells_come_by_type_and_ratio():
    runs = [separable("c", 0.5), standard("b", 0.9), standard("a", 0.25)]
    assert [cell.run_id for cell in cells(runs, LITERT)] == ["a", "b", "c"]


def test_equal_ratio_pairs_only_what_has_the_same_ratio():
    (pair,) = pairs([standard("a"), separable("b"), separable("c", 0.9)], Match.RATIO, LITERT)
    assert (pair.standard.run_id, pair.separable.run_id) == ("a", "b")


def test_equal_parameters_pair_the_nearest_within_a_quarter():
    runs = [
        standard("near", 0.5, parameters=100_000),
        standard("far", 0.7, parameters=50_000),
        separable("one", 0.4, parameters=110_000),
        separable("alone", 0.6, parameters=200_000),
    ]
    (pair,) = pairs(runs, Match.PARAMETERS, LITERT)
    assert (pair.standard.run_id, pair.separable.run_id) == ("near", "one")


def test_equal_accuracy_pairs_what_cannot_be_told_apart_and_says_who_is_faster():
    runs = [
        standard("good", 0.5, errors=80, p50_ms=0.1),
        standard("bad", 0.9, errors=300),
        separable("one", 0.7, errors=85, p50_ms=0.05),
    ]
    (pair,) = pairs(runs, Match.ACCURACY, LITERT)
    assert pair.standard.run_id == "good"
    assert (pair.accuracy, pair.speedup) == (Sign.WITHIN_NOISE, Sign.BETTER)


def test_a_pair_without_times_has_no_sign_for_speed():
    (pair,) = pairs([standard("a", latency=()), separable("b")], Match.RATIO, LITERT)
    assert pair.speedup is None
