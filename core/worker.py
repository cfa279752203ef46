"""`python -m core.worker`: one run in a fresh process. Reads its job from stdin, writes events to stdout.

It never touches the store. The end of stdin means that whoever started it is gone: it ends with everything it
has started. A line `cancel` there asks it to stop after the present batch; `measure` lets one that
holds go on.
"""

import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from core.engine.events import Lines, encode
from core.engine.leash import end_group, wake_without_parent
from core.errors import Cancelled, LabError
from core.imports import UNUSED_BY_KERAS, lasting
from core.records import EventKind, Job, Stage, from_json

CANCELLED = 3
FAILED = 1


class Line:
    """The two pipes to the supervisor. Events leave whole even where several threads emit.

    Input is read in the background from the start, so that the end of it is noticed during imports too.
    """

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)  # whatever a library prints goes to the log, not between the events
        self._writing = threading.Lock()
        self._jobs: SimpleQueue[bytes] = SimpleQueue()
        self._cancelled, self._told = threading.Event(), threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def emit(self, kind: EventKind, data: dict[str, Any]) -> None:
        """Write one event."""
        line = memoryview(encode(kind, data))
        with self._writing:
            while line:
                line = line[os.write(self._out, line) :]

    def job(self) -> Job:
        """Wait for a job."""
        return from_json(Job, self._jobs.get())

    def should_stop(self) -> bool:
        """Whether the supervisor asked to stop."""
        return self._cancelled.is_set()

    def hold(self) -> None:
        """Wait until the supervisor lets the measurement begin, or asks to stop."""
        self._told.wait()

    def _listen(self) -> None:
        lines = Lines()
        # A buffered reader in a daemon thread aborts the interpreter at exit; os.read does not.
        while chunk := os.read(0, 1 << 20):
            for line in lines.feed(chunk):
                if line.strip() == b"cancel":
                    self._cancelled.set()
                    self._told.set()
                elif line.strip() == b"measure":
                    self._told.set()
                else:
                    self._jobs.put(line)
        end_group()


def main() -> int:
    """Do one run; return the exit code."""
    wake_without_parent()
    line = Line()
    job = line.job()
    line.emit(EventKind.STAGE, {"stage": Stage.STARTING})
    return _guarded(line, lambda: _work(line, job))


def _work(line: Line, job: Job) -> None:
    threading.Thread(target=_unpack, daemon=True).start()
    with lasting(UNUSED_BY_KERAS):
        from core import pipeline
    while job.is_rehearsal:
        pipeline.rehearse(job.spec)
        line.emit(EventKind.STAGE, {"stage": Stage.STARTING, "ready": True})
        job = line.job()
    pipeline.run(job, line.emit, line.should_stop, line.hold)


def _unpack() -> None:
    """Read the data set while TensorFlow is imported; who needs it says what is wrong with it."""
    with suppress(LabError):
        from core.learning import data  # not above: a worker is on its leash before it imports anything large

        data.loaded()


def _guarded(line: Line, work: Callable[[], None]) -> int:
    try:
        work()
    except Cancelled:
        return CANCELLED
    except LabError as error:
        line.emit(EventKind.ERROR, {"message": str(error), "trace": ""})
        return FAILED
    except Exception as error:
        line.emit(EventKind.ERROR, {"message": _words(error), "trace": traceback.format_exc()[-8000:]})
        return FAILED
    return 0


def _words(error: Exception) -> str:
    kind = type(error).__name__
    if isinstance(error, MemoryError) or kind == "ResourceExhaustedError":
        return "out of memory; a smaller batch size or a smaller network needs less"
    first = (str(error).strip().splitlines() or ["no message"])[0]
    return f"{kind}: {first[:500]}"


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)
