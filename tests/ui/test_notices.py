from dataclasses import replace

import pytest
import streamlit as st

from core.records import RunRecord, Status
from tests.made_up import made_up_run
from ui import notices, resources, state


class Desk:
    """The runs that an engine would know."""

    def __init__(self) -> None:
        self.known: dict[str, RunRecord] = {}

    def runs(self) -> tuple[RunRecord, ...]:
        return tuple(self.known.values())

    def run(self, run_id: str) -> RunRecord | None:
        return self.known.get(run_id)

    def put(self, name: str, status: Status, **changes: object) -> None:
        record = made_up_run(name, **changes)
        self.known[name] = (
            record if status is Status.FINISHED else replace(record, status=status, result=None)
        )


class Rerun(Exception):
    """What st.rerun does: the script ends."""


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk()
    monkeypatch.setattr(resources, "engine", lambda: made)
    monkeypatch.setattr(resources, "is_starting", lambda: False)
    monkeypatch.setattr(st, "session_state", {})
    return made


@pytest.fixture(autouse=True)
def toasts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(st, "toast", lambda text, **_: said.append(text))

    def rerun() -> None:
        raise Rerun

    monkeypatch.setattr(st, "rerun", rerun)
    return said


def test_a_run_that_ends_is_told_once(desk: Desk, toasts: list[str]) -> None:
    desk.put("a", Status.RUNNING)
    notices.look(False)
    desk.put("a", Status.FINISHED, errors=100)
    notices.tell()
    notices.tell()
    assert len(toasts) == 1
    assert "finished: 99.00 % accurate" in toasts[0]


def test_a_run_that_ends_between_two_pages_is_told_on_the_second(desk: Desk, toasts: list[str]) -> None:
    desk.put("a", Status.RUNNING)
    notices.look(False)
    desk.put("a", Status.FAILED, reason="out of memory")
    notices.look(False)
    assert len(toasts) == 1
    assert "out of memory" in toasts[0]


def test_what_was_there_before_the_visit_and_what_was_cancelled_or_deleted_is_not_told(
    desk: Desk, toasts: list[str]
) -> None:
    desk.put("old", Status.FINISHED)
    desk.put("cancelled", Status.RUNNING)
    desk.put("deleted", Status.RUNNING)
    notices.look(False)
    desk.put("cancelled", Status.KILLED)
    del desk.known["deleted"]
    notices.tell()
    assert toasts == []


def test_many_ends_at_once_are_one_notice(desk: Desk, toasts: list[str]) -> None:
    for name in "abcde":
        desk.put(name, Status.SCHEDULED)
    notices.look(False)
    for name in "abcde":
        desk.put(name, Status.FINISHED)
    notices.tell()
    assert toasts == ["5 runs have ended"]


def test_a_page_that_follows_runs_is_drawn_anew_when_the_first_one_starts_elsewhere(desk: Desk) -> None:
    notices.look(True)
    desk.put("a", Status.SCHEDULED)
    with pytest.raises(Rerun):
        notices.tell()


def test_other_pages_are_left_alone_and_so_are_pages_that_follow_already(desk: Desk) -> None:
    notices.look(False)
    desk.put("a", Status.SCHEDULED)
    notices.tell()
    notices.look(True)
    desk.put("b", Status.SCHEDULED)
    notices.tell()
    assert len(st.session_state[state.Key.LOOKED].live) == 2


def test_every_page_is_drawn_anew_once_own_runs_are_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "is_starting", lambda: True)
    notices.look(False)
    notices.tell()
    monkeypatch.setattr(resources, "is_starting", lambda: False)
    with pytest.raises(Rerun):
        notices.tell()
