from hypothesis import given
from hypothesis import strategies as st

from core.learning.learning_rate import one_cycle


@given(num_steps=st.integers(1, 5_000), peak=st.floats(1e-5, 1))
def test_the_rate_stays_above_nothing_and_never_exceeds_its_peak(num_steps, peak):
    rates = [one_cycle(step, num_steps, peak) for step in range(num_steps)]
    assert all(0 < rate <= peak * 1.000001 for rate in rates)


@given(num_steps=st.integers(50, 5_000))
def test_the_rate_rises_once_and_falls_once(num_steps):
    rates = [one_cycle(step, num_steps, 1.0) for step in range(num_steps)]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert max(rates) > 0.9
    assert rates[-1] < 0.05
