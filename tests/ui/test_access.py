from types import SimpleNamespace

import pytest
import streamlit as st

from core.errors import EngineError
from ui import resources
from ui.access import attempt, is_listed, refusal
from ui.words import plain


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"email": "ada@lab.example"}, True),
        ({"email": "ADA@Lab.Example", "email_verified": True}, True),
        ({"email": "bob@team.example"}, True),
        ({"email": "bob@team.example.evil"}, False),
        ({"email": "eve@lab.example"}, False),
        ({"email": "ada@lab.example", "email_verified": False}, False),
        ({"email": ""}, False),
        ({}, False),
    ],
)
def test_an_editor_is_who_is_listed_by_a_verified_address(user: dict, expected: bool) -> None:
    assert is_listed(user, ["ada@lab.example", "*@team.example"]) is expected


def test_without_a_list_nobody_is_an_editor() -> None:
    assert not is_listed({"email": "ada@lab.example"}, [])


def test_a_change_that_cannot_be_made_becomes_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(st, "toast", lambda text, **_: said.append(text))
    engine = SimpleNamespace(read_only=None, names=[])
    monkeypatch.setattr(resources, "engine", lambda: engine)

    def refuse(_: object) -> None:
        raise EngineError("there is no run *r*.")

    assert attempt(lambda found: found.names.append("made"))
    assert not attempt(refuse)
    engine.read_only = "another server owns the runs"
    assert not attempt(lambda found: found.names.append("not made"))
    assert engine.names == ["made"]
    assert said[0] == plain("there is no run *r*.")
    assert "another server owns the runs" in said[1]


def test_while_the_engine_is_being_made_a_press_waits_for_it_and_hears_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(st, "toast", lambda text, **_: said.append(text))
    monkeypatch.setattr(resources, "_made", {})
    monkeypatch.setattr("core.engine.engine", lambda: SimpleNamespace(read_only="the disk is full"))
    resources._starting.set()
    try:
        assert refusal() == ""
        assert not attempt(lambda _: pytest.fail("changed"))
    finally:
        resources._starting.clear()
    assert "the disk is full" in said[0]
