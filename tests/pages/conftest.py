from collections.abc import Iterator

import pytest

from core.records import RunRecord
from ui import resources


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRUNING_LAB_HOME", str(tmp_path_factory.mktemp("home")))
        yield
        resources.close()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[RunRecord]:
    known: list[RunRecord] = []
    monkeypatch.setattr(resources, "runs", lambda: tuple(known))
    return known
