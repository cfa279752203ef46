import threading

import pytest

from core.digits import likeness
from ui import resources
from ui.digit import networks


@pytest.fixture(autouse=True)
def own_runs_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "runs", lambda: resources.gallery().runs())
    monkeypatch.setattr(networks, "_remembered", {})


def test_a_warm_up_leaves_nothing_for_the_first_digit_to_load_and_happens_once() -> None:
    likeness._known.cache_clear()
    networks.warm_up()
    (thread,) = (each for each in threading.enumerate() if each.name == "digit-warm-up")
    networks.warm_up()
    assert sum(each.name == "digit-warm-up" for each in threading.enumerate()) <= 1
    thread.join(60)
    assert not thread.is_alive()
    assert likeness._known.cache_info().currsize == 1
