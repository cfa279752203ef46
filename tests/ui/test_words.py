import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.text import LANGUAGES, speak
from ui import words

NASTY = [
    "![x](https://elsewhere.example/x.png)",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    ":red[all] :material/home: :smile:",
    "$$\\LaTeX$$ `code` **bold** ~~gone~~",
    "# heading\n- list\n1. item\n> quote | table",
]


@pytest.mark.parametrize("text", NASTY)
def test_no_sign_that_means_something_to_markdown_stays_bare(text: str) -> None:
    bare = re.sub(r"\\.", "", words.plain(text))
    assert not set(bare) & set("\\`*_{}[]()#+-!|<>~:$&\n")


@given(some.text())
def test_a_reader_sees_the_text_itself_on_one_line(text: str) -> None:
    shown = re.sub(r"\\(.)", r"\1", words.plain(text))
    assert shown == re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "–"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (3_599, "59 min 59 s"),
        (7_260, "2 h 1 min"),
    ],
)
def test_a_duration_reads_in_the_units_that_fit(seconds: float | None, expected: str) -> None:
    assert words.duration(seconds) == expected


def test_small_latencies_are_microseconds() -> None:
    assert [words.latency(ms) for ms in (0.0168, 0.9994, 1.5)] == ["16.8 µs", "999 µs", "1.5 ms"]


@pytest.fixture(autouse=True)
def english() -> None:
    speak(next(iter(LANGUAGES)))
