"""How much of the processors a worker gets beside others: what they leave it, and its full share to measure.

A niceness counts within a session only where the kernel shares the processors by session (autogroup, see
sched(7), the default of Linux desktops): there a worker takes half of them from the visitor's browser, which
is of another session, whatever its niceness. So the worker's session is its own and gets one as well.
"""

import contextlib
import os
from pathlib import Path

NICENESS = 10


def lower(pid: int) -> None:
    """Let the worker `pid`, which leads a session, and all that it starts, give way to everybody else."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    _weigh(pid, NICENESS)


def restore(pid: int) -> None:
    """Give the session of `pid` the share of any other: what is measured must not wait for a browser."""
    _weigh(pid, 0)


def _weigh(pid: int, niceness: int) -> None:
    with contextlib.suppress(OSError):  # no such file: no autogroup, and none is needed
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness))
