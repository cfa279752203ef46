"""The latest runs that have ended, and a dialog to name, repeat, copy and delete one."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.analysis.quantities import row_of
from core.errors import LabError
from core.records import RunRecord
from core.records.comparison import Setup
from core.text import mark, plural, t
from ui import access, components, resources, shell, state, words

PAGE = 8


def draw(ended: Sequence[RunRecord]) -> None:
    """Draw the latest ended runs, newest first, a page at a time."""
    st.markdown(plural(len(ended), mark("**Finished** · {n} run"), mark("**Finished** · {n} runs")))
    pages = -(-len(ended) // PAGE)
    number = st.pagination(pages, key=state.Key.ENDED_PAGE) if pages > 1 else 1
    for record in ended[(number - 1) * PAGE : number * PAGE]:
        _row(record)


def _row(record: RunRecord) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"ended-{record.run_id}"):
        with st.container(width="stretch", gap=None):
            components.run_link(record)
            st.caption(summary(record))
        row = row_of(record, Setup())
        components.caveat_badges(row.warnings if row else ())
        components.status_badge(record)
        if access.may_change():
            asked = st.button(
                "",
                icon=":material/more_horiz:",
                help=t("Name, repeat, copy, delete"),
                key=f"manage-{record.run_id}",
                type="tertiary",
            )
            if asked:
                st.dialog(t("This run"))(manage)(record.run_id)


def summary(record: RunRecord) -> str:
    """Return the figures of a run in one line, or why it has none."""
    if record.result is None:
        return words.plain(record.reason) or words.status_name(record.status)
    parts = [words.percent(record.result.accuracy), t("{n} parameters", n=f"{record.result.parameters:,}")]
    row = row_of(record, Setup())
    if row and row.p50_ms is not None:
        parts.append(words.latency(row.p50_ms))
    if row and row.speedup is not None and not record.spec.is_baseline:
        parts.append(t("speed-up {factor}×", factor=f"{row.speedup:.1f}"))
    return " · ".join(parts)


def manage(run_id: str) -> None:
    """Draw what can be done with an ended run: name it, repeat it, copy it, delete it."""
    record = resources.run(run_id)
    if record is None:
        st.info(t("This run has been deleted."))
        return
    st.caption(f"{record.spec.title} · {words.moment(record.created_at)} UTC · `{run_id}`")
    name = st.text_input(t("Name"), record.name, placeholder=record.spec.title)
    notes = st.text_area(t("Notes"), record.notes, height=110)
    with st.container(horizontal=True):
        if st.button(t("Save"), type="primary", key="manage-save"):
            _close_after(lambda: access.changing().annotate(run_id, name=name, notes=notes))
        if st.button(t("Run again"), key="manage-retry", help=t("Queues the same specification once more.")):
            _close_after(lambda: access.changing().retry(run_id))
        if st.button(t("Clone"), key="manage-clone"):
            st.switch_page(shell.page("experiment"), query_params={state.Key.FROM: run_id})
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        sure = st.checkbox(t("Delete it with its files"), key="manage-sure")
        if st.button(t("Delete"), key="manage-delete", disabled=not sure):
            _close_after(lambda: access.changing().delete(run_id))


def _close_after(act: Callable[[], object]) -> None:
    """Do `act` and close the dialog, or say in it why it cannot be done."""
    try:
        act()
    except LabError as error:
        st.error(str(error))
    else:
        st.rerun()
