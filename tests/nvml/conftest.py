import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from core.records import GpuReading
from core.telemetry import nvml, sampling
from core.telemetry.driver import Driver
from tests.nvml import fake

LOOKS_AGAIN_S = 0.06


class Machine:
    """A machine with the fake driver, asked at times that the test makes up."""

    def __init__(self, folder: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.scenario = folder / "scenario"
        self._libraries = library.parent
        self._monkeypatch = monkeypatch
        self.now = 1000.0
        self.driver = Driver()
        monkeypatch.setenv("FAKE_NVML", str(self.scenario))
        self.install(library)

    def install(self, library: Path) -> None:
        self._monkeypatch.setenv("LD_LIBRARY_PATH", str(library.parent))

    def play(self, *statements: str) -> None:
        is_first = not self.scenario.exists()
        fake.write(self.scenario, *statements)
        time.sleep(0 if is_first else LOOKS_AGAIN_S)

    def ask(self, passed_s: float = 0.2, with_pcie: bool = False) -> tuple[GpuReading, ...]:
        self.now += passed_s
        self.driver.refresh(self.now, with_pcie)
        return self.driver.readings(self.now)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake.build(tmp_path_factory.mktemp("nvml"))


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[str]], Path]:
    return lambda without: fake.build(tmp_path_factory.mktemp("older"), without)


@pytest.fixture
def machine(tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    if sampling._sampler:
        sampling._sampler.close()  # NVML belongs to one thread
    assert sampling._driver_in_use.acquire(timeout=10)
    nvml.stop()
    sampling._driver_in_use.release()
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    made = Machine(tmp_path, library, monkeypatch)
    yield made
    made.driver.close()
    assert "FAKE_NVML" in os.environ
