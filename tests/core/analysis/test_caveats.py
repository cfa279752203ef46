import numpy as np
import pytest

from core.analysis.caveats import caveats
from core.records import Caveat, Conditions

QUIET = Conditions(load_during=0.02, core_shared=0.0)
MS = 1_000_000


def steady(ns: float, queries: int, processes: int = 3) -> list[list[np.ndarray]]:
    random = np.random.default_rng(0)
    return [[ns * random.normal(1, 0.01, queries // 10) for _ in range(10)] for _ in range(processes)]


def test_a_long_steady_quiet_measurement_has_no_caveat() -> None:
    assert caveats(steady(100_000, 12_000), QUIET) == ()


@pytest.mark.parametrize(
    ("ns", "queries"),
    [(100_000, 1_000), (10_000, 2_000), (10 * MS, 90), (10 * MS, 200)],
)
def test_too_few_queries_or_too_little_time_is_too_short(ns: float, queries: int) -> None:
    assert caveats(steady(ns, queries), QUIET) == (Caveat.TOO_SHORT,)


@pytest.mark.parametrize(
    ("ns", "queries"),
    [(10_000, 110_000), (1.9 * MS, 1_100), (60 * MS, 100), (4 * MS, 800), (2.4 * MS, 1_030)],
)
def test_the_least_count_and_time_are_enough(ns: float, queries: int) -> None:
    assert caveats(steady(ns, queries), QUIET) == ()


def test_a_quick_measurement_is_marked_quick_instead_of_too_short() -> None:
    assert caveats(steady(10_000, 500, 1), QUIET, quick=True) == (Caveat.QUICK,)


def test_queries_that_scatter_are_noisy() -> None:
    random = np.random.default_rng(0)
    wild = [[100_000 * random.lognormal(0, 0.4, 1_200) for _ in range(10)] for _ in range(3)]
    assert Caveat.NOISY in caveats(wild, QUIET)


def test_processes_that_disagree_are_noisy_though_each_is_steady() -> None:
    low, high = steady(100_000, 12_000, 2), steady(120_000, 12_000, 1)
    assert caveats([*low, *high], QUIET) == (Caveat.NOISY,)


def test_a_warm_up_that_never_settled_is_noisy() -> None:
    assert caveats(steady(100_000, 12_000), QUIET, is_settled=False) == (Caveat.NOISY,)


@pytest.mark.parametrize(
    "conditions", [Conditions(core_shared=0.2, load_during=0.1), Conditions(core_shared=0.0, load_during=0.5)]
)
def test_others_at_work_are_named(conditions: Conditions) -> None:
    assert caveats(steady(100_000, 12_000), conditions) == (Caveat.LOADED,)


def test_a_gpu_that_is_held_back_or_shared_is_named() -> None:
    conditions = Conditions(throttle_reasons=("power limit reached",), gpu_processes=2)
    assert caveats(steady(100_000, 12_000), conditions) == (Caveat.THROTTLED, Caveat.SHARED_GPU)


def test_an_idle_gpu_of_our_own_is_not() -> None:
    assert caveats(steady(100_000, 12_000), Conditions(gpu="GPU", gpu_processes=0)) == ()
