import os
import threading

import pytest

from core.errors import MeasurementError
from core.latency import cores


def test_quiet_cores_are_ours_and_as_many_as_asked() -> None:
    ours = os.sched_getaffinity(0)
    for count in (1, len(ours)):
        found = cores.quiet(count)
        assert len(set(found)) == count
        assert set(found) <= ours


def test_the_least_busy_core_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: {0, 1, 2})
    monkeypatch.setattr(cores.psutil, "cpu_percent", lambda **_: [90.0, 3.0, 40.0])
    assert cores.quiet(1) == [1]
    assert cores.quiet(2) == [1, 2]


def test_more_threads_than_cores_are_refused_with_what_is_allowed() -> None:
    most = len(os.sched_getaffinity(0))
    with pytest.raises(MeasurementError, match=f"threads is {most + 1}; allowed here: 1 to {most}"):
        cores.check_threads(most + 1)


def test_who_gets_ready_waits_for_a_measurement_but_not_for_others_who_get_ready() -> None:
    def get_ready(done: threading.Event) -> None:
        with cores.held(shared=True):
            done.set()

    def thread_of(done: threading.Event) -> threading.Thread:
        thread = threading.Thread(target=get_ready, args=(done,))
        thread.start()
        return thread

    beside, after = threading.Event(), threading.Event()
    with cores.held(shared=True):
        thread_of(beside).join(10)
        assert beside.is_set()
    with cores.held():
        waiting = thread_of(after)
        assert not after.wait(0.3)
    waiting.join(10)
    assert after.is_set()


def test_nodes_on_cores_of_their_own_measure_at_once_and_neither_beside_who_has_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine: dict[int, set[int]] = {}
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: mine[threading.get_ident()])

    def measure(allowed: set[int], done: threading.Event, device: str = "cpu") -> threading.Thread:
        def run() -> None:
            mine[threading.get_ident()] = allowed
            with cores.held(device=device):
                done.set()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    mine[threading.get_ident()] = {0}
    beside, overlapping, whole, same_gpu = (threading.Event() for _ in range(4))
    with cores.held(device="gpu:0"):
        measure({1}, beside).join(10)
        assert beside.is_set()
        waiting = [
            measure({0, 1}, overlapping),
            measure(set(range(4)), whole),
            measure({2}, same_gpu, "gpu:0"),
        ]
        assert not any(event.wait(0.2) for event in (overlapping, whole, same_gpu))
    for thread in waiting:
        thread.join(10)
    assert all(event.is_set() for event in (overlapping, whole, same_gpu))
