"""What waits: sweeps with their progress, and the queue in its order."""

from collections.abc import Sequence

import streamlit as st

from core.records import RunRecord, Status, StudyProgress, SweepRecord
from core.text import t
from ui import access, resources, studies, words
from ui.experiment import running

MOST_ROWS = 12


def draw_sweeps() -> None:
    """Draw every sweep that is not finished; the runs of a search belong to its own card."""
    engine = resources.engine()
    searches = {search.search_id for search in engine.searches()}
    for sweep in engine.sweeps():
        if not sweep.is_finished and sweep.sweep_id not in searches:
            _sweep(sweep)


def _sweep(sweep: SweepRecord) -> None:
    total = len(sweep.run_ids)
    done = total - sweep.counts.get(Status.SCHEDULED, 0) - sweep.counts.get(Status.RUNNING, 0)
    left = "" if sweep.eta_s is None else t(", about {left} left", left=words.duration(sweep.eta_s))
    with (
        st.container(border=True, key=f"sweep-{sweep.sweep_id}"),
        st.container(horizontal=True, vertical_alignment="center"),
    ):
        name = words.plain(sweep.name) or t("Sweep")
        text = t("**{name}**: {done} of {total} runs", name=name, done=done, total=total)
        st.progress(min(sweep.fraction, 1.0), text=text + left)
        if access.may_change():
            st.button(
                t("Cancel sweep"),
                key=f"cancel-sweep-{sweep.sweep_id}",
                on_click=_cancel_sweep,
                args=(sweep.sweep_id,),
            )


def draw_studies() -> None:
    """Say which measurement has the machine for itself, as runs wait for it."""
    for study in studies.open_ones():
        with st.container(horizontal=True, vertical_alignment="center", key=f"study-{study.key}"):
            st.markdown(
                t("{study}: being measured, no run starts meanwhile", study=_study_name(study))
                if study.state == "running"
                else t("{study}: waits for the runs at work", study=_study_name(study)),
                width="stretch",
            )
            if access.may_change():
                st.button(
                    t("Cancel"),
                    key=f"cancel-study-{study.key}",
                    on_click=studies.cancel,
                    args=(study.key,),
                    type="tertiary",
                )


def _study_name(study: StudyProgress) -> str:
    if study.crossing:
        return t("**Cross-over** of {architecture}", architecture=study.crossing)
    record = resources.run(study.run_id)
    return t("**Closer look** at {run}", run=words.plain(record.title) if record else study.run_id)


def draw(queued: Sequence[RunRecord]) -> None:
    """Draw the queue, next run first, with ways to reorder and cancel."""
    st.markdown(t("**Queue** · {n} waiting", n=len(queued)))
    may = access.may_change()
    for place, record in enumerate(queued[:MOST_ROWS]):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", key=f"queued-{record.run_id}"
        ):
            st.markdown(f"{place + 1}. {words.plain(record.title)}", width="stretch")
            if may:
                _buttons(record, place, len(queued))
    if len(queued) > MOST_ROWS:
        st.caption(t("and {n} more", n=len(queued) - MOST_ROWS))


def _buttons(record: RunRecord, place: int, total: int) -> None:
    for name, icon, target, off in (
        (t("Earlier"), ":material/arrow_upward:", place - 1, place == 0),
        (t("Later"), ":material/arrow_downward:", place + 1, place == total - 1),
    ):
        st.button(
            "",
            icon=icon,
            help=name,
            key=f"move-{target > place}-{record.run_id}",
            on_click=_move,
            args=(record.run_id, target),
            disabled=off,
            type="tertiary",
        )
    st.button(
        t("Cancel"),
        key=f"cancel-{record.run_id}",
        on_click=running.cancel,
        args=(record.run_id,),
        type="tertiary",
    )


def _move(run_id: str, place: int) -> None:
    access.attempt(lambda engine: engine.move(run_id, place))


def _cancel_sweep(sweep_id: str) -> None:
    access.attempt(lambda engine: engine.cancel_sweep(sweep_id))
