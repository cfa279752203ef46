"""Writes to the store in their order, in one thread: a slow or locked store delays no page and no cancel."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from core.errors import StoreError

_log = logging.getLogger(__name__)
PAUSES_S = (0.5, 2.0)


class Ledger:
    """A queue of store calls for many runs; remembers which run's writes failed, and why."""

    def __init__(self, pauses_s: tuple[float, ...] = PAUSES_S) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._pauses_s = pauses_s
        self._lock = threading.Lock()
        self._problems: dict[str, str] = {}
        self._unsaved: dict[str, Callable[[], object]] = {}
        self._closing = False
        self._left = 0
        self._done = threading.Condition()

    def write(self, run_id: str, action: Callable[..., object], *arguments: Any) -> "Future[None]":
        """Call `action` after everything that was written before; failures are kept for `problem`."""
        return self._submit(self._write, run_id, action, arguments)

    def _write(self, run_id: str, action: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        for pause in (*self._pauses_s, None):
            try:
                action(*arguments)
                return
            except StoreError as error:
                if pause is None or self._closing or run_id in self._problems:
                    with self._lock:
                        self._problems.setdefault(run_id, str(error))
                    return
                time.sleep(pause)

    def save(self, run_id: str, action: Callable[[], object]) -> None:
        """Like `write`, for what must not get lost: a failed `action` is kept for `save_again`."""

        def attempt() -> None:
            self._unsaved[run_id] = action
            action()
            del self._unsaved[run_id]

        self.write(run_id, attempt)

    def save_again(self) -> None:
        """Try again what could not be saved."""
        for run_id, action in tuple(self._unsaved.items()):
            self.save(run_id, action)

    def problem(self, run_id: str) -> str:
        """Return, and forget, the first failure among a run's writes; empty where all went well."""
        with self._lock:
            return self._problems.pop(run_id, "")

    def then(self, action: Callable[[], object]) -> None:
        """Call `action` once everything written so far is done."""
        self._submit(action).add_done_callback(_report)

    def _submit(self, action: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        with self._done:
            self._left += 1
        try:
            future = self._pool.submit(action, *arguments)
        except RuntimeError:
            self._count_down()
            raise StoreError("the dashboard is stopping, so this was not saved; start it again.") from None
        future.add_done_callback(lambda _: self._count_down())
        return future

    def _count_down(self) -> None:
        with self._done:
            self._left -= 1
            self._done.notify_all()

    def close(self) -> None:
        """Do what is left and what that still asks for, without further attempts, and stop."""
        self._closing = True
        with self._done:
            self._done.wait_for(lambda: self._left == 0)
        self._pool.shutdown(wait=True)


def _report(done: "Future[Any]") -> None:
    if (error := done.exception()) is not None:
        _log.error("what was to follow a write failed", exc_info=error)
