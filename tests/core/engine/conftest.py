import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.engine import Engine
from core.settings import HANG_S, Settings
from core.tracking import Store

SCRIPTED = (sys.executable, str(Path(__file__).with_name("scripted.py")))
PATIENCE_S = 60.0


def settings_in(home: Path) -> Settings:
    return Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}")


def wait_until(condition: Callable[[], Any], limit_s: float = PATIENCE_S) -> Any:
    """Return the first true answer; the limit is for machines under load, not a bar."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"still not so after {limit_s:g} s")


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("empty") / "home"
    Store(settings_in(home))
    return home


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Path:
    """A home folder with a fresh database, copied because making one takes seconds."""
    path = tmp_path / "home"
    shutil.copytree(empty_home, path)
    return path


@pytest.fixture
def start(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Engine]]:
    """Start engines on the test's home folder with scripted workers; all are closed at the end."""
    running: list[Engine] = []
    monkeypatch.setattr("core.engine.leading.FOLLOW_S", 0.3)  # that it follows is the point, not how often

    def make(hang_s: float = HANG_S, **options: Any) -> Engine:
        settings = replace(settings_in(home), hang_s=hang_s)
        engine = Engine(settings, **{"worker_command": SCRIPTED, **options})
        running.append(engine)
        return engine

    yield make
    for engine in running:
        engine.close()


@pytest.fixture
def engine(start: Callable[..., Engine]) -> Engine:
    return start()


def ended(engine: Engine, run_id: str) -> Any:
    """Wait for a run's end and return its record."""

    def record() -> Any:
        found = engine.run(run_id)
        return found if found and found.status.is_finished else None

    return wait_until(record)


def at_work(engine: Engine, run_id: str) -> Any:
    """Wait until a run's worker has sent its first step and return its progress."""

    def progress() -> Any:
        live = engine.live(run_id)
        return live if live and live.steps else None

    return wait_until(progress)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
