"""How each thing works, with the article's formulas put right, and where every claim is measured."""

import streamlit as st

from core.text import t
from ui.components import page_header
from ui.method import beyond, convolution, measuring, pruning, sources

page_header(
    t("Method"), t("How each thing works, where the article was wrong, and where each claim is measured.")
)
first, second, third, fourth, fifth = st.tabs(
    [
        t("Separable convolution"),
        t("Pruning"),
        t("Measuring"),
        t("Language models, TPUs"),
        t("Sources"),
    ]
)
with first:
    convolution.draw()
    convolution.draw_corrections()
with second:
    pruning.draw()
with third:
    measuring.draw()
with fourth:
    beyond.draw()
with fifth:
    sources.draw()
