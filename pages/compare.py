"""Choose a network and be able to defend the choice: every run, its noise, the limits, the best."""

import streamlit as st

from core.text import t
from ui import resources
from ui.address import Address
from ui.compare import controls, tradeoff
from ui.compare.table import runs_table

st.title(t("Compare"))
address = Address()
everything = resources.runs()
visitors: dict[str, tuple[int, int]] = {}

with st.container(border=True):
    columns = st.columns(4)
    with columns[0]:
        axes = controls.axes(address)
    with columns[1], st.container():
        setup = controls.setup(address, everything)
    with columns[2]:
        records = controls.filters(address, everything, setup)
    with columns[3]:
        wish = controls.wish(address)

shown, found, recommendation = tradeoff.judge(records, axes, setup, wish, visitors)
left, right = st.columns([3, 1])
with left:
    tradeoff.chart(shown, found, recommendation, axes, wish)
with right:
    tradeoff.advice(records, recommendation, setup)
selected = controls.chosen(address, records)
address.publish()
runs_table(records, selected, setup, visitors, found, recommendation)
