import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.pareto import front, sign, verdict
from core.analysis.quantities import points
from core.records.comparison import Estimate, Point, Quantity, Setup, Sign
from tests.made_up import made_up_runs

X, Y = Quantity.P50, Quantity.ACCURACY


def point(run_id: str, x: float, y: float, dx: float = 0.01, dy: float = 0.001) -> Point:
    return Point(run_id=run_id, title=run_id, x=Estimate(x, x - dx, x + dx), y=Estimate(y, y - dy, y + dy))


def test_a_run_that_is_clearly_better_on_both_axes_dominates():
    found = front([point("slow", 2.0, 0.98), point("good", 1.0, 0.99)], X, Y)
    assert found.members == ("good",)
    assert found.dominated_by == {"slow": "good"}


@pytest.mark.parametrize(("dx", "dy"), [(0.6, 0.001), (0.01, 0.006)])
def test_overlap_on_one_axis_is_enough_to_stay_on_the_front(dx, dy):
    found = front([point("slow", 2.0, 0.98, dx, dy), point("good", 1.0, 0.99, dx, dy)], X, Y)
    assert set(found.members) == {"slow", "good"}


def test_runs_that_overlap_on_both_axes_are_a_tie_group():
    found = front([point("a", 1.0, 0.990), point("b", 1.005, 0.9905), point("far", 0.5, 0.95)], X, Y)
    assert found.members == ("far", "a", "b")
    assert found.groups == (("a", "b"),)
    assert found.group_of("b") == 1
    assert found.group_of("far") is None


def test_ties_are_no_chain():
    found = front([point("a", 1.0, 0.99, 0.1), point("b", 1.15, 0.99, 0.1), point("c", 1.3, 0.99, 0.1)], X, Y)
    assert found.groups == (("a", "b"),)


def test_equal_exact_counts_let_the_other_axis_decide():
    low, high = Estimate(0.98, 0.979, 0.981), Estimate(0.99, 0.989, 0.991)
    size = Estimate(4000, 4000, 4000)
    found = front(
        [Point(run_id="low", title="", x=size, y=low), Point(run_id="high", title="", x=size, y=high)],
        Quantity.PARAMETERS,
        Y,
    )
    assert found.members == ("high",)


def test_an_axis_without_intervals_is_named():
    bare = Point(run_id="a", title="", x=Estimate(1.0), y=Estimate(0.99, 0.98, 1.0))
    assert front([bare], Quantity.P99, Y).plain_axes == ("p99",)
    assert front([point("b", 1, 1)], X, Y).plain_axes == ()


def test_no_runs_have_an_empty_front():
    assert front([], X, Y).members == ()


def test_more_is_better_for_throughput():
    found = front([point("slow", 100, 0.98), point("fast", 200, 0.99)], Quantity.THROUGHPUT, Y)
    assert found.members == ("fast",)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Estimate(0.97, 0.969, 0.971), Sign.WORSE),
        (Estimate(0.999, 0.998, 0.9995), Sign.BETTER),
        (Estimate(0.991, 0.989, 0.993), Sign.WITHIN_NOISE),
    ],
)
def test_a_difference_counts_only_outside_the_noise(other, said):
    assert sign(Estimate(0.99, 0.988, 0.992), other, Quantity.ACCURACY) is said


estimates = st.tuples(st.integers(0, 20), st.integers(0, 4)).map(
    lambda p: Estimate(float(p[0]), float(p[0] - p[1]), float(p[0] + p[1]))
)
clouds = st.lists(st.tuples(estimates, estimates), min_size=1, max_size=25).map(
    lambda pairs: [Point(run_id=str(i), title="", x=x, y=y) for i, (x, y) in enumerate(pairs)]
)


@given(clouds)
def test_every_run_off_the_front_is_beaten_by_one_on_it(cloud):
    found = front(cloud, X, Y)
    by_id = {point.run_id: point for point in cloud}
    assert found.members
    assert set(found.members) | set(found.dominated_by) == set(by_id)
    for loser, winner in found.dominated_by.items():
        assert winner in found.members
        signs = {
            sign(by_id[loser].x, by_id[winner].x, X),
            sign(by_id[loser].y, by_id[winner].y, Y),
        }
        assert signs <= {Sign.BETTER, Sign.EQUAL}
        assert Sign.BETTER in signs


@given(clouds)
def test_every_two_of_a_tie_group_overlap_on_both_axes(cloud):
    by_id = {point.run_id: point for point in cloud}
    for group in front(cloud, X, Y).groups:
        for a in group:
            for b in group:
                for axis, quantity in (("x", X), ("y", Y)):
                    said = sign(getattr(by_id[a], axis), getattr(by_id[b], axis), quantity)
                    assert said in (Sign.WITHIN_NOISE, Sign.EQUAL)


@given(clouds, st.randoms())
def test_the_order_of_the_runs_does_not_matter(cloud, random):
    shuffled = list(cloud)
    random.shuffle(shuffled)
    assert set(front(shuffled, X, Y).members) == set(front(cloud, X, Y).members)


def test_the_front_of_a_thousand_runs_takes_less_than_50_ms():
    runs = [run for run in made_up_runs(1300) if run.result][:1000]
    cloud = points(runs, X, Y, Setup())
    assert len(cloud) == 1000

    def processor_ms() -> float:
        began = time.process_time()
        front(cloud, X, Y)
        return 1000 * (time.process_time() - began)

    assert min(processor_ms() for _ in range(5)) < 50


def test_without_noise_it_is_the_plain_front():
    values = np.random.default_rng(3).permutation(200).reshape(100, 2)
    cloud = [
        Point(run_id=str(i), title="", x=Estimate(x, x, x), y=Estimate(y, y, y))
        for i, (x, y) in enumerate(values)
    ]
    plain = {str(i) for i, (x, y) in enumerate(values) if not any(a < x and b > y for a, b in values)}
    assert set(front(cloud, X, Y).members) == plain


def test_a_person_is_told_where_no_interval_was_measured():
    bare, known = Estimate(1.0), Estimate(2.0, 1.9, 2.1)
    assert verdict(bare, known, Quantity.P90) is Sign.NOT_KNOWN
    assert verdict(known, Estimate(1.0, 0.9, 1.1), Quantity.P90) is Sign.BETTER


@given(clouds)
def test_leaders_are_the_classic_front_of_the_values(cloud):
    plain = {
        p.run_id
        for p in cloud
        if not any(
            q.x.value <= p.x.value
            and q.y.value >= p.y.value
            and (q.x.value, q.y.value) != (p.x.value, p.y.value)
            for q in cloud
        )
    }
    assert set(front(cloud, X, Y).leaders) == plain


@given(clouds)
def test_every_tie_has_a_leader_and_every_run_at_most_one_tie(cloud):
    found = front(cloud, X, Y)
    tied = [run_id for group in found.groups for run_id in group]
    assert len(tied) == len(set(tied))
    assert all(group[0] in found.leaders for group in found.groups)
    assert set(found.leaders) <= set(found.members)
