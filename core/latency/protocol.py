"""The measurement: fresh child processes, warm-up kept apart, networks interleaved block by block.

The parent only waits while a child measures. Children share the caller's process group and leave at end-of-
file on their stdin. Modelled on MLPerf's single stream (least count, least time) and pyperf (processes).
"""

import base64
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core import runtimes
from core.analysis import agreement
from core.analysis.caveats import LEAST, LEAST_SLOW, SLOW_MS
from core.errors import MeasurementError
from core.latency import conditions, cores, energy, subject
from core.latency.group import Group, Message, Servers, job
from core.latency.subject import CHECK_IMAGES, Subject
from core.learning import data as mnist
from core.records import Conditions, Runtime

Model = Subject | Path | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long is long enough. Counts and seconds hold for each network in each process.

    What is not given is the least that earns no badge `too-short`.
    """

    processes: int = 3
    blocks: int = 20
    min_queries: int = LEAST[0]
    min_s: float = LEAST[1]
    slow_ns: float = SLOW_MS * 1e6
    slow_queries: int = LEAST_SLOW[0]
    slow_s: float = LEAST_SLOW[1]
    warmup_s: float = 3.0
    is_quick: bool = False


FULL = Effort()
QUICK = Effort(
    processes=1,
    blocks=10,
    min_queries=256,
    min_s=0.25,
    slow_queries=20,
    slow_s=0.5,
    warmup_s=0.5,
    is_quick=True,
)


@dataclass(frozen=True, slots=True)
class Series:
    """What all processes measured of one network at one batch: nanoseconds by process and block."""

    samples: list[list[Any]]
    warmup_queries: int
    is_settled: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """One runtime at one batch on a device: a series for each network (or why not), the machine meanwhile."""

    runtime: Runtime
    batch: int
    series: list[Series] | None
    conditions: Conditions
    answers: dict[int, agreement.Answers]
    peak_memory_bytes: dict[int, int]
    energy: dict[int, tuple[float | None, str]]
    error: str = ""
    disagrees: bool = False
    device: str = "cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A validated measurement. Raises MeasurementError that names what came and what is allowed."""

    runtimes: tuple[Runtime, ...]
    batches: tuple[int, ...] = (1,)
    threads: int = 1
    device: str = "cpu"
    effort: Effort = FULL

    def __post_init__(self) -> None:
        if not self.runtimes:
            raise MeasurementError(
                "no runtime fits these networks; see `python -m core doctor` for what is here."
            )
        for batch in self.batches:
            if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= 10_000:
                raise MeasurementError(f"batch is {batch!r}; allowed: a whole number from 1 to 10000.")
        if not 1 <= self.effort.processes <= 50:
            raise MeasurementError(f"processes is {self.effort.processes}; allowed: 1 to 50.")
        kind, _, number = self.device.partition(":")
        if self.device != "cpu" and not (kind == "gpu" and number.isdecimal()):
            raise MeasurementError(f"device is {self.device!r}; allowed: cpu, or gpu:N as in gpu:0.")
        cores.check_threads(self.threads)


@contextmanager
def resolved(models: Sequence[Model], wanted: Iterable[Runtime | str] | None) -> Iterator[list[Subject]]:
    """Turn paths into subjects; files made for them live until the block ends."""
    names = None if wanted is None else [runtimes.named(name) for name in wanted]
    with tempfile.TemporaryDirectory(prefix="measure-") as work:
        yield [_subject(model, Path(work) / str(i), names) for i, model in enumerate(models)]


def _subject(model: Model, folder: Path, wanted: list[Runtime] | None) -> Subject:
    if isinstance(model, Subject):
        return model
    path = Path(model)
    if path.suffix != ".keras":
        return subject.of_file(path, wanted)
    from core.latency.export import prepare_file

    possible = runtimes.for_file(path)
    chosen = [runtime for runtime in wanted or runtimes.DEFAULT if runtime in possible]
    return prepare_file(path, folder, chosen or possible)


def outcomes(
    subjects: Sequence[Subject],
    request: Request,
    *,
    servers: Servers | None = None,
    on_round: Callable[[], None] = lambda: None,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[Outcome]:
    """Yield one outcome for each runtime and batch, in their order; our cores are held while measuring.

    Where a GPU is asked for, a runtime that knows none is measured on the cpu. `servers` are those of a
    caller who asks again.
    """
    with tempfile.TemporaryDirectory(prefix="images-") as work, ExitStack() as stack:
        servers = servers or stack.enter_context(Servers())
        images = _test_images(Path(work)) if any(each.reference for each in subjects) else None
        for runtime in request.runtimes:
            there = replace(request, device=runtimes.device_of(runtime, request.device))
            # All of a runtime before the first is handed on: who reads them must not hold up others.
            yield from list(_of_runtime(runtime, subjects, there, images, servers, on_round, on_wait))


def _test_images(folder: Path) -> tuple[Path, Path]:
    data = mnist.loaded()
    np.save(folder / "images.npy", data.x_test[:CHECK_IMAGES])
    np.save(folder / "labels.npy", data.y_test[:CHECK_IMAGES])
    return folder / "images.npy", folder / "labels.npy"


def _of_runtime(
    runtime: Runtime,
    subjects: Sequence[Subject],
    request: Request,
    images: tuple[Path, Path] | None,
    servers: Servers,
    on_round: Callable[[], None],
    on_wait: Callable[[], None],
) -> Iterator[Outcome]:
    facts = conditions.at_start(cores.quiet(request.threads))
    answers: dict[int, agreement.Answers] = {}
    done = 0
    try:
        facts = conditions.with_gpu(facts, request.device)
        first = _job(runtime, subjects, request, images)
        with ExitStack() as stack:
            with cores.held(on_wait, shared=True, device=request.device):
                ready = servers.take(runtime, request.device, request.effort.processes)
                group = stack.enter_context(Group(first, ready))
                group.wait_ready()
                answers = {index: _answers(message) for index, message in group.check().items()}
            _refuse_mismatch(runtime, subjects, answers)
            stack.enter_context(cores.held(on_wait, device=request.device))
            quiet = cores.quiet(request.threads)
            facts = replace(facts, pinned_core=quiet[0] if facts.pinned_core is not None else None)
            for batch in request.batches:
                series, during = _rounds(group, batch, quiet, request, on_round)
                now = conditions.at_end(facts, during, request.device)
                spent = _energy(group, len(subjects), batch, request)
                peaks = dict(group.peak_memory_bytes)
                yield Outcome(runtime, batch, series, now, answers, peaks, spent, device=request.device)
                done += 1
    except MeasurementError as error:
        for batch in request.batches[done:]:
            disagrees = isinstance(error, DisagreementError)
            why = str(error), disagrees, request.device
            yield Outcome(runtime, batch, None, facts, answers, {}, {}, *why)


def _job(
    runtime: Runtime, subjects: Sequence[Subject], request: Request, images: tuple[Path, Path] | None
) -> Message:
    if reason := runtimes.missing_reason(runtime):
        raise MeasurementError(reason)
    models = [
        {
            "name": each.name,
            "path": str(each.file(runtime).resolve()),
            "reference": str(each.reference) if each.reference else None,
        }
        for each in subjects
    ]
    return job(runtime, request.device, request.threads, models, *(images or (None, None)))


def _answers(message: Message) -> agreement.Answers:
    fields = ("agreement", "max_difference", "accuracy", "reference_accuracy")
    return agreement.Answers(*(message[field] for field in fields))


def _refuse_mismatch(
    runtime: Runtime, subjects: Sequence[Subject], answers: dict[int, agreement.Answers]
) -> None:
    for index, found in answers.items():
        if reason := agreement.mismatch(runtime, found):
            raise DisagreementError(f"{subjects[index].name} on {runtime} {reason}.")


class DisagreementError(MeasurementError):
    """A converted network does not answer as the Keras network does."""


def _rounds(
    group: Group, batch: int, quiet: list[int], request: Request, on_round: Callable[[], None]
) -> tuple[list[Series], list[Message]]:
    effort = asdict(request.effort)
    messages = []
    for turn in range(request.effort.processes):
        messages.append(group.measure(turn, {"batch": batch, "cores": quiet, **effort}))
        on_round()
    count = len(messages[0]["models"])
    return [_series([message["models"][i] for message in messages]) for i in range(count)], messages


def _energy(group: Group, models: int, batch: int, request: Request) -> dict[int, tuple[float | None, str]]:
    """Return joules for 1,000 predictions and a note, by network; a loop each where there is a counter."""
    read = energy.counter(request.device)
    if request.effort.is_quick:
        return dict.fromkeys(range(models), (None, "not measured in a quick measurement"))
    if isinstance(reason := read(), str):
        return dict.fromkeys(range(models), energy.per_thousand(reason, reason, 0))
    found = {}
    for model in range(models):
        before, after, queries = group.run(model, batch, energy.LOOP_S, read)
        found[model] = energy.per_thousand(before, after, queries * batch)
    return found


def _series(parts: list[Message]) -> Series:
    samples = [
        [np.frombuffer(base64.b64decode(block), dtype=np.int64) for block in part["blocks"]] for part in parts
    ]
    return Series(
        samples, sum(part["warmup_queries"] for part in parts), all(part["settled"] for part in parts)
    )
