"""All runs of this machine as they are now; asks again every second only while one of them lives."""

import streamlit as st

from core.records import Status
from core.text import t
from ui import components, resources, studies
from ui.experiment import controls, finished, queue, running, search
from ui.live import poll

EVERY = "1s"


def draw() -> None:
    """Draw running, queued and ended runs."""
    controls.draw()
    live = _is_live()
    poll(_panel, EVERY if live else None, live)


def _is_live() -> bool:
    engine = resources.engine()
    lives = any(not record.status.is_finished for record in engine.runs())
    return lives or bool(studies.open_ones()) or search.is_open()


def _panel(was_live: bool) -> None:
    records = resources.engine().runs()
    if was_live and not _is_live():
        st.rerun()  # the whole page once, so that the asking stops
    at_work = [record for record in records if record.status is Status.RUNNING]
    queued = sorted((r for r in records if r.status is Status.SCHEDULED), key=lambda r: r.position)
    ended = [record for record in records if record.status.is_finished]
    for record in at_work:
        running.draw(record)
    search.draw()
    queue.draw_sweeps()
    queue.draw_studies()
    if queued:
        queue.draw(queued)
    if ended:
        finished.draw(ended)
    if not records:
        components.empty_state(
            t("No run yet"), t("Choose a network on the left and press Start; it appears here at once.")
        )
