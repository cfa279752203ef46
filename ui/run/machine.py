"""What the machine did meanwhile, and what the worker said."""

import streamlit as st

from core.charts.telemetry import draw as draw_timeline
from core.charts.telemetry import timeline
from core.errors import LabError
from core.records import Origin, RunRecord
from core.telemetry.trace import TRACE, from_parquet
from core.text import t
from ui import resources
from ui.live import live_plot

TAIL = 400


def draw(record: RunRecord) -> None:
    """Draw the slice of GPU or host readings and the log."""
    st.subheader(t("GPU and host during the run"), anchor=False)
    _trace(record)
    st.subheader(t("Log"), anchor=False)
    _log(record)


def _trace(record: RunRecord) -> None:
    if TRACE not in record.artifacts:
        st.caption(t("No readings were kept. Runs that the dashboard supervises keep theirs."))
        return
    try:
        window = from_parquet(resources.artifact(record, TRACE))
    except (LabError, OSError) as error:
        st.caption(t("Its readings cannot be shown: {reason}", reason=error))
        return
    if window.recorded_on:
        st.caption(t("Recorded on {machine}.", machine=window.recorded_on))
    traces, layout, height = draw_timeline(timeline(window, [record]))
    live_plot(
        traces, layout, height=height, key="run-trace", alt=t("Readings of GPU and host by stage of the run.")
    )


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
