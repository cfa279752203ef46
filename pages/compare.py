"""Choose a network and be able to defend the choice: every run, its noise, the limits, the best."""

import streamlit as st

from core.records.comparison import Quantity
from core.text import t
from ui import components, resources
from ui.address import Address
from ui.compare import controls, crossing, mapping, picked, side, takeaway, tradeoff, watch
from ui.compare.table import downloads, runs_table
from ui.digit.networks import visitors as visitors_digits

components.page_header(t("Compare"), t("Choose a network by what was measured, and see how sure that is."))
address = Address()
everything = resources.runs()
if not any(record.result for record in everything):
    components.empty_state(
        t("No run has finished yet"),
        t("Start one, or a sweep over ratios; it appears here when it has been measured."),
        page="experiment",
        label=t("Go to Experiment"),
    )
view = controls.view(address)
with st.container(border=True):
    left, right = st.columns(2)
    with left:
        x, y = controls.axes(address) if view == "tradeoff" else (Quantity.P50, Quantity.ACCURACY)
    with right if view == "tradeoff" else left:
        setup = controls.setup(address, everything)
    records = controls.filters(address, everything, setup)
visitors = visitors_digits() if Quantity.VISITORS in (x, y) else {}

if view == "map":
    choice = mapping.choose(address, records)
    mapping.draw(choice, setup)
    crossing.draw(address, choice.architecture)
elif view == "side":
    selected = controls.chosen(address, records)
    side.draw(records, selected, setup, visitors)
else:
    left, right = st.columns([3, 1.1], gap="medium")
    with right, st.container(border=True):
        wish = controls.wish(address)
        judged = tradeoff.judge(records, (x, y), setup, wish, visitors, everything)
        tradeoff.advice(records, judged.recommendation, setup)
    with left:
        axes = controls.scales(address, x, y)
        place = st.container()
        selected = controls.chosen(address, records)
        with place:
            info = tradeoff.chart(judged, axes, selected)
        picked.draw(records, selected)
    runs_table(records, selected, setup, visitors, judged)
    downloads(records, setup, visitors)
    takeaway.memo(address, records, judged, axes, info, setup)
address.publish()
watch.follow(everything)
