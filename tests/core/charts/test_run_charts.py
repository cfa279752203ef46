from core.analysis.mistakes import per_class
from core.charts.confusion import (
    classes_figure,
    classes_info,
    confusion_alt,
    confusion_figure,
    confusion_info,
)
from core.charts.curves import curves_alt, curves_figure, curves_info
from core.charts.fragility import FlipsInfo, flips_alt, flips_figure
from core.charts.latency_bars import SetupBars, latency_bars_alt, latency_bars_figure, setup_name
from core.charts.layers import layers_alt, layers_figure, layers_info, runs_info
from core.records import Runtime, Stage, TrainingEpoch
from core.records.comparison import Estimate, Setup
from tests.made_up import made_up_run

RESULT = made_up_run().result


def epochs(*accuracies, stage=Stage.TRAINING):
    return tuple(
        TrainingEpoch(t=n, stage=stage, epoch=n + 1, epochs=len(accuracies), loss=0.1, val_accuracy=a)
        for n, a in enumerate(accuracies)
    )


def test_fine_tuning_goes_on_where_training_ended():
    first, second = curves_info([("dense", epochs(0.98, 0.99)), ("pruned", epochs(0.985))], joined=True)
    assert (first.epochs, second.epochs) == ((1, 2), (3,))
    assert second.accuracy == (98.5,)


def test_runs_side_by_side_all_begin_at_one():
    assert [c.epochs for c in curves_info([("a", epochs(0.9)), ("b", epochs(0.8)), ("none", ())])] == [
        (1,),
        (1,),
    ]


def test_an_accuracy_that_was_not_measured_is_a_gap():
    (curve,) = curves_info([("a", epochs(0.9, None))])
    assert curve.accuracy == (90.0, None)
    assert len(curves_figure([curve]).data) == 2
    assert curves_alt([curve]).endswith("At the end: ")


def test_a_name_is_no_markup_in_any_chart_of_several_runs():
    name, written = "<a href='x'>L</a> & co", "&lt;a href='x'&gt;L&lt;/a&gt; &amp; co"
    bars = SetupBars(name, (Setup(),), (Estimate(0.1, 0.09, 0.11),))
    figures = (
        curves_figure(curves_info([(name, epochs(0.9, 0.95))])),
        layers_figure(runs_info([(name, RESULT.channels)] * 2), "Channels"),
        latency_bars_figure([bars]),
    )
    assert {figure.data[0].name for figure in figures} == {written}


def test_no_epochs_say_so():
    assert curves_figure(()).layout.annotations[0].text == "No epoch was trained."


def test_layers_show_before_and_after():
    before, after = layers_info(RESULT.channels, "channels")
    assert before.values == (20, 50, 500, 10)
    assert after.values == (10, 25, 250, 10)
    assert len(layers_figure((before, after), "Channels").data) == 2
    assert "conv1 10" in layers_alt((after,), "Channels")


def test_layers_of_several_runs_are_what_is_left_in_each():
    bars = runs_info([("a", RESULT.channels), ("none", ())])
    assert [series.name for series in bars] == ["a"]
    assert bars[0].values == (10, 25, 250, 10)


def test_no_layers_say_so():
    assert layers_figure(layers_info(()), "").layout.annotations[0].text == "No layer was recorded."


def test_the_diagonal_does_not_drown_the_mistakes():
    info = confusion_info(RESULT.confusion)
    assert info.right[0] == RESULT.confusion[0][0]
    assert confusion_figure(info).data[0].z[0][0] is None
    assert max(value for row in info.counts for value in row) == RESULT.confusion[0][1]


def test_the_change_against_the_dense_network_has_a_sign():
    worse = made_up_run(errors=200).result.confusion
    info = confusion_info(worse, RESULT.confusion)
    assert info.counts[0][1] == worse[0][1] - RESULT.confusion[0][1]
    assert "+" in confusion_alt(info)


def test_no_confusion_says_so():
    assert "confusion" in confusion_figure(confusion_info(())).layout.annotations[0].text


def test_each_digit_has_its_interval():
    (info,) = classes_info([("this run", per_class(RESULT.confusion))])
    assert all(low < value < high for low, value, high in zip(info.low, info.values, info.high, strict=True))
    assert classes_figure([info]).data[0].error_y.array[0] > 0


def test_images_that_never_flip_are_counted():
    info = FlipsInfo((0.5, 0.9), (3, 40), 10_000)
    assert info.never == 9_957
    assert tuple(flips_figure(info).data[0].y) == (3, 40)
    assert "9957" in flips_alt(info)


def test_a_family_of_one_ratio_says_so():
    assert "one ratio" in flips_figure(FlipsInfo((), (), 0)).layout.annotations[0].text


def test_a_setup_is_named_by_what_is_unusual():
    assert setup_name(Setup()) == "litert-fp32"
    assert setup_name(Setup(Runtime.TF_XLA, "gpu:0", 8, 4)) == "tf-xla · gpu:0 · batch 8 · 4 threads"


def test_latency_bars_leave_out_what_was_not_measured():
    setups = (Setup(), Setup(Runtime.TF_XLA))
    bars = SetupBars("a", setups, (Estimate(0.1, 0.09, 0.11), None))
    assert list(latency_bars_figure([bars]).data[0].x) == ["litert-fp32"]
    assert "0.1 ms" in latency_bars_alt([bars])
    assert "timed" in latency_bars_figure([SetupBars("a", setups, (None, None))]).layout.annotations[0].text
