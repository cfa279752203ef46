"""What a fresh process does for its parent: load the networks of one job, then time queries when asked.

Each line of stdin is a task, the last one says `end`; answers leave as JSON lines. End-of-file on stdin means
that the parent is gone: the process exits. Never imports TensorFlow unless the job's runtime is one of its.
"""

import base64
import json
import os
import queue
import sys
import threading
import time
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from core.errors import MeasurementError
from core.imports import UNUSED_BY_KERAS, lasting
from core.latency import loop
from core.latency.loading import TENSORFLOW, Loaded, load, start_tensorflow
from core.latency.memory import Inherited, peak_bytes

CHECK_CHUNK = 250
NUM_INPUTS = 64
TIE = 1e-3

Message = dict[str, Any]


def say(out: IO[str], kind: str, **data: object) -> None:
    """Write one answer."""
    out.write(json.dumps({"kind": kind, **data}) + "\n")
    out.flush()


class Child:
    """The networks of one job in one runtime. Owned by the main thread."""

    def __init__(self, job: Message, out: IO[str], inherited: Inherited) -> None:
        self.job, self.out, self.inherited = job, out, inherited
        images = np.load(job["images"]) if job["images"] else None
        self.images = None if images is None else images.astype(np.float32)[..., None] / np.float32(255)
        self.models: list[Loaded] = []
        self.peak_memory_bytes: int | None = None

    def say(self, kind: str, **data: object) -> None:
        say(self.out, kind, **data)

    def load(self) -> None:
        """Load every network, the one named first alone in memory until its peak has been read."""
        with lasting(UNUSED_BY_KERAS):
            self._load()
        self._check_shapes()
        self.say("ready", pid=os.getpid(), peak_memory_bytes=self.peak_memory_bytes)

    def _load(self) -> None:
        if self.job["runtime"] in TENSORFLOW:
            start_tensorflow(self.job["threads"], self.job["device"])
        for order, entry in enumerate(self.job["models"]):
            model = load(
                self.job["runtime"],
                Path(entry["path"]),
                threads=self.job["threads"],
                device=self.job["device"],
            )
            self.models.append(model)
            if order == 0:
                self._touch(model)
                self.peak_memory_bytes = peak_bytes(self.inherited)

    def _touch(self, model: Loaded) -> None:
        query, inputs = model.prepare(1), self.inputs(model, 1)
        for x in inputs[:8]:
            query(x)

    def _check_shapes(self) -> None:
        for entry, model in zip(self.job["models"], self.models, strict=True):
            if model.shape != self.models[0].shape:
                raise MeasurementError(
                    f"{entry['name']} takes an input of {model.shape} but {self.job['models'][0]['name']} "
                    f"one of {self.models[0].shape}; only networks with the same input can be compared."
                )

    def inputs(self, model: Loaded, batch: int) -> list[Any]:
        """Return arrays of `batch` test images, or random ones in 0..1 where the network takes no digits."""
        count = max(1, NUM_INPUTS // batch)
        if self.images is not None and model.shape == self.images.shape[1:] and model.dtype == "float32":
            picks = np.arange(count * batch) % len(self.images)
            return list(self.images[picks].reshape(count, batch, *model.shape))
        random = np.random.default_rng(0).random((count, batch, *model.shape), np.float32)
        if np.issubdtype(np.dtype(model.dtype), np.integer):
            random = random * np.iinfo(model.dtype).max
        return list(random.astype(model.dtype))

    def check(self, _: Message) -> None:
        """Answer the test images and compare with the Keras network's stored answers."""
        for index, (entry, model) in enumerate(zip(self.job["models"], self.models, strict=True)):
            reference = entry["reference"]
            if reference is None or self.images is None or model.shape != self.images.shape[1:]:
                continue
            expected = np.load(reference)
            batch = 1 if self.job["runtime"].startswith("litert") else CHECK_CHUNK
            query = model.prepare(batch)
            chunks = self.images.reshape(-1, batch, *model.shape)
            answers = np.concatenate([np.array(query(x)) for x in chunks])
            self.say("answers", model=index, **_comparison(answers, expected, np.load(self.job["labels"])))
        self.say("checked")

    def run(self, task: Message) -> None:
        """Ask one network again and again for `seconds`, for an energy counter that the parent reads."""
        model = self.models[task["model"]]
        query, inputs = model.prepare(task["batch"]), self.inputs(model, task["batch"])
        loop.timed(query, inputs, 3)
        self.say("running")
        queries, end = 0, time.perf_counter() + task["seconds"]
        while time.perf_counter() < end:
            loop.timed(query, inputs, 20)
            queries += 20
        self.say("ran", queries=queries)

    def measure(self, task: Message) -> None:
        """Warm up, then time blocks of every network in turn, the order reversed in every other block."""
        pin(task["cores"])
        batch = task["batch"]
        queries = [model.prepare(batch) for model in self.models]
        inputs = [self.inputs(model, batch) for model in self.models]
        pairs = list(zip(queries, inputs, strict=True))
        with loop.undisturbed():
            warm = [loop.warm_up(query, x, limit_s=task["warmup_s"]) for query, x in pairs]
            plans = [block_size(each.p50_ns, task) for each in warm]
            before = Usage.now(task["cores"])
            blocks = self._blocks(pairs, plans, task)
            core_shared, load_during = Usage.now(task["cores"]).shares_since(before)
        self.say(
            "times",
            batch=batch,
            overhead_us=loop.overhead_ns() / 1000,
            core_shared=core_shared,
            load_during=load_during,
            models=[
                {
                    "warmup_queries": each.queries,
                    "settled": each.is_settled,
                    "blocks": [base64.b64encode(block.tobytes()).decode() for block in series],
                }
                for each, series in zip(warm, blocks, strict=True)
            ],
        )

    def _blocks(self, pairs: list[Any], plans: list[int], task: Message) -> list[list[Any]]:
        blocks: list[list[Any]] = [[] for _ in pairs]
        spent = [0.0] * len(pairs)
        order = list(range(len(pairs)))
        number = 0
        while number < task["blocks"] or (
            number < 2 * task["blocks"] and min(spent) < task["min_s"] and task["min_s"] > 0
        ):
            for index in order if number % 2 == 0 else reversed(order):
                query, inputs = pairs[index]
                block = loop.timed(query, inputs, plans[index])
                blocks[index].append(block)
                spent[index] += sum(block) / 1e9
            number += 1
        return blocks


_TASKS = {"check": Child.check, "run": Child.run, "measure": Child.measure}


def block_size(p50_ns: float, task: Message) -> int:
    """Return the queries of one block so that all blocks together reach the least count and time."""
    slow = p50_ns > task["slow_ns"]
    least, seconds = (task["slow_queries"], task["slow_s"]) if slow else (task["min_queries"], task["min_s"])
    total: float = max(least, 1.05 * seconds * 1e9 / p50_ns)
    return max(1, ceil(total / int(task["blocks"])))


def _comparison(answers: Any, expected: Any, labels: Any) -> Message:
    got, wanted = answers.reshape(len(expected), -1), expected.reshape(len(expected), -1)
    if got.shape != wanted.shape:
        return {"agreement": 0.0, "max_difference": None, "accuracy": 0.0, "reference_accuracy": 0.0}
    guesses, references = got.argmax(axis=1), wanted.argmax(axis=1)
    # Where the reference hardly prefers its first answer to another, that other is no disagreement.
    lead = wanted.max(axis=1) - np.take_along_axis(wanted, guesses[:, None], axis=1)[:, 0]
    return {
        "agreement": float((lead <= TIE).mean()),
        "max_difference": float(np.abs(got - wanted).max()),
        "accuracy": float((guesses == labels).mean()),
        "reference_accuracy": float((references == labels).mean()),
    }


def pin(cores: list[int]) -> None:
    """Keep every thread of this process on `cores`, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        return
    for task in os.listdir("/proc/self/task"):
        try:
            os.sched_setaffinity(int(task), set(cores))
        except (ProcessLookupError, PermissionError):
            continue


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds so far: of the clock, of this process, and of anyone's work on the measured and all cores."""

    clock_s: float
    own_s: float
    cores_s: float
    machine_s: float
    num_cores: int

    @classmethod
    def now(cls, cores: list[int]) -> "Usage":
        """Read the counters; cores count as idle where /proc/stat cannot be read."""
        busy = _busy_s()
        mine = sum(busy.get(core, 0.0) for core in cores)
        return cls(time.perf_counter(), time.process_time(), mine, sum(busy.values()), len(cores))

    def shares_since(self, before: "Usage") -> tuple[float, float]:
        """Return the shares (0..1) that others took of the measured cores, and of all cores."""
        elapsed, own = self.clock_s - before.clock_s, self.own_s - before.own_s
        core = (self.cores_s - before.cores_s - own) / elapsed / self.num_cores
        machine = (self.machine_s - before.machine_s - own) / elapsed / (os.cpu_count() or 1)
        return max(0.0, core), max(0.0, machine)


def _busy_s() -> dict[int, float]:
    """Return by core the seconds that it was neither idle nor waiting for input since boot."""
    try:
        rows = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    except OSError:
        return {}
    tick = os.sysconf("SC_CLK_TCK")
    return {
        int(name[3:]): sum(int(value) for i, value in enumerate(values[:8]) if i not in (3, 4)) / tick
        for name, *values in rows
        if name.startswith("cpu") and name != "cpu"
    }


def _read_lines(lines: "queue.SimpleQueue[str]") -> None:
    rest = b""
    while chunk := os.read(0, 65536):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            lines.put(line.decode())
    os._exit(70)


def serve(job: Message, out: IO[str], inherited: Inherited) -> NoReturn:
    """Load the networks of `job` and answer each task; ends this process, which may be a forked one."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read_lines, args=(lines,), daemon=True).start()
    child = Child(job, out, inherited)
    try:
        child.load()
        while (task := json.loads(lines.get()))["do"] != "end":
            _TASKS[task["do"]](child, task)
    except MeasurementError as error:
        child.say("error", message=str(error))
    except Exception as error:
        child.say("error", message=f"{type(error).__name__}: {error}".splitlines()[0][:300])
    sys.stdout.flush()
    os._exit(0)
