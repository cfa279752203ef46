"""Measurements that have the machine for themselves: how they are asked for, followed and stopped on a page.

A page has at most one such part, because its widgets have fixed keys.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.records import StudyProgress
from core.text import t
from ui import access, resources, words
from ui.live import poll

if TYPE_CHECKING:
    from core.engine import Engine

EVERY = "1s"
NUM_LINES = 14
CHATTER = re.compile(r"WARNING: All log messages|[IWE]\d{4} |fully_quantize")
"""What TensorFlow says to itself while it starts and converts."""
CANCELLED = "cancelled"
"""The reason of a study that somebody stopped."""

Ask = Callable[["Engine", bool], None]
"""Asks the engine for a study; the second argument says whether for a quick one."""


def open_ones() -> tuple[StudyProgress, ...]:
    """Return the studies that wait or are at work."""
    return tuple(each for each in resources.engine().studies() if each.is_open)


def follow(key: str) -> bool:
    """Draw the study of `key` at work and return True, or why the latest one failed."""
    progress = _of(key)
    if progress and progress.is_open:
        poll(_panel, EVERY, key)
        return True
    if progress and progress.state == "failed":
        if progress.reason == CANCELLED:
            st.caption(t("It was cancelled."))
        else:
            st.error(words.plain(progress.reason))
    return False


def buttons(ask: Ask, full: str, quick: str, *, is_first: bool) -> None:
    """Draw the buttons named `full` and `quick`; visitors who may not change runs see why they are off."""
    refusal = access.refusal()
    with st.container(horizontal=True):
        for is_quick, label in ((False, full), (True, quick)):
            st.button(
                label,
                key=f"study-{'quick' if is_quick else 'full'}",
                type="primary" if is_first and not is_quick else "secondary",
                disabled=bool(refusal),
                help=refusal or None,
                on_click=access.attempt,
                args=(lambda engine, is_quick=is_quick: ask(engine, is_quick),),
            )


def cancel(key: str) -> None:
    """End a study; why it cannot be ended becomes a notice."""
    access.attempt(lambda engine: engine.cancel_study(key))


def _of(key: str) -> StudyProgress | None:
    """Return the latest study of `key`, at work or not, since the server started."""
    return next((each for each in resources.engine().studies() if each.key == key), None)


def _panel(key: str) -> None:
    progress = _of(key)
    if progress is None or not progress.is_open:
        st.rerun()
    is_waiting = progress.state == "queued"
    said = t("Waiting until the machine is free.") if is_waiting else t("Measuring; leave the machine alone.")
    told = [line for line in progress.lines if not CHATTER.match(line)]
    status = st.status(said, expanded=True)  # no `with`: leaving one would call it complete
    status.code("\n".join(told[-NUM_LINES:]) or "…", language=None, wrap_lines=True)
    if access.may_change():
        st.button(t("Stop measuring"), key="study-stop", type="tertiary", on_click=cancel, args=(key,))
