from collections.abc import Iterator
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner

from core.records import RunRecord
from ui import resources


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRUNING_LAB_HOME", str(tmp_path_factory.mktemp("home")))
        yield
        resources.close()


@pytest.fixture(scope="session", autouse=True)
def packages_are_read_once() -> Iterator[None]:
    """Streamlit looks through every installed package for components whenever an app is opened."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[RunRecord]:
    known: list[RunRecord] = []
    monkeypatch.setattr(resources, "runs", lambda: tuple(known))
    return known
