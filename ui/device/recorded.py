"""What a machine without a GPU shows instead: a recorded GPU trace, never as if it were live."""

import streamlit as st

from core.errors import LabError
from core.records import RunRecord, TraceSummary, from_json
from core.telemetry.trace import SUMMARY
from core.text import t
from ui import resources, words
from ui.device.trace import trace_panel


def recorded_gpu() -> None:
    """Draw the first recorded run whose trace has a GPU, or say that none was recorded."""
    st.subheader(t("Recorded GPU trace"), anchor=False)
    found = next((run for run in resources.gallery().runs() if _has_gpu(run)), None)
    if found is None:
        st.caption(
            t(
                "None was recorded: this project has not been run on a machine with a GPU yet. "
                "What you see above is live and comes from this machine."
            )
        )
        return
    st.markdown(f"**{words.plain(found.title)}**")
    trace_panel(found)


def _has_gpu(run: RunRecord) -> bool:
    if SUMMARY not in run.artifacts:
        return False
    try:
        return from_json(TraceSummary, resources.artifact(run, SUMMARY)).is_of_gpu
    except (LabError, OSError, ValueError):
        return False
