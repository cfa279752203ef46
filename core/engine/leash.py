"""Ends this process, and all that it started, with the process that started it. Imports nothing heavy."""

import contextlib
import ctypes
import os
import signal
import sys
import threading

ORPHANED = 70
LEASHED = "PRUNING_LAB_LEASHED"
"""Set for a command that a server starts: its standard input ends when the server does."""
_PR_SET_PDEATHSIG = 1


def end_group(code: int = ORPHANED) -> None:
    """End this process and, where it leads a group of its own, all that it has started."""
    if os.getpgrp() == os.getpid():
        with contextlib.suppress(OSError):
            os.killpg(0, signal.SIGKILL)
    os._exit(code)


def wake_without_parent() -> None:
    """Have the kernel let this process go on, should it stand still, when its parent's thread ends (Linux).

    One that stands still reads no end of file: without this it would outlive its server for ever.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)


def hold() -> None:
    """Where a server started this command, end when its standard input does."""
    if os.environ.pop(LEASHED, ""):
        wake_without_parent()
        threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    # A buffered reader in a daemon thread aborts the interpreter at exit; os.read does not.
    while os.read(0, 4096):
        pass
    end_group()
