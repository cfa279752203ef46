import pytest
from streamlit.testing.v1 import AppTest

from core.settings import ROOT
from ui import shell


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
