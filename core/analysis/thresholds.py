"""From which value on a reading deserves attention. Pure: the page, the charts and the strip colour by it."""

from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARM = "warm"
    HOT = "hot"


TEMPERATURE_MARGIN_C = 10.0
MEMORY_WARM, MEMORY_HOT = 0.90, 0.97
POWER_WARM = 0.98
"""A chip at its power limit is slowed down, but not in danger: it is never hot."""


def bounds(field: str, limit: float | None) -> tuple[float | None, float | None]:
    """Return from where on `field` is warm and hot, by its own `limit`; None where nothing is known."""
    if limit is None:
        return None, None
    if field == "temperature_c":
        return limit - TEMPERATURE_MARGIN_C, limit
    if field == "memory_used_bytes":
        return limit * MEMORY_WARM, limit * MEMORY_HOT
    if field == "power_w":
        return limit * POWER_WARM, None
    return None, None


def level(field: str, value: float | None, limit: float | None) -> Level:
    """Return how near `value` is to its limit; OK where either is unknown."""
    warm, hot = bounds(field, limit)
    if value is None or warm is None or value < warm:
        return Level.OK
    return Level.HOT if hot is not None and value >= hot else Level.WARM
