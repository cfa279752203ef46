"""Measurements asked for in the browser: one process at a time, with nothing beside it.

A study is a closer look at a run, `python -m core measure RUN --ladder`, which stores study.json with the
run, or a cross-over, `measure --crossing ARCHITECTURE`, which keeps its file in the home folder. Times that
it takes are worth something only while nothing of ours trains, so the supervisor starts no run meanwhile,
and a study that waits comes before the queued runs. What was asked is forgotten at a restart.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from core.engine.leash import LEASHED
from core.engine.local import Body, Child, Exited
from core.errors import EngineError
from core.records import StudyProgress

MEASURE = (sys.executable, "-m", "core", "measure")
SILENCE_S = 1200.0
"""A study that says nothing for so long is given up; a round of one runtime may take 600 s."""
MOST_LINES = 200


class Studies:
    """The studies of this process. `tend` belongs to one thread; everything else may be called from any.

    `changed()` is called at every change; `stored(run_id)` when a run has a new study.
    """

    def __init__(
        self,
        changed: Callable[[], None],
        stored: Callable[[str], None],
        *,
        places: Mapping[str, str],
        command: Sequence[str] = MEASURE,
    ) -> None:
        self._changed, self._stored = changed, stored
        self._extra, self._command = {**places, LEASHED: "1"}, tuple(command)
        self._lock = threading.RLock()
        self._found: dict[str, StudyProgress] = {}
        self._options: dict[str, tuple[str, ...]] = {}
        self._child: Child | None = None
        self._heard_at = 0.0

    def ask(self, study: StudyProgress, options: Sequence[str]) -> None:
        """Queue a study, `options` being what its command is told; raises EngineError where one is open."""
        with self._lock:
            known = self._found.get(study.key)
            if known is not None and known.is_open:
                raise EngineError(f"{study.key} is measured already ({known.state}); cancel that first.")
            self._found.pop(study.key, None)
            self._options[study.key] = tuple(options)
            self._put(study)

    def cancel(self, key: str) -> None:
        """End an open study, or do nothing where there is none."""
        with self._lock:
            known = self._found.get(key)
            if known is None or not known.is_open:
                return
            if known.state == "running" and self._child is not None:
                self._child.stop(polite_s=0)
            self._put(replace(known, state="failed", reason="cancelled"))

    def records(self) -> tuple[StudyProgress, ...]:
        """Return what was asked for since this process started, oldest first."""
        with self._lock:
            return tuple(self._found.values())

    def is_open(self, key: str) -> bool:
        """Whether a study waits or is at work."""
        return any(each.key == key and each.is_open for each in self.records())

    def tend(self, is_quiet: bool) -> bool:
        """Start the next study if `is_quiet`; return whether one waits or is at work."""
        with self._lock:
            if self._child is not None and time.monotonic() - self._heard_at > SILENCE_S:
                self._child.kill()
            waiting = [each for each in self._found.values() if each.state == "queued"]
            if waiting and self._child is None and is_quiet:
                self._start(waiting[0])
            return bool(waiting) or self._child is not None

    def _start(self, study: StudyProgress) -> None:
        command = (*self._command, *self._options.pop(study.key))
        study = replace(study, state="running", began_at=time.time())
        self._heard_at = time.monotonic()
        try:
            child = self._child = Child("cpu", command, extra=self._extra)
        except OSError as error:
            self._put(replace(study, state="failed", reason=f"it could not be started: {error}"))
            return
        self._put(study)
        child.listen(lambda body: self._hear(study.key, body))

    def _hear(self, key: str, body: Body) -> None:
        with self._lock:
            self._heard_at = time.monotonic()
            if isinstance(body, Exited):
                self._child = None
            known = self._found.get(key)
            if known is None or known.state != "running":
                return  # it was cancelled
            if isinstance(body, str):
                self._put(replace(known, lines=(*known.lines, *body.splitlines())[-MOST_LINES:]))
            elif isinstance(body, Exited):
                self._end(known, body.code)

    def _end(self, study: StudyProgress, code: int) -> None:
        if code:
            self._put(replace(study, state="failed", reason=_reason(study, code)))
            return
        if study.run_id:
            self._stored(study.run_id)
        self._put(replace(study, state="finished"))

    def _put(self, study: StudyProgress) -> None:
        self._found[study.key] = study
        self._changed()

    def close(self) -> None:
        """End the study at work; what its process still says is not heard any more."""
        with self._lock:
            if self._child is not None:
                self._child.kill()
            for study in self._found.values():
                if study.is_open:
                    self._found[study.key] = replace(study, state="failed", reason="the server was stopped")


def _reason(study: StudyProgress, code: int) -> str:
    errors = [line.removeprefix("error: ") for line in study.lines if line.startswith("error: ")]
    if errors:
        return errors[-1]
    if code < 0:
        return f"its process was killed by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code}: {(study.lines or ('it said nothing',))[-1]}"
