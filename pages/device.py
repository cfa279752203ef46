"""How busy GPUs and machine are now and were before, with the stages of runs behind the curves."""

import streamlit as st

from core.text import t
from ui import resources
from ui.device.controls import controls
from ui.device.live import live

st.title(t("Device"))
view = controls(resources.sampler().wait())
st.fragment(live, run_every=None if view.paused_at else "1s")(view)
