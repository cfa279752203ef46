"""In one screen: what this is, what was measured, and what to do first."""

import streamlit as st

from core.analysis.headline import headline
from core.text import t
from ui import components, resources, shell
from ui.overview import demo, findings, tradeoff

components.page_header(
    t("Overview"),
    t("How much faster does a network get when it is pruned, and what does that cost in accuracy?"),
)
records = resources.runs()
finished = tuple(record for record in records if record.result)
best = headline(finished)
if best:
    findings.draw_headline(best)
elif not finished:
    components.empty_state(
        t("Nothing has been measured yet"),
        t("Run the demo: in a few minutes the first accuracies and latencies of this machine stand here."),
    )
demo.draw()
if finished:
    st.subheader(t("Accuracy against latency"), anchor=False)
    tradeoff.draw(finished)
    st.subheader(t("What else the measurements say"), anchor=False)
    findings.draw_others(finished)
st.subheader(t("Go on"), anchor=False)
grid = st.grid(4, min_column_width=190, border=True)
for name, text in (
    ("digit", t("Draw or upload a digit; every network answers.")),
    ("experiment", t("Choose a network, prune it and watch it train.")),
    ("compare", t("Find the network that fits your limits.")),
    ("method", t("How each thing works, and where the figures come from.")),
):
    with grid.cell():
        st.page_link(shell.page(name))
        st.caption(text)
