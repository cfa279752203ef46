import runpy
import string

import pytest
from babel.messages.pofile import read_po

from core.settings import ROOT
from core.text import CATALOGUES, LANGUAGES

extract = runpy.run_path(str(ROOT / "locale" / "extract.py"))
TEXTS = extract["texts"]()
OTHERS = [language for language in LANGUAGES if language != "en"]


def catalogue(language: str) -> dict[str, str]:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_text_is_a_literal_that_the_extraction_finds() -> None:
    assert extract["unreadable"]() == []
    assert len(TEXTS) > 100


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_lacks_its_translation(language: str) -> None:
    known = catalogue(language)
    missing = [f"{text!r} in {TEXTS[text][0]}" for text in TEXTS if not known.get(text)]
    assert not missing, f"{len(missing)} texts, among them:\n" + "\n".join(missing[:10])


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_the_same_places(language: str) -> None:
    wrong = {
        text: translated
        for text, translated in catalogue(language).items()
        if translated and fields(text) != fields(translated)
    }
    assert not wrong


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_code_and_emphasis_balanced(language: str) -> None:
    wrong = {
        text: translated
        for text, translated in catalogue(language).items()
        if translated and any(text.count(sign) != translated.count(sign) for sign in ("`", "**"))
    }
    assert not wrong


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_of_a_text_that_is_gone(language: str) -> None:
    assert set(catalogue(language)) <= set(TEXTS)
