from dataclasses import replace

from benchmarks.speedup import SMOKE, Trial, row, trials, verdict

TRIAL = Trial(
    widths="4-16-64",
    seed=0,
    dense=99.4,
    left=99.3,
    is_loss=False,
    p50_ms=0.008,
    faster=9.0,
    faster_low=8.8,
    faster_high=9.2,
    from_predict=5000.0,
)


def test_a_network_is_trained_cut_and_timed_against_its_dense_one(few_digits):
    (trial,) = trials(0, few_digits.first(1000, 200), SMOKE)
    assert trial.widths == "4-16-64"
    assert trial.faster_low <= trial.faster <= trial.faster_high
    assert trial.from_predict > trial.faster > 1


def test_the_fastest_is_named_among_those_that_lose_little_and_among_those_that_lose_nothing():
    rows = {
        "lossy": [replace(TRIAL, widths="lossy", left=99.1, faster=20.0)],
        "small": [TRIAL, replace(TRIAL, seed=1, is_loss=True, faster_low=8.5)],
        "wide": [replace(TRIAL, widths="wide", faster=5.0, faster_low=4.9)],
    }
    little, nothing, asked = verdict(rows)
    assert "4-16-64, at least 8.50x" in little
    assert "wide, at least 4.90x" in nothing
    assert "0.2 points, 8x" in asked
    assert "none" in verdict({"lossy": rows["lossy"]})[0]


def test_a_line_holds_every_seed_s_interval():
    line = row([TRIAL, replace(TRIAL, seed=1, left=99.2, faster=10.0, faster_high=10.4)])
    assert line["faster"] == "9.50 (8.80 to 10.40)"
    assert line["lost points"] == "+0.15"
    assert line["loss seen by McNemar"] == "0 of 2"
