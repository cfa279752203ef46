from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from core.settings import ROOT
from ui import resources, shell

# SQLAlchemy warns of a loader strategy that MLflow uses.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRUNING_LAB_HOME", str(tmp_path_factory.mktemp("home")))
        yield
        resources.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("screen", shell.screens(), ids=lambda screen: screen.name)
def test_a_page_draws_a_heading_and_no_error_on_an_empty_store(screen: shell.Screen, language: str) -> None:
    at = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=90)
    at.query_params["lang"] = language
    at.run()
    if screen is not shell.SCREENS[0]:
        at.switch_page(str(ROOT / "pages" / f"{screen.name}.py")).run()
    assert not at.exception
    assert not at.error
    assert len(at.title) == 1
