from collections.abc import Iterator

import pytest

from ui import resources


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRUNING_LAB_HOME", str(tmp_path_factory.mktemp("home")))
        yield
        resources.close()
