import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Series
from core.telemetry.history import COARSE_S, KEEP_S, Ring, Track, thinned


@given(st.integers(1, 40), st.integers(0, 120))
def test_a_ring_keeps_the_newest_rows_in_order(capacity: int, num_rows: int) -> None:
    ring = Ring(capacity, 1)
    for t in range(num_rows):
        ring.append(float(t), np.array([t * 10.0]))
    kept = ring.rows(-np.inf, np.inf)
    expected = list(range(max(0, num_rows - capacity), num_rows))
    assert kept[:, 0].tolist() == expected
    assert kept[:, 1].tolist() == [t * 10.0 for t in expected]


@given(st.floats(0, 99), st.floats(0, 99))
def test_a_window_holds_exactly_the_times_between_its_ends(one: float, other: float) -> None:
    began, ended = sorted((one, other))
    ring = Ring(200, 1)
    for t in range(100):
        ring.append(float(t), np.array([0.0]))
    assert ring.rows(began, ended)[:, 0].tolist() == [t for t in range(100) if began <= t <= ended]


def track_of(seconds: int, hz: int = 1) -> Track:
    track = Track(("use", "energy"), hz, counters=("energy",))
    for step in range(seconds * hz):
        track.append(step / hz, (float(step % 2), float(step)))
    return track


def test_after_half_an_hour_means_of_ten_seconds_are_left() -> None:
    track = track_of(KEEP_S + 600)
    series = track.window(-np.inf, np.inf)
    steps = np.diff(series.t)
    assert set(steps[series.t[1:] < 590].tolist()) == {COARSE_S}
    assert set(steps[series.t[1:] > 610].tolist()) == {1.0}
    old = series.values["use"][(series.t > 10) & (series.t < 590)]
    assert old == pytest.approx(0.5)


def test_counters_keep_their_last_value_where_others_keep_the_mean() -> None:
    series = track_of(KEEP_S + 600).window(0, 500)
    assert series.values["energy"].tolist() == series.t.tolist()


def test_a_clock_that_is_set_back_starts_the_history_anew() -> None:
    track = track_of(10)
    track.append(2.0, (1.0, 1.0))
    assert track.window(-np.inf, np.inf).t.tolist() == [2.0]


def test_what_is_missing_stays_missing() -> None:
    track = Track(("use",), 1)
    track.append(1.0, (None,))
    track.append(2.0, (3.0,))
    assert np.isnan(track.window(0, 5).values["use"][0])


@given(
    st.lists(st.floats(0, 100) | st.just(float("nan")), min_size=1, max_size=400),
    st.integers(5, 50),
)
def test_thinning_invents_no_value_and_keeps_time_ascending(values: list[float], num_points: int) -> None:
    series = Series(np.arange(len(values)) * 0.2 + 1000.0, {"use": np.array(values)})
    thin = thinned(series, num_points)
    known = [value for value in values if np.isfinite(value)]
    assert len(thin.t) <= max(num_points + 1, 5)
    assert (np.diff(thin.t) > 0).all()
    found = thin.values["use"][np.isfinite(thin.values["use"])]
    assert (not len(found) and not known) or (
        found.min() >= min(known) - 1e-9 and found.max() <= max(known) + 1e-9
    )


def test_a_gap_stays_a_gap_when_it_is_thinned() -> None:
    values = np.ones(400)
    values[100:200] = np.nan
    thin = thinned(Series(np.arange(400) * 1.0, {"use": values}), 40)
    assert np.isnan(thin.values["use"][(thin.t > 110) & (thin.t < 190)]).all()


def test_borders_of_thinned_steps_do_not_move_with_the_window() -> None:
    def seen(began: int) -> set[float]:
        t = np.arange(began, began + 1000) * 1.0
        return set(thinned(Series(t, {"use": t}), 100).values["use"][1:-1].tolist())

    earlier, later = seen(5000), seen(5003)
    assert len(earlier - later) <= 1


def test_a_counter_is_thinned_to_the_last_value_of_a_step() -> None:
    t = np.arange(100) * 1.0
    thin = thinned(Series(t, {"energy": t, "use": t}), 10, last=("energy",))
    assert thin.values["energy"][0] > thin.values["use"][0]
    assert thin.values["energy"][-1] == 99
