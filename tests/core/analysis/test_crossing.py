import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.crossing import batches, crossings, is_clear, verdict
from core.records import CrossingPoint


def line(conv: str, *times: float, batch: int = 1, spread: float = 0.02) -> list[CrossingPoint]:
    return [
        CrossingPoint(
            conv=conv, ratio=i / 10, batch=batch, p50_ms=t, low_ms=t * (1 - spread), high_ms=t * (1 + spread)
        )
        for i, t in enumerate(times)
    ]


def test_the_crossing_lies_between_the_ratios_where_the_order_changes() -> None:
    points = line("standard", 40, 20, 5, 4) + line("separable", 20, 15, 6, 5)
    (found,) = crossings(points, 1)
    assert 0.1 < found < 0.2


def test_a_gap_that_halves_its_sign_evenly_crosses_in_the_middle() -> None:
    assert crossings(line("standard", 4, 1) + line("separable", 2, 2), 1) == pytest.approx((0.05,))


def test_networks_that_never_change_order_never_cross() -> None:
    assert crossings(line("standard", 4, 3, 2) + line("separable", 3, 2, 1), 1) == ()


def test_touching_is_no_crossing_but_passing_through_a_point_is() -> None:
    assert crossings(line("standard", 4, 2, 4) + line("separable", 2, 2, 2), 1) == ()
    assert len(crossings(line("standard", 4, 2, 1) + line("separable", 2, 2, 2), 1)) == 1


def test_each_batch_has_its_own_crossings() -> None:
    points = line("standard", 4, 1) + line("separable", 2, 2)
    points += line("standard", 4, 3, batch=32) + line("separable", 2, 2, batch=32)
    assert (len(crossings(points, 1)), len(crossings(points, 32)), crossings(points, 8)) == (1, 0, ())


times = st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 100)), min_size=2, max_size=9)


@given(times)
def test_exchanging_the_two_changes_no_crossing(pairs: list[tuple[float, float]]) -> None:
    one, other = zip(*pairs, strict=True)
    there = crossings(line("standard", *one) + line("separable", *other), 1)
    back = crossings(line("standard", *other) + line("separable", *one), 1)
    assert there == pytest.approx(back)
    assert all(0 <= ratio <= 0.8 for ratio in there)


def test_only_intervals_that_are_apart_are_a_clear_order() -> None:
    points = line("standard", 4, 2) + line("separable", 2, 2.02)
    assert is_clear(points, 1, 0.0) is True
    assert is_clear(points, 1, 0.1) is False
    assert is_clear(points, 1, 0.7) is None


def test_the_verdict_names_who_leads_first_the_crossing_and_the_doubtful_ratios() -> None:
    points = line("standard", 4, 1, 1.01) + line("separable", 2, 2, 1)
    found = verdict(points, 1)
    assert (found.starts_with_separable, len(found.crossings), found.in_doubt) == (True, 2, (0.2,))
    assert verdict(line("standard", 1) + line("separable", 2), 1).starts_with_separable is False
    assert verdict(points, 32).starts_with_separable is None
    assert batches(points + line("standard", 1, batch=32)) == (1, 32)
