"""A child process per run on this machine: started, fed, read, stopped. Knows nothing of stores or queues."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.engine import priority
from core.engine.events import Lines, decode
from core.records import Event, EventKind, Job, Stage, to_json
from core.settings import ROOT
from core.telemetry.choice import visible_to_cuda

WORKER = (sys.executable, "-m", "core.worker")
POLITE_S = 2.0
TERMINATE_S = 2.0
KILL_S = 10.0
"""A killed process that is not gone by then is held by the system (a driver, a dead disk): it is left."""
MOST_LOG_BYTES = 4 * 2**20
CANCEL = b"cancel\n"
MEASURE = b"measure\n"
VMSTAT = Path("/proc/vmstat")


@dataclass(frozen=True, slots=True)
class Exited:
    """The end of a worker: its exit code, negative for a signal; `lost` says why it cannot be known.

    `out_of_memory`: the system killed it, on the machine that it ran on.
    """

    code: int
    lost: str = ""
    out_of_memory: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """A worker elsewhere has begun; `again`: after the one before was lost, so that all starts anew."""

    where: str
    again: bool = False


Body = Event | str | Started | Exited
Post = Callable[[Body], None]
"""Takes what a worker says: an event, a line for the log, its end. Called from reader threads."""


def environment(
    device: str, base: Mapping[str, str] = os.environ, *, keeps_devices: bool = False
) -> dict[str, str]:
    """Return a worker's environment: quiet TensorFlow, few page faults, only its own device visible.

    It takes GPU memory as it needs it, not nearly all at once: what measures for it needs some, too.
    With `keeps_devices` a GPU run sees what this process sees: on a node, the GPU that the node was given.
    """
    inherited = base.get("CUDA_VISIBLE_DEVICES") if keeps_devices and device != "cpu" else None
    return {
        **base,
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_ENABLE_ONEDNN_OPTS": base.get("TF_ENABLE_ONEDNN_OPTS", "1"),
        "KERAS_BACKEND": "tensorflow",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_MMAP_THRESHOLD_": str(2**30),
        "MALLOC_TRIM_THRESHOLD_": str(2**30),
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES": inherited or visible_to_cuda(device),
    }


class Child:
    """A worker process in a session of its own, at lower priority; ends when its standard input does."""

    has_started = True

    def __init__(
        self,
        device: str,
        command: Sequence[str] = WORKER,
        *,
        keeps_devices: bool = False,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self._post: Post | None = None
        self._writing = threading.Lock()
        self._heard = threading.Lock()
        self._early: list[Body] = []
        self._has_ended = False
        self.gone = threading.Event()
        self._oom_kills = oom_kills()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment(device, keeps_devices=keeps_devices), **(extra or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.pid = self._process.pid
        priority.lower(self.pid)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            _thread(self._read_events, self._process.stdout),
            _thread(self._read_log, self._process.stderr),
        ]
        _thread(self._wait)

    def listen(self, post: Post) -> None:
        """Hand everything the worker says to `post`, also what it has said already."""
        with self._heard:
            for body in self._early:
                post(body)
            self._early, self._post = [], post

    def _say(self, body: Body) -> None:
        with self._heard:
            if self._has_ended:
                return
            self._has_ended = isinstance(body, Exited)
            if self._post is None:
                self._early.append(body)
            else:
                self._post(body)

    def send(self, job: Job) -> None:
        """Give the worker a job, without waiting for it to read it."""
        self._oom_kills = oom_kills()  # a spare one has seen others come and go
        _thread(self._write, to_json(job).encode() + b"\n")

    def _write(self, line: bytes) -> None:
        assert self._process.stdin is not None
        with self._writing, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def stop(
        self, polite_s: float = POLITE_S, terminate_s: float = TERMINATE_S, kill_s: float = KILL_S
    ) -> None:
        """Ask the worker to stop, then terminate it, then kill it and whatever it started; does not wait.

        Where even that does not end it within `kill_s`, it counts as gone: nobody waits for it any more.
        """
        _thread(self._stop, polite_s, terminate_s, kill_s)

    def _stop(self, polite_s: float, terminate_s: float, kill_s: float) -> None:
        _thread(self._write, CANCEL)
        if not self.gone.wait(polite_s):
            self._signal(signal.SIGTERM)
            if not self.gone.wait(terminate_s):
                self.kill()
                if not self.gone.wait(kill_s):
                    self._say(Exited(-signal.SIGKILL, lost="the system holds the worker, which was killed,"))

    def go_on(self) -> None:
        """Let a worker that holds measure itself."""
        _thread(self._write, MEASURE)

    def pause(self) -> None:
        """Let the worker, and all that it started, stand still; it can be killed meanwhile."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused worker go on."""
        self._signal(signal.SIGCONT)

    def has_ended(self) -> bool:
        """Return whether the process is over, be its last words heard yet or not."""
        if not hasattr(os, "waitid"):  # macOS
            return self.gone.is_set()
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # and its code has been collected
            return True

    def kill(self) -> None:
        """Kill the worker's whole process group now."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _wait(self) -> None:
        code = self._process.wait()
        self.kill()  # what it started and left behind would hold its pipes open for ever
        for reader in self._readers:
            reader.join(timeout=2)
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self.gone.set()
        killed = code == -signal.SIGKILL
        self._say(Exited(code, out_of_memory=killed and oom_kills() > self._oom_kills))

    def _read_events(self, pipe: IO[bytes]) -> None:
        log = _Quota()
        lines = Lines()
        for chunk in _chunks(pipe):
            for line in lines.feed(chunk):
                self._take(line, log)
        if rest := lines.rest():
            self._take(rest, log)

    def _take(self, line: bytes, log: "_Quota") -> None:
        event = decode(line)
        if event is not None:
            if event.kind is EventKind.STAGE and event.data.get("stage") == Stage.MEASURING:
                priority.restore(self.pid)
            self._say(event)
        elif text := log.admit(line):
            self._say(text)

    def _read_log(self, pipe: IO[bytes]) -> None:
        log = _Quota()
        lines = Lines(longest=MOST_LOG_BYTES)
        for chunk in _chunks(pipe):
            admitted = [log.admit(line) for line in lines.feed(chunk)]
            if text := "\n".join(filter(None, admitted)):
                self._say(text)


class _Quota:
    """Lets log lines through until there are too many bytes of them."""

    def __init__(self) -> None:
        self._left = MOST_LOG_BYTES

    def admit(self, line: bytes) -> str:
        if self._left <= 0 or not line.strip():
            return ""
        self._left -= len(line)
        if self._left <= 0:
            return "(the worker says too much; the rest is left out)"
        return line[:2000].decode(errors="replace").rstrip()


def oom_kills() -> int:
    """Return how many processes the kernel has ended for lack of memory; 0 where it does not say."""
    try:
        lines = VMSTAT.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def _chunks(pipe: IO[bytes]) -> Iterator[bytes]:
    with pipe:
        while chunk := os.read(pipe.fileno(), 1 << 20):
            yield chunk


def _thread(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread
