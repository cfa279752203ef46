"""How each thing works, with the article's formulas put right, and where every claim is measured."""

import streamlit as st

from core.text import t
from ui import state
from ui.components import page_header
from ui.method import beyond, convolution, measuring, pruning, sources

page_header(
    t("Method"), t("How each thing works, where the article was wrong, and where each claim is measured.")
)
CHAPTERS = (
    (t("Separable convolution"), convolution.draw),
    (t("Pruning"), pruning.draw),
    (t("Measuring"), measuring.draw),
    (t("Language models, TPUs"), beyond.draw),
    (t("Sources"), sources.draw),
)
tabs = st.tabs([title for title, _ in CHAPTERS], key=state.Key.CHAPTER, on_change="rerun")
for tab, (_, draw) in zip(tabs, CHAPTERS, strict=True):
    # All five are a hundred elements in every rerun; the first is always drawn and so keeps its numbers.
    if tab.open or tab is tabs[0]:
        with tab:
            draw()
