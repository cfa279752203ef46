import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.engine.boundary import HIGHEST, RESOLUTION, Tried, next_ratio

NUM_TRIALS = 11


def searched(is_good: object, trials: int = NUM_TRIALS) -> list[Tried]:
    tried: list[Tried] = []
    for _ in range(trials):
        ratio = next_ratio(tried)
        tried.append(Tried(ratio, bool(is_good(ratio))))
    return tried


def best(tried: list[Tried]) -> float:
    return max((each.ratio for each in tried if each.is_good), default=0.0)


@given(st.floats(0, HIGHEST))
def test_eleven_trials_come_nearer_to_the_boundary_than_an_eleven_point_grid(boundary: float) -> None:
    grid = [ratio for ratio in np.linspace(0, HIGHEST, NUM_TRIALS) if ratio <= boundary]
    found = best(searched(lambda ratio: ratio <= boundary))
    assert found <= boundary
    assert found >= max(grid) - RESOLUTION


def test_with_accuracies_as_noisy_as_real_ones_it_is_as_good_as_the_grid_on_the_average() -> None:
    """Accuracy falls by 0.3 points towards the boundary; one training scatters by 0.06 points."""
    random = np.random.default_rng(0)
    gains = []
    for boundary in random.uniform(0.3, 0.9, 200):

        def keeps(ratio: float, boundary: float = boundary) -> bool:
            return 0.3 * (ratio / boundary) ** 4 + random.normal(0, 0.06) <= 0.3

        found = best(searched(keeps))
        grid = max(ratio for ratio in np.linspace(0, HIGHEST, NUM_TRIALS) if ratio == 0 or keeps(ratio))
        gains.append(found - grid)
    assert np.mean(gains) > 0
    assert np.quantile(gains, 0.1) > -0.1


@given(st.lists(st.tuples(st.floats(0, HIGHEST), st.booleans()), max_size=30))
def test_whatever_came_before_the_next_ratio_is_a_new_valid_one(before: list[tuple[float, bool]]) -> None:
    ratio = next_ratio([Tried(*each) for each in before])
    assert 0 < ratio < HIGHEST
