"""One run: what was asked, what came out, and everything that explains it."""

import streamlit as st

from core.text import t
from ui import resources, shell, state

run_id = state.address(state.Key.RUN)
record = resources.run(run_id) if run_id else None
if record is None:
    st.title(t("Run"))
    st.info(
        t("There is no run {run}. Choose one on the Compare page.", run=run_id)
        if run_id
        else t("Choose a run on the Compare page.")
    )
    st.page_link(shell.page("compare"), label=t("Compare"))
    st.stop()
st.title(record.title)
