"""The table of the compare page: all runs, or those that were picked on the chart."""

from collections.abc import Sequence

import streamlit as st

from core.analysis.quantities import Visitors
from core.records import RunRecord
from core.records.comparison import Front, Recommendation, Setup
from core.report.table import latency_csv, runs_csv, runs_json
from core.text import t
from ui.compare.frame import column_config, runs_frame


def runs_table(
    records: Sequence[RunRecord],
    selected: Sequence[str],
    setup: Setup,
    visitors: Visitors,
    front: Front,
    recommendation: Recommendation,
) -> None:
    """Draw the runs, only the selected ones where there are any, and offer all of them as files."""
    inside = set(selected)
    rows = [record for record in records if not inside or record.run_id in inside]
    st.caption(t("{n} of {all} runs", n=len(rows), all=len(records)))
    frame = runs_frame(rows, setup, visitors, front, recommendation)
    st.dataframe(frame, column_config=column_config(), hide_index=True, key="table", alt=t("Table of runs"))
    downloads(records, setup, visitors)


def downloads(records: Sequence[RunRecord], setup: Setup, visitors: Visitors) -> None:
    """Offer every run (not only the rows in view) as CSV and JSON."""
    with st.container(horizontal=True):
        files = (
            (t("CSV, a line a run"), lambda: runs_csv(records, setup, visitors), "runs.csv", "text/csv"),
            (t("CSV, every latency"), lambda: latency_csv(records, visitors), "latency.csv", "text/csv"),
            (t("JSON, complete"), lambda: runs_json(records), "runs.json", "application/json"),
        )
        for label, data, name, mime in files:
            st.download_button(
                label, data, name, mime, on_click="ignore", icon=":material/download:", key=f"download-{name}"
            )
