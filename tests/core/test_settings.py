import pytest

from core.errors import LabError
from core.settings import settings


@pytest.mark.parametrize(("asked", "seconds"), [("", 300.0), ("45", 45.0), ("1.5", 1.5)])
def test_how_long_a_worker_may_be_silent_is_taken_from_the_environment(
    asked: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRUNING_LAB_HANG_S", asked)
    assert settings().hang_s == seconds


@pytest.mark.parametrize("asked", ["soon", "0", "-3", "0.5", "nan", "inf", "5 min"])
def test_what_is_no_number_of_seconds_is_refused_in_one_sentence(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRUNING_LAB_HANG_S", asked)
    with pytest.raises(LabError) as caught:
        settings()
    assert str(caught.value) == (
        f"PRUNING_LAB_HANG_S is {asked!r}; allowed: 1 second or more, or leave it unset."
    )
