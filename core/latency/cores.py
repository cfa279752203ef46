"""The cores to measure on: which are ours, which are quiet, and how to hold them against others."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from filelock import ReadWriteLock, Timeout

from core.errors import MeasurementError

WAIT_S = 15.0
"""How often a measurement that waits for another one shows a sign of life."""


def quiet(count: int) -> list[int]:
    """Return the `count` cores that were least busy in the last tenth of a second, of those allowed to us."""
    busy = psutil.cpu_percent(interval=0.1, percpu=True)
    order = sorted(allowed(), key=lambda core: busy[core] if core < len(busy) else 0.0)
    return sorted(order[:count])


def allowed() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def check_threads(threads: int) -> None:
    """Raise MeasurementError unless there is a core for each thread."""
    most = len(allowed())
    if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= most:
        raise MeasurementError(f"threads is {threads!r}; allowed here: 1 to {most}, one core each.")


@contextmanager
def held(
    on_wait: Callable[[], None] = lambda: None, *, shared: bool = False, device: str = "cpu"
) -> Iterator[None]:
    """Hold the locks of all cores that we may use and of the GPU; call `on_wait` now and then while waiting.

    Who may use the whole machine has it alone; nodes that are bound to cores of their own do not wait for
    each other. shared: with others who get ready to measure, but never beside a measurement.
    """
    with ExitStack() as stack:
        # In the same order everywhere, so that no two wait for each other.
        for place in [*(f"core{number}" for number in allowed()), *({device} - {"cpu"})]:
            stack.enter_context(_lock(place, shared, on_wait))
        yield


@contextmanager
def _lock(place: str, shared: bool, on_wait: Callable[[], None]) -> Iterator[None]:
    owner = os.getuid() if hasattr(os, "getuid") else "all"
    path = Path(tempfile.gettempdir()) / f"pruning-lab-measuring-{owner}-{place.replace(':', '')}.db"
    lock = ReadWriteLock(path, is_singleton=False)
    take = lock.acquire_read if shared else lock.acquire_write
    while True:
        try:
            take(WAIT_S)
            break
        except Timeout:
            on_wait()
    try:
        yield
    finally:
        lock.release()
        lock.close()
