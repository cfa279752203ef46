import re

import pytest

from core.records import LiveRun, Method, Stage, StageTime, TrainingEpoch, TrainingStep
from tests.made_up import made_up_run
from ui.experiment import finished, running

STEPS = tuple(
    TrainingStep(t=100.0 + i, stage=Stage.TRAINING, done=i, total=3, loss=1 / (i + 1), accuracy=i / 3)
    for i in range(3)
)
LIVE = LiveRun(
    run_id="a",
    stage=Stage.EVALUATING,
    steps=STEPS,
    epochs=(TrainingEpoch(t=103.0, stage=Stage.TRAINING, epoch=1, epochs=1, val_accuracy=0.9),),
)


def test_stages_are_told_as_done_at_work_and_to_come() -> None:
    times = (StageTime(Stage.STARTING, 0.0, 4.0), StageTime(Stage.PRUNING, 4.0, 61.0))
    html = running.stage_list(made_up_run("a", stages=times), LIVE)
    found = re.findall(r'<li class="(\w*)"[^>]*><i></i>([^<]+)</li>', html)
    assert found == [
        ("done", "starting 4 s"),
        ("done", "pruning 1 min 1 s"),
        ("done", "fine-tuning"),
        ("now", "evaluating"),
        ("", "exporting"),
        ("", "measuring"),
    ]
    assert html.count('aria-current="step"') == 1


def test_curves_count_seconds_from_the_first_step_and_mark_the_test_set() -> None:
    training, test, loss = running.traces(LIVE)
    assert training["x"] == loss["x"] == [0.0, 1.0, 2.0]
    assert training["y"] == [step.accuracy for step in STEPS]
    assert (test["x"], test["y"]) == ([3.0], [0.9])
    assert loss["yaxis"] == "y2"
    assert "yaxis2" in running.layout()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"errors": 100, "parameters": 4_136}, "99.00 % · 4,136 parameters · "),
        ({"method": Method.NONE, "ratio": 0.0}, "431,080 parameters · 126 µs"),
    ],
)
def test_a_finished_run_is_summed_up_in_a_line(changes: dict, said: str) -> None:
    assert said in finished.summary(made_up_run("a", **changes))


def test_only_a_pruned_run_names_a_speed_up() -> None:
    assert "speed-up" in finished.summary(made_up_run("a"))
    assert "speed-up" not in finished.summary(made_up_run("a", method=Method.NONE, ratio=0.0))


def test_a_run_without_a_result_gives_its_reason_as_it_is() -> None:
    failed = made_up_run("a", result=None, reason="![x](http://elsewhere.example)")
    assert finished.summary(failed).startswith(r"\!\[x\]")
