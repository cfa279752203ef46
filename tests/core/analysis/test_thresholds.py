import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.thresholds import Level, bounds, level

ORDER = list(Level)


@pytest.mark.parametrize(
    ("field", "value", "limit", "expected"),
    [
        ("temperature_c", 79, 90, Level.OK),
        ("temperature_c", 80, 90, Level.WARM),
        ("temperature_c", 90, 90, Level.HOT),
        ("memory_used_bytes", 91, 100, Level.WARM),
        ("memory_used_bytes", 98, 100, Level.HOT),
        ("power_w", 400, 400, Level.WARM),
        ("power_w", 450, 400, Level.WARM),
        ("utilization_percent", 100, 100, Level.OK),
    ],
)
def test_levels(field: str, value: float, limit: float, expected: Level) -> None:
    assert level(field, value, limit) is expected


@given(
    st.sampled_from(["temperature_c", "memory_used_bytes", "power_w"]), st.floats(1, 1e6), st.floats(0, 1e6)
)
def test_more_is_never_less_alarming(field: str, limit: float, value: float) -> None:
    assert ORDER.index(level(field, value, limit)) <= ORDER.index(level(field, value * 1.1, limit))


def test_without_a_limit_or_a_value_nothing_is_alarming() -> None:
    assert bounds("temperature_c", None) == (None, None)
    assert level("temperature_c", 200, None) is Level.OK
    assert level("temperature_c", None, 90) is Level.OK
