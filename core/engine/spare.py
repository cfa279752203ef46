"""A worker that has TensorFlow imported, the data loaded and a training step traced, and waits for a run."""

import threading
import time
from collections.abc import Sequence

import psutil

from core.engine.local import WORKER, Body, Child
from core.records import Event, EventKind, Job, RunSpec

LEAST_FREE_BYTES = 2**30
"""With less available memory the spare is released; it takes about 0.6 GB."""
ENOUGH_FREE_BYTES = 2 * 2**30
"""With less a spare is not started."""
LONGEST_WARMUP_S = 120.0


def has_room() -> bool:
    """Whether there is memory for one more worker than is at work."""
    return psutil.virtual_memory().available >= ENOUGH_FREE_BYTES


class Spare:
    """At most one waiting worker. Called from the supervisor's thread; `state` from any."""

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        self._command = command
        self._child: Child | None = None
        self._device = ""
        self._began = 0.0
        self._is_still = False
        self._ready = threading.Event()

    @property
    def state(self) -> str:
        """Return `none`, `warming` or `ready`."""
        if self._child is None:
            return "none"
        return "ready" if self._ready.is_set() else "warming"

    def prepare(self, spec: RunSpec) -> None:
        """Start a spare that gets ready for runs like `spec`, unless there is one or memory is short."""
        if self._child is not None or not has_room():
            return
        self._ready = threading.Event()
        self._began, self._device = time.monotonic(), spec.device
        self._child = Child(spec.device, self._command)
        self._child.listen(self._hear)
        self._child.send(Job(run_id="", spec=spec, is_rehearsal=True))

    def _hear(self, body: Body) -> None:
        if isinstance(body, Event) and body.kind is EventKind.STAGE and body.data.get("ready"):
            self._ready.set()

    def take(self, device: str) -> Child | None:
        """Return the spare for a run on `device` and have none left, or None where there is none for it.

        One that is still getting ready is ahead of a fresh worker, too: it takes its job when it is.
        """
        child = self._child
        if child is None or device != self._device or child.has_ended():
            return None
        self.keep_still(False)
        self._child = None
        return child

    def keep_still(self, wanted: bool) -> None:
        """Let the spare stand still while something is measured: it may be getting ready."""
        if self._child is None:
            self._is_still = False
        elif wanted != self._is_still:
            self._is_still = wanted
            (self._child.pause if wanted else self._child.resume)()

    def tend(self) -> None:
        """Let a spare go that has ended, that does not get ready, or whose memory others need."""
        if self._child is None:
            return
        late = not self._ready.is_set() and time.monotonic() - self._began > LONGEST_WARMUP_S
        if late or self._child.has_ended() or psutil.virtual_memory().available < LEAST_FREE_BYTES:
            self.release()

    def release(self) -> None:
        """End the spare, if there is one."""
        if self._child is not None:
            self._child.kill()
            self._child = None
