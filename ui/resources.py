"""The long-lived objects of this process: made once, by the server's lifespan or by the first page that asks.

No `st.cache_resource`: it would start a second engine beside a live one when its function is edited.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Event, RLock
from typing import TYPE_CHECKING, Any, TypeVar

from core import crossings as own_crossings
from core.records import Crossing, Origin, PrunableNetwork, RunRecord, RunSpec, from_json
from core.settings import settings

if TYPE_CHECKING:
    from core.engine import Engine
    from core.gallery import Gallery
    from core.telemetry import Sampler

Made = TypeVar("Made")
_lock = RLock()
_starting = Event()
_painted = Event()
_made: dict[str, Any] = {}
_networks: dict[str, PrunableNetwork] = {}
STRUCTURE = "structure.json"
FIRST_PAINT_S = 2.0
"""How long the engine waits for a first page: loading its store takes the processor from drawing that."""


def start(after_paint: Callable[[], None] = lambda: None) -> None:
    """Make all of them; meanwhile pages show what there is, without waiting for the engine.

    `after_paint` is called before the engine is made, whose spare worker takes a processor for seconds.
    """
    _starting.set()
    try:
        gallery()
        sampler()
        _painted.wait(FIRST_PAINT_S)
        after_paint()
        engine()
    finally:
        _starting.clear()


def painted() -> None:
    """Say that a page has been drawn."""
    _painted.set()


def is_starting() -> bool:
    """Whether the engine is being made, so that own runs are not shown yet."""
    return _starting.is_set() and "engine" not in _made


def close() -> None:
    """Close those that were made; the next caller gets new ones."""
    with _lock:
        for made in reversed(_made.values()):
            getattr(made, "close", lambda: None)()
        _made.clear()


def engine() -> "Engine":
    """Return the engine; raises StoreError where its database cannot be used."""

    def make() -> "Engine":
        from core.engine import engine

        return engine()

    return _once("engine", make)


def ready(name: str) -> Any:
    """Return the object of that name if it has been made, else None: for pages that do without waiting."""
    return _made.get(name)


def sampler() -> "Sampler":
    """Return the telemetry sampler of this process."""
    from core.telemetry import sampler

    made = _made["sampler"] = sampler()
    return made


def gallery() -> "Gallery":
    """Return the recorded runs."""

    def make() -> "Gallery":
        from core.gallery import Gallery

        return Gallery()

    return _once("gallery", make)


def runs() -> tuple[RunRecord, ...]:
    """Return own runs, newest first, then the recorded ones; those alone while the engine is being made."""
    own = () if is_starting() else engine().runs()
    return (*own, *gallery().runs())


def run(run_id: str) -> RunRecord | None:
    """Return the own or recorded run of that id."""
    return gallery().run(run_id) or engine().run(run_id)  # a recorded one needs no engine


def artifact(record: RunRecord, name: str) -> bytes:
    """Return a file that the run left; raises LabError where it has none of that name."""
    source = gallery() if record.origin is Origin.RECORDED else engine()
    found = source.artifact(record.run_id, name)
    return found.read_bytes() if isinstance(found, Path) else found


def crossings() -> tuple[Crossing, ...]:
    """Return the cross-overs that were measured here, then the recorded ones."""
    return (*own_crossings.load(settings().home, Origin.OWN), *gallery().crossings())


def network(spec: RunSpec) -> PrunableNetwork | None:
    """Return structure and scores that the trained baseline of `spec` left; None before it is trained."""
    for record in runs():
        if record.spec.is_baseline and STRUCTURE in record.artifacts and _fits(record, spec):
            if record.run_id not in _networks:
                _networks[record.run_id] = from_json(PrunableNetwork, artifact(record, STRUCTURE))
            return _networks[record.run_id]
    return None


def _fits(record: RunRecord, spec: RunSpec) -> bool:
    return record.spec.baseline_key == spec.baseline_key


def _once(name: str, make: Callable[[], Made]) -> Made:
    made = _made.get(name)
    if made is None:
        with _lock:
            made = _made.get(name)
            if made is None:
                made = _made[name] = make()
    return made
