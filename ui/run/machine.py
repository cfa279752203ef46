"""What the machine did meanwhile, and what the worker said."""

import streamlit as st

from core.errors import LabError
from core.records import Origin, RunRecord
from core.text import t
from ui import resources
from ui.device.trace import trace_panel

TAIL = 400


def draw(record: RunRecord) -> None:
    """Draw the slice of GPU or host readings and the log."""
    st.subheader(t("GPU and host during the run"), anchor=False)
    trace_panel(record)
    st.subheader(t("Log"), anchor=False)
    _log(record)


def _log(record: RunRecord) -> None:
    text = _text(record)
    if not text.strip():
        st.caption(t("It left no log."))
        return
    lines = text.splitlines()
    if len(lines) > TAIL:
        st.caption(t("The last {n} of {all} lines; the file has them all.", n=TAIL, all=len(lines)))
    st.code("\n".join(lines[-TAIL:]), language="log", height=320)


def _text(record: RunRecord) -> str:
    try:
        if record.origin is Origin.RECORDED:
            return resources.artifact(record, "log.txt").decode("utf-8", "replace")
        return resources.engine().log(record.run_id)
    except (LabError, OSError):
        return ""
