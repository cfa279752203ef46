"""How busy GPUs and machine are now and were before, with the stages of runs behind the curves."""

import streamlit as st

from core.text import t
from ui import resources, state, words
from ui.components import page_header, run_link
from ui.device.controls import controls, download
from ui.device.live import live
from ui.device.recorded import recorded_gpu
from ui.device.runtimes import runtimes_panel
from ui.device.trace import trace_panel

page_header(t("Device"), t("How busy GPUs and machine are, now and while runs were measured."))
snapshot = resources.sampler().wait()
chosen = resources.run(state.address(state.Key.RUN)) if state.address(state.Key.RUN) else None
if chosen:
    st.subheader(t("Readings during {run}", run=words.plain(chosen.title)), anchor=False)
    run_link(chosen, t("Open the run"))
    trace_panel(chosen)
    st.divider()
    st.subheader(t("Now"), anchor=False)

view = controls(snapshot)
st.fragment(live, run_every=None if view.paused_at else "1s")(view)
download(view)
runtimes_panel()
if not snapshot.gpus and not chosen:
    recorded_gpu()
