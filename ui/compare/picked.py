"""The one run that is picked on the chart: its networks, its slice of readings, and the way to its page."""

from collections.abc import Sequence

import streamlit as st

from core.records import RunRecord
from core.text import t
from ui import words
from ui.components import run_link
from ui.device.trace import trace_panel
from ui.run.files import networks


def draw(records: Sequence[RunRecord], selected: Sequence[str]) -> None:
    """Open what belongs to the selected run where it is a single one."""
    picked = [record for record in records if record.run_id in selected]
    if len(picked) != 1:
        return
    (record,) = picked
    with st.container(border=True, key="picked"):
        run_link(record, f"**{words.plain(record.title)}** · {t('Its page')}")
        networks(record)
        st.subheader(t("Readings during {run}", run=words.plain(record.title)), anchor=False)
        trace_panel(record)
