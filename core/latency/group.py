"""The parent's side: processes of one runtime, started together, asked one at a time."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psutil

from core.errors import MeasurementError
from core.latency import forkserver
from core.latency.loading import TENSORFLOW, quiet_environment
from core.settings import ROOT

START_LIMIT_S = 180.0
ROUND_LIMIT_S = 600.0
END_LIMIT_S = 2.0

Message = dict[str, Any]


class Server:
    """One forkserver.py and the process that it has forked last: one job at a time.

    Owned by the thread that made it; a reader thread fills its queue of answers.
    """

    def __init__(self, family: str, device: str) -> None:
        self.pid: int | None = None
        self._is_busy = False
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        self._server = subprocess.Popen(
            [sys.executable, "-m", "core.latency.forkserver", family],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=ROOT,
            env=quiet_environment(device),
            text=True,
        )
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._server.stdout is not None
        with suppress(ValueError):
            for line in self._server.stdout:
                self._answers.put(line)
        self._answers.put(None)

    def begin(self, job: Message) -> None:
        """Have a fresh process load the networks of `job`; the answer `ready` names it."""
        self._errors.seek(0)
        self._errors.truncate()
        self.pid, self._is_busy = None, True
        self.tell(job)

    def tell(self, message: Message) -> None:
        """Send one line; a process that is gone already shows itself at the next `hear`."""
        assert self._server.stdin is not None
        with suppress(BrokenPipeError, OSError):
            self._server.stdin.write(json.dumps(message) + "\n")
            self._server.stdin.flush()

    def hear(self, limit_s: float) -> Message:
        """Return the next answer; MeasurementError where the process reports an error, dies or is silent."""
        try:
            line = self._answers.get(timeout=limit_s)
        except queue.Empty:
            raise MeasurementError(f"the measuring process gave no answer for {limit_s:g} s.") from None
        message: Message = json.loads(line) if line else {"kind": "ended", "code": self._server.wait()}
        if message["kind"] == "ended":
            self._is_busy = False
            raise MeasurementError(self._death(message["code"]))
        if message["kind"] == "error":
            raise MeasurementError(message["message"])
        self.pid = message.get("pid", self.pid)
        return message

    def _death(self, code: int) -> str:
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        words = [line for line in said if not line.startswith("INFO:")][-1:]
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"the measuring process {how}{': ' + words[0][:300] if words else '.'}"

    def end(self) -> None:
        """Ask the job's process to leave and wait a moment for it; `is_free` says whether it did."""
        self.tell({"do": "end"})
        until = time.monotonic() + END_LIMIT_S
        while self._is_busy and (left := until - time.monotonic()) > 0:
            with suppress(MeasurementError):
                self.hear(left)

    @property
    def is_free(self) -> bool:
        """Whether it can take another job."""
        return not self._is_busy and self._server.poll() is None

    def close(self) -> None:
        """End the job's process and the server by closing their stdin, by force after two seconds."""
        with suppress(BrokenPipeError, OSError):
            if self._server.stdin:
                self._server.stdin.close()
        try:
            self._server.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            with suppress(psutil.NoSuchProcess):
                for process in psutil.Process(self._server.pid).children():
                    process.kill()
            self._server.kill()
            with suppress(subprocess.TimeoutExpired):  # one that the kernel does not give back is left
                self._server.wait(END_LIMIT_S)
        self._reader.join(END_LIMIT_S)
        if self._server.stdout and not self._reader.is_alive():  # else somebody holds it open; closing waits
            self._server.stdout.close()
        self._errors.close()


class Servers:
    """The forkservers of one family and device at a time, one for each process that a figure rests on.

    So processes that are compared have memory layouts of their own, and a family is imported once for all of
    its runtimes.
    """

    def __init__(self) -> None:
        self._kind: tuple[str, str] | None = None
        self._servers: list[Server] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def take(self, runtime: str, device: str, count: int) -> list[Server]:
        """Return `count` free servers for a runtime, those of another kind ended."""
        kind = (forkserver.TENSORFLOW if runtime in TENSORFLOW else "", device)
        if kind != self._kind or not all(server.is_free for server in self._servers):
            self._close()
            self._kind = kind
        while len(self._servers) < count:
            self._servers.append(Server(*kind))
        return self._servers[:count]

    def _close(self) -> None:
        while self._servers:
            self._servers.pop().close()


class Group:
    """The processes of one job, each with all networks loaded, a different one first in each."""

    def __init__(self, job: Message, servers: Sequence[Server]) -> None:
        self.orders = [_rotated(len(job["models"]), turn) for turn in range(len(servers))]
        self.servers = servers
        self.peak_memory_bytes: dict[int, int] = {}
        for order, server in zip(self.orders, servers, strict=True):
            server.begin({**job, "models": [job["models"][i] for i in order]})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self.servers:
            server.end()

    def wait_ready(self) -> None:
        """Wait until every child has loaded every network; raises MeasurementError with the first reason."""
        deadline = time.monotonic() + START_LIMIT_S
        for order, server in zip(self.orders, self.servers, strict=True):
            ready = server.hear(max(1.0, deadline - time.monotonic()))
            if ready["peak_memory_bytes"]:
                self.peak_memory_bytes.setdefault(order[0], ready["peak_memory_bytes"])

    def check(self) -> dict[int, Message]:
        """Return by network how it answered the test images, asked in the first process."""
        server, found = self.servers[0], {}
        server.tell({"do": "check"})
        while (message := server.hear(ROUND_LIMIT_S))["kind"] == "answers":
            found[self.orders[0][message["model"]]] = message
        return found

    def run(self, model: int, batch: int, seconds: float, read: Callable[[], Any]) -> tuple[Any, Any, int]:
        """Let the first process ask `model` for `seconds`; return `read` before, after, and the queries."""
        server = self.servers[0]
        server.tell({"do": "run", "model": self.orders[0].index(model), "batch": batch, "seconds": seconds})
        server.hear(ROUND_LIMIT_S)
        before = read()
        message = server.hear(ROUND_LIMIT_S)
        return before, read(), message["queries"]

    def measure(self, turn: int, task: Message) -> Message:
        """Let process `turn` measure; its answer names the networks in this group's order."""
        server, order = self.servers[turn], self.orders[turn]
        server.tell({"do": "measure", **task})
        message = server.hear(ROUND_LIMIT_S)
        by_model = dict(zip(order, message["models"], strict=True))
        return {**message, "models": [by_model[i] for i in sorted(by_model)]}


def _rotated(count: int, turn: int) -> list[int]:
    return [(i + turn) % count for i in range(count)]


def job(
    runtime: str,
    device: str,
    threads: int,
    models: Sequence[Message],
    images: Path | None,
    labels: Path | None,
) -> Message:
    """Return the first line for a child: `models` have name, path and reference (paths as strings)."""
    return {
        "runtime": runtime,
        "device": device,
        "threads": threads,
        "models": list(models),
        "images": str(images) if images else None,
        "labels": str(labels) if labels else None,
    }
