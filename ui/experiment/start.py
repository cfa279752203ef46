"""The Start button: hands the draft to the engine and says what happened."""

from typing import TYPE_CHECKING

import streamlit as st

from core.text import t
from ui import access, components, resources, state, words
from ui.experiment.form import Draft
from ui.experiment.presets import article_note
from ui.experiment.time_needed import time_needed

if TYPE_CHECKING:
    from core.engine import Engine


def draw(draft: Draft) -> None:
    """Draw what would start, for how long, and the button; an error stands here and nothing is queued."""
    if draft.error:
        st.error(draft.error)
    for reason in draft.left_out:
        st.warning(t("Left out: {reason}", reason=reason))
    if draft.spec:
        _notes(draft)
    st.text_input(t("Name (optional)"), key=state.Key.NAME)
    refusal = access.refusal()
    st.button(
        t("Start {n} runs", n=len(draft.specs)) if draft.is_sweep else t("Start"),
        key="start",
        type="primary",
        width="stretch",
        disabled=bool(refusal or not draft.specs),
        on_click=_start,
        args=(draft,),
    )
    st.caption(refusal or (time_needed(draft.specs) if draft.specs else ""))


def _notes(draft: Draft) -> None:
    note = article_note(draft.spec)
    if note:
        st.info(note)
    alike = [r for r in resources.runs() if r.spec == draft.spec]
    same = next((r for r in alike if not r.status.is_finished), None)
    said = t("The same is waiting or at work:") if same else t("The same has been measured:")
    same = same or next((r for r in alike if r.result), None)
    if same is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(said)
            components.run_link(same)
            components.origin_badge(same)


def _start(draft: Draft) -> None:
    name = st.session_state[state.Key.NAME]

    def submit(engine: "Engine") -> str:
        if draft.is_sweep:
            return engine.submit_sweep(draft.specs, name=name)
        return engine.submit(draft.specs[0], name=name)

    if access.attempt(submit):
        st.session_state[state.Key.NAME] = ""
        st.toast(t("Queued: {what}", what=words.plain(name or _what(draft))))


def _what(draft: Draft) -> str:
    return t("{n} runs", n=len(draft.specs)) if draft.is_sweep else draft.specs[0].title
