import pytest

from core.text import language, speak, t


@pytest.fixture(autouse=True)
def english_again():
    yield
    speak("en")


def test_names_in_braces_are_filled():
    assert t("{count} runs", count=3) == "3 runs"


def test_braces_without_values_stay():
    assert t("{count} runs") == "{count} runs"


def test_an_unknown_language_is_english():
    speak("tlh")
    assert language() == "en"
