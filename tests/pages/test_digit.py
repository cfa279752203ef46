from pathlib import Path

import numpy as np
import pytest

from core.feedback import FILE, Feedback
from core.settings import settings
from tests.pages.looking import opened, said
from ui.digit import networks
from ui.state import Key


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(networks, "feedback", lambda: Feedback(tmp_path))
    monkeypatch.setattr("ui.digit.feedback.feedback", lambda: Feedback(tmp_path))
    assert tmp_path != settings().home
    return tmp_path


def test_damaged_lines_of_the_visitors_digits_are_counted_and_the_others_shown(runs, home):
    Feedback(home).add(np.zeros((28, 28), np.uint8), 3)
    with (home / FILE).open("ab") as file:
        file.write(b"\xff\n{}\n")
    at = opened("digit")
    assert not at.error
    assert any("Visitors' digits (1)" in each.label for each in at.expander)
    assert "Left out: 2 damaged lines" in said(at)


def test_visitors_digits_that_cannot_be_read_are_one_sentence_and_the_networks_still_answer(home):
    (home / FILE).mkdir()
    at = opened("digit")
    at.segmented_control(key=Key.DIGIT_SOURCE).set_value("sample").run()
    assert not at.exception
    (error,) = at.error
    assert "cannot be read" in error.value
    assert "networks answer 7." in said(at)


def test_visitors_digits_that_cannot_be_deleted_are_one_sentence_and_stay(runs, home):
    store = Feedback(home)
    visit_id = store.add(np.zeros((28, 28), np.uint8), 3)
    (home / FILE).with_suffix(".new").mkdir()
    at = opened("digit")
    at.multiselect(key=Key.DIGIT_GONE).set_value([visit_id]).run()
    at.button(key=Key.DIGIT_DELETE).click().run()
    assert not at.exception
    (error,) = at.error
    assert "Nothing was deleted" in error.value
    assert len(store.all()) == 1
