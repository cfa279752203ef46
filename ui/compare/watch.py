"""Shows runs that end while the page is open, and asks for nothing while none lives."""

from collections.abc import Sequence

import streamlit as st

from core.records import RunRecord
from ui import resources
from ui.live import poll

EVERY = "3s"


def follow(records: Sequence[RunRecord]) -> None:
    """Draw the page again once a run has come, ended or gone."""
    if any(not record.status.is_finished for record in records):
        poll(_look, EVERY, _seen(records))


def _look(before: tuple[tuple[str, str], ...]) -> None:
    if _seen(resources.runs()) != before:
        st.rerun()


def _seen(records: Sequence[RunRecord]) -> tuple[tuple[str, str], ...]:
    return tuple((record.run_id, str(record.status)) for record in records)
