import pytest

from core.text import language, plural, speak, t


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


def test_one_has_a_text_of_its_own():
    texts = "{n} run of {kind}", "{n} runs of {kind}"
    assert [plural(n, *texts, kind="mine") for n in (0, 1, 2)] == [
        "0 runs of mine",
        "1 run of mine",
        "2 runs of mine",
    ]
