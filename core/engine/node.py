"""The part of a run that happens on a node of a cluster: a Dask task that supervises a child process there.

Dask places and queues, the child isolates; killing the child is what cancels a run for real.
"""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from core.engine.events import encode
from core.engine.local import WORKER, Body, Child, Exited
from core.records import Event, EventKind, Job, from_json

STEP_S = 1.0
"""Progress leaves a node at most this often: every message passes through the one scheduler."""
_RETURNED = (EventKind.ARTIFACT, EventKind.RESULT)

_children: dict[str, Child] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task returns: how the child ended, and the lines of its artifacts and its result."""

    code: int
    lines: tuple[bytes, ...]
    out_of_memory: bool = False


def work(key: str, line: str, topic: str, command: Sequence[str] | None = None) -> Outcome:
    """Supervise a worker on the job in `line` until it ends; its events leave through `topic`."""
    from distributed import get_worker

    node = get_worker()
    job = from_json(Job, line)
    said: SimpleQueue[Body] = SimpleQueue()
    child = _children[key] = Child(job.spec.device, command or WORKER, keeps_devices=True)
    try:
        # Only now: who hears of it may ask to stop the child at once.
        node.log_event(topic, {"key": key, "node": node.address, "host": socket.gethostname()})
        child.listen(said.put)
        child.send(job)
        return _forwarded(key, topic, node, said)
    finally:
        child.kill()
        del _children[key]


def _forwarded(key: str, topic: str, node: Any, said: "SimpleQueue[Body]") -> Outcome:
    kept: list[bytes] = []
    told_at = 0.0
    while not isinstance(body := said.get(), Exited):
        if isinstance(body, str):
            node.log_event(topic, {"key": key, "log": body})
            continue
        if not isinstance(body, Event):
            continue
        if body.kind in _RETURNED:
            kept.append(encode(body.kind, body.data, body.t))
            continue
        if body.kind is EventKind.STEP:
            if time.monotonic() - told_at < STEP_S:
                continue
            told_at = time.monotonic()
        node.log_event(topic, {"key": key, "line": encode(body.kind, body.data, body.t).decode()})
    return Outcome(body.code, tuple(kept), body.out_of_memory)


def stop(key: str, kill: bool = False) -> bool:
    """Stop the child of a task on this node and return whether there was one; called by the server."""
    child = _children.get(key)
    if child is None:
        return False
    if kill:
        child.kill()
    else:
        child.stop()
    return True
