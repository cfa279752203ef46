"""The script of every visit: language, navigation, sidebar, then the page."""

import streamlit as st

from core.errors import LabError
from core.text import speak, t
from ui import access, resources, shell, state

st.set_page_config(page_title="Pruning Lab", page_icon=str(shell.ICON), layout="wide")
st.logo(str(shell.WORDMARK), icon_image=str(shell.ICON), size="large")
speak(state.language())
if access.must_log_in():
    st.navigation([shell.page(screen.name) for screen in shell.screens()], position="hidden")
    access.draw_login()
    st.stop()
page = st.navigation([shell.page(screen.name) for screen in shell.screens()])
st.html(shell.STYLE)
shell.sidebar(page)
try:
    page.run()
except LabError as error:
    st.error(t("This page cannot be shown: {reason}", reason=error))
resources.painted()
