import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis import statistics
from core.analysis.statistics import Interval

RECORDED = Path(__file__).parent / "recorded_samples.json"
"""Nanoseconds of queries by network, process and block, recorded with this program on two EPYC cores."""


@pytest.fixture(scope="module")
def recorded() -> dict[str, list[list[np.ndarray]]]:
    kept = json.loads(RECORDED.read_text())
    return {name: [[np.array(b) for b in process] for process in kept[name]] for name in ("dense", "pruned")}


def samples(seed: int, processes: int, blocks: int, middle: float = 1000.0) -> list[list[np.ndarray]]:
    random = np.random.default_rng(seed)
    return [
        [middle * shift * random.lognormal(0, 0.05, 30) for _ in range(blocks)]
        for shift in random.lognormal(0, 0.02, processes)
    ]


few = settings(max_examples=20)
"""For laws that resample thousands of times an example."""

shapes = st.tuples(st.integers(0, 10_000), st.integers(1, 6), st.integers(2, 12))


@few
@given(shapes, st.floats(0.01, 100))
def test_the_ratio_lies_in_its_interval(shape: tuple[int, int, int], factor: float) -> None:
    ratio = statistics.ratio_interval(samples(*shape, factor), samples(*shape[:1], *shape[1:]))
    assert ratio.low <= ratio.estimate <= ratio.high


@few
@given(shapes, st.floats(0.05, 0.99))
def test_a_percentile_lies_in_its_interval_and_in_the_data(shape: tuple[int, int, int], share: float) -> None:
    data = samples(*shape)
    found = statistics.percentile_interval(data, share)
    values = statistics.pooled(data)
    assert found.low <= found.estimate <= found.high
    assert values.min() <= found.estimate <= values.max()


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=200), st.floats(0, 1), st.floats(0, 1))
def test_percentiles_grow_with_their_share(values: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    data = np.array(values)
    assert statistics.percentile(data, low) <= statistics.percentile(data, high)


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=100), st.floats(0.5, 1))
def test_at_least_the_share_of_values_lies_at_or_under_its_percentile(
    values: list[float], share: float
) -> None:
    data = np.array(values)
    assert (data <= statistics.percentile(data, share)).mean() >= share - 1e-9


@few
@given(shapes, st.floats(0.1, 10))
def test_another_unit_changes_no_ratio(shape: tuple[int, int, int], unit: float) -> None:
    top, bottom = samples(*shape, 3000.0), samples(shape[0] + 1, *shape[1:])
    scaled = [[unit * block for block in process] for process in top]
    rescaled = [[unit * block for block in process] for process in bottom]
    before, after = statistics.ratio_interval(top, bottom), statistics.ratio_interval(scaled, rescaled)
    assert after.estimate == pytest.approx(before.estimate)
    assert (after.low, after.high) == pytest.approx((before.low, before.high))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.floats(-1e6, 1e6))
def test_the_spread_does_not_depend_on_the_place(values: list[float], shift: float) -> None:
    data = np.array(values)
    assert statistics.mad(data + shift) == pytest.approx(statistics.mad(data), abs=1e-6)


def test_the_order_of_blocks_changes_the_answer_within_its_interval_only(
    recorded: dict[str, list[list[np.ndarray]]],
) -> None:
    asked = statistics.ratio_interval(recorded["dense"], recorded["pruned"])
    random = np.random.default_rng(1)
    for _ in range(10):
        orders = [random.permutation(len(process)) for process in recorded["dense"]]
        shuffled = {
            name: [[process[i] for i in order] for process, order in zip(recorded[name], orders, strict=True)]
            for name in recorded
        }
        found = statistics.ratio_interval(shuffled["dense"], shuffled["pruned"])
        assert asked.low <= found.estimate <= asked.high
        assert found.low == pytest.approx(asked.low, rel=0.02)
        assert found.high == pytest.approx(asked.high, rel=0.02)


def test_half_of_the_blocks_gives_the_same_answer_within_the_interval(
    recorded: dict[str, list[list[np.ndarray]]],
) -> None:
    asked = statistics.ratio_interval(recorded["dense"], recorded["pruned"])
    for start in (0, 1):
        half = {name: [process[start::2] for process in recorded[name]] for name in recorded}
        found = statistics.ratio_interval(half["dense"], half["pruned"])
        assert asked.low <= found.estimate <= asked.high


def test_the_interval_of_a_true_ratio_of_one_holds_it_nineteen_times_of_twenty() -> None:
    hits = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        pair = [
            [
                [shift * random.lognormal(0, 0.05, 20) for _ in range(10)]
                for shift in random.lognormal(0, 0.03, 3)
            ]
            for _ in range(2)
        ]
        found = statistics.ratio_interval(pair[0], pair[1], is_paired=False)
        hits += found.low <= 1.0 <= found.high
    assert hits >= 54


def test_more_processes_make_the_interval_narrower() -> None:
    widths = []
    for processes in (3, 6, 10):
        found = [statistics.percentile_interval(samples(seed, processes, 10)) for seed in range(20)]
        widths.append(float(np.mean([each.high / each.low for each in found])))
    assert widths[0] > widths[1] > widths[2]


def test_a_difference_of_what_is_the_same_is_about_nothing() -> None:
    data = samples(3, 3, 10)
    found = statistics.difference_interval(data, data)
    assert (found.estimate, found.low, found.high) == (0, 0, 0)


@few
@given(shapes)
def test_a_difference_lies_in_its_interval(shape: tuple[int, int, int]) -> None:
    found = statistics.difference_interval(samples(*shape, 5000.0), samples(*shape))
    assert found.low <= found.estimate <= found.high


def test_the_product_of_factors_is_theirs_and_at_least_as_wide_as_the_widest() -> None:
    found = statistics.product([Interval(2, 1.8, 2.2), Interval(3, 2.9, 3.1)])
    assert found.estimate == pytest.approx(6)
    assert found.low / found.estimate <= 1.8 / 2
    assert found.high / found.estimate >= 2.2 / 2


def test_the_product_of_nothing_is_one() -> None:
    assert statistics.product([]) == Interval(1.0, 1.0, 1.0)


@given(st.integers(1, 20_000), st.data())
def test_wilsons_interval_holds_the_share_and_stays_between_none_and_all(
    trials: int, data: st.DataObject
) -> None:
    successes = data.draw(st.integers(0, trials))
    found = statistics.wilson(successes, trials)
    assert 0 <= found.low <= successes / trials <= found.high <= 1


def test_wilsons_interval_is_the_published_one() -> None:
    found = statistics.wilson(81, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 5)])
def test_no_share_has_no_interval(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="trials >= 1"):
        statistics.wilson(successes, trials)
