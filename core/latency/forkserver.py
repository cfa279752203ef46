"""`python -m core.latency.forkserver [tensorflow]`: fresh processes that measure, one after another.

A line of stdin with a job forks a process for it (child.py), which inherits imported modules (those of the
family in the arguments, too) and nothing else: what a runtime makes, its threads and its memory, is made
after the fork and ends with the job. So a family is imported once for all of its runtimes, as in
multiprocessing's forkserver. Where forking is not safe (only Linux counts as such) this process serves one
job itself.
Answers leave on the original stdout; whatever libraries print goes to stderr.
"""

import json
import os
import select
import signal
import sys
import threading
from contextlib import suppress
from importlib import import_module

from core.imports import UNUSED_BY_KERAS, lasting
from core.latency.child import say, serve
from core.latency.memory import Inherited

FORKS = sys.platform == "linux"
TENSORFLOW = "tensorflow"


class Fork:
    """The process of the job at hand; `pid` is 0 between two jobs. Owned by the main thread."""

    def __init__(self) -> None:
        self.pid = 0

    def leave_with_parent(self) -> None:
        """End it and this process once the parent has closed stdin: in the midst of an import, or stopped."""
        parent = select.poll()
        parent.register(0, 0)  # a hang-up is told unasked
        parent.poll()
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
        os._exit(70)


def preload(families: list[str]) -> None:
    """Import what jobs of `families` need; what cannot be imported is left to the job, which can say it."""
    if TENSORFLOW in families:
        with lasting(UNUSED_BY_KERAS), suppress(ImportError):
            import_module("tensorflow")
            import_module("keras")


def main() -> None:
    """Serve jobs until the parent closes stdin."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    fork = Fork()
    threading.Thread(target=fork.leave_with_parent, daemon=True).start()
    preload(sys.argv[1:])
    # Not a byte more than the job is read: what follows is for its process.
    with open(0, "rb", buffering=0, closefd=False) as lines:
        while line := lines.readline():
            job = json.loads(line)
            if "do" in job:
                continue  # a task for a process that is gone
            inherited = Inherited.now() if FORKS else Inherited()
            fork.pid = os.fork() if FORKS else 0
            if not fork.pid:
                serve(job, out, inherited)
            _, status = os.waitpid(fork.pid, 0)
            fork.pid = 0
            say(out, "ended", code=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
