import gc
import itertools
import time
from array import array

from core.latency import loop


def test_every_query_is_timed_and_inputs_come_in_turn() -> None:
    seen: list[str] = []
    times = loop.timed(seen.append, ["a", "b", "c"], 7)
    assert seen == ["a", "b", "c", "a", "b", "c", "a"]
    assert len(times) == 7
    assert min(times) > 0


def test_a_time_covers_the_whole_query() -> None:
    times = loop.timed(lambda x: time.sleep(x), [0.002], 5)
    assert min(times) >= 2_000_000


def test_what_a_query_costs_outside_itself_is_not_its_time() -> None:
    times = array("q", bytes(8 * 100))
    began = time.perf_counter_ns()
    loop.time_queries(lambda x: x, [None], times)
    assert sum(times) <= time.perf_counter_ns() - began


def test_the_loop_reports_what_it_adds() -> None:
    assert 0 < loop.overhead_ns() < 100_000


def test_warming_up_ends_when_the_median_has_settled() -> None:
    found = loop.warm_up(lambda x: time.sleep(0.001), [None], limit_s=10)
    assert found.is_settled
    assert found.queries >= loop.SETTLED_WINDOWS * loop.WINDOW_QUERIES
    assert found.p50_ns >= 1e6


def test_a_noisy_query_that_gets_no_faster_counts_as_settled() -> None:
    waits = itertools.cycle((0.004, 0.009, 0.005, 0.007, 0.006, 0.010, 0.0045, 0.0085, 0.0055))
    found = loop.warm_up(lambda x: time.sleep(next(waits)), [None], limit_s=10)
    assert found.is_settled


def test_a_noisy_query_that_still_gets_faster_does_not() -> None:
    noise = itertools.cycle((1.0, 1.2, 0.9, 1.1, 0.8))
    waits = (0.05 * 0.9**number * next(noise) for number in itertools.count())
    found = loop.warm_up(lambda x: time.sleep(next(waits)), [None], limit_s=10)
    assert found.queries > 3 * loop.SETTLED_WINDOWS * loop.WINDOW_QUERIES


def test_warming_up_gives_up_at_its_limit_and_says_so() -> None:
    waits = iter(range(1, 10_000))
    found = loop.warm_up(lambda x: time.sleep(0.002 * next(waits)), [None], limit_s=0.3)
    assert not found.is_settled


def test_the_collector_rests_while_queries_are_timed() -> None:
    with loop.undisturbed():
        assert not gc.isenabled()
    assert gc.isenabled()
