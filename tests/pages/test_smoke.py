import pytest
from streamlit.testing.v1 import AppTest

from core.settings import ROOT
from ui import shell, state


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


@pytest.mark.parametrize("chapter", range(5))
def test_every_chapter_of_method_draws_what_it_says_and_keeps_the_calculator(chapter: int) -> None:
    at = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=90).run()
    at.switch_page(str(ROOT / "pages" / "method.py")).run()
    at.number_input(key=state.Key.CALC_OUTPUTS).set_value(7).run()
    at.session_state[state.Key.CHAPTER] = at.tabs[chapter].label
    at.run()
    assert not at.exception
    assert not at.error
    assert {number for number, tab in enumerate(at.tabs) if len(tab.children)} == {0, chapter}
    assert at.number_input(key=state.Key.CALC_OUTPUTS).value == 7
