import os
import threading

import pytest

from core.digits import likeness
from ui import resources
from ui.digit import networks


def forget() -> None:
    if likeness._compute.cache_info().currsize:
        os.close(likeness._compute().images)
    likeness._compute.cache_clear()


def warming() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "digit-warm-up"]


@pytest.fixture(autouse=True)
def own_runs_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for thread in warming():  # of a page that another test drew
        thread.join(60)
    monkeypatch.setattr(resources, "runs", lambda: resources.gallery().runs())
    monkeypatch.setattr(networks, "_remembered", {})


def test_a_warm_up_leaves_nothing_for_the_first_digit_to_load_and_happens_once() -> None:
    forget()
    networks.warm_up_aside()
    (thread,) = warming()
    thread.join(60)
    assert not thread.is_alive()
    assert likeness._compute.cache_info().currsize == 1
    networks.warm_up_aside()
    assert not warming()
    forget()
    networks.warm_up()
    assert likeness._compute.cache_info().currsize == 0


def test_two_who_ask_at_once_wait_for_one_computation(mnist) -> None:
    forget()
    threads = [threading.Thread(target=likeness.likeness, args=(mnist.x_test[:1],)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert likeness._compute.cache_info().misses == 1
