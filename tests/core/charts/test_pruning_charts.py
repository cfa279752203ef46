import pytest

from core.analysis.preview import effects
from core.analysis.structures import structure_of
from core.charts.preview import effect_alt, effect_figure, effect_info
from core.charts.sensitivity import sensitivity_alt, sensitivity_figure, sensitivity_info
from core.records import Criterion, Method, RunSpec, SensitivityCurve, SensitivityRecord

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


def test_the_effect_of_a_ratio_is_more_than_the_ratio_between_pruned_layers():
    spec = RunSpec(ratio=0.5)
    found = effects(structure_of(spec.architecture, spec.conv), spec)
    info = effect_info(found, 0.5)
    channels, parameters, macs = (line.left for line in info.lines)
    assert info.ratios[10] == 0.5
    assert channels[10] == pytest.approx(50, abs=1)
    assert parameters[10] == pytest.approx(25, abs=1)
    assert macs[0] == 100
    assert list(macs) == sorted(macs, reverse=True)
    assert effect_figure(info).layout.shapes[0].x0 == 0.5
    assert "Left at ratio 0.5" in effect_alt(info)


@pytest.mark.parametrize("change", [{"scope": "global"}, {"method": Method.MAGNITUDE}])
def test_effects_that_are_not_known_are_not_drawn(change):
    spec = RunSpec(ratio=0.5).edited(**change)
    info = effect_info(effects(structure_of(spec.architecture, spec.conv), spec), 0.5)
    assert info.lines == ()
    assert "nown after training" in effect_figure(info).layout.annotations[0].text
    assert "known after training" in effect_alt(info)
