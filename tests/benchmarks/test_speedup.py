from dataclasses import replace

import pytest

from benchmarks.speedup import SMOKE, Timing, Trial, row, timings, trials, verdict

TRIAL = Trial(widths="4-16-64", seed=0, dense=99.4, left=99.3, is_loss=False)
TIMING = Timing(
    widths="4-16-64",
    p50_ms=0.008,
    faster=9.0,
    faster_low=8.5,
    faster_high=9.2,
    from_predict=5000.0,
    warnings=(),
)


def test_a_network_is_trained_cut_and_judged_against_its_dense_one(few_digits):
    (trial,) = trials(0, few_digits.first(1000, 200), SMOKE)
    assert trial.widths == "4-16-64"
    assert trial.lost == pytest.approx(trial.dense - trial.left)


def test_a_width_is_timed_against_the_dense_network():
    (timing,) = timings(SMOKE)
    assert timing.faster_low <= timing.faster <= timing.faster_high
    assert timing.from_predict > timing.faster > 1


def test_the_fastest_is_named_among_those_that_lose_little_and_among_those_that_lose_nothing():
    found = [
        replace(TRIAL, widths="lossy", left=99.1),
        TRIAL,
        replace(TRIAL, seed=1, is_loss=True),
        replace(TRIAL, widths="wide"),
    ]
    timed = [
        replace(TIMING, widths="lossy", faster=20.0),
        TIMING,
        replace(TIMING, widths="wide", faster=5.0, faster_low=4.9),
    ]
    little, nothing, asked = verdict(found, timed)
    assert "4-16-64, at least 8.50x" in little
    assert "wide, at least 4.90x" in nothing
    assert "0.2 points, 8x" in asked
    assert "none" in verdict(found, timed[:1])[0]


def test_a_line_holds_every_seed_and_the_interval():
    line = row([TRIAL, replace(TRIAL, seed=1, left=99.2)], TIMING)
    assert line["faster"] == "9.00 (8.50 to 9.20)"
    assert (line["lost points"], line["by seed"]) == ("+0.15", "+0.10 +0.20")
    assert line["loss seen by McNemar"] == "0 of 2"
