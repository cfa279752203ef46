"""The words that people read, in the reader's language: gettext-style catalogues, chosen per context.

English is the key, so a missing translation still reads well. The command line never switches.
"""

from contextvars import ContextVar
from functools import cache

from babel.messages.pofile import read_po

from core.settings import ROOT

LANGUAGES = {"en": "English", "zh": "简体中文"}
CATALOGUES = ROOT / "locale"

_language: ContextVar[str] = ContextVar("language", default="en")


def speak(language: str) -> None:
    """Use `language` (a key of LANGUAGES) in this context from here on; unknown ones become English."""
    _language.set(language if language in LANGUAGES else "en")


def language() -> str:
    """Return the language in use."""
    return _language.get()


def t(message: str, **values: object) -> str:
    """Return `message` in the language in use, its {names} filled from `values`."""
    text = _catalogue(_language.get()).get(message) or message
    return text.format(**values) if values else text


def plural(n: int, one: str, many: str, **values: object) -> str:
    """Return `one` for n = 1, else `many`, both marked texts, in the language in use; {n} is filled, too."""
    return t(one if n == 1 else many, n=n, **values)


def percent(share: float, digits: int = 0) -> str:
    """Return a share as people read it: 0.125 with one digit is 12.5 %."""
    return f"{100 * share:.{digits}f} %"


def minute(iso: str) -> str:
    """Return an ISO 8601 time in UTC as people read it, to the minute; empty where there is none."""
    return f"{iso.replace('T', ' ')[:16]} UTC" if iso else ""


def mark(message: str) -> str:
    """Return `message` as it is: marks a text for the catalogue that is translated where it is shown."""
    return message


@cache
def _catalogue(name: str) -> dict[str, str]:
    path = CATALOGUES / f"{name}.po"
    if name == "en" or not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}
