import pytest

from core.charts.sensitivity import sensitivity_alt, sensitivity_figure, sensitivity_info
from core.records import Criterion, SensitivityCurve, SensitivityRecord

RECORD = SensitivityRecord(
    ratios=(0.25, 0.5),
    curves=(
        SensitivityCurve(group="dense1", layers=("dense1",), size=8, kept=(6, 4), accuracy=(0.98, 0.975)),
        SensitivityCurve(group="a", layers=("a", "b"), size=4, kept=(3, 2), accuracy=(0.95, 0.6)),
    ),
    accuracy=0.98,
    num_images=2000,
    criterion=Criterion.L1,
)


def test_the_layer_that_loses_most_comes_first_and_lines_start_at_the_dense_network():
    first, second = sensitivity_info(RECORD).lines
    assert (first.name, second.name) == ("a + b", "dense1")
    assert first.removed == (0, 25, 50)
    assert first.accuracy == pytest.approx((98, 95, 60))
    assert first.kept == (4, 3, 2)


def test_what_a_layer_bears_is_the_largest_share_that_costs_at_most_a_point():
    first, second = sensitivity_info(RECORD).lines
    assert (first.bears, second.bears) == (None, 50)
    words = sensitivity_alt(sensitivity_info(RECORD))
    assert "a + b bears none" in words
    assert "dense1 bears 50 %" in words


def test_the_sensitivity_figure_draws_every_group_and_the_dense_accuracy():
    figure = sensitivity_figure(sensitivity_info(RECORD))
    assert [trace.name for trace in figure.data] == ["a + b", "dense1"]
    assert figure.layout.shapes[0].y0 == pytest.approx(98)


def test_a_network_without_prunable_layers_says_so():
    figure = sensitivity_figure(sensitivity_info(SensitivityRecord(**{**fields(RECORD), "curves": ()})))
    assert "No layer" in figure.layout.annotations[0].text


def fields(record):
    return {name: getattr(record, name) for name in record.__slots__}
