from core.analysis.comparison import against_first, specifications
from core.records.comparison import Quantity, Setup, Sign
from tests.made_up import made_up_run


def test_what_differs_comes_first():
    fields = specifications([made_up_run(ratio=0.5, seed=1), made_up_run(ratio=0.9, seed=1)])
    assert fields[0].name == "ratio"
    assert fields[0].values == ("0.5", "0.9")
    assert all(field.is_equal for field in fields[1:])


def test_every_quantity_stands_against_the_first_run():
    table = against_first([made_up_run(ratio=0.5), made_up_run(ratio=0.9)], Setup())
    first, second = table[Quantity.PARAMETERS]
    assert first.sign is Sign.EQUAL
    assert second.sign is Sign.BETTER


def test_a_run_without_the_quantity_leaves_a_gap():
    table = against_first([made_up_run(), made_up_run(latency=())], Setup())
    assert table[Quantity.P50][1] is None
    assert Quantity.ENERGY not in table


def test_no_runs_compare_to_nothing():
    assert against_first([], Setup()) == {}
