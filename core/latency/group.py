"""The parent's side of child.py: processes of one runtime, started together, asked one at a time."""

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
from typing import IO, Any

from core.errors import MeasurementError
from core.latency.loading import quiet_environment
from core.settings import ROOT

START_LIMIT_S = 180.0
ROUND_LIMIT_S = 600.0

Message = dict[str, Any]


class Process:
    """One measuring child. Owned by the thread that made it; a reader thread fills its queue of answers."""

    def __init__(self, job: Message) -> None:
        self.job = job
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self._child = subprocess.Popen(
            [sys.executable, "-m", "core.latency.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=ROOT,
            env=quiet_environment(job["device"]),
            text=True,
        )
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self.tell(job)

    @property
    def pid(self) -> int:
        return self._child.pid

    def _read(self) -> None:
        assert self._child.stdout is not None
        with suppress(ValueError):
            for line in self._child.stdout:
                self._answers.put(line)
        self._answers.put(None)

    def tell(self, message: Message) -> None:
        """Send one line; a child that is gone already shows itself at the next `hear`."""
        assert self._child.stdin is not None
        with suppress(BrokenPipeError, OSError):
            self._child.stdin.write(json.dumps(message) + "\n")
            self._child.stdin.flush()

    def hear(self, limit_s: float) -> Message:
        """Return the next answer; MeasurementError where the child reports an error, dies or is silent."""
        try:
            line = self._answers.get(timeout=limit_s)
        except queue.Empty:
            raise MeasurementError(f"the measuring process gave no answer for {limit_s:g} s.") from None
        if line is None:
            raise MeasurementError(self._death())
        message: Message = json.loads(line)
        if message["kind"] == "error":
            raise MeasurementError(message["message"])
        return message

    def _death(self) -> str:
        code = self._child.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        words = [line for line in said if not line.startswith("INFO:")][-1:]
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"the measuring process {how}{': ' + words[0][:300] if words else '.'}"

    def close(self) -> None:
        """End the child by closing its stdin, by force after two seconds."""
        with suppress(BrokenPipeError, OSError):
            if self._child.stdin:
                self._child.stdin.close()
        try:
            self._child.wait(2)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()
        self._errors.close()


class Group:
    """The processes of one runtime, each with all networks loaded, a different one first in each."""

    def __init__(self, job: Message, processes: int) -> None:
        self.orders = [_rotated(len(job["models"]), turn) for turn in range(processes)]
        self.processes = [
            Process({**job, "models": [job["models"][i] for i in order]}) for order in self.orders
        ]
        self.peak_memory_bytes: dict[int, int] = {}

    def __enter__(self) -> "Group":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            process.close()

    def wait_ready(self) -> None:
        """Wait until every child has loaded every network; raises MeasurementError with the first reason."""
        deadline = time.monotonic() + START_LIMIT_S
        for order, process in zip(self.orders, self.processes, strict=True):
            ready = process.hear(max(1.0, deadline - time.monotonic()))
            if ready["peak_memory_bytes"]:
                self.peak_memory_bytes.setdefault(order[0], ready["peak_memory_bytes"])

    def check(self) -> dict[int, Message]:
        """Return by network how it answered the test images, asked in the first process."""
        process, found = self.processes[0], {}
        process.tell({"do": "check"})
        while (message := process.hear(ROUND_LIMIT_S))["kind"] == "answers":
            found[self.orders[0][message["model"]]] = message
        return found

    def run(self, model: int, batch: int, seconds: float, read: Callable[[], Any]) -> tuple[Any, Any, int]:
        """Let the first process ask `model` for `seconds`; return `read` before, after, and the queries."""
        process = self.processes[0]
        process.tell({"do": "run", "model": self.orders[0].index(model), "batch": batch, "seconds": seconds})
        process.hear(ROUND_LIMIT_S)
        before = read()
        message = process.hear(ROUND_LIMIT_S)
        return before, read(), message["queries"]

    def measure(self, turn: int, task: Message) -> Message:
        """Let process `turn` measure; its answer names the networks in this group's order."""
        process, order = self.processes[turn], self.orders[turn]
        process.tell({"do": "measure", **task})
        message = process.hear(ROUND_LIMIT_S)
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
