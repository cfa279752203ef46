"""The top of a run's page: its name and state, and what can be done with it."""

import streamlit as st

from core.errors import LabError
from core.records import Origin, RunRecord, Status
from core.report.links import side_by_side
from core.text import t
from ui import access, components, shell, state, words
from ui.experiment.finished import manage


def draw(record: RunRecord, siblings: tuple[str, ...]) -> None:
    """Draw title, badges, times and actions; `siblings` are the runs that "compare" sets beside it."""
    components.page_header(words.plain(record.title), _lead(record))
    with st.container(horizontal=True, vertical_alignment="center"):
        components.status_badge(record)
        components.origin_badge(record)
        if len(siblings) > 1:
            st.page_link(
                shell.page("compare"),
                label=t("Compare with its dense network"),
                icon=":material/view_column:",
                query_params=side_by_side(siblings),
            )
        st.page_link(
            shell.page("experiment"),
            label=t("Clone"),
            icon=":material/content_copy:",
            query_params={str(state.Key.FROM): record.run_id},
        )
        if record.origin is Origin.OWN and record.status.is_finished and access.may_change():
            _manage(record)
            _delete(record)
    if record.notes:
        st.caption(words.plain(record.notes))
    _reason(record)


def _lead(record: RunRecord) -> str:
    at = record.started_at or record.created_at
    began = words.moment(at) + " UTC" if at else ""
    took = words.duration(_elapsed(record))
    place = t("recorded on {machine}", machine=record.recorded_on) if record.recorded_on else ""
    return " · ".join(part for part in (record.spec.title if record.name else "", began, took, place) if part)


def _elapsed(record: RunRecord) -> float | None:
    if record.started_at is None or record.ended_at is None:
        return None
    return record.ended_at - record.started_at


def _reason(record: RunRecord) -> None:
    if record.status is Status.FAILED:
        st.error(words.plain(record.reason) or t("It failed and left no reason; its log is below."))
    elif record.status is Status.KILLED:
        st.warning(words.plain(record.reason) or t("It was cancelled."))
    elif not record.status.is_finished:
        st.info(t("It has not ended yet: this page fills when it has. Watch it on the Experiment page."))
        st.page_link(shell.page("experiment"), label=t("Go to Experiment"))


def _manage(record: RunRecord) -> None:
    label = t("Name, notes, run again")
    if st.button(label, icon=":material/edit:", key="run-manage", type="tertiary"):
        st.dialog(t("This run"))(manage)(record.run_id)


def _delete(record: RunRecord) -> None:
    with st.popover(t("Delete"), icon=":material/delete:", type="tertiary"):
        st.markdown(t("This removes the run and its files for good."))
        if st.button(t("Delete it"), key="run-delete", type="primary"):
            try:
                access.changing().delete(record.run_id)
            except LabError as error:
                st.error(str(error))
            else:
                st.switch_page(shell.page("compare"))
