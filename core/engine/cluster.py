"""Runs on the workers of a Dask scheduler. The only module of the server that imports distributed.

Futures are published by name, so that they outlive this process and a later one can take them up again.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.engine import node
from core.engine.events import decode
from core.engine.local import Exited, Post, Started
from core.errors import EngineError
from core.records import Job, Stage, to_json

CONNECT_S = 10.0
REFRESH_S = 2.0
MOST_STARTS = 2
MOST_TRIES = 3
PREFIX = "pruning-lab"
_UNREACHABLE = (OSError, TimeoutError, RuntimeError)
"""What distributed raises where the scheduler is gone or its own loop has ended."""


_log = logging.getLogger(__name__)


@dataclass(slots=True)
class RemoteRun:
    """A hold on a task. `starts` counts the nodes that began it; a second means that the first was lost.

    `lost` says why the task is given up while its child still has to be killed.
    """

    placement: "ClusterPlacement"
    key: str
    post: Post
    future: Any = None
    place: str = ""
    starts: int = 0
    lost: str = ""
    is_over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def has_started(self) -> bool:
        return self.starts > 0

    def stop(self) -> None:
        """Have the child stopped as locally; a task that no node has begun is cancelled."""
        self.placement.in_background(self._stop, False)

    def go_on(self) -> None:
        """Do nothing: no run holds here."""

    def pause(self) -> None:
        """Do nothing: nodes do not disturb each other's measurements."""

    def resume(self) -> None:
        """Do nothing, see `pause`."""

    def kill(self) -> None:
        """Have the child killed now."""
        self.placement.in_background(self._stop, True)

    def _stop(self, kill: bool) -> None:
        for _ in range(MOST_TRIES):
            if self.is_over or self.placement.tell_node(self.place, self.key, kill):
                return
            if not self.has_started:
                break
            time.sleep(1)
        if self.future is not None:
            self.future.cancel()
        self.end(Exited(1))

    def hear(self, message: dict[str, Any]) -> None:
        """Take what the task says: on which node it runs, a line of its log, an event."""
        if "node" in message:
            self._hear_start(str(message["node"]), str(message["host"]))
        elif "log" in message:
            self.post(str(message["log"]))
        elif (event := decode(str(message["line"]).encode())) is not None:
            self.post(event)

    def _hear_start(self, place: str, host: str) -> None:
        self.starts, self.place = self.starts + 1, place
        if self.starts > MOST_STARTS:
            self.lost = f"{MOST_STARTS} worker nodes were lost"
            self.kill()
            return
        self.post(Started(f"{host} ({place})", again=self.starts > 1))

    def finish(self, future: Any) -> None:
        """Take the task's outcome; called in a thread of the client's, also when that is closed."""
        if self.placement.is_closing:
            return
        if future.status == "finished":
            outcome: node.Outcome = future.result()
            for line in outcome.lines:
                if (event := decode(line.rstrip(b"\n"))) is not None:
                    self.post(event)
            self.end(Exited(outcome.code, out_of_memory=outcome.out_of_memory))
        elif future.status == "error":
            self.end(Exited(1, lost=_words(future.exception())))
        else:
            self.end(Exited(1, lost="the scheduler lost the run"))

    def end(self, end: Exited) -> None:
        """Report the end once and let the scheduler forget the task."""
        with self.lock:
            if self.is_over:
                return
            self.is_over = True
        self.post(Exited(1, lost=self.lost) if self.lost else end)
        self.placement.forget(self)


class ClusterPlacement:
    """Starts a Dask task for each job. Several may run at once: as many as the cluster has threads.

    `owner` tells this installation's tasks from those of others; `command` replaces the worker, for tests.
    Raises EngineError where the scheduler does not answer.
    """

    is_local = False
    survives = True
    can_hold = False

    def __init__(self, address: str, owner: str, command: Sequence[str] | None = None) -> None:
        self._client = _connected(address)
        self._owner, self._command = owner, tuple(command) if command else None
        self._topic = f"{PREFIX}-{owner}"
        self._runs: dict[str, RemoteRun] = {}
        self._closing = threading.Event()
        self.capacity = 0
        self._count()
        self._client.subscribe_topic(self._topic, self._hear)
        threading.Thread(target=self._refresh, name="cluster", daemon=True).start()

    def start(self, job: Job, post: Post) -> RemoteRun:
        """Submit a task for `job`; raises EngineError where the scheduler is gone."""
        key = f"{PREFIX}/{self._owner}/{job.run_id}"
        run = self._runs[key] = RemoteRun(self, key, post)  # before its first word can come
        resources = {"GPU": 1} if job.spec.device.startswith("gpu") else None
        try:
            with contextlib.suppress(KeyError):
                self._client.unpublish_dataset(key)
            run.future = self._client.submit(
                node.work,
                key,
                to_json(job),
                self._topic,
                self._command,
                key=f"{key}/{threading.get_ident()}/{id(job)}",
                pure=False,
                retries=0,
                resources=resources,
            )
            self._client.publish_dataset(run.future, name=key)
        except _UNREACHABLE as error:
            del self._runs[key]
            raise EngineError(f"the scheduler does not take the run: {error}") from error
        run.future.add_done_callback(run.finish)
        return run

    def attach(self, run_id: str, post: Post) -> RemoteRun | None:
        """Take up a task that an earlier process of this installation submitted; None where it is gone."""
        key = f"{PREFIX}/{self._owner}/{run_id}"
        future = self._client.get_dataset(key, default=None)
        if future is None:
            return None
        run = RemoteRun(self, key, post, future)
        for _, message in self._client.get_events(self._topic):
            if message["key"] == key:
                run.hear(message)
        run.starts = min(run.starts, 1)
        self._runs[key] = run
        future.add_done_callback(run.finish)
        return run

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        run = self._runs.get(event[1]["key"])
        if run is not None:
            run.hear(event[1])

    @property
    def is_closing(self) -> bool:
        return self._closing.is_set()

    def tell_node(self, place: str, key: str, kill: bool) -> bool:
        """Stop a task's child on its node (on whichever, if that is unknown); return whether it was there."""
        try:
            places = [place] if place else None
            answers = self._client.run(node.stop, key, kill, workers=places, on_error="ignore")
        except (*_UNREACHABLE, ValueError) as error:
            _log.warning("the node %s was not reached: %r", place, error)
            return False
        return any(answer is True for answer in answers.values())

    def in_background(self, action: Any, *arguments: object) -> None:
        """Call `action` without waiting for the scheduler."""
        threading.Thread(target=action, args=arguments, daemon=True).start()

    def forget(self, run: RemoteRun) -> None:
        """Let the scheduler drop an ended task."""
        self._runs.pop(run.key, None)

        def drop() -> None:
            with contextlib.suppress(KeyError, *_UNREACHABLE):
                self._client.unpublish_dataset(run.key)
            if run.future is not None:
                run.future.release()

        self.in_background(drop)

    def tend(self, stages: Sequence[Stage], *, is_awaited: bool) -> None:
        """Nothing to look after here: the nodes do."""

    def _refresh(self) -> None:
        while not self._closing.wait(REFRESH_S):
            with contextlib.suppress(*_UNREACHABLE):
                self._count()

    def _count(self) -> None:
        self.capacity = sum(self._client.nthreads().values())

    def close(self) -> None:
        """Leave the cluster; what runs there goes on."""
        self._closing.set()
        self._client.close(timeout=5)


def _connected(address: str) -> Any:
    try:
        from distributed import Client

        return Client(address, timeout=CONNECT_S, set_as_default=False, name=PREFIX)
    except ImportError as error:
        raise EngineError(
            "PRUNING_LAB_SCHEDULER is set but Dask is not installed; "
            ".venv/bin/pip install -r requirements-cluster.txt"
        ) from error
    except (OSError, TimeoutError, ValueError) as error:
        raise EngineError(
            f"the scheduler {address} does not answer ({error}); start one with "
            "`.venv/bin/python -m dask scheduler`, or unset PRUNING_LAB_SCHEDULER."
        ) from error


def _words(error: BaseException) -> str:
    if type(error).__name__ == "KilledWorker":
        return "its worker node was lost, and the one that tried again as well"
    return f"its task failed: {type(error).__name__}: {str(error)[:300]}"
