"""Choose a network and what is done to it, start it and watch it."""

import streamlit as st

from core.text import t
from ui.components import page_header
from ui.experiment import form, preview, runs, search, start

page_header(
    t("Experiment"), t("Train a network, prune it and measure what that brings. Runs go on when you leave.")
)
left, right = st.columns([2, 3], gap="medium")
with left, st.container(border=True, key="form"):
    draft = form.draw()
    start.draw(draft)
    if draft.spec:
        search.draw_start(draft.spec)
with right:
    if draft.spec:
        preview.draw(draft.spec)
    runs.draw()
